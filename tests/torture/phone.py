"""A phone as the protocol sees it: an outbox, cursors, rows, and a link that may fail at any moment.

Invariants: a change leaves ``waiting`` only by its own id in an answer; what was acknowledged is kept, and
offered again when the epoch is another. ``told`` remembers every acknowledgement: it is what is held against
the server in the end (``tests/torture/checks.py``).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sync.cells import read_cell
from sync.clock import Clock, format_stamp, tick
from sync.ids import uuid7
from sync.packing import unpack
from sync.request import CELLS
from tests.world import HOUSEHOLDS, NOW, PEOPLE, World

Post = Callable[[dict[str, Any]], dict[str, Any]]
ACKNOWLEDGED = frozenset({"accepted", "duplicate", "conflict", "quarantined"})
BATCH = 20
FOREIGN = 0.05


class LinkError(Exception):
    """The round trip failed: nobody knows how far it got."""


class Phone:
    """One phone of ``login``; ``post`` makes a round trip or raises LinkError."""

    def __init__(self, world: World, login: str, post: Post, rng: random.Random, people: list[str]) -> None:
        self.world, self.login, self.post, self.rng, self.people = world, login, post, rng, people
        self.waiting: dict[str, dict[str, Any]] = {}
        self.kept: dict[str, dict[str, Any]] = {}
        self.told: dict[str, str] = {}
        self.corrected: set[str] = set()
        self.refused: list[dict[str, Any]] = []
        self.rows: dict[str, dict[str, Any]] = {}
        self.cursors: dict[str, str] = {}
        self.granted: set[str] = set()
        self.epoch: str | None = None
        self.clock = Clock(NOW, 0, rng.randbytes(4).hex())

    def write_something(self) -> None:
        """Save one change: mostly visits, sometimes a correction, a profile's field, or another's grid."""
        mine = [change for change in self.kept.values() if change["op"] == "record"]
        mine = [change for change in mine if change["id"] not in self.corrected]
        kind = self.rng.random()
        if kind < 0.1 and mine:
            self._save(self._correction(self.rng.choice(mine)))
        elif kind < 0.25:
            self._save(self._profile_edit())
        else:
            person = "qian" if kind > 1 - FOREIGN else self.rng.choice(self.people)
            self._save(self._visit(person))

    def exchange(self) -> bool:
        """One round trip; whether anything is left to say or to hear. Raises LinkError."""
        batch = list(self.waiting.values())[:BATCH]
        request = {
            "protocol": 1,
            "build": "torture",
            "snapshots": CELLS,
            "epoch": self.epoch,
            "cursors": self.cursors,
        }
        answer = self.post(request | {"changes": batch})
        if self.epoch not in (None, answer["epoch"]):
            self.waiting = self.kept | self.waiting
            self.kept = {}
        self.epoch = answer["epoch"]
        self._hear_statuses(answer["statuses"])
        self.granted = (self.granted | set(answer["areas"]["granted"])) - set(answer["areas"]["lost"])
        for page in answer["news"]:
            area = page["area"]
            cell = "tables" not in page
            self._read_page(page, read_cell(answer["cell"], area) if cell else unpack(page["tables"], area))
        return bool(self.waiting or answer["more"])

    def drain(self, rounds: int = 300) -> None:
        """Exchange until nothing is left; what still waits after ``rounds`` is stuck."""
        for _ in range(rounds):
            try:
                if not self.exchange():
                    return
            except LinkError:
                continue

    def _hear_statuses(self, statuses: list[dict[str, Any]]) -> None:
        for status in statuses:
            change = self.waiting.pop(status["id"], None)
            if change is None:
                continue
            if status["status"] in ACKNOWLEDGED:
                self.told[status["id"]] = status["status"]
                self.kept[status["id"]] = change
            else:
                self.refused.append(status)

    def _read_page(self, page: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        """A page of the log or of a snapshot (docs/architecture.md, section 3)."""
        area = page["area"]
        if page.get("first") or page.get("fresh"):
            self.rows = {key: row for key, row in self.rows.items() if row["area"] != area}
        for row in rows:
            if row.get("state") in ("left", "erased"):
                self.rows.pop(row["id"], None)
            else:
                self.rows[row["id"]] = row
        self.cursors[area] = page["cursor"]

    def _save(self, change: dict[str, Any]) -> None:
        self.waiting[change["id"]] = change

    def _new(self, op: str, kind: str, area: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        self.clock = tick(self.clock, NOW)
        made = uuid7(NOW, self.rng.randbytes(10))
        change = {"id": made, "area": area, "kind": kind, "op": op, "record": made, "body": body}
        return change | {"stamp": format_stamp(self.clock)} | more

    def _visit(self, person: str) -> dict[str, Any]:
        household = PEOPLE[person][0]
        body = {"how": self.rng.choice(["well", "well", "watch"]), "note": f"{self.login}：门口有积水"}
        place = {"person": self.world.people[person], "household": self.world.households[household]}
        area = self.world.areas[HOUSEHOLDS[household][0]]
        return self._new("record", "visit", area, body, form="visit/1", occurred_at=NOW, **place)

    def _correction(self, fact: dict[str, Any]) -> dict[str, Any]:
        self.corrected.add(fact["id"])
        if self.rng.random() < 0.5:
            return self._new("void", fact["kind"], fact["area"], {"reason": "写错了"}, record=fact["id"])
        same = {key: fact[key] for key in ("form", "person", "household", "occurred_at")}
        body = fact["body"] | {"note": "改过"}
        return self._new("amend", fact["kind"], fact["area"], body, amends=fact["id"], **same)

    def _profile_edit(self) -> dict[str, Any]:
        person = self.rng.choice(self.people)
        record = self.world.people[person]
        seen = self.rows.get(record, {"fields": {}})["fields"]
        field = self.rng.choice(["phone", "workplace"])
        base = {field: seen[field]} if field in seen else {}
        body = {field: f"1380{self.rng.randrange(10**7):07d}"}
        area = self.world.areas[HOUSEHOLDS[PEOPLE[person][0]][0]]
        return self._new("set", "person", area, body, record=record, base=base)
