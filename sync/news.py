"""The news of one answer: what of its areas a phone has not seen yet, the useful things first.

Order: the people and recent facts of every area that is new to the phone; then the logs, of areas that it
follows; then older facts; then the logs behind the snapshots that came to an end here. Invariant: a page
holds rows of one area, which is the caller's; its cursor says exactly what the phone has once it took it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from sync.cursor import Cursor, read_cursor, write_cursor
from sync.database import Store
from sync.errors import ProblemError
from sync.log import Log, logs_of
from sync.request import CELLS, SMALLEST_PAGE, Asked
from sync.rows import read_page, rows_after, rows_until
from sync.snapshot import AFTER_RECENT, Cell, Position, format_position, parse_position, split
from sync.wire import Prepared

RAW = 6  # bytes of a log's rows to one byte on the wire, about, once packed and compressed
USUAL_ROW = 28  # compressed bytes of a row where none has been sent to go by
FIRST_STAGES = ("people", "recent")
FEW = 8  # rows of a cell, at most, that go as tables beside another: those of an area above grids


@dataclass
class Place:
    """Where the phone is in one area: at a number of its log, or before the ``cells`` of the snapshot ``at``.

    ``fresh`` until the first page of a new start has been made; ``cells`` is None until they are needed.
    """

    area: str
    log: Log
    cursor: Cursor
    fresh: bool = False
    at: int = 0
    cells: list[Cell] | None = None

    @property
    def in_snapshot(self) -> bool:
        """Whether the log is not reached yet."""
        return self.fresh or bool(self.cursor.position)

    @property
    def log_from(self) -> int:
        """The number after which the log will be read."""
        if not self.fresh:
            return self.cursor.seq
        return self.log.head if self.cells is None else self.at


@dataclass
class Reading:
    """One answer's news while it is made: ``left`` compressed bytes may still be added.

    ``form`` is that of the snapshot pages that the phone takes (0: none); of cells one answer carries one.
    """

    tx: Connection
    store: Store
    secret: bytes
    epoch: str
    left: int
    form: int
    places: list[Place]
    pages: list[dict[str, Any]] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0
    cell: Prepared | None = None

    def add(self, place: Place, cursor: Cursor, page: dict[str, Any], rows: int, size: int) -> None:
        """Count a page in, and the phone moved on by it."""
        place.cursor, place.fresh = cursor, False
        self.pages.append(page | {"cursor": write_cursor(self.secret, place.area, self.epoch, cursor)})
        self.left -= size
        self.rows += rows
        self.bytes += size


def read_cursors(secret: bytes, epoch: str, areas: frozenset[str], asked: Asked) -> dict[str, Cursor | None]:
    """The cursor of each area asked about; None where the phone has none that is ours and of this epoch."""
    return {
        area: read_cursor(secret, area, epoch, asked.cursors[area]) if area in asked.cursors else None
        for area in sorted(areas & asked.only if asked.only else areas)
    }


def refuse_if_behind(tx: Connection, cursors: dict[str, Cursor | None]) -> None:
    """Raise ``server_behind`` where a phone has read more of a log than this database holds.

    Only a standby that lags, or one promoted without what was lost, is behind a cursor of its own epoch. It
    must neither say "nothing new" nor give numbers away that the phone has already seen.
    """
    logs = logs_of(tx, list(cursors))
    if any(cursor and cursor.seq > logs[area].head for area, cursor in cursors.items()):
        raise ProblemError("server_behind")


def read_news(
    tx: Connection, store: Store, secret: bytes, asked: Asked, cursors: dict[str, Cursor | None]
) -> dict[str, Any]:
    """The answer's ``news``, ``remaining``, ``more`` and ``usable``, for the areas of ``cursors``.

    Where a page is of a prepared cell, ``cell`` is that one, and comes first.
    """
    logs = logs_of(tx, list(cursors))
    takes = bool(asked.snapshots)
    places = [_place_of(area, logs[area], cursor, takes) for area, cursor in cursors.items()]
    reading = Reading(tx, store, secret, store.epoch(tx), asked.budget, asked.snapshots, places)
    _read_cells(reading, FIRST_STAGES)
    _read_logs(reading)
    usable = all(_is_usable(place, takes) for place in places)
    if usable:
        _read_cells(reading, ("older",))
        _read_logs(reading)
    remaining = _remaining(reading)
    return ({"cell": reading.cell} if reading.cell else {}) | {
        "news": reading.pages,
        "remaining": remaining,
        "more": remaining["rows"] > 0 or any(place.in_snapshot for place in places),
        "usable": usable,
    }


def _place_of(area: str, log: Log, cursor: Cursor | None, snapshots: bool) -> Place:
    """Where a cursor leads; to the start, where it is below the floor or this build cannot read it.

    A log that is read from its first number, without a snapshot, has pages below the floor: such a cursor
    says since which floor, and leads on while that is still the floor.
    """
    if cursor is not None and cursor.position == _since(log):
        return Place(area, log, Cursor(cursor.seq))
    if cursor is None or cursor.seq < log.floor:
        return Place(area, log, Cursor(0), fresh=True)
    if cursor.position and not (snapshots and parse_position(cursor.position)):
        return Place(area, log, Cursor(0), fresh=True)
    return Place(area, log, cursor)


def _read_cells(reading: Reading, stages: tuple[str, ...]) -> None:
    """Add whole cells of these stages, area by area, as many as fit; one at least in an answer.

    An area that begins gets its first cell of whatever stage: where everybody has changed since a snapshot
    was made, it holds older facts alone, and whoever waited for its people would wait for ever.
    """
    for place in reading.places:
        if not (reading.form and place.in_snapshot):
            continue
        while reading.left > 0 and place.in_snapshot:
            cells = _cells_of(reading, place)
            early = cells and cells[0].stage not in stages and not place.fresh
            if cells and (early or _is_too_much(reading, cells[0])):
                break
            if cells and len(cells[0].packed) > max(reading.left, SMALLEST_PAGE):
                cells[:1] = split(cells[0], max(reading.left, SMALLEST_PAGE))
            _add_cell(reading, place, cells)


def _is_too_much(reading: Reading, cell: Cell) -> bool:
    if reading.cell and not _goes_as_tables(reading, cell):
        return True
    return bool(reading.pages) and len(cell.packed) > reading.left


def _goes_as_tables(reading: Reading, cell: Cell) -> bool:
    return reading.form != CELLS or cell.rows <= FEW


def _cells_of(reading: Reading, place: Place) -> list[Cell]:
    """The cells still to come, of the snapshot that the cursor names or of one that is at hand."""
    if place.cells is None:
        shelf, catalogue = reading.store.shelf, reading.store.catalogue
        at = None if place.fresh else place.cursor.seq
        snapshot = shelf.take(reading.tx, catalogue, place.area, place.log, at)
        place.at, place.cells = snapshot.at, snapshot.after(parse_position(place.cursor.position))
    return place.cells


def _add_cell(reading: Reading, place: Place, cells: list[Cell]) -> None:
    """One page of a snapshot; an empty one where nothing is left of it but to say so.

    The rows are the answer's ``cell``, or, for a build from before cells, the page's ``tables``.
    """
    cell = cells.pop(0) if cells else None
    page = {
        "area": place.area,
        "snapshot": place.at,
        "stage": cell.stage if cell else "older",
        "first": place.fresh,
        "last": not cells,
        "left": sum(each.rows for each in cells),
    }
    if cell is None or _goes_as_tables(reading, cell):
        page["tables"] = cell.tables() if cell else {}
    else:
        reading.cell = cell.prepared
    page["next"] = cells[0].stage if cells else "log"
    cursor = Cursor(place.at, format_position(_end_of(cell, cells[0])) if cells and cell else "")
    reading.add(place, cursor, page, cell.rows if cell else 0, len(cell.packed) if cell else 0)


def _end_of(cell: Cell, following: Cell) -> Position:
    """How far a phone is after a cell; once it has what is recent it stands in ``older``: it is usable."""
    return AFTER_RECENT if following.stage == "older" != cell.stage else cell.end


def _read_logs(reading: Reading) -> None:
    """Add a page of each log that has more than the phone has read; none beside a cell, to go unpacked."""
    for place in reading.places:
        if reading.left <= 0 or reading.cell or (place.in_snapshot and reading.form):
            continue
        start, fresh = place.cursor.seq, place.fresh
        if start >= place.log.head and not fresh:
            continue
        budget = reading.left * (RAW if reading.form else 1)
        page, size = read_page(reading.tx, reading.store.catalogue, place.area, start, budget)
        rows = sum(table["count"] for table in page["tables"].values())
        size = size // RAW if reading.form else size
        cursor = Cursor(page["to"], _since(place.log) if page["to"] < place.log.floor else "")
        reading.add(place, cursor, page | ({"fresh": True} if fresh else {}), rows, size)


def _since(log: Log) -> str:
    return f"since:{log.floor}"


def _is_usable(place: Place, snapshots: bool) -> bool:
    """Whether the phone has the people and the recent facts of this area."""
    if not snapshots:
        return place.cursor.seq >= place.log.head
    if not place.in_snapshot:
        return True
    if place.cells is None:
        return place.cursor.position.startswith("older:")
    return not place.fresh and all(cell.stage == "older" for cell in place.cells[:1])


def _remaining(reading: Reading) -> dict[str, int]:
    """The rows still to come and about how many compressed bytes they are."""
    usual = reading.bytes // reading.rows if reading.rows else USUAL_ROW
    rows = size = 0
    for place in reading.places:
        if place.cells is not None:
            rows += sum(cell.rows for cell in place.cells)
            size += sum(len(cell.packed) for cell in place.cells)
        elif place.in_snapshot and reading.form:
            counted = rows_until(reading.tx, place.area, place.log_from)
            rows, size = rows + counted, size + counted * usual
    behind = {}
    for place in reading.places:
        start = place.log_from if reading.form else place.cursor.seq
        if start < place.log.head:
            behind[place.area] = start
    newer = rows_after(reading.tx, behind)
    return {"rows": rows + newer, "bytes": size + newer * usual}
