"""``qiaomen import-roster``, ``qiaomen stats`` and ``qiaomen compact``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from sync.compact import compact
from sync.scope import SYSTEM
from webapp.care.dates import local_date
from webapp.extensions import store_of
from webapp.ledger.commands import now_ms
from webapp.ledger.roster.lines import Line, read_lines
from webapp.ledger.roster.workbook import LARGEST_FILE, RosterRefusedError, read_sheets
from webapp.ledger.roster_import import Outcome, import_lines
from webapp.ledger.stats import count_ledger

NAMES = {"child": "留守儿童", "woman": "留守妇女", "elder": "留守老人"}


@click.command("import-roster")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def import_roster(file: Path, dry_run: bool, as_json: bool) -> None:
    """Import the ledger FILE (.xlsx or .csv); rows that cannot be true are held and listed."""
    from webapp.cli import open_app

    app = open_app()
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise RosterRefusedError("too_large")
        lines = read_lines(read_sheets(file.read_bytes(), file.name), local_date(now_ms()))
    except RosterRefusedError as error:
        problem = {"error": {"code": error.code, "message": str(error)}}
        click.echo(json.dumps(problem, ensure_ascii=False) if as_json else str(error), err=not as_json)
        raise SystemExit(2) from error
    with app.app_context():
        outcome = import_lines(store_of(app), lines, SYSTEM, rehearse=dry_run)
    held = [line for line in lines if line.fate == "held"]
    if as_json:
        click.echo(json.dumps(_as_json(outcome, held, dry_run), ensure_ascii=False, indent=1))
    else:
        click.echo(_in_words(outcome, held, dry_run))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def stats(as_json: bool) -> None:
    """Count the households and people of this installation."""
    from webapp.cli import open_app

    store = store_of(open_app())
    with store.read() as tx:
        counts = count_ledger(tx, store)
    if as_json:
        click.echo(json.dumps(counts, ensure_ascii=False, indent=1))
        return
    click.echo(f"{counts['households']} 户，{counts['people']} 人")
    for kind, number in counts["by_kind"].items():
        click.echo(f"  {NAMES.get(kind, kind)} {number}")
    for grid, number in counts["by_grid"].items():
        click.echo(f"  {grid} {number} 户")


@click.command("compact")
def compact_command() -> None:
    """Drop tombstones older than 400 days and pack the files (the server must not be running)."""
    from webapp.cli import open_app
    from webapp.server import ServerRunningError, hold_instance

    app = open_app()
    try:
        with hold_instance(Path(app.instance_path)):
            gone = compact(store_of(app), now_ms())
    except (RuntimeError, ServerRunningError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"已压实：去掉 400 天以前的删除记号 {gone} 个。")


def _as_json(outcome: Outcome, held: list[Line], dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "households": outcome.households,
        "people": outcome.people,
        "by_kind": dict(sorted(outcome.by_kind.items())),
        "children_by_parents_away": dict(sorted(outcome.children_by_parents_away.items())),
        "by_grid": dict(sorted(outcome.by_grid.items())),
        "added": {kind: outcome.added[kind] for kind in ("household", "person")},
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "held": [{"sheet": x.sheet, "row": x.row, "code": x.code, "reason": x.reason} for x in held],
    }


def _in_words(outcome: Outcome, held: list[Line], dry_run: bool) -> str:
    verb = "会新增" if dry_run else "新增"
    added = f"{outcome.added['household']} 户、{outcome.added['person']} 人"
    told = [
        f"台账里有 {outcome.households} 户、{outcome.people} 人；{verb} {added}，改动 {outcome.changed} 处。"
    ]
    if held:
        told.append(f"有 {len(held)} 行先放着，没有导入：")
        told += [f"  {line.sheet} 第 {line.row} 行：{line.reason}" for line in held]
    return "\n".join(told)
