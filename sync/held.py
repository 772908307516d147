"""What is held for a supervisor to decide, and the decisions: accept, reassign, decline; and the replay.

Invariants: a decision is made once, and each leaves one row in the audit; nothing is dropped, what is
declined stays stored; what is accepted is folded as its original author's, from their device, as of its
arrival, by the same judgement as ever, but under the authority of whoever decides.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from sync.audit import note
from sync.catalogue import Catalogue
from sync.change import Change, parse_change
from sync.database import Store
from sync.errors import ProblemError
from sync.ids import is_id, uuid7
from sync.log import lock_logs
from sync.records import Status, fold_again
from sync.rows import MERGED, is_standing, rows_of
from sync.schema import access, area_log, quarantine, receipt, record
from sync.scope import SYSTEM, Caller, load_caller

REPLAYED = ("unknown_kind", "invalid_fields", "unknown_record")
DECLINE_ONLY = frozenset({"not_allowed", "stale_review", "erased_person"})
LONGEST_REASON = 500


@dataclass(frozen=True)
class Accept:
    """Fold it as it came, in the grid where its person is now."""


@dataclass(frozen=True)
class Reassign:
    """Fold it as about another person; what it said stays stored as it came."""

    person: str


@dataclass(frozen=True)
class Decline:
    """Leave it out, and say why to who wrote it."""

    reason: str


Decision = Accept | Reassign | Decline
Key = tuple[str, str]  # of an entry: the area it lies in, the change's id


@dataclass(frozen=True)
class Outcome:
    """``accepted`` (with its number), ``declined``, or ``refused`` with the code that says why."""

    status: str
    code: str = ""
    seq: int | None = None


@dataclass(frozen=True)
class Decider:
    """Who decides, for which of their grids, when; ``random`` (10 bytes) makes the audit row's id."""

    caller: Caller
    areas: tuple[str, ...]
    now: int
    random: bytes


def decide_held(
    tx: Connection, catalogue: Catalogue, decider: Decider, key: Key, decision: Decision
) -> Outcome:
    """Decide on one held change. Refused are ``unknown_record`` (not theirs to see) and ``stale_review``.

    What does not pass even so stays as it was, refused with the code for which it would be held again.
    """
    seen = find_held(tx, decider.areas, key)
    if seen is None:
        return Outcome("refused", "unknown_record")
    placed = None if isinstance(decision, Decline) else _place(tx, catalogue, decider, seen, decision)
    if isinstance(placed, Outcome):
        return placed
    lock_logs(tx, {key[0]} | ({placed.area} if placed else set()))
    entry = _take(tx, key)
    if entry is None:
        return Outcome("refused", "stale_review")
    if isinstance(decision, Decline) or placed is None:
        reason = decision.reason[:LONGEST_REASON] if isinstance(decision, Decline) else ""
        return _decline(tx, decider, entry, reason)
    action = "reassign" if isinstance(decision, Reassign) else "accept"
    outcome = _count_in(tx, catalogue, decider, (entry, placed, action))
    if outcome.status == "accepted":
        _fold_followers(tx, catalogue, decider, entry, decision)
    return outcome


def _count_in(
    tx: Connection, catalogue: Catalogue, decider: Decider, chosen: tuple[Any, Change, str]
) -> Outcome:
    """Fold an entry as it was placed, close it and say so; nothing is written where it does not pass."""
    entry, placed, action = chosen
    status = fold_again(tx, catalogue, _as_author(decider, entry), placed, entry.received_at)
    if status["status"] not in ("accepted", "conflict"):
        return Outcome("refused", status["code"])
    _close(tx, entry, decider, "accepted")
    _tell_receipt(tx, entry, placed.area, status)
    _note(tx, decider, entry, (action, placed.area), _what_changed(entry, placed))
    return Outcome("accepted", seq=status["seq"])


