"""Likely twins: pairs of records of an area that may be one person or household, for a supervisor to decide.

Invariant: a pair is noted once, in the transaction in which the second of them came; what was decided stays
decided ("different" is remembered). Ids only. Whether two are alike is the kind's word (``Kind.alike``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from sync.catalogue import Catalogue
from sync.overlay import Row
from sync.rows import is_standing
from sync.schema import record, twin

MOST_NEW = 100  # of one fold, as many as an exchange brings; an import brings more and knows its own again
Pair = tuple[str, str]


def note_twins(tx: Connection, catalogue: Catalogue, new: list[Row], now: int) -> int:
    """Note for each of these new records which standing ones of its area are alike; return how many pairs."""
    new = [row for row in new if catalogue[row["kind"]].alike is not None]
    if not 0 < len(new) <= MOST_NEW:
        return 0
    pairs: dict[tuple[str, Pair], str] = {}
    kinds = sorted(kind.name for kind in catalogue if kind.alike is not None)
    for area in {row["area"] for row in new}:
        known = _read_fields(tx, area, kinds)
        for row in new:
            if row["area"] == area and row["id"] in known[row["kind"]]:
                for other in _alike(catalogue, known, row["kind"], row["id"]):
                    pairs[area, pair_of(row["id"], other)] = row["kind"]
    rows = [
        {"area_id": area, "one_id": one, "other_id": other, "kind": kind, "state": "waiting", "found_at": now}
        for (area, (one, other)), kind in pairs.items()
    ]
    if rows:
        tx.execute(insert(twin), rows)
    return len(rows)


def waiting_twins(tx: Connection, areas: Collection[str], limit: int) -> list[Any]:
    """The pairs that wait in these areas, households first (who lives there follows), the oldest first."""
    waiting = twin.c.area_id.in_(sorted(areas)), twin.c.state == "waiting"
    query = (
        select(twin).where(*waiting).order_by(twin.c.kind, twin.c.found_at, twin.c.one_id, twin.c.other_id)
    )
    return list(tx.execute(query.limit(limit)))


def count_twins(tx: Connection, areas: Collection[str]) -> int:
    """How many pairs wait in these areas."""
    waiting = twin.c.area_id.in_(sorted(areas)), twin.c.state == "waiting"
    return int(tx.scalar(select(func.count()).select_from(twin).where(*waiting)) or 0)


def find_pair(tx: Connection, area: str, pair: Pair) -> Any | None:
    """What is noted of a pair; None where nothing is."""
    return tx.execute(select(twin).where(*_at(area, pair))).one_or_none()


def settle_pair(tx: Connection, area: str, pair: Pair, state: str, decided: tuple[str, int]) -> None:
    """Decide on a pair: "different", "merged", or "waiting" again after a merge was undone; by whom, when."""
    who, at = decided
    values = {"state": state, "decided_by": who, "decided_at": at}
    tx.execute(update(twin).where(*_at(area, pair)).values(values))


def hide_twins(tx: Connection, area: str, lost: str, kept: str, now: int) -> None:
    """Whoever is like the one that was merged away may be the kept one: its other pairs wait under that."""
    waiting = tx.execute(select(twin).where(*_of(area, lost), twin.c.state == "waiting")).all()
    tx.execute(update(twin).where(*_of(area, lost), twin.c.state == "waiting").values(state="hidden"))
    for each in waiting:
        other = each.other_id if each.one_id == lost else each.one_id
        if other != kept and find_pair(tx, area, pair_of(kept, other)) is None:
            one, two = pair_of(kept, other)
            same = {"area_id": area, "kind": each.kind, "state": "waiting", "found_at": now}
            tx.execute(insert(twin).values(same | {"one_id": one, "other_id": two}))


def show_twins(tx: Connection, area: str, lost: str) -> None:
    """The pairs of one that stands again wait again."""
    tx.execute(update(twin).where(*_of(area, lost), twin.c.state == "hidden").values(state="waiting"))


def forget_twins(tx: Connection, area: str, ids: Iterable[str]) -> None:
    """Take away the pairs of records that leave an area, or are erased."""
    tx.execute(delete(twin).where(*_of(area, *ids)))


def pair_of(one: str, other: str) -> Pair:
    """Two ids as a pair is noted: the older record first."""
    return (one, other) if one < other else (other, one)


def _read_fields(tx: Connection, area: str, kinds: list[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """The fields of an area's standing records of these kinds: kind → id → fields."""
    found: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in kinds}
    here = record.c.area_id == area, record.c.kind.in_(kinds), is_standing()
    for row in tx.execute(select(record.c.record_id, record.c.kind, record.c.body).where(*here)):
        found[row.kind][row.record_id] = json.loads(row.body)
    return found


def _alike(
    catalogue: Catalogue, known: dict[str, dict[str, dict[str, Any]]], kind: str, record_id: str
) -> list[str]:
    """The ids of the other records of this kind that are like this one."""
    rule, house = catalogue[kind].alike, catalogue["household"].alike
    if rule is None or house is None:
        return []
    fields, homes = known[kind][record_id], known["household"]
    keys, home = rule.keys(fields), str(fields.get("household", ""))

    def same_home(other: str) -> bool:
        if home == other != "":
            return True
        return home in homes and other in homes and house.same(homes[home], homes[other], False)

    return [
        other
        for other, theirs in known[kind].items()
        if other != record_id
        and keys & rule.keys(theirs)
        and rule.same(fields, theirs, same_home(str(theirs.get("household", ""))))
    ]


def _of(area: str, *ids: str) -> tuple[Any, ...]:
    return twin.c.area_id == area, or_(twin.c.one_id.in_(sorted(ids)), twin.c.other_id.in_(sorted(ids)))


def _at(area: str, pair: Pair) -> tuple[Any, ...]:
    return twin.c.area_id == area, twin.c.one_id == pair[0], twin.c.other_id == pair[1]
