"""``qiaomen cards``: contact cards as a PDF."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click
from sqlalchemy import Connection, select

from sync.schema import area as area_table
from sync.scope import SYSTEM
from sync.tree import grids_under
from webapp.cards.issue import ensure_cards
from webapp.cards.pdf import NoBrowserError, print_cards
from webapp.cards.sheets import FORMATS
from webapp.extensions import store_of


@click.command()
@click.option("--area", "name", help="Only this area (grid, village, …), by its name.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="a4", show_default=True)
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write.")
def cards(name: str | None, form: str, pdf: Path) -> None:
    """Print the contact card of every household to a PDF; households that have none get one."""
    from webapp.cli import open_app

    app = open_app()
    store = store_of(app)
    with app.app_context(), store.write() as tx:
        areas = _areas(tx, name)
        for area in areas:
            ensure_cards(tx, store, area, SYSTEM)
    try:
        count = print_cards(app, areas, form, pdf.absolute())
    except NoBrowserError as error:
        raise click.ClickException(
            "这台机器上没有能印 PDF 的浏览器。装一个（Debian：apt install chromium），"
            "或在督导台的“联系卡”里打印。"
        ) from error
    except (subprocess.SubprocessError, OSError) as error:
        raise click.ClickException(f"没有印成：{error}") from error
    if not count:
        raise click.ClickException("还没有住户，先导入台账：qiaomen import-roster 文件")
    click.echo(f"{count} 张卡，在 {pdf}")


def _areas(tx: Connection, name: str | None) -> list[str]:
    """The grids at or below the area of this name, or all."""
    query = select(area_table.c.area_id)
    query = query.where(area_table.c.name == name) if name else query.where(area_table.c.level == "grid")
    found = list(tx.scalars(query))
    if name and not found:
        names = "、".join(tx.scalars(select(area_table.c.name).order_by(area_table.c.name).limit(30)))
        raise click.ClickException(f"没有叫“{name}”的区域。有：{names}")
    return grids_under(tx, found)