def _fold_followers(
    tx: Connection, catalogue: Catalogue, decider: Decider, fact: Any, decision: Accept | Reassign
) -> None:
    """Fold what its author wrote of a fact while it was held (taken back, corrected), in the order it came.

    Wherever it waits: it may have been written for the grid that the person has moved away from. Only what
    passes here, where the fact is now; the rest waits for a decision of its own.
    """
    waiting = select(quarantine).where(quarantine.c.state == "waiting")
    theirs = quarantine.c.author_id == fact.author_id, quarantine.c.change.contains(fact.change_id)
    order = quarantine.c.received_at, quarantine.c.change_id
    for entry in tx.execute(waiting.where(*theirs).order_by(*order)).all():
        change = _read(entry)
        if change is None or {"void": change.record, "amend": change.amends}.get(change.op) != fact.change_id:
            continue
        placed = _place(tx, catalogue, decider, entry, Accept() if change.op == "void" else decision)
        own = sha256(decider.random + entry.change_id.encode()).digest()[:10]
        if isinstance(placed, Change) and _take(tx, (entry.area_id, entry.change_id)):
            here = replace(decider, random=own)
            if _count_in(tx, catalogue, here, (entry, placed, "follow")).status == "accepted":
                _fold_followers(tx, catalogue, decider, entry, decision)


def find_held(tx: Connection, areas: Collection[str], key: Key) -> Any | None:
    """One held change that these areas' desk may see, decided or not; None where there is none."""
    return tx.execute(select(quarantine).where(*_at(key), held_for(areas))).one_or_none()


def held_for(areas: Collection[str]) -> ColumnElement[bool]:
    """What the desk of these areas sees: what was written for them, and what their people wrote for nowhere.

    What is for a grid of others is others' to decide: it speaks of people of theirs.
    """
    theirs = select(access.c.account_id).where(access.c.area_id.in_(sorted(areas)))
    nowhere = quarantine.c.area_id.not_in(select(area_log.c.area_id))
    return or_(quarantine.c.area_id.in_(sorted(areas)), and_(nowhere, quarantine.c.author_id.in_(theirs)))


def may_reassign(change: dict[str, Any], code: str) -> bool:
    """Whether a held change can be given to another person: a fact, which is about one."""
    return change.get("op") in ("record", "amend") and code not in DECLINE_ONLY


def may_accept(change: dict[str, Any], code: str) -> bool:
    """Whether it can be accepted at all: nobody's verdict, and nothing that takes a role, at second hand."""
    return change.get("op") != "review" and code not in DECLINE_ONLY


def replay_held(store: Store, now: int, random: Any) -> int:
    """Fold what was held because this server did not know it and now does; return how many were.

    As its author's, with the rights they had when it came; one audit row (``replay``) each. Run after an
    upgrade; ``random(n)`` gives n random bytes. What still does not pass stays.
    """
    with store.read() as tx:
        waiting = select(quarantine.c.area_id, quarantine.c.change_id, quarantine.c.change).where(
            quarantine.c.state == "waiting", quarantine.c.code.in_(REPLAYED)
        )
        order = quarantine.c.received_at, quarantine.c.area_id, quarantine.c.change_id
        entries = tx.execute(waiting.order_by(*order)).all()
    told = 0
    for entry in entries:
        if store.catalogue.get(json.loads(entry.change).get("kind", "")) is not None:
            with store.write() as tx:
                told += _replay(
                    tx,
                    store.catalogue,
                    (entry.area_id, entry.change_id),
                    Decider(SYSTEM, (), now, random(10)),
                )
    return told


def _replay(tx: Connection, catalogue: Catalogue, key: Key, system: Decider) -> bool:
    area, _ = key
    lock_logs(tx, {area})
    entry = _take(tx, key)
    change = _read(entry)
    if entry is None or change is None or change.area != area:
        return False
    author = load_caller(tx, entry.author_id or "", entry.device_id, entry.received_at)
    if entry.author_id == SYSTEM.account:
        author = SYSTEM
    if author is None:  # closed since: when it came, the grid was theirs, else it had another code
        author = Caller(entry.author_id, "", "volunteer", entry.device_id, frozenset({area}))
    status = fold_again(tx, catalogue, author, change, entry.received_at)
    if status["status"] not in ("accepted", "conflict"):
        return False
    _close(tx, entry, system, "accepted")
    _tell_receipt(tx, entry, area, status)
    _note(tx, system, entry, ("replay", area), {"code": entry.code})
    return True


