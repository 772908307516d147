"""Snapshots: an area at one number of its log, in the order in which a phone becomes useful.

Invariant: the pages of the snapshot at ``c`` and then the log after ``c`` give what the log from zero gives,
also where the pages were made by different processes, and with changes between them. A row that changes
after ``c`` leaves the snapshot and comes with the log; what stays keeps its position. What was left out of
``older`` because it was among the recent ones was sent with those: see ``_recent``.

Stages: ``people`` (every row that is not about a person: profiles), ``recent`` (of each person the last three
facts that stand, the latest of each kind, and all returned ones), ``older`` (the rest, newest first).
A position says after which row one is: stage, kind or person, age, id; on the wire
``people:person:0:0193…``, ``recent:<person>:-1763980000000:<id>``, ``older::-1763980000000:<id>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from sync.catalogue import Catalogue
from sync.cells import read_cell, write_cell
from sync.packing import Row, Tables, pack
from sync.rows import GONE, READ, pack_records
from sync.schema import record
from sync.splice import BEST, FAST, begin_stream
from sync.wire import PREPARED, Prepared, dump_json

STAGES = ("people", "recent", "older")
RECENT = 3
CELL = 112 * 1024  # compressed bytes, quickly, at most; a phone that wishes for less gets a part of one
STANDING = frozenset({"pending", "approved", "returned"})
_FOREVER = 1 << 62
_AGE = re.compile(r"-?[0-9]{1,19}")

Position = tuple[int, str, int, str]
AFTER_RECENT: Position = (2, "", -_FOREVER - 1, "")  # before the first of ``older``


@dataclass(frozen=True)
class Cell:
    """Rows of one stage, or of ``people`` and ``recent``, written (sync/cells.py) and compressed once.

    ``end`` is the position of the last of them, ``packed`` the beginning of a stream (sync/splice.py).
    """

    end: Position
    rows: int
    packed: bytes

    @property
    def stage(self) -> str:
        """The name of its last row's stage."""
        return STAGES[self.end[0]]

    @property
    def prepared(self) -> Prepared:
        """The cell as it goes into an answer."""
        return Prepared(self.packed)

    def tables(self) -> Tables:
        """The tables of a page for a build that takes no cells."""
        return pack(self.read())

    def read(self) -> list[Row]:
        """Its rows, by number, without their area."""
        return read_cell(self.prepared.read(), "")


@dataclass(frozen=True)
class Snapshot:
    """An area at the number ``at``, read when its head was ``read_at``: what left later is still in it."""

    area: str
    at: int
    read_at: int
    cells: tuple[Cell, ...]

    @property
    def size(self) -> int:
        """The bytes it takes in memory."""
        return 400 + sum(300 + len(cell.packed) for cell in self.cells)

    def after(self, position: Position | None) -> list[Cell]:
        """The cells, or what is left of one, after a position; all of them after None."""
        if position is None:
            return list(self.cells)
        left = [cell for cell in self.cells if cell.end > position]
        if left and position not in {AFTER_RECENT, *(cell.end for cell in self.cells)}:
            left[:1] = _rest_of(left[0], position)
        return left


