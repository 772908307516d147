"""The office extract: an SQLite file for Datasette and any SQLite tool, its tables typed, its views in words.

Invariant: what is private, tokens and spellings stay here, and what a counselling session says that its form
marks as sensitive, unless it is asked for by name; the file is made whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlite_utils import Database

from sync.database import Store
from sync.rows import rows_of
from sync.schema import account
from webapp.care.dates import local_date, local_time
from webapp.forms.catalogue import untranslated
from webapp.forms.engine import load_form, load_profile, value_text
from webapp.forms.kinds import FACTS

PEOPLE = ("household", "person")
TYPES: dict[str, type] = {"integer": int, "decimal": float}
_NOT_SHOWN = frozenset({"pinyin", "initials"})
Row = dict[str, Any]


def write_extract(
    tx: Connection, store: Store, target: Path, areas: dict[str, str], *, sensitive: bool, search: bool
) -> dict[str, int]:
    """Write the records of these grids (id → name) to ``target``; return how many of each kind.

    Raises FileExistsError where there is such a file.
    """
    if target.exists():
        raise FileExistsError(target)
    unfinished = target.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    database = Database(unfinished)
    names = {row.account_id: row.name for row in tx.execute(select(account.c.account_id, account.c.name))}
    counts = {}
    try:
        for kind in (*PEOPLE, *FACTS):
            fields = _fields(kind, sensitive=sensitive)
            rows = rows_of(tx, store.catalogue, areas, kinds=[kind])
            columns = {"id": str, "grid": str} | {
                each["key"]: TYPES.get(each["type"], str) for each in fields
            }
            if kind in FACTS:
                columns |= {"person": str, "occurred_at": str, "state": str, "author": str}
            table = database.table(kind)
            table.create(columns, pk="id", foreign_keys=_keys(kind))
            table.insert_all(_flat(row, fields, areas, names) for row in rows)
            counts[kind] = len(rows)
        _add_views(database, sensitive=sensitive)
        if search:
            database.table("person").enable_fts(["name"], tokenize="trigram")
    finally:
        database.close()
    unfinished.rename(target)
    return counts


def _fields(kind: str, *, sensitive: bool) -> list[dict[str, Any]]:
    form = load_form(kind) if kind in FACTS else load_profile(kind)
    return [
        each
        for each in form["fields"]
        if each["type"] != "instant"
        and not each.get("private")
        and each["key"] not in _NOT_SHOWN
        and (sensitive or kind != "counselling" or not each.get("sensitive"))
    ]


def _keys(kind: str) -> list[tuple[str, str, str]]:
    if kind == "household":
        return []
    return [("household", "household", "id")] if kind == "person" else [("person", "person", "id")]


def _flat(row: Row, fields: list[dict[str, Any]], areas: dict[str, str], names: dict[str, str]) -> Row:
    told: Row = {"id": row["id"], "grid": areas[row["area"]]}
    told |= {each["key"]: _value(each, row["fields"].get(each["key"])) for each in fields}
    if row["kind"] in FACTS:
        at = row["occurred_at"]
        told |= {"person": row["person"], "occurred_at": f"{local_date(at)} {local_time(at)}"}
        told |= {"state": row["state"], "author": names.get(row.get("author", ""), "")}
    return told


def _value(field: dict[str, Any], value: Any) -> Any:
    if value is None or field["type"] in ("integer", "household"):
        return value
    if field["type"] == "decimal":
        return float(value)
    if field["type"] in ("one", "many"):
        return value_text(field, value, untranslated)
    return value if isinstance(value, str) else "、".join(str(each) for each in value)


def _add_views(database: Database, *, sensitive: bool) -> None:
    """A view for people and for each kind of fact, its columns called as the office calls them."""
    person = dict(_labelled("person", "p", sensitive=sensitive)) | {"h.address": "家庭住址"}
    chosen = ", ".join(f'{name} AS "{label}"' for name, label in {"p.grid": "网格", **person}.items())
    join = "person p LEFT JOIN household h ON h.id = p.household"
    query = f"SELECT {chosen} FROM {join} ORDER BY p.grid, h.number, p.name"  # noqa: S608  # our definitions
    database.create_view("人员一览", query)
    for kind in FACTS:
        told = {"f.occurred_at": "时间", "f.grid": "网格", "p.name": "姓名"}
        told |= dict(_labelled(kind, "f", sensitive=sensitive)) | {"f.author": "谁写的"}
        chosen = ", ".join(f'{name} AS "{label}"' for name, label in told.items())
        source = f"{kind} f LEFT JOIN person p ON p.id = f.person"
        title = load_form(kind)["title"]
        query = f"SELECT {chosen} FROM {source} ORDER BY f.occurred_at DESC"  # noqa: S608  # our definitions
        database.create_view(f"{title}一览", query)


def _labelled(kind: str, alias: str, *, sensitive: bool) -> Iterator[tuple[str, str]]:
    for each in _fields(kind, sensitive=sensitive):
        if each["type"] != "household":
            yield f'{alias}."{each["key"]}"', each["label"].replace('"', "")
