"""Records as rows: how a row lies in the table, and the queries that read rows back.

Invariant: what leaves here for a phone carries no private field; what a caller may not see is never
read, because every query names its areas. Shapes: docs/architecture.md, "Row".
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select

from sync.catalogue import Catalogue, Kind
from sync.log import heads_of
from sync.merge import Edits
from sync.overlay import Row
from sync.packing import PREFIX, Tables
from sync.schema import log, record

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
IN_CONFLICT = "conflict"  # in the table, as a profile's state, so that an index finds it
RANKS = {"urgent": 0, "watch": 1, "well": 2}
_COLUMNS = {
    "record_id": "id",
    "area_id": "area",
    "kind": "kind",
    "seq": "seq",
    "person_id": "person",
    "household_id": "household",
    "author_id": "author",
    "occurred_at": "occurred_at",
    "received_at": "received_at",
    "state": "state",
    "attention": "attention",
}
_IN_COLUMNS = frozenset(_COLUMNS.values()) | {"fields", "device"}
READ = [record.c[name] for name in (*_COLUMNS, "body", "extra")]
MERGED = "merged"  # a profile's state: what stands is another record of the same person or household
# A tombstone's state: the record is in another area, or nowhere any more, or merged into another one.
GONE = ("left", "erased", MERGED)
_AREA: Any = bindparam("area")
_START: Any = bindparam("start")
_HEAD: Any = bindparam("head")
_IN_SPAN = record.c.area_id == _AREA, record.c.seq > _START, record.c.seq <= _HEAD
_SPAN = select(*READ).where(*_IN_SPAN).order_by(record.c.seq).execution_options(yield_per=200)
_FIRST = select(record.c.seq).where(*_IN_SPAN).limit(1)
_COUNT = select(func.count()).where(log.c.area_id == _AREA, log.c.seq > _START, log.c.seq <= _HEAD)
_NAMES = (*_COLUMNS.values(), "body", "extra")
_NOT_SENT = frozenset({"area", "kind", "body", "extra"})
_NOTHING: frozenset[str] = frozenset()


def encode_row(row: Row, edits: Edits | None, kind: Kind) -> dict[str, Any]:
    """The table's values of a row (all but ``seq``, which the log gives)."""
    values = {column: row.get(key) for column, key in _COLUMNS.items()}
    extra = {key: value for key, value in row.items() if key not in _IN_COLUMNS}
    stands, rank = kind.standing(row["fields"])
    merged = row.get("state") == MERGED
    return values | {
        "state": row.get("state", IN_CONFLICT if "conflicts" in row else stands),
        "device_id": row.get("device"),
        "attention_rank": RANKS.get(row.get("attention", ""), rank),
        "lookup": merged_lookup(row["merged_into"]) if merged else kind.lookup(row["fields"]),
        "subject_id": kind.subject(row["fields"]),
        "words": None if merged else kind.words(row["fields"]),
        "body": _dump(row["fields"]),
        "extra": _dump(extra),
        "edits": None if edits is None else _dump(edits),
    }


def decode_row(values: Any) -> Row:
    """The row of one record as it was read."""
    read = {key: getattr(values, column) for column, key in _COLUMNS.items()}
    row: Row = {key: value for key, value in read.items() if value is not None}
    if "state" in row and not _is_told(values.state, values.occurred_at):
        del row["state"]
    row |= json.loads(values.extra)
    row["fields"] = json.loads(values.body)
    return row


def _is_told(state: str | None, occurred_at: int | None) -> bool:
    """Whether a state is the row's own: a profile's, which has no instant, is there for the index alone."""
    return state in GONE or occurred_at is not None


def rows_of(
    tx: Connection,
    catalogue: Catalogue,
    areas: Iterable[str],
    *,
    kinds: Collection[str] | None = None,
    ids: Collection[str] | None = None,
    person: str | None = None,
    household: str | None = None,
    subject: str | None = None,
    author: str | None = None,
    states: Collection[str] | None = None,
    lookup: Collection[str] | None = None,
    since: int | None = None,
    until: int | None = None,
    private: bool = False,
) -> list[Row]:
    """The rows of these areas that match all that is given, by area and number; never a tombstone.

    ``since`` and ``until`` bound ``occurred_at`` (ms, half open).
    """
    query = select(*READ).where(record.c.area_id.in_(sorted(areas)), is_standing())
    wanted = {"kind": kinds, "record_id": ids, "state": states, "lookup": lookup}
    for column, values in wanted.items():
        if values is not None:
            query = query.where(record.c[column].in_(sorted(values)))
    exact = {"person_id": person, "household_id": household, "author_id": author}
    exact["subject_id"] = subject
    for column, value in exact.items():
        if value is not None:
            query = query.where(record.c[column] == value)
    if since is not None:
        query = query.where(record.c.occurred_at >= since)
    if until is not None:
        query = query.where(record.c.occurred_at < until)
    found = tx.execute(query.order_by(record.c.area_id, record.c.seq))
    return _decode_all(found, catalogue, private)


def is_standing() -> ColumnElement[bool]:
    """The condition that a record is no tombstone."""
    return or_(record.c.state.is_(None), record.c.state.not_in(GONE))


def row_found(tx: Connection, catalogue: Catalogue, kind: str, lookup: str) -> Row | None:
    """The one row of ``kind`` that ``lookup`` leads to, in whatever area, private fields included."""
    query = select(*READ).where(record.c.lookup == lookup, record.c.kind == kind, is_standing())
    found = tx.execute(query.limit(2)).all()
    return decode_row(found[0]) if len(found) == 1 else None


