"""Columns made small before a general coder sees them: it does not know that 1763980000000 follows
1763979990000, nor that "good" is one of four. Pure.

A column is a list of JSON values, or what is smaller and says the same. ``{"runs": ["a", 2, "b", 1]}`` is
``["a", "a", "b"]``. ``{"of": ["x", "y"], "at": "##$"}`` is ``["x", "x", "y"]``: a character for each value;
``of`` is a column itself. ``{"steps": [5, 1, 1]}`` is ``[5, 6, 7]``. ``{"lines": "a\\n\\nb"}`` is
``["a", null, "b"]``. Twin: static/sync/columns.js, which only reads; vectors: tests/vectors/columns.json.
"""

from __future__ import annotations

import json
from itertools import accumulate, groupby, pairwise
from typing import Any

from sync.marks import MOST_MARKS, mark, place_of

Column = list[Any] | dict[str, Any]
WORTH_RUNS = 6  # values to a run, at least, where runs are written
WORTH_LISTING = 2  # values to a different one, at least, where the different ones are listed
LARGEST_STEP = 1 << 52  # what JavaScript counts exactly
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write_column(values: list[Any]) -> Column:
    """The smallest of the forms that these values can take."""
    keys = _keys_of(values)
    runs = [(key, sum(1 for _ in alike)) for key, alike in groupby(keys)]
    if len(runs) * WORTH_RUNS <= len(values):
        return {"runs": _with_values(runs, keys, values)}
    different = dict(zip(reversed(keys), reversed(values), strict=True))
    if len(different) * WORTH_LISTING <= len(values) and len(different) <= MOST_MARKS:
        places = {key: mark(place) for place, key in enumerate(dict.fromkeys(keys))}
        listed = write_column([different[key] for key in places])
        return {"of": listed, "at": "".join([places[key] for key in keys])}
    if values and all(type(value) is int and abs(value) < LARGEST_STEP for value in values):
        return {"steps": [values[0], *(after - before for before, after in pairwise(values))]}
    if values and all(value is None or _is_line(value) for value in values):
        return {"lines": "\n".join(value or "" for value in values)}
    return values


def read_column(column: Any) -> list[Any]:
    """The values of a column in whatever form."""
    if isinstance(column, list):
        return column
    if "runs" in column:
        runs = column["runs"]
        return [value for place in range(0, len(runs), 2) for value in [runs[place]] * runs[place + 1]]
    if "of" in column:
        listed = read_column(column["of"])
        return [listed[place_of(each)] for each in column["at"]]
    if "steps" in column:
        return list(accumulate(column["steps"]))
    return [line or None for line in column["lines"].split("\n")]


def _keys_of(values: list[Any]) -> list[Any]:
    """What tells values apart: themselves, where Python does not take true for 1, else their JSON."""
    kinds = set(map(type, values)) - {type(None)}
    return values if kinds in ({str}, {int}, set()) else [_ENCODER.encode(value) for value in values]


def _with_values(runs: list[tuple[Any, int]], keys: list[Any], values: list[Any]) -> list[Any]:
    written: list[Any] = []
    place = 0
    for _, count in runs:
        written += (values[place], count)
        place += count
    return written


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "\n" not in value
