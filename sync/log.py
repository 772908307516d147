"""One numbered log per area, whatever its level (design D4): gap-free numbers, so that a phone detects loss.

With 8 writers on PostgreSQL 15 a reader paging by a database sequence permanently missed 9.5 % of the
committed rows; a counter per area missed none. Whoever folds into an area holds its counter's row until
commit, so that numbers become visible in their order.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update

from sync.schema import area_log

_LOGS = select(area_log).where(area_log.c.area_id.in_(bindparam("areas", expanding=True)))


@dataclass(frozen=True)
class Log:
    """An area's log: its last number, below which number tombstones are gone, and its last erasure."""

    head: int = 0
    floor: int = 0
    erased: int = 0


def ensure_log(tx: Connection, area: str, level: str) -> None:
    """Give ``area``, which is of this ``level`` for good, a log where it has none."""
    if tx.scalar(select(area_log.c.head).where(area_log.c.area_id == area)) is None:
        tx.execute(insert(area_log).values(area_id=area, head=0, above=int(level != "grid")))


def lock_logs(tx: Connection, areas: set[str]) -> dict[str, bool]:
    """Hold the logs of ``areas`` until commit, in sorted order.

    Returns those that exist, each with whether it lies above the grids: then nobody lives in it.
    """
    if not areas:
        return {}
    query = select(area_log.c.area_id, area_log.c.above).where(area_log.c.area_id.in_(sorted(areas)))
    found = tx.execute(query.order_by(area_log.c.area_id).with_for_update())
    return {row.area_id: bool(row.above) for row in found}


def take_numbers(tx: Connection, area: str, count: int) -> int:
    """Take ``count`` numbers of an area's log; return the one before the first."""
    taken = update(area_log).where(area_log.c.area_id == area).values(head=area_log.c.head + count)
    return int(tx.execute(taken.returning(area_log.c.head)).scalar_one()) - count


def logs_of(tx: Connection, areas: list[str]) -> dict[str, Log]:
    """The log of each of these areas; an area that never had a change has an empty one."""
    found = tx.execute(_LOGS, {"areas": areas})
    logs = {row.area_id: Log(row.head, row.floor, row.erased) for row in found}
    return {area: logs.get(area, Log()) for area in areas}


def heads_of(tx: Connection, areas: list[str]) -> dict[str, int]:
    """The last number of each area's log."""
    return {row.area_id: row.head for row in tx.execute(_LOGS, {"areas": areas})}