def read_page(
    tx: Connection, catalogue: Catalogue, area: str, start: int, budget: int
) -> tuple[dict[str, Any], int]:
    """One page of an area's news after the number ``start``, of about ``budget`` bytes of JSON.

    Returns ``{"area", "from", "to", "superseded", "tables"}`` and the bytes it took. ``superseded``
    counts entries of the log whose record has a later entry: with the rows they make ``to - from``.
    """
    head = heads_of(tx, [area]).get(area, 0)
    # What is written meanwhile has a number beyond this head, whichever statement would see it first.
    chosen, size = _within(tx, {"area": area, "start": start, "head": head}, budget)
    last = head
    if chosen and _is_more(tx, area, chosen[-1].seq, head):
        last = chosen[-1].seq
    entries = tx.scalar(_COUNT, {"area": area, "start": start, "head": last})
    page = {
        "area": area,
        "from": start,
        "to": last,
        "superseded": (entries or 0) - len(chosen),
        "tables": pack_records(chosen, catalogue),
    }
    return page, size


def pack_records(found: Collection[Any], catalogue: Catalogue) -> Tables:
    """Records as they were read, packed as sync/packing.py packs rows, private fields left out.

    Columns are taken from the records as they lie, without a row for each: a first sync is all of them.
    """
    by_kind: dict[str, list[Any]] = {}
    for values in found:
        by_kind.setdefault(values.kind, []).append(_as_sent(values))
    return {kind: _pack_kind(chosen, catalogue.get(kind)) for kind, chosen in sorted(by_kind.items())}


def merged_lookup(kept: str) -> str:
    """By which those are found that were merged into a record."""
    return f"into:{kept}"


def _as_sent(values: Any) -> Any:
    """Phones forget what was merged as they forget what left; its fields and edits stay here."""
    if values.state != MERGED:
        return values
    hidden = {"state": "left", "body": "{}", "extra": "{}"}
    return tuple(hidden.get(column.name, value) for column, value in zip(READ, values, strict=True))


def _pack_kind(chosen: list[Any], kind: Kind | None) -> dict[str, Any]:
    private = kind.private if kind else frozenset()
    read = dict(zip(_NAMES, zip(*chosen, strict=True), strict=True))
    columns = {key: list(values) for key, values in read.items() if key not in _NOT_SENT}
    states = zip(read["state"], read["occurred_at"], strict=True)
    columns["state"] = [state if _is_told(state, at) else None for state, at in states]
    columns |= _spread(read["extra"], "") | _spread(read["body"], PREFIX, without=private)
    if private and "conflicts" in columns:
        columns["conflicts"] = [_without(rivals, private) for rivals in columns["conflicts"]]
    kept = {name: values for name, values in sorted(columns.items()) if values.count(None) < len(values)}
    return {"count": len(chosen), "columns": kept}


def _spread(
    documents: Iterable[str], prefix: str, without: frozenset[str] = _NOTHING
) -> dict[str, list[Any]]:
    """A column for each name that any of these JSON objects has."""
    each: list[dict[str, Any]] = json.loads(f"[{','.join(documents)}]")
    names = set().union(*each) - without
    return {prefix + name: [document.get(name) for document in each] for name in names}


def _without(values: dict[str, Any] | None, names: frozenset[str]) -> dict[str, Any] | None:
    return None if values is None else {key: each for key, each in values.items() if key not in names}


def rows_after(tx: Connection, positions: dict[str, int]) -> int:
    """How many rows lie beyond these numbers; read from the index alone."""
    rows = 0
    for area, seq in positions.items():
        query = select(func.count()).where(record.c.area_id == area, record.c.seq > seq)
        rows += int(tx.scalar(query) or 0)
    return rows


def rows_until(tx: Connection, area: str, seq: int) -> int:
    """How many rows a snapshot of an area at this number holds."""
    query = select(func.count()).where(record.c.area_id == area, record.c.seq <= seq, is_standing())
    return int(tx.scalar(query) or 0)


def _within(tx: Connection, span: dict[str, Any], budget: int) -> tuple[list[Any], int]:
    """The records of a span of the log, in order, as many as the budget takes, and their size."""
    chosen, size = [], 0
    with tx.execute(_SPAN, span) as found:
        for values in found:
            chosen.append(values)
            size += len(values.body.encode()) + len(values.extra) + 160
            if size >= budget:
                break
    return chosen, size


def _is_more(tx: Connection, area: str, seq: int, head: int) -> bool:
    return tx.execute(_FIRST, {"area": area, "start": seq, "head": head}).first() is not None


def _decode_all(found: Iterable[Any], catalogue: Catalogue, private: bool) -> list[Row]:
    rows = [decode_row(values) for values in found]
    return rows if private else [without_private(row, catalogue) for row in rows]


def without_private(row: Row, catalogue: Catalogue) -> Row:
    """The row without the fields that never leave the server."""
    kind = catalogue.get(row["kind"])
    if kind is None or not kind.private:
        return row
    shown = dict(row)
    for part in ("fields", "conflicts"):
        if part in row:
            shown[part] = {name: value for name, value in row[part].items() if name not in kind.private}
    return shown


def _dump(value: Any) -> str:
    return _ENCODER.encode(value)
