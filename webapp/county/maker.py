"""Making the county grid by grid: its areas, its people at work, its ledger, and two years of logs.

Invariant: a grid's changes are a function of the seed and its place, so that a county of any size begins
alike; they are folded by ``fold_fresh`` in the callers' names, reviews after what they review.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import Connection, insert

from sync import schema
from sync.clock import Clock, format_stamp
from sync.ids import uuid7
from sync.log import ensure_log
from sync.records import Batch
from sync.scope import SYSTEM, Caller
from webapp.county.words import (
    LIVING,
    check_body,
    ordinal,
    talk_body,
    visit_body,
    write_name,
    write_phone,
    write_workplace,
)
from webapp.ledger.roster.cells import spell, surname_of

DAY = 86_400_000
DAYS = 700
WAITING_DAYS = 3  # what came within these days waits for a review
REVIEWERS_ROLE, WRITERS_ROLE = "supervisor", "volunteer"
PER_TOWNSHIP = 25
Row = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """How much of each; households, people and facts are spread evenly over the grids."""

    villages: int
    grids: int
    households: int
    people: int
    facts: int


@dataclass
class Worker:
    """Somebody who works in the county."""

    id: str
    device: str
    login: str
    name: str
    phone: str
    role: str
    area: str


@dataclass
class Place:
    """A grid to be filled, with who writes and who reviews there."""

    area: str
    number: int
    name: str
    village: str
    township: str
    position: int
    volunteer: Worker
    supervisor: Worker


@dataclass
class Maker:
    """The county of a seed, as of ``now`` (ms)."""

    seed: int
    sizes: Sizes
    now: int
    workers: list[Worker] = field(default_factory=list)
    areas: list[Row] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def lay_out(self) -> None:
        """The tree of areas, and everybody's grants."""
        rng = Random(f"{self.seed}:tree")  # noqa: S311  # to be the same each time is what it is for
        start = self.now - DAYS * DAY
        county = self._area(rng, start, None, "county", name="清河县", position=0)
        self._worker(rng, "county", "supervisor", county)
        township, town_name = "", ""
        for village in range(self.sizes.villages):
            if village % PER_TOWNSHIP == 0:
                town = village // PER_TOWNSHIP + 1
                town_name = f"第{ordinal(town)}镇"
                township = self._area(rng, start, county, "township", name=town_name, position=town)
                self._worker(rng, f"town{town}", "supervisor", township)
            self._village(rng, start, township, town_name, village)

    def write_layout(self, tx: Connection, password_hash: str) -> None:
        """Write areas, accounts, grants and phones."""
        tx.execute(insert(schema.area), self.areas)
        for row in self.areas:
            ensure_log(tx, row["area_id"], row["level"])
        same = {"active": 1, "password_hash": password_hash, "created_at": self.now - DAYS * DAY}
        accounts = [
            {"account_id": w.id, "login": w.login, "name": w.name, "phone": w.phone} for w in self.workers
        ]
        tx.execute(insert(schema.account), [each | same for each in accounts])
        grants = [{"area_id": w.area, "account_id": w.id, "role": w.role, "since": 0} for w in self.workers]
        tx.execute(insert(schema.access), grants)
        phones = [{"device_id": w.device, "account_id": w.id, "name": "手机"} for w in self.workers]
        tx.execute(insert(schema.device), [each | {"created_at": same["created_at"]} for each in phones])

    def batches(self, place: Place) -> list[Batch]:
        """Everything of a grid: its profiles, its logs day by day, and the reviews of them."""
        return _Grid(self, place).batches()

    def share(self, total: int, number: int) -> int:
        """How many of ``total`` fall to the grid of this number."""
        grids = len(self.places)
        return total * (number + 1) // grids - total * number // grids

    def _village(self, rng: Random, start: int, township: str, town_name: str, number: int) -> None:
        name = f"{town_name[1:-1]}里{ordinal(number % PER_TOWNSHIP + 1)}村"
        village = self._area(rng, start, township, "village", name=name, position=number)
        supervisor = self._worker(rng, f"village{number + 1}", REVIEWERS_ROLE, village)
        grids, villages = self.sizes.grids, self.sizes.villages
        for position in range(1, grids * (number + 1) // villages - grids * number // villages + 1):
            title = f"{name}{ordinal(position)}组"
            area = self._area(rng, start, village, "grid", name=title, position=position)
            volunteer = self._worker(rng, f"v{len(self.places) + 1}", WRITERS_ROLE, area)
            self.places.append(
                Place(area, len(self.places), title, name, town_name, position, volunteer, supervisor)
            )

    def _area(self, rng: Random, at: int, parent: str | None, level: str, *, name: str, position: int) -> str:
        made = uuid7(at, rng.randbytes(10))
        row = {"area_id": made, "parent_id": parent, "level": level, "name": name, "position": position}
        self.areas.append(row)
        return made

    def _worker(self, rng: Random, login: str, role: str, area: str) -> Worker:
        start = self.now - DAYS * DAY
        ids = uuid7(start, rng.randbytes(10)), uuid7(start, rng.randbytes(10))
        worker = Worker(*ids, login, write_name(rng), write_phone(rng), role, area)
        self.workers.append(worker)
        return worker


class _Grid:
    """One grid on its way into the database."""

    def __init__(self, maker: Maker, place: Place) -> None:
        self.maker, self.place = maker, place
        self.rng = Random(f"{maker.seed}:{place.number}")  # noqa: S311  # the same each time
        self.start = maker.now - DAYS * DAY
        self.ticks = 0
        self.people: list[tuple[str, str, str, str]] = []  # id, household, name, category

    def batches(self) -> list[Batch]:
        profiles = [self._grid(), *self._members(), *self._households()]
        found = [Batch(SYSTEM, profiles, self.start)]
        writer, reviewer = self._caller(self.place.volunteer), self._caller(self.place.supervisor)
        waiting: list[Row] = []
        last = -1
        for day, number in self._days():
            logs = [self._fact(day) for _ in range(number)]
            found.append(Batch(writer, logs, self._instant(day, 20)))
            if waiting and last < DAYS - WAITING_DAYS:
                found.append(Batch(reviewer, self._reviews(waiting, day), self._instant(day, 21)))
            waiting, last = logs, day
        return found

    def _days(self) -> Iterator[tuple[int, int]]:
        """The days on which something is logged, and how much: the last of them is yesterday."""
        facts = self.maker.share(self.maker.sizes.facts, self.place.number)
        visits = min(facts, DAYS // 4)
        for number in range(visits):
            day = DAYS - 1 - (visits - 1 - number) * 4
            yield day, facts * (number + 1) // visits - facts * number // visits

    def _grid(self) -> Row:
        place = self.place
        body = {"name": place.name, "village": place.village, "township": place.township}
        body |= {"station_name": f"{place.village}关爱服务站"}
        described = body | {"position": place.position, "responsible": place.volunteer.id}
        return self._change("set", "grid", self.start, described, record=place.area)

    def _members(self) -> Iterator[Row]:
        for worker in (self.place.volunteer, self.place.supervisor):
            body = {"name": worker.name, "role": worker.role, "phone": worker.phone}
            yield self._change("set", "member", self.start, body, record=worker.id)

    def _households(self) -> Iterator[Row]:
        sizes, number = self.maker.sizes, self.place.number
        households, people = (
            self.maker.share(sizes.households, number),
            self.maker.share(sizes.people, number),
        )
        for door in range(households):
            living = people * (door + 1) // households - people * door // households
            names = [write_name(self.rng) for _ in range(max(living, 1))]
            body = {"door": f"{door + 1}号", "number": door + 1, "address": f"{self.place.name}{door + 1}号"}
            body["title"] = f"{surname_of(names[0])}家"
            home = self._change("set", "household", self.start, body)
            yield home
            for name in names[:living]:
                yield self._person(name, home["record"])

    def _person(self, name: str, household: str) -> Row:
        rng = self.rng
        category = rng.choices(("child", "woman", "elder"), (40, 20, 40))[0]
        pinyin, initials = spell(name)
        body: Row = {"name": name, "pinyin": pinyin, "initials": initials, "category": category}
        body |= {"household": household, "birth": self._birth(category), "living": rng.choice(LIVING)}
        body["sex"] = "female" if category == "woman" else rng.choice(("female", "male"))
        if category == "child":
            guardian = write_name(rng)
            body |= {"absence": rng.choices(("both", "one", "single"), (60, 30, 10))[0], "school": "中心小学"}
            body |= {
                "guardian_name": guardian,
                "guardian_phone": write_phone(rng),
                "father_name": write_name(rng),
            }
            body |= {
                "guardian_relation": rng.choice(("爷爷", "奶奶", "外婆")),
                "workplace": write_workplace(rng),
            }
        else:
            body["phone"] = write_phone(rng)
        made = self._change("set", "person", self.start, body)
        self.people.append((made["record"], household, name, category))
        return made

    def _birth(self, category: str) -> str:
        ages = {"child": (1, 16), "woman": (22, 58), "elder": (60, 92)}[category]
        year = 2025 - self.rng.randint(*ages)
        return f"{year}-{self.rng.randint(1, 12):02}-{self.rng.randint(1, 28):02}"

    def _fact(self, day: int) -> Row:
        rng = self.rng
        person, household, name, category = rng.choice(self.people)
        kind = rng.choices(("visit", "health_check", "counselling"), (80, 15, 5))[0]
        if kind == "counselling" and category != "child":
            kind = "visit"
        bodies = {"visit": lambda: visit_body(rng, name), "health_check": lambda: check_body(rng)}
        body = bodies.get(kind, lambda: talk_body(rng, name))()
        at = self._instant(day, rng.randint(8, 18)) + rng.randint(0, 3_599_999)
        made = self._change("record", kind, at, body)
        made |= {"record": made["id"], "form": f"{kind}/1", "person": person, "household": household}
        return made | {"occurred_at": at}

    def _reviews(self, logs: list[Row], day: int) -> list[Row]:
        at = self._instant(day, 21)
        return [self._change("review", x["kind"], at, {"verdict": "approved"}, record=x["id"]) for x in logs]

    def _change(self, op: str, kind: str, at: int, body: Row, record: str = "") -> Row:
        self.ticks += 1
        made = uuid7(at, self.rng.randbytes(10))
        record = record or uuid7(at, self.rng.randbytes(10))
        stamp = format_stamp(Clock(at, self.ticks % 60_000, "c0de0001"))
        change = {"id": made, "area": self.place.area, "kind": kind, "op": op, "record": record}
        return change | {"stamp": stamp, "body": body}

    def _instant(self, day: int, hour: int) -> int:
        return self.start + day * DAY + hour * 3_600_000

    def _caller(self, worker: Worker) -> Caller:
        roles = {self.place.area: frozenset({worker.role})}
        return Caller(worker.id, worker.name, worker.role, worker.device, frozenset(roles), roles)
