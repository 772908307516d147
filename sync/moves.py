"""A household moves to another area: ``leave`` and ``enter`` in one transaction.

Invariant: at every moment each of its records stands in exactly one area. The old area's log gets tombstones,
the new one's the same records under the same ids, with their author, times, state, verdicts, edits and
conflicts. Receipts stay where the changes were accepted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from sync.errors import ProblemError
from sync.ids import ids_in
from sync.log import lock_logs
from sync.rows import MERGED, is_standing
from sync.schema import quarantine, record
from sync.scope import Caller
from sync.tallies import forget_tallies
from sync.tombstones import Act, bury, log_entries, note_act, read_merged


def move_household(
    tx: Connection, caller: Caller, act: Act, household: str, *, source: str, target: str
) -> int:
    """Move a household, its people, their facts, and the profiles about any of them; return how many moved.

    Raises ProblemError: ``not_allowed`` where the caller does not review in both areas, ``unknown_record``
    where the household is not in ``source``, ``wrong_level`` where one of the two is no grid, ``id_reused``
    where one of the ids stands in ``target`` already.
    """
    if source == target or not (caller.may_review(source) and caller.may_review(target)):
        raise ProblemError("not_allowed")
    logs = lock_logs(tx, {source, target})
    if len(logs) < 2:
        raise ProblemError("unknown_record", "no such area")
    if any(logs.values()):
        raise ProblemError("wrong_level", "nobody lives above the grids")
    moving, people = _records_of(tx, source, household)
    _make_room(tx, target, moving)
    numbers = log_entries(tx, target, moving, "enter", act)
    copies = [
        dict(each._mapping) | {"area_id": target, "seq": numbers[each.record_id]}
        for each in moving  # every column goes along: what is added to the table later, too
    ]
    tx.execute(insert(record), copies)
    forget_tallies(tx, [target])
    bury(tx, source, moving, act, to=target)
    _take_along(tx, source, target, {each.record_id for each in moving})
    detail = {"to": target, "people": people, "records": len(moving)}
    note_act(tx, act, source, "move", subject=household, detail=detail)
    return len(moving)


def _records_of(tx: Connection, area: str, household: str) -> tuple[list[Any], list[str]]:
    """Everything that goes where a household goes, in the order of its numbers, and its people's ids."""
    standing = select(record).where(record.c.area_id == area, is_standing())
    house = tx.execute(standing.where(record.c.record_id == household)).one_or_none()
    if house is None or house.kind != "household":
        raise ProblemError("unknown_record", household)
    of_house = tx.execute(standing.where(record.c.subject_id == household)).all()
    people = [each.record_id for each in of_house if each.kind == "person"]
    of_people = or_(record.c.subject_id.in_(people), record.c.person_id.in_(people))
    found = [house, *of_house, *tx.execute(standing.where(of_people)).all()]
    merged = record.c.area_id == area, record.c.record_id.in_(read_merged(tx, {household, *people}))
    found += tx.execute(select(record).where(*merged, record.c.state == MERGED)).all()
    return sorted(found, key=lambda each: each.seq), people


def _make_room(tx: Connection, target: str, moving: list[Any]) -> None:
    """Take away the tombstones of an earlier stay in ``target``."""
    ids = [each.record_id for each in moving]
    here = record.c.area_id == target, record.c.record_id.in_(ids)
    if tx.execute(select(record.c.record_id).where(*here, is_standing()).limit(1)).first():
        raise ProblemError("id_reused", "stands in the new area already")
    tx.execute(delete(record).where(*here))


def _take_along(tx: Connection, source: str, target: str, ids: set[str]) -> None:
    """What waits for a decision about them waits at the new area's desk."""
    waiting = quarantine.c.area_id == source, quarantine.c.state == "waiting"
    for held in tx.execute(select(quarantine.c.change_id, quarantine.c.change).where(*waiting)).all():
        if ids_in(held.change) & ids:
            here = quarantine.c.area_id == source, quarantine.c.change_id == held.change_id
            tx.execute(update(quarantine).where(*here).values(area_id=target))
