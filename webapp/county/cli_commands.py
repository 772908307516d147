"""``qiaomen generate``: a county of any size, for measuring and for trying."""

from __future__ import annotations

import time
from collections.abc import Callable

import click
from sqlalchemy import select

from sync import schema
from sync.database import Store
from sync.records import fold_fresh
from webapp.auth.accounts import hash_password
from webapp.county.maker import Maker, Sizes
from webapp.extensions import store_of
from webapp.ledger.commands import now_ms

PER_VILLAGE = {"grids": 4, "households": 300, "people": 600, "facts": 10_000}
GRIDS_AT_ONCE = 4


@click.command("generate")
@click.option("--villages", default=10, show_default=True, type=click.IntRange(1, 2000))
@click.option("--grids", type=click.IntRange(1), help="Default: 4 a village.")
@click.option("--households", type=click.IntRange(1), help="Default: 300 a village.")
@click.option("--people", type=click.IntRange(1), help="Default: 600 a village.")
@click.option("--facts", type=click.IntRange(0), help="Default: 10,000 a village.")
@click.option("--seed", default=1, show_default=True, type=int)
@click.option("--password", default="qiaomen-county", show_default=True, help="Of every account.")
def generate(villages: int, password: str, seed: int, **wanted: int | None) -> None:
    """Fill an empty installation with an invented county; sign in as county, village1 or v1."""
    from webapp.cli import open_app

    sizes = Sizes(villages, **{key: wanted[key] or villages * each for key, each in PER_VILLAGE.items()})
    app = open_app()
    with app.app_context():
        try:
            generate_county(store_of(app), Maker(seed, sizes, now_ms()), password, _tell)
        except ValueError as error:
            raise click.ClickException(str(error)) from error


def generate_county(
    store: Store, maker: Maker, password: str, tell: Callable[[int, int, float], None]
) -> None:
    """Make a county in an empty store; ``tell`` hears of grids done, of how many, after how many seconds.

    Raises ValueError where somebody is there already: a county is never mixed with real people.
    """
    with store.read() as tx:
        if tx.execute(select(schema.area.c.area_id).limit(1)).first():
            raise ValueError("这里已经有数据了。请换一个空的 QIAOMEN_INSTANCE。")
    started = time.monotonic()
    maker.lay_out()
    with store.write() as tx:
        maker.write_layout(tx, hash_password(password))
    for place in range(0, len(maker.places), GRIDS_AT_ONCE):
        chosen = maker.places[place : place + GRIDS_AT_ONCE]
        with store.write() as tx:
            for each in chosen:
                statuses = fold_fresh(tx, store.catalogue, maker.batches(each))
                refused = [status for status in statuses if status["status"] != "accepted"]
                if refused:
                    raise RuntimeError(f"the fold did not take {refused[0]}")
        tell(place + len(chosen), len(maker.places), time.monotonic() - started)


def _tell(done: int, total: int, seconds: float) -> None:
    if done == total or done % 40 == 0:
        click.echo(f"{done}/{total} 个网格，{seconds:.0f} 秒", err=True)
