"""Compaction: tombstones older than 400 days go, and what was erased leaves the database's files.

Invariant: a phone whose cursor lies below an area's ``floor`` may have missed tombstones that are gone, so
its area starts afresh. Who was erased stays known by id for good: no phone, however late, brings them back.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, delete, func, not_, select, update

from sync.database import Store
from sync.log import lock_logs
from sync.schema import area_log, record

KEEP = 400 * 24 * 3600 * 1000
PASSING = ("left", "erased")  # what was merged stays: late changes follow it, and a merge can be undone


def compact(store: Store, now: int) -> int:
    """Drop old tombstones, raise the floors, pack the files; return how many tombstones went."""
    with store.write() as tx:
        gone = _drop_tombstones(tx, now)
    store.pack_files()
    return gone


def _drop_tombstones(tx: Connection, now: int) -> int:
    old = _is_old(now)
    lock_logs(tx, set(tx.scalars(select(record.c.area_id).where(old).distinct())))
    query = select(record.c.area_id, func.max(record.c.seq).label("last"), func.count().label("rows"))
    gone = 0
    for found in tx.execute(query.where(old).group_by(record.c.area_id)).all():
        tx.execute(delete(record).where(record.c.area_id == found.area_id, old))
        below = area_log.c.area_id == found.area_id, area_log.c.floor < found.last
        tx.execute(update(area_log).where(*below).values(floor=found.last))
        gone += found.rows
    return gone


def _is_old(now: int) -> ColumnElement[bool]:
    erased_person = and_(record.c.kind == "person", record.c.state == "erased")
    return and_(record.c.state.in_(PASSING), record.c.received_at < now - KEEP, not_(erased_person))
