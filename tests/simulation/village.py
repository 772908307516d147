"""The villages of the simulation: grids, households with people in them, and accounts with their roles.

Every text about a household or a person carries their canaries. Ids are made from one seed, so that a village
is the same in every life.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert

from sync import schema
from sync.clock import Clock, format_stamp
from sync.ids import uuid7
from sync.log import ensure_log
from sync.records import fold_changes
from sync.scope import SYSTEM
from tests.simulation.canary import household_canary, person_canary
from tests.simulation.server import START, Server

HOUSEHOLDS_A_GRID = 4
CATEGORIES = ("child", "elder")


@dataclass
class Somebody:
    """A person: number (the canary's), id, household's number and id."""

    number: int
    id: str
    household: int
    household_id: str


@dataclass
class Village:
    """Two villages of ``grids`` grids in all; ``accounts`` is (id, area, role)."""

    grids: int
    areas: list[str] = field(default_factory=list)
    tops: list[str] = field(default_factory=list)
    people: list[Somebody] = field(default_factory=list)
    households: dict[int, tuple[str, str]] = field(default_factory=dict)
    accounts: list[tuple[str, str, str]] = field(default_factory=list)


def build_village(server: Server, phones: int) -> Village:
    """Make it in an empty database, with an account for each phone: one in ten supervises a village."""
    village = Village(grids=max(4, phones // 5))
    chance = random.Random(0)  # the same village each time
    ids = iter(lambda: uuid7(START - 10**9, chance.randbytes(10)), None)
    with server.store.write() as tx:
        village.tops = [_add_area(tx, next(ids), None, name, 0) for name in ("青禾村", "柳河村")]
        for place in range(village.grids):
            top = village.tops[place % 2]
            village.areas.append(_add_area(tx, next(ids), top, f"{place}组", place))
        for place in range(phones):
            area, role = village.areas[place % village.grids], "volunteer"
            if place % 10 == 9:
                area, role = village.tops[place // 10 % 2], "supervisor"
            village.accounts.append((next(ids), area, role))
            _add_account(tx, place, *village.accounts[-1])
        changes = _profiles(village, ids)
        statuses = fold_changes(tx, server.store.catalogue, SYSTEM, changes, START)
    if any(status["status"] != "accepted" for status in statuses):
        raise AssertionError(statuses)
    return village


def give(tx: Any, account: str, area: str, role: str, since: int) -> None:
    """A grant from ``since`` on."""
    held = {"area_id": area, "account_id": account, "role": role, "since": since}
    tx.execute(insert(schema.access).values(held))


def _add_area(tx: Any, made: str, parent: str | None, name: str, place: int) -> str:
    values = {"area_id": made, "parent_id": parent, "name": name, "position": place}
    level = "grid" if parent else "village"
    tx.execute(insert(schema.area).values(values | {"level": level}))
    ensure_log(tx, made, level)
    return made


def _add_account(tx: Any, place: int, account: str, area: str, role: str) -> None:
    values = {"account_id": account, "login": f"a{place}", "name": f"人{place}", "password_hash": "!"}
    tx.execute(insert(schema.account).values(values | {"active": 1, "created_at": START}))
    give(tx, account, area, role, 0)


def _profiles(village: Village, ids: Any) -> list[dict[str, Any]]:
    changes = []
    for place, area in enumerate(village.areas):
        for door in range(1, HOUSEHOLDS_A_GRID + 1):
            number = place * HOUSEHOLDS_A_GRID + door
            household = next(ids)
            village.households[number] = household, area
            body = {"door": f"{door}号", "number": door, "address": f"{household_canary(number)} {place}组"}
            changes.append(_set(next(ids), area, "household", household, body))
            for category in CATEGORIES:
                person = Somebody(len(village.people) + 1, next(ids), number, household)
                village.people.append(person)
                body = {"name": f"{person_canary(person.number)} {household_canary(number)}"}
                body |= {"category": category, "household": household}
                changes.append(_set(next(ids), area, "person", person.id, body))
    return changes


def _set(made: str, area: str, kind: str, record: str, body: dict[str, Any]) -> dict[str, Any]:
    change = {"id": made, "area": area, "kind": kind, "op": "set", "record": record, "body": body}
    return change | {"stamp": format_stamp(Clock(START - 10**6, 0, "00000000")), "base": {}}
