"""``qiaomen import-roster``, ``qiaomen stats``, ``qiaomen prepare`` and ``qiaomen compact``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from sync.audit import note
from sync.compact import compact
from sync.prepared import prepare_areas
from sync.scope import SYSTEM
from sync.tree import read_below
from webapp.care.dates import local_date
from webapp.extensions import store_of
from webapp.ledger.commands import new_id, now_ms
from webapp.ledger.due_today import count_needs
from webapp.ledger.roster.header import SheetReport
from webapp.ledger.roster.judging import judge_lines
from webapp.ledger.roster.lines import Line, Roster, read_roster
from webapp.ledger.roster.workbook import LARGEST_FILE, RosterRefusedError, read_sheets
from webapp.ledger.roster_import import CLASS_COUNTS, Outcome, import_lines
from webapp.ledger.stats import count_ledger

NAMES = {"child": "留守儿童", "woman": "留守妇女", "elder": "留守老人"}
ABSENCES = {"both": "父母均外出", "one": "一方外出", "single": "单亲"}


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
        roster = read_roster(read_sheets(file.read_bytes(), file.name))
        judge_lines(roster.lines, local_date(now_ms()))
        if not roster.lines:
            raise RosterRefusedError("no_header")
    except RosterRefusedError as error:
        problem = {"error": {"code": error.code, "message": str(error)}}
        click.echo(json.dumps(problem, ensure_ascii=False) if as_json else str(error), err=not as_json)
        raise SystemExit(2) from error
    with app.app_context():
        secret = app.config["SECRET_KEY"]
        outcome = import_lines(store_of(app), roster.lines, SYSTEM, secret=secret, rehearse=dry_run)
    if as_json:
        click.echo(json.dumps(_as_json(outcome, roster, dry_run), ensure_ascii=False, indent=1))
    else:
        click.echo(_in_words(outcome, roster, dry_run))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def stats(as_json: bool) -> None:
    """Count the households and people of this installation."""
    from webapp.cli import open_app

    store = store_of(open_app())
    with store.read() as tx:
        counts = count_ledger(tx, store)
        counts |= count_needs(tx, store, now_ms())
    if as_json:
        click.echo(json.dumps(counts, ensure_ascii=False, indent=1))
        return
    click.echo(f"{counts['households']} 户，{counts['people']} 人")
    for kind, number in counts["by_kind"].items():
        click.echo(f"  {NAMES.get(kind, kind)} {number}")
    for grid, number in counts["by_grid"].items():
        click.echo(f"  {grid} {number} 户")


@click.command("prepare")
def prepare_command() -> None:
    """Prepare the snapshots that new phones start with (serve does so too, in the background)."""
    from webapp.cli import open_app

    click.echo(f"备好了 {prepare_areas(store_of(open_app()))} 个网格的快照。")


@click.command("extract")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--area", "area_name", help="Only what lies at or below the area of this name.")
@click.option("--sensitive", is_flag=True, help="With what counselling sessions say.")
@click.option("--fts", is_flag=True, help="With a full-text index of names.")
def extract(file: Path, area_name: str | None, sensitive: bool, fts: bool) -> None:
    """Write the ledger and its logs to FILE, an SQLite database that opens in Datasette."""
    from webapp.cli import open_app
    from webapp.ledger.extract import write_extract
    from webapp.ledger.grid import read_tree

    app = open_app()
    store = store_of(app)
    with app.app_context(), store.write() as tx:
        tree = read_tree(tx)
        roots = [each for each, row in tree.items() if area_name is None or row.name == area_name]
        if not roots:
            raise click.ClickException(f"没有叫“{area_name}”的网格、村或镇。")
        grids = {each.area: tree[each.area].name for each in read_below(tx, set(roots)) if each.is_grid}
        try:
            counts = write_extract(tx, store, file, grids, sensitive=sensitive, search=fts)
        except FileExistsError as error:
            raise click.ClickException(f"{file} 已经有了，换个名字。") from error
        detail = {"form": "db", "filter": {}, "rows": sum(counts.values()), "areas": len(grids)}
        note(
            tx,
            area=roots[0],
            actor=None,
            device=None,
            action="export",
            subject="extract",
            detail=detail,
            now=now_ms(),
            id=new_id(),
        )
    click.echo(f"已写到 {file}：" + "，".join(f"{kind} {number}" for kind, number in counts.items()))


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


def _as_json(outcome: Outcome, roster: Roster, dry_run: bool) -> dict[str, Any]:
    by_kind = dict(sorted(outcome.by_kind.items()))
    by_absence = dict(sorted(outcome.children_by_parents_away.items()))
    counts = {"households": outcome.households, "people": outcome.people, "by_kind": by_kind}
    return {
        "dry_run": dry_run,
        "sheets": [_sheet_as_json(report, roster.lines) for report in roster.sheets],
        ("would_import" if dry_run else "imported"): counts | {"by_absence": by_absence},
        **counts,
        "children_by_parents_away": by_absence,
        "by_grid": dict(sorted(outcome.by_grid.items())),
        "classes": [
            {"school": school, "class": name, **{key: counts[key] for key in CLASS_COUNTS}}
            for (school, name), counts in sorted(outcome.classes.items())
        ],
        "added": {kind: outcome.added[kind] for kind in ("household", "person")},
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "held": [
            {"sheet": x.sheet, "row": x.row, "code": x.code, "reason": x.reason}
            for x in roster.lines
            if x.fate == "held"
        ],
    }


def _sheet_as_json(report: SheetReport, lines: list[Line]) -> dict[str, Any]:
    """What was read of a sheet: its header's rows, the field of each heading, the headings nobody knows."""
    fates = Counter(line.fate for line in lines if line.sheet == report.name)
    header = report.header
    told: dict[str, Any] = {"sheet": report.name, "rows": sum(fates.values())}
    told |= {fate: fates[fate] for fate in ("accepted", "held", "counted")}
    if header is not None and report.is_sure:
        columns = {header.headings[column]: name for column, name in header.columns.items()}
        told |= {"header_rows": [header.first, header.last], "columns": columns}
        told["unknown_columns"] = list(header.unknown.values())
    return told


def _in_words(outcome: Outcome, roster: Roster, dry_run: bool) -> str:
    verb = "会新增" if dry_run else "新增"
    added = f"{outcome.added['household']} 户、{outcome.added['person']} 人"
    told = [
        f"台账里有 {outcome.households} 户、{outcome.people} 人；{verb} {added}，改动 {outcome.changed} 处。"
    ]
    for (school, name), counts in sorted(outcome.classes.items()):
        away = "、".join(f"{words} {counts[key]}" for key, words in ABSENCES.items())
        told.append(f"{school}{name}：学生 {counts['pupils']} 人，其中{away}。")
    held = [line for line in roster.lines if line.fate == "held"]
    if held:
        told.append(f"有 {len(held)} 行先放着，没有导入：")
        told += [f"  {line.sheet} 第 {line.row} 行：{line.reason}" for line in held]
    return "\n".join(told)
