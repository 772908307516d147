"""A simulated district: phones in people's hands, a network that fails, a server, and what people do.

Invariant: everything that happens is drawn from one seeded generator, so that a seed is a story that can be
told again. ``step`` is one operation of one person; ``settle`` ends all faults and lets everything arrive.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from tests.simulation.checking import ask_check, is_unchecked
from tests.simulation.deeds import DIVERGENCES, Deeds
from tests.simulation.disk import PhoneKilledError
from tests.simulation.network import FAULTS, Network
from tests.simulation.oracle import Oracle, Truth
from tests.simulation.phone import HearError, Phone
from tests.simulation.server import START, Server
from tests.simulation.village import Village, build_village
from tests.simulation.writing import write_something

FAULTY = 0.6
LONGEST_PAUSE = 90_000
TAKES_STOCK = 0.05
MOST_ROUNDS = 400
OPERATIONS = (
    ("write", 52),
    ("sync", 9),
    ("look", 29),
    ("phone_killed", 2),
    ("clock_jump", 2),
    ("late", 3),
    ("desk", 3),
)
EVERY_FAULT = (
    *FAULTS,
    *DIVERGENCES,
    "phone_killed_before_commit",
    "phone_killed_after_commit",
    "saved_in_mid_exchange",
    "clock_jump",
    "backup_restored",
    "id_reused",
    "decided_twice",
    "build_upgraded",
    "tombstones_compacted",
    "cursor_below_floor",
)
BUSY = {"sync": 14, "look": 40, "desk": 14}  # in these lives the rarer things happen more often
IN_MID_EXCHANGE = 0.15


class World:
    """One life of a server with ``phones`` phones."""

    def __init__(
        self,
        server: Server,
        village: Village,
        seed: int,
        phone_class: type[Phone] = Phone,
        busy: bool = False,
    ) -> None:
        self.random = random.Random(seed)  # a seed that can be told again
        weights = dict(OPERATIONS) | (BUSY if busy else {})
        self.names, self.weights = list(weights), list(weights.values())
        self.takes_stock = TAKES_STOCK * (6 if busy else 1)
        self.server, self.village, self.phone_class = server, village, phone_class
        homes = {number: area for number, (_, area) in village.households.items()}
        truth = Truth(homes, villages=tuple(village.tops))
        self.oracle = Oracle(server, truth)
        self.network = Network(server, self.oracle, self.random)
        self.deeds = Deeds(self)
        self.done: Counter[str] = Counter()
        self.meant: dict[str, str] = {}  # of a log about the wrong person, whom it is about
        self.phones = [
            self.new_phone(place, account) for place, (account, _, _) in enumerate(village.accounts)
        ]

    @property
    def faults(self) -> Counter[str]:
        """How often each fault was done."""
        return self.network.faults

    # -- one operation ---------------------------------------------------------------------------------

    def step(self) -> None:
        """One operation of somebody's; the clock goes on a little."""
        self.server.now += self.random.randrange(1, LONGEST_PAUSE)
        name = self.random.choices(self.names, self.weights)[0]
        self.done[name] += 1
        getattr(self, name)(self.random.choice([phone for phone in self.phones if not phone.wiped]))

    def write(self, phone: Phone) -> None:
        """Somebody writes something down."""
        change = write_something(self, phone)
        if change is not None:
            phone.save(change, self.server.now)

    def sync(self, phone: Phone, fault: str | None = None) -> None:
        """One round trip, perhaps a faulty one."""
        slow = self.network.slow.pop(phone.device, None)
        if slow is not None:
            self.hear(phone, slow)
            return
        if fault is None:
            fault = self.random.choice(FAULTS) if self.random.random() < FAULTY else ""
        self.oracle.asking(phone)
        reply = self.network.send(phone, *phone.ask(), fault)
        if self.random.random() < IN_MID_EXCHANGE:
            self.faults["saved_in_mid_exchange"] += 1
            self.write(phone)
        if reply is not None:
            self.hear(phone, reply)
        self.network.holes.discard(phone.device)

    def hear(self, phone: Phone, reply: Any) -> bool:
        """The phone takes an answer in; what stops it is dealt with as people would."""
        try:
            return phone.hear(reply, self.server.now)
        except HearError as error:
            holed = phone.device in self.network.holes
            if error.code == "page_has_gap" and not holed:
                self.oracle.note("wrong", f"{phone.name} was sent a page with a gap")
            if error.code in ("sign_in_again", "device_revoked") and not phone.revoked:
                self.enrol(phone)
            return True

    def look(self, phone: Phone) -> None:
        """Somebody looks something up, and now and then the phone takes stock: nothing may change by that."""
        if self.random.random() < self.takes_stock:
            ask_check(phone)
        for area in list(phone.disk.stores["cursors"])[:1]:
            phone.fields_of(area, next(iter(phone.rows(area)), ""))

    def phone_killed(self, phone: Phone) -> None:
        """The system ends the app while it saves or takes an answer in."""
        self.network.slow.pop(phone.device, None)
        phone.disk.fuse = self.random.randrange(1, 4), self.random.random() < 0.5
        try:
            if self.random.random() < 0.5:
                self.write(phone)
            self.sync(phone, "")
        except PhoneKilledError as killed:
            self.faults[
                "phone_killed_after_commit" if killed.committed else "phone_killed_before_commit"
            ] += 1
        finally:
            phone.disk.fuse = None

    def clock_jump(self, phone: Phone) -> None:
        """A phone's clock is set wrong, or right again."""
        self.faults["clock_jump"] += 1
        jump = self.random.choice((0, 3_600_000, -3_600_000, 40 * 86_400_000, -400 * 86_400_000))
        phone.skew = jump

    def late(self, _phone: Phone) -> None:
        """A request from before arrives."""
        self.network.deliver_late()

    def desk(self, _phone: Phone) -> None:
        """Something that a supervisor or an operator does."""
        self.deeds.do_something()

    # -- phones ----------------------------------------------------------------------------------------

    def new_phone(self, place: int, account: str) -> Phone:
        """A handset for an account, enrolled."""
        phone = self.phone_class(f"phone{place}", account, "", self.oracle, self.random)
        phone.log_only = place % 7 == 3
        self.enrol(phone)
        return phone

    def enrol(self, phone: Phone) -> None:
        """The handset becomes a device of its account, once more where it was one before."""
        self.network.slow.pop(phone.device, None)
        phone.device = self.new_id()
        token = self.server.enrol(phone.account, phone.device, phone.name)
        before = phone.disk.stores["meta"].get("identity") or {"epoch": None}
        with phone.disk.transaction() as tx:
            tx.put("meta", "identity", before | {"token": token})

    def new_id(self) -> str:
        """An id."""
        from sync.ids import uuid7

        return uuid7(self.server.now, self.random.randbytes(10))

    # -- the end ---------------------------------------------------------------------------------------

    def settle(self) -> None:
        """No more faults: late requests arrive, and every phone exchanges until it has nothing to do."""
        while self.network.late:
            self.network.deliver_late()
        self.network.slow.clear()
        for last in (False, True):  # what the last phone sends is news for the first
            self.deeds.start_again()
            for phone in self.phones:
                if not phone.wiped:
                    if last:
                        ask_check(phone)
                    self._exchange_all(phone)

    def _exchange_all(self, phone: Phone) -> None:
        for _ in range(MOST_ROUNDS):
            reply = self.network.send(phone, *phone.ask(curious=True))
            more = reply is None or self.hear(phone, reply)
            if phone.wiped or (phone.revoked and reply is not None and reply.status != 200):
                return
            busy = phone.waiting() or phone.disk.stores["meta"].get("purged") or is_unchecked(phone)
            if not more and not busy:
                return
            if self.oracle.violations:
                return
        self.oracle.note("stuck", f"{phone.name} is never done")


def begin_world(
    server: Server, seed: int, phones: int, phone_class: type[Phone] = Phone, busy: bool = False
) -> World:
    """A world at its start; the village is built once per server and size, and copied."""
    template = f"village-{phones}.db"
    villages = server.villages
    if phones not in villages:
        server.begin()
        villages[phones] = build_village(server, phones)
        server.keep(template)
    server.begin(template)
    assert server.now == START
    return World(server, villages[phones], seed, phone_class, busy)
