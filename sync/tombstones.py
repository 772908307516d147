"""Tombstones: what is left of a record that moved to another area, or was erased.

Invariant: a tombstone keeps ids, kind and numbers, and nothing that describes anybody: ``fields`` is empty,
so are its edits. It is a row of the news (``state`` "left" or "erased"), by which phones forget the record,
and is shown on no page. Where a record went is known to the server alone (``lookup``, "to:<area>").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sync.audit import note
from sync.change import Change, named_ids
from sync.log import take_numbers
from sync.prepared import forget_prepared
from sync.rows import GONE, MERGED, merged_lookup
from sync.schema import area_log, log, record
from sync.tallies import forget_tallies
from sync.twins import forget_twins
from sync.verdicts import FACT_OPS

MOST_MOVES = 100
_KEPT = frozenset({"area_id", "record_id", "kind", "household_id", "person_id", "subject_id"})
_EMPTY = {column.name: None for column in record.columns if column.name not in _KEPT}


@dataclass(frozen=True)
class Gone:
    """Of what a batch speaks of, what is not where it says: (area, id).

    ``left`` moved away; ``homes`` says in which area it is now, where that can be told.
    """

    erased: frozenset[tuple[str, str]]
    left: frozenset[tuple[str, str]]
    homes: dict[tuple[str, str], str]

    def how(self, change: Change) -> str:
        """Whether what a change speaks of was "erased" or has "left"; "" where it is here."""
        if not self.erased and not self.left:
            return ""
        if any((change.area, each) in self.erased for each in named_ids(change)):
            return "erased"
        return "left" if any((change.area, each) in self.left for each in _about(change)) else ""

    def home_of(self, change: Change) -> str:
        """The area in which what a change speaks of is now; the change's own where that is not known."""
        found = (self.homes.get((change.area, each)) for each in sorted(_about(change)))
        return next((area for area in found if area), change.area)


def read_gone(
    tx: Connection,
    areas: set[str],
    ids: set[str],
    mine: frozenset[str],
    *,
    unknown: set[tuple[str, str]],
    made: set[tuple[str, str]],
) -> Gone:
    """Read the tombstones of ``ids`` in ``areas``; of those outside ``mine`` only who was erased.

    What an area does not know (``unknown``) may be known elsewhere, where a restored backup has undone a move
    that phones had seen: who was erased there is erased here, and a profile that would be ``made`` anew while
    it stands elsewhere has left for there, so that no record ever stands in two areas.
    """
    if not areas:
        return Gone(frozenset(), frozenset(), {})
    query = select(record.c.area_id, record.c.record_id, record.c.state, record.c.lookup).where(
        record.c.area_id.in_(sorted(areas)), record.c.record_id.in_(sorted(ids)), record.c.state.in_(GONE)
    )
    found = tx.execute(query).all()
    left = [each for each in found if each.state == "left" and each.area_id in mine]
    erased, standing = _find_elsewhere(tx, {record_id for _, record_id in unknown | made})
    moved = {key: standing[key[1]] for key in made if key[1] in standing}
    return Gone(
        erased=frozenset((each.area_id, each.record_id) for each in found if each.state == "erased")
        | {key for key in unknown if key[1] in erased},
        left=frozenset((each.area_id, each.record_id) for each in left) | moved.keys(),
        homes=moved | _find_homes(tx, left),
    )


def _find_elsewhere(tx: Connection, ids: set[str]) -> tuple[set[str], dict[str, str]]:
    """Of these ids, in whatever area: those erased, and the area of those that stand."""
    if not ids:
        return set(), {}
    query = select(record.c.area_id, record.c.record_id, record.c.state).where(
        record.c.area_id.in_(select(area_log.c.area_id)), record.c.record_id.in_(sorted(ids))
    )
    found = tx.execute(query).all()
    erased = {each.record_id for each in found if each.state == "erased"}
    return erased, {each.record_id: each.area_id for each in found if each.state not in GONE}


def read_merged(tx: Connection, ids: set[str]) -> set[str]:
    """The ids of all that was merged into these records, and into those, wherever they are now."""
    found: set[str] = set()
    wanted = ids
    while wanted:
        into = record.c.lookup.in_(sorted(map(merged_lookup, wanted))), record.c.state == MERGED
        wanted = set(tx.scalars(select(record.c.record_id).where(*into))) - found
        found |= wanted
    return found


@dataclass(frozen=True)
class Act:
    """One moving or erasing: all its entries in the log share its id, author, stamp and instant."""

    change: str
    author: str
    device: str | None
    stamp: str
    at: int


def log_entries(tx: Connection, area: str, records: list[Any], op: str, act: Act) -> dict[str, int]:
    """Log one entry for each of these records of ``area`` (its log held); return their numbers by id."""
    before = take_numbers(tx, area, len(records))
    numbers = {each.record_id: number for number, each in enumerate(records, before + 1)}
    same = {"area_id": area, "op": op, "change_id": act.change, "stamp": act.stamp, "received_at": act.at}
    same |= {"author_id": act.author, "device_id": act.device}
    if records:
        tx.execute(
            insert(log),
            [same | {"seq": numbers[r.record_id], "record_id": r.record_id, "kind": r.kind} for r in records],
        )
    return numbers


def bury(tx: Connection, area: str, records: list[Any], act: Act, *, to: str | None) -> None:
    """Make tombstones of these records of ``area``: left for the area ``to``, or erased where there is none.

    What was prepared before is deleted and, where a process remembers it, not sent any more:
    ``area_log.erased`` becomes the last number taken.
    """
    numbers = log_entries(tx, area, records, "leave" if to else "erase", act)
    if not numbers:
        return
    gone = _EMPTY | {"body": "{}", "extra": "{}", "state": "left" if to else "erased", "received_at": act.at}
    gone["lookup"] = f"to:{to}" if to else None
    for record_id, seq in numbers.items():
        here = record.c.area_id == area, record.c.record_id == record_id
        tx.execute(update(record).where(*here).values(gone | {"seq": seq}))
    forget_tallies(tx, [area])
    forget_twins(tx, area, numbers)
    last = update(area_log).where(area_log.c.area_id == area)
    tx.execute(last.values(erased=max(numbers.values())))
    forget_prepared(tx, area)


def note_act(
    tx: Connection, act: Act, area: str, action: str, *, subject: str, detail: dict[str, Any]
) -> None:
    """The one audit row of an act, under the id that its log entries carry."""
    who = {"actor": act.author, "device": act.device}
    note(tx, area=area, action=action, subject=subject, detail=detail, now=act.at, id=act.change, **who)


def _about(change: Change) -> set[str]:
    """What must be in this area for a change to count: a fact's person, not the household they lived in."""
    return named_ids(change) - ({change.household or ""} if change.op in FACT_OPS else set())


def _find_homes(tx: Connection, left: Iterable[Any]) -> dict[tuple[str, str], str]:
    """Where records that left are now; one whose trace ends (compacted, erased) is not among them."""
    homes: dict[tuple[str, str], str] = {}
    for tombstone in left:
        area = _follow(tx, tombstone.record_id, tombstone.lookup)
        if area is not None:
            homes[tombstone.area_id, tombstone.record_id] = area
    return homes


def _follow(tx: Connection, record_id: str, lookup: str | None) -> str | None:
    for _ in range(MOST_MOVES):
        area = (lookup or "").removeprefix("to:")
        here = record.c.area_id == area, record.c.record_id == record_id
        found = tx.execute(select(record.c.state, record.c.lookup).where(*here)).one_or_none()
        if found is None or found.state not in GONE or found.state == MERGED:
            return area if found else None
        lookup = found.lookup
    return None
