"""Erasing a person: their profile, those about them, their facts, and every text ever sent about them.

Invariant: afterwards no query finds anything that describes them, in any area they were ever in; what stays
is that changes came (ids, numbers, hashes) and tombstones, by which phones forget them too. Whatever still
comes about them is ``rejected erased_person`` and not kept. What SQLite has freed is overwritten, and leaves
the files with ``compact``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, or_, select, update

from sync.errors import ProblemError
from sync.ids import ids_in
from sync.log import lock_logs
from sync.rows import is_standing
from sync.schema import area_log, audit, log, quarantine, receipt, record
from sync.scope import Caller
from sync.tombstones import Act, bury, note_act, read_merged

ERASERS = frozenset({"supervisor", "operator"})
REASONS = ("own_request", "guardian_request", "wrong_entry", "no_purpose")
_EMPTIED_RECEIPT = {"change": "{}", "code": "erased_person"}  # its detail is the area it was counted in
_EMPTIED = _EMPTIED_RECEIPT | {"detail": None}


def erase_person(
    tx: Connection, caller: Caller, person: str, reason: str, act: Act, *, trace: str | None = None
) -> int:
    """Erase a person of one of the caller's areas, for one of ``REASONS``; return how many records went.

    ``trace`` is a digest under a secret that is not in the database; their tombstones keep it, so that who
    holds the secret can tell that an old roster names them again.

    Raises ProblemError: ``unknown_person`` where none stands there, ``not_allowed`` where the caller is
    neither supervisor nor operator of the area, ``malformed`` for another reason.
    """
    if reason not in REASONS:
        raise ProblemError("malformed", "reason")
    people = {person} | read_merged(tx, {person})
    areas = {area for each in people for area in _areas_of(tx, each)}
    locked = lock_logs(tx, areas)
    home = _home_of(tx, person, locked)
    if not (caller.system or caller.roles.get(home, frozenset()) & ERASERS):
        raise ProblemError("not_allowed")
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA secure_delete=ON")  # what is freed from here on is overwritten
    ids = set(people)
    for area in sorted(locked):
        found = _records_about(tx, area, people)
        ids |= {each.record_id for each in found}
        bury(tx, area, found, act, to=None)
    if trace:
        theirs = record.c.area_id.in_(sorted(locked)), record.c.record_id == person
        tx.execute(update(record).where(*theirs).values(lookup=f"erased:{trace}"))
    _empty_texts(tx, locked, ids, act)
    note_act(tx, act, home, "erase", subject=person, detail={"reason": reason})
    return len(ids)


def _areas_of(tx: Connection, person: str) -> set[str]:
    """Every area that a person is in or ever was in: by its tombstones, and by the moves of long ago."""
    logs = select(area_log.c.area_id)
    found = select(record.c.area_id).where(record.c.area_id.in_(logs), record.c.record_id == person)
    moved = select(audit.c.area_id).where(audit.c.action == "move", audit.c.detail.contains(person))
    return set(tx.scalars(found)) | set(tx.scalars(moved))


def _home_of(tx: Connection, person: str, areas: Collection[str]) -> str:
    here = record.c.area_id.in_(sorted(areas)), record.c.record_id == person, record.c.kind == "person"
    home = tx.scalar(select(record.c.area_id).where(*here, is_standing()))
    if home is None:
        raise ProblemError("unknown_person", person)
    return str(home)


def _records_about(tx: Connection, area: str, people: set[str]) -> list[Any]:
    """The records of an area about these people that are not erased yet, tombstones of a move among them."""
    standing = select(record.c.record_id, record.c.kind, record.c.seq).where(
        record.c.area_id == area, or_(record.c.state.is_(None), record.c.state != "erased")
    )
    about = (record.c.record_id, record.c.person_id, record.c.subject_id)
    theirs = or_(*(column.in_(sorted(people)) for column in about))
    return list(tx.execute(standing.where(theirs).order_by(record.c.seq)))


def _empty_texts(tx: Connection, areas: Collection[str], ids: set[str], act: Act) -> None:
    """Empty every change about these records, wherever it lies; its hash stays."""
    entries = log.c.area_id.in_(sorted(areas)), log.c.record_id.in_(sorted(ids))
    changes = set(tx.scalars(select(log.c.change_id).where(*entries)))
    query = select(quarantine.c.change_id, quarantine.c.change).execution_options(yield_per=500)
    held = {each.change_id for each in tx.execute(query) if ids_in(each.change) & ids}
    closed = {"state": "declined", "decided_by": act.author, "decided_at": act.at, "reason": None}
    if held:
        waiting = update(quarantine).where(quarantine.c.change_id.in_(sorted(held)))
        tx.execute(waiting.values(_EMPTIED | closed))
    counted = update(quarantine).where(quarantine.c.change_id.in_(sorted(changes - held)))
    tx.execute(counted.values(_EMPTIED))  # held once, and given to this person since
    known = update(receipt).where(receipt.c.change_id.in_(sorted(changes | held)))
    tx.execute(known.values(_EMPTIED_RECEIPT))