def split(cell: Cell, size: int) -> list[Cell]:
    """A cell in two, of which the first takes about ``size`` compressed bytes (one row at least)."""
    placed = _placed(cell)
    count = max(1, min(len(placed) - 1, len(placed) * size * 9 // (len(cell.packed) * 10)))
    return [_pack_rows(placed[:count]), _pack_rows(placed[count:])] if len(placed) > 1 else [cell]


def prepare(
    tx: Connection, catalogue: Catalogue, area: str, *, at: int, head: int, quality: int = FAST
) -> Snapshot:
    """Read an area's rows once and pack them into cells, as it was at the number ``at`` (≤ ``head``)."""
    found = tx.execute(select(*READ).where(record.c.area_id == area, record.c.seq <= head)).all()
    placed = place_rows(found, at)
    cells: list[Cell] = []
    for _, stages in groupby(placed, key=lambda pair: STAGES[pair[0][0]] == "older"):
        cells += _cut(list(stages), catalogue, quality)
    return Snapshot(area, at, head, tuple(cells))


def format_position(position: Position) -> str:
    """A position as a cursor carries it."""
    stage, group, age, record_id = position
    return f"{STAGES[stage]}:{group}:{age}:{record_id}"


def parse_position(text: str) -> Position | None:
    """The position in a cursor, or None where this build does not write such a one."""
    match text.split(":"):
        case [stage, group, age, record_id] if stage in STAGES and _AGE.fullmatch(age):
            return STAGES.index(stage), group, int(age), record_id
    return None


def place_rows(found: Sequence[Any], at: int) -> list[tuple[Position, Any]]:
    """The rows that belong to the snapshot at ``at``, with their positions, in order."""
    facts = [row for row in found if row.person_id is not None]
    recent = _recent(facts, at)
    placed = []
    for row in found:
        if row.seq <= at and row.state not in GONE:
            stage = 0 if row.person_id is None else 1 if row.record_id in recent else 2
            placed.append((_position(stage, row.kind, row.person_id, row.occurred_at, row.record_id), row))
    placed.sort(key=lambda pair: pair[0])
    return placed


def _recent(facts: list[Any], at: int) -> frozenset[str]:
    """The ids of the recent facts.

    A row with a number beyond ``at`` counts as one that stands, whatever became of it: so, whenever this is
    computed again for the same ``at``, no row that it did not name before is named among those that
    stayed. (Counting only what stands now, a log that is taken back would lift an older one into ``recent``
    after the phone has passed it there, and ``older`` would leave it out.)
    """
    chosen = set()
    facts.sort(key=lambda row: (row.person_id, _age(row.occurred_at), row.record_id))
    for _, rows in groupby(facts, key=lambda row: row.person_id):
        seen, kinds = 0, set()
        for row in rows:
            if row.seq <= at and row.state not in STANDING:
                continue
            if seen < RECENT or row.kind not in kinds or row.state == "returned":
                chosen.add(row.record_id)
            seen += 1
            kinds.add(row.kind)
    return frozenset(chosen)


def _position(stage: int, kind: str, person: str | None, occurred_at: int | None, record_id: str) -> Position:
    group = (kind, person or "", "")[stage]
    return stage, group, _age(occurred_at) if stage else 0, record_id


def _age(occurred_at: int | None) -> int:
    """Newest first; what has lost its instant counts as the newest."""
    return -_FOREVER if occurred_at is None else -occurred_at


def _cut(placed: list[tuple[Position, Any]], catalogue: Catalogue, quality: int) -> Iterator[Cell]:
    """Cells of about the same number of rows, as many as it takes for none to be larger than about CELL."""
    whole = _pack_records(placed, catalogue, FAST)
    cells = -(-len(whole.packed) // CELL)
    if cells == 1 and quality == FAST:
        yield whole
        return
    most = -(-len(placed) // cells)
    for start in range(0, len(placed), most):
        yield _pack_records(placed[start : start + most], catalogue, quality)


def _pack_records(placed: list[tuple[Position, Any]], catalogue: Catalogue, quality: int) -> Cell:
    records = sorted((row for _, row in placed), key=lambda row: row.seq)
    return _pack(placed[-1][0], pack_records(records, catalogue), [row.kind for row in records], quality)


def _rest_of(cell: Cell, position: Position) -> list[Cell]:
    """What of a cell lies after a position: a phone that was served by another process cut elsewhere."""
    rest = [(place, row) for place, row in _placed(cell) if place > position]
    return [_pack_rows(rest)] if rest else []


def _placed(cell: Cell) -> list[tuple[Position, Row]]:
    """A cell's rows with their positions, in order."""
    placed = []
    for row in cell.read():
        stage = cell.end[0] if "person" in row else 0
        position = _position(stage, row["kind"], row.get("person"), row.get("occurred_at"), row["id"])
        placed.append((position, row))
    placed.sort(key=lambda pair: pair[0])
    return placed


def _pack_rows(placed: list[tuple[Position, Row]]) -> Cell:
    rows = sorted((row for _, row in placed), key=lambda row: row["seq"])
    return _pack(placed[-1][0], pack(rows), [row["kind"] for row in rows], FAST)


def _pack(end: Position, tables: Tables, kinds: list[str], quality: int) -> Cell:
    written = PREPARED + dump_json(write_cell(tables, kinds, thorough=quality == BEST))
    return Cell(end, len(kinds), begin_stream(written.encode(), quality))
