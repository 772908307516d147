"""Prepared snapshots in the database: compressed at their best beforehand, for any process to use.

Invariant: what is stored here holds nobody who has left its area or was erased: ``sync.tombstones.bury``
deletes it in the transaction that buries them, and it is stored in one that finds nobody gone since.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select

from sync.log import Log, lock_logs, logs_of
from sync.rows import GONE
from sync.schema import area_log, prepared, record
from sync.snapshot import Cell, Snapshot, format_position, parse_position, prepare
from sync.splice import BEST

if TYPE_CHECKING:
    from sync.database import Store

LAG = 500  # numbers of the log that a new phone reads after a snapshot rather than have one prepared for it
FORM = 3  # of the cells; what another build has stored in another form is not read


def load_prepared(tx: Connection, area: str) -> Snapshot | None:
    """The stored snapshot of an area, if there is one."""
    mine = prepared.c.area_id == area, prepared.c.form == FORM
    found = tx.execute(select(prepared).where(*mine).order_by(prepared.c.place)).all()
    cells = []
    for row in found:
        end = parse_position(row.position)
        if end is None:
            return None
        cells.append(Cell(end, row.rows, bytes(row.packed)))
    return Snapshot(area, found[0].at, found[0].read_at, tuple(cells)) if found else None


def forget_prepared(tx: Connection, area: str) -> None:
    """Delete what is prepared of an area; SQLite overwrites what it frees: somebody may be erased later."""
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA secure_delete=ON")
    tx.execute(delete(prepared).where(prepared.c.area_id == area))


def prepare_areas(store: Store, stop: threading.Event | None = None) -> int:
    """Prepare every area whose snapshot is missing or more than LAG numbers old; return how many were.

    An area at a time, and none after ``stop`` is set. Compressing holds no lock.
    """
    with store.read() as tx:
        areas = list(tx.scalars(select(area_log.c.area_id).where(area_log.c.head > 0)))
    return sum(_prepare_area(store, area) for area in areas if stop is None or not stop.is_set())


def _prepare_area(store: Store, area: str) -> bool:
    with store.read() as tx:
        log = logs_of(tx, [area])[area]
        at = tx.scalar(select(prepared.c.at).where(prepared.c.area_id == area, prepared.c.form == FORM))
        if at is not None and at + LAG >= log.head and max(log.floor, log.erased) <= at:
            return False
        made = prepare(tx, store.catalogue, area, at=log.head, head=log.head, quality=BEST)
    stored = bool(made.cells) and store.transact(lambda tx: store_prepared(tx, made))
    if stored:
        store.shelf.keep(made)
    return stored


def store_prepared(tx: Connection, snapshot: Snapshot) -> bool:
    """Store a snapshot in the place of the area's earlier one; not one that holds who has left since."""
    area = snapshot.area
    lock_logs(tx, {area})
    if has_left(tx, snapshot, logs_of(tx, [area])[area]):
        return False
    forget_prepared(tx, area)
    same = {"area_id": area, "form": FORM, "at": snapshot.at, "read_at": snapshot.read_at}
    rows = [
        same
        | {"place": place, "position": format_position(cell.end), "rows": cell.rows, "packed": cell.packed}
        for place, cell in enumerate(snapshot.cells)
    ]
    tx.execute(insert(prepared), rows)
    return True


def has_left(tx: Connection, snapshot: Snapshot, log: Log) -> bool:
    """Whether a row left the area after this was read: erased, moved away, or its tombstone gone since."""
    if max(log.erased, log.floor) > snapshot.read_at:
        return True
    if log.head <= snapshot.read_at:
        return False
    since = record.c.area_id == snapshot.area, record.c.seq > snapshot.read_at
    query = select(record.c.seq).where(*since, record.c.state.in_(GONE)).limit(1)
    return tx.execute(query).first() is not None