def _place(
    tx: Connection, catalogue: Catalogue, decider: Decider, entry: Any, decision: Accept | Reassign
) -> Change | Outcome:
    """The change as it will be folded: in the grid, and about the person, that it belongs to now."""
    change = _read(entry)
    if change is None or not may_accept(change.raw, entry.code):
        return Outcome("refused", entry.code)
    reassigned = isinstance(decision, Reassign)
    if reassigned and not may_reassign(change.raw, entry.code):
        return Outcome("refused", entry.code)
    person = decision.person if isinstance(decision, Reassign) else change.person
    named = change.body.get("person") or change.body.get("household")  # of a profile that is made anew
    wanted = {i for i in (person, change.record, change.amends, named) if is_id(i)}
    standing = select(record.c.record_id).where(
        record.c.area_id.in_(decider.areas), record.c.record_id.in_(sorted(wanted)), is_standing()
    )
    ids = list(tx.scalars(standing))
    found = {row["id"]: row for row in rows_of(tx, catalogue, decider.areas, ids=ids) if row["fields"]}
    moved: dict[str, Any] = {}
    own = found.get(change.record) or found.get(str(named))
    row = found.get(person or "") if change.op in ("record", "amend") else own
    home = row["area"] if row is not None else _merged_home(tx, decider, wanted)
    if home:
        moved["area"] = home
    if row is not None and reassigned:
        moved |= {"person": row["id"], "household": row["fields"].get("household", change.household)}
    if reassigned and (row is None or row["kind"] != "person"):
        return Outcome("refused", "unknown_person")
    placed = parse_change(change.raw | moved)
    return placed if placed.area in decider.areas else Outcome("refused", "foreign_area")


def _merged_home(tx: Connection, decider: Decider, ids: set[Any]) -> str | None:
    """The area in which one of these was merged into another: the fold follows from there."""
    theirs = record.c.area_id.in_(decider.areas), record.c.record_id.in_(sorted(ids))
    return tx.scalar(select(record.c.area_id).where(*theirs, record.c.state == MERGED).limit(1))


def _as_author(decider: Decider, entry: Any) -> Caller:
    """The author at their device, with the grids and roles of who decides."""
    roles = {area: decider.caller.roles.get(area, frozenset()) for area in decider.areas}
    account = entry.author_id or SYSTEM.account
    return Caller(account, "", "volunteer", entry.device_id, frozenset(decider.areas), roles)


def _take(tx: Connection, key: Key) -> Any | None:
    """Hold a waiting entry until commit, so that nobody else decides on it; None where somebody did."""
    waiting = select(quarantine).where(*_at(key), quarantine.c.state == "waiting")
    return tx.execute(waiting.with_for_update()).one_or_none()


def _at(key: Key) -> tuple[ColumnElement[bool], ...]:
    return quarantine.c.area_id == key[0], quarantine.c.change_id == key[1]


def _read(entry: Any) -> Change | None:
    """The change of an entry; None where it was emptied."""
    if entry is None:
        return None
    try:
        return parse_change(json.loads(entry.change))
    except ProblemError:
        return None


def _decline(tx: Connection, decider: Decider, entry: Any, reason: str) -> Outcome:
    _close(tx, entry, decider, "declined", reason)
    _note(tx, decider, entry, ("decline", entry.area_id), {"code": entry.code})
    return Outcome("declined")


def _close(tx: Connection, entry: Any, decider: Decider, state: str, reason: str | None = None) -> None:
    decided = {"state": state, "decided_by": decider.caller.account, "decided_at": decider.now}
    here = _at((entry.area_id, entry.change_id))
    tx.execute(update(quarantine).where(*here).values(decided | {"reason": reason}))


def _tell_receipt(tx: Connection, entry: Any, area: str, status: Status) -> None:
    """The receipt now carries status and number: a phone that offers the change again hears them.

    It stays in the area that the change named, and says (``detail``) which one it was counted in.
    """
    came = json.loads(entry.change)["area"]
    here = receipt.c.area_id.in_({came, entry.area_id}), receipt.c.change_id == entry.change_id
    values = {"status": status["status"], "code": None, "seq": status["seq"]}
    values["detail"] = None if area == came else json.dumps({"area": area})
    tx.execute(update(receipt).where(*here).values(values))


def _what_changed(entry: Any, placed: Change) -> dict[str, Any]:
    came = json.loads(entry.change)
    changed = {
        key: [came.get(key), placed.raw.get(key)]
        for key in ("area", "person", "household")
        if came.get(key) != placed.raw.get(key)
    }
    return {"code": entry.code} | changed


def _note(
    tx: Connection, decider: Decider, entry: Any, done: tuple[str, str], detail: dict[str, Any]
) -> None:
    """One row of the audit: what was ``done``, and in which area."""
    note(
        tx,
        area=done[1],
        actor=decider.caller.account,
        device=decider.caller.device,
        action=done[0],
        subject=entry.change_id,
        detail=detail,
        now=decider.now,
        id=uuid7(decider.now, decider.random),
    )
