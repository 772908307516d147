"""A cell: rows of one area as a snapshot carries them, in columns that a coder can do something with. Pure.

``{"kind": …, "columns": {"seq": …, "id": …}, "fields": {"visit": {"how": …}}}``: rows in order of number;
what any row may have is a column over all of them (null where one has it not), a kind's fields are columns
over its rows alone. Each is a column of sync/columns.py but for two: ids, which are a moment that is nearly
always the record's own, 42 bits of chance and their maker (as text 19 compressed bytes, as three columns 6),
and households, which follow from persons. Words are turned together (sync/turning.py). Nothing is lost: what
does not fit stays a plain column. Measured on the 28,232 rows of a village: plain columns in brotli 5 1.62
MB, cells in brotli 11 0.87 MB, with words turned 0.79 MB.
Twin: static/sync/cells.js, which only reads; vectors: tests/vectors/cells.json.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

from sync.columns import read_column, write_column
from sync.packing import PREFIX, Row, Tables
from sync.turning import turn, turn_back

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_VALUES = {digit: value for value, digit in enumerate(DIGITS)}
WORTH_TURNING = 6_000  # characters, at least: the letters are said with them
TURNED = "turned"  # in the place of a column whose lines are among the cell's ``texts``
CHANCE = 7  # digits of six bits: 12 bits of rand_a and the first 30 of rand_b (RFC 9562)

Cell = dict[str, Any]


def write_cell(tables: Tables, kinds: list[str], *, thorough: bool = False) -> Cell:
    """The cell of packed rows; ``kinds`` names, in order of number, the table that each next row is in.

    ``thorough`` turns what was written in words, all of it together, which takes seconds.
    """
    names = sorted({name for table in tables.values() for name in table["columns"]})
    shared = {name: _weave(tables, kinds, name) for name in names if not name.startswith(PREFIX)}
    columns: dict[str, Any] = {name: write_column(values) for name, values in shared.items()}
    ids = _split_ids(shared["id"], shared.get("occurred_at") or [None] * len(kinds))
    if ids is not None:
        columns["id"] = ids
    households = _follow(shared.get("household"), shared.get("person"))
    if households is not None:
        columns["household"] = {"of_person": write_column(households)}
    fields = {
        kind: {
            name.removeprefix(PREFIX): write_column(values)
            for name, values in table["columns"].items()
            if name.startswith(PREFIX)
        }
        for kind, table in tables.items()
    }
    texts = _turn_texts(fields) if thorough else {}
    return {"kind": write_column(kinds), "columns": columns, "fields": fields} | texts


def read_cell(cell: Cell, area: str) -> list[Row]:
    """The rows of a cell, of ``area``, by number."""
    kinds = read_column(cell["kind"])
    special = {"id", "household"}
    columns = {name: read_column(each) for name, each in cell["columns"].items() if name not in special}
    for name in special & cell["columns"].keys():
        columns[name] = _read_special(cell["columns"][name], columns)
    rows: list[Row] = [{"kind": kind, "area": area, "fields": {}} for kind in kinds]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            if value is not None:
                row[name] = value
    lines = iter(turn_back(cell["texts"]).split("\n") if "texts" in cell else ())
    for kind, named in cell["fields"].items():
        mine = [row["fields"] for row in rows if row["kind"] == kind]
        for name, column in named.items():
            values = [next(lines) or None for _ in mine] if column == TURNED else read_column(column)
            for fields, value in zip(mine, values, strict=True):
                if value is not None:
                    fields[name] = value
    return rows


def _turn_texts(fields: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """``{"texts": …}``: the columns of words as one text, turned, TURNED in their place; {} if short."""
    places = [
        (kind, name)
        for kind, named in fields.items()
        for name, column in named.items()
        if isinstance(column, dict) and "lines" in column and not column["lines"].isascii()
    ]
    text = "\n".join(fields[kind][name]["lines"] for kind, name in places)
    turned = turn(text) if len(text) >= WORTH_TURNING else None
    if turned is None:
        return {}
    for kind, name in places:
        fields[kind][name] = TURNED
    return {"texts": turned}


def _weave(tables: Tables, kinds: list[str], name: str) -> list[Any]:
    """One column over the rows of all kinds."""
    sources = {kind: iter(table["columns"].get(name) or repeat(None)) for kind, table in tables.items()}
    return [next(sources[kind]) for kind in kinds]


def _split_ids(ids: list[str], moments: list[int | None]) -> dict[str, Any] | None:
    """``{"moment", "chance", "maker"}`` of version-7 ids; None where one is another."""
    if not all(len(each) == 36 and each[14] == "7" and each[19] in "89ab" for each in ids):
        return None
    after = [int(each[:8] + each[9:13], 16) - (at or 0) for each, at in zip(ids, moments, strict=True)]
    return {
        "moment": write_column(after),
        "chance": "".join(map(_chance_of, ids)),
        "maker": write_column([each[28:] for each in ids]),
    }


def _chance_of(record_id: str) -> str:
    first, rest = int(record_id[15:18], 16), int(record_id[19:23] + record_id[24:28], 16) & 0x3FFFFFFF
    bits = first << 30 | rest
    return "".join([DIGITS[bits >> shift & 63] for shift in range(36, -1, -6)])


def _follow(households: list[Any] | None, persons: list[Any] | None) -> list[Any] | None:
    """The household of each different person, in order of first appearance; None where it does not follow."""
    if households is None or persons is None:
        return None
    found: dict[Any, Any] = {}
    for person, household in zip(persons, households, strict=True):
        if found.setdefault(person, household) != household:
            return None
    return None if found.pop(None, None) is not None else list(found.values())


def _read_special(column: Any, columns: dict[str, list[Any]]) -> list[Any]:
    if isinstance(column, dict) and "of_person" in column:
        persons = columns["person"]
        different = [person for person in dict.fromkeys(persons) if person is not None]
        found = dict(zip(different, read_column(column["of_person"]), strict=True))
        return [found.get(person) for person in persons]
    if isinstance(column, dict) and "chance" in column:
        return _join_ids(column, columns.get("occurred_at"))
    return read_column(column)


def _join_ids(column: dict[str, Any], moments: list[int | None] | None) -> list[str]:
    after, makers = read_column(column["moment"]), read_column(column["maker"])
    chance = column["chance"]
    ids = []
    for place, at in enumerate(after):
        time = f"{at + ((moments[place] if moments else 0) or 0):012x}"
        bits = 0
        for digit in chance[place * CHANCE : (place + 1) * CHANCE]:
            bits = bits << 6 | _VALUES[digit]
        rest = f"{bits & 0x3FFFFFFF | 0x80000000:08x}"
        ids.append(f"{time[:8]}-{time[8:]}-7{bits >> 30:03x}-{rest[:4]}-{rest[4:]}{makers[place]}")
    return ids
