"""Columns made smaller before they are compressed: what a general coder does not see in them. Pure.

Ids are version-7 UUIDs: a moment that is nearly always the record's own, chance, and the device that made
them. As one column of text each took 18 bytes of a compressed snapshot, a third of it all; as three they
take 6: ``id.at`` (ms after ``occurred_at``), ``id.chance`` (11 hex digits), ``id.node`` (8). A column in
which neighbours are alike becomes runs: ``["a", "a", "b"]`` is ``{"runs": ["a", 2, "b", 1]}``.
Nothing is lost: ``packing.unpack`` (both twins) reads both forms; a table of other ids keeps them whole.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sync.packing import Tables

VERSION_7 = 14  # where a UUID's text carries its version


def shrink(tables: Tables) -> Tables:
    """The same tables with ids split and runs written as such."""
    return {kind: _shrink_table(table) for kind, table in tables.items()}


def _shrink_table(table: dict[str, Any]) -> dict[str, Any]:
    columns = _split_ids(table["columns"])
    return table | {"columns": {name: _as_runs(values) for name, values in sorted(columns.items())}}


def _split_ids(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    ids = columns.get("id", [])
    if not ids or not all(len(each) == 36 and each[VERSION_7] == "7" for each in ids):
        return columns
    moments = columns.get("occurred_at") or [None] * len(ids)
    return {name: values for name, values in columns.items() if name != "id"} | {
        "id.at": [
            int(each[:8] + each[9:13], 16) - (moment or 0) for each, moment in zip(ids, moments, strict=True)
        ],
        "id.chance": [each[15:18] + each[19:23] + each[24:28] for each in ids],
        "id.node": [each[28:] for each in ids],
    }


def _as_runs(values: list[Any]) -> list[Any] | dict[str, list[Any]]:
    """Runs where they are at most a third of the values; lists and objects are never alike."""
    if any(isinstance(value, (list, dict)) for value in values):
        return values
    runs: list[Any] = []
    for (_, value), alike in groupby(values, key=lambda value: (type(value), value)):
        runs += (value, sum(1 for _ in alike))
    return {"runs": runs} if len(runs) * 3 <= len(values) * 2 else values
