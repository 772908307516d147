"""What is done meanwhile: grants, moves, erasures, phones stopped, backups put back, ids used twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from sync import schema
from sync.clock import Clock, format_stamp
from sync.compact import KEEP, compact
from sync.erasure import erase_person
from sync.errors import ProblemError
from sync.moves import move_household
from sync.scope import SYSTEM
from sync.tombstones import Act
from tests.simulation.desk import Desk
from tests.simulation.phone import Phone, read_answer
from tests.simulation.village import give

if TYPE_CHECKING:
    from tests.simulation.oracle import Truth
    from tests.simulation.world import World

DEEDS = (
    ("grant", 14),
    ("lose", 14),
    ("move", 16),
    ("erase", 3),
    ("revoke", 2),
    ("back_up", 8),
    ("restore", 2),
    ("reuse_id", 12),
    ("decide", 30),
    ("upgrade", 4),
    ("compact", 4),
    ("diverge", 12),
)
OLD = 2 * 3600 * 1000
STANDING = """SELECT area_id, record_id FROM record
    WHERE kind = 'person' AND (state IS NULL OR state NOT IN ('left', 'erased', 'merged'))"""
DIVERGENCES = ("row_lost_on_phone", "row_left_on_phone", "row_of_before_on_phone")


class Deeds(Desk):
    """They go round no path: what the product has a function for is done by that function."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.backup: tuple[str, Truth] | None = None
        self.epochs = 0
        self.erasures: list[int] = []

    def do_something(self) -> None:
        """One deed."""
        names, weights = zip(*DEEDS, strict=True)
        name = self.world.random.choices(names, weights)[0]
        self.world.done[name] += 1
        getattr(self, name)()

    def grant(self) -> None:
        """Somebody is given one grid more."""
        world = self.world
        phone, area = world.random.choice(world.phones), world.random.choice(world.village.areas)
        key = schema.access.c.account_id == phone.account, schema.access.c.area_id == area
        with world.server.store.write() as tx:
            given = tx.execute(update(schema.access).where(*key).values(since=world.server.now, until=None))
            if given.rowcount == 0:
                give(tx, phone.account, area, "volunteer", world.server.now)

    def lose(self) -> None:
        """Somebody loses all grids but the one they began with, or that one."""
        world = self.world
        phone, area = world.random.choice(world.phones), world.random.choice(world.village.areas)
        key = schema.access.c.account_id == phone.account, schema.access.c.area_id == area
        with world.server.store.write() as tx:
            tx.execute(update(schema.access).where(*key).values(until=world.server.now))

    def move(self) -> None:
        """A household moves to another grid, with all it has."""
        world = self.world
        number = world.random.choice(sorted(world.village.households))
        household, source = world.village.households[number][0], world.oracle.truth.household_area[number]
        target = world.random.choice([area for area in world.village.areas if area != source])
        act = self._act()
        with world.server.store.write() as tx:
            move_household(tx, SYSTEM, act, household, source=source, target=target)
        world.oracle.truth.household_area[number] = target
        world.oracle.truth.acts[act.change] = f"the move of household {number}"

    def erase(self) -> None:
        """A person asks to be erased."""
        people = [each.number for each in self.world.village.people]
        left = sorted(set(people) - self.world.oracle.truth.erased)
        if len(left) > len(people) // 2:
            self._erase(self.world.random.choice(left))

    def revoke(self) -> None:
        """A phone is stopped, and its person handed another one."""
        world = self.world
        phone = world.random.choice(world.phones)
        if phone.revoked or sum(each.revoked for each in world.phones) > len(world.phones) // 3:
            return
        phone.revoked = True
        self._stop(phone)
        world.phones.append(world.new_phone(len(world.phones), phone.account))

    def back_up(self) -> None:
        """A copy of the database is made."""
        self.world.server.back_up("backup.db")
        self.backup = "backup.db", self.world.oracle.truth.copy()

    def restore(self) -> None:
        """The copy is put back; what the operator knows was done since is done again."""
        if self.backup is None:
            return
        world, (name, truth) = self.world, self.backup
        for problem in world.server.problems_of(name):
            world.oracle.note("wrong", f"a backup that does not check: {problem}")
            return
        world.faults["backup_restored"] += 1
        self.epochs += 1
        world.server.restore(name, f"{self.epochs:032x}")
        world.oracle.truth = truth.copy()
        world.oracle.restored()
        for phone in world.phones:
            if phone.revoked:
                self._stop(phone)
        for number in self.erasures:
            if number not in world.oracle.truth.erased:
                self._erase(number)
        self.start_again()

    def compact(self) -> None:
        """Tombstones go when they are old: here after hours, else no life would be long enough."""
        world = self.world
        self.start_again()  # it is done while nobody is served
        if not compact(world.server.store, world.server.now + KEEP - OLD):
            return
        self._age_copies()
        world.faults["tombstones_compacted"] += 1
        floors = {row["area_id"]: row["floor"] for row in world.server.ledger.rows("SELECT * FROM area_log")}
        for phone in world.phones:
            for area, known in phone.disk.stores["cursors"].items():
                world.faults["cursor_below_floor"] += known["seq"] < floors.get(area, 0)

    def _age_copies(self) -> None:
        """When a tombstone goes, after 400 days, what a phone keeps for 30 is long past its time."""
        people = {person.id for person in self.world.village.people}
        standing = {(row["area_id"], row["record_id"]) for row in self.world.server.ledger.rows(STANDING)}
        for phone in self.world.phones:
            with phone.disk.transaction() as tx:
                for made, entry in phone.disk.stores["outbox"].items():
                    change = entry["change"]
                    about = {change.get("person"), change.get("record")} & people
                    gone = about and not any((change["area"], each) in standing for each in about)
                    if gone and (entry["state"] == "acknowledged" or entry["status"] == "declined"):
                        phone.witness.forgot_erased(made)
                        tx.delete("outbox", made)

    def diverge(self) -> None:
        """A phone's store loses a row, keeps one that is gone, or finds an older one again."""
        world = self.world
        phone = world.random.choice(world.phones)
        level = [area for area, known in phone.disk.stores["cursors"].items() if known["log"]]
        level = [area for area in level if phone.rows(area)]
        if not level:
            return
        area = world.random.choice(sorted(level))
        row = phone.rows(area)[world.random.choice(sorted(phone.rows(area)))]
        how = world.random.choice(DIVERGENCES)
        world.faults[how] += 1
        world.oracle.diverged.add((phone.name, area))
        with phone.disk.transaction() as tx:
            if how == "row_lost_on_phone":
                tx.delete_row(area, row["id"])
            elif how == "row_left_on_phone":
                made = world.new_id()
                tx.put_row(area, made, row | {"id": made})
            else:
                tx.put_row(area, row["id"], row | {"seq": row["seq"] - 1})

    def reuse_id(self) -> None:
        """A cloned phone sends another body under an id that the server knows: refused, the first stays."""
        world = self.world
        phone = world.random.choice(world.phones)
        known = [each for each in phone.disk.stores["outbox"].values() if each["state"] == "acknowledged"]
        known = [each["change"] for each in known if each["change"]["body"]]
        if phone.revoked or not known or not world.oracle.knows(known[-1]["id"]):
            return
        change = known[-1]
        other = change | {"body": change["body"] | {"living": "of another"}}
        _, headers = phone.ask()
        headers.pop("Content-Encoding", None)
        reply = world.network.send(phone, json.dumps({"protocol": 1, "changes": [other]}).encode(), headers)
        world.faults["id_reused"] += 1
        if reply is None or reply.status != 200:
            return
        [status] = read_answer(reply)["statuses"]
        if status["status"] != "rejected":
            world.oracle.note("duplicated", f"{change['id']} was taken with another body")

    def _erase(self, number: int) -> None:
        world = self.world
        person = world.village.people[number - 1]
        act = self._act()
        try:
            with world.server.store.write() as tx:
                erase_person(tx, SYSTEM, person.id, "own_request", act)
        except ProblemError as error:
            world.oracle.note("wrong", f"person {number} could not be erased: {error}")
            return
        world.oracle.truth.erased.add(number)
        world.oracle.truth.acts[act.change] = f"the erasure of person {number}"
        if number not in self.erasures:
            self.erasures.append(number)

    def _stop(self, phone: Phone) -> None:
        key = schema.device.c.device_id == phone.device
        with self.world.server.store.write() as tx:
            tx.execute(update(schema.device).where(key).values(revoked_at=self.world.server.now))

    def _act(self) -> Act:
        world = self.world
        stamp: Any = format_stamp(Clock(world.server.now, 0, "00000000"))
        return Act(world.new_id(), SYSTEM.account, None, stamp, world.server.now)
