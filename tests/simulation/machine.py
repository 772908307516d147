"""The same phones and the same oracle, driven by Hypothesis, which shortens what it finds."""

from __future__ import annotations

import os
from collections import Counter
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.simulation.checking import ask_check
from tests.simulation.deeds import DEEDS
from tests.simulation.network import FAULTS
from tests.simulation.run import the_server
from tests.simulation.world import World, begin_world
from tests.simulation.writing import KINDS, write_something

PHONES = 4
WRITINGS = st.sampled_from([name for name, _ in KINDS])
PLACES = st.integers(0, PHONES - 1)
SIZES = {"small": (300, 50), "full": (5_000, 100)}


class District(RuleBasedStateMachine):
    """Write, edit, sync with every fault, kill, shift clocks, and all that supervisors do."""

    world: World
    faults: ClassVar[Counter[str]] = Counter()  # of all lives of this process
    lives: ClassVar[int] = 0

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        self.world = begin_world(the_server(), seed, PHONES)

    @rule(place=PLACES, what=WRITINGS)
    def write(self, place: int, what: str) -> None:
        phone = self.world.phones[place]
        self.world.server.now += 60_000
        change = None if phone.wiped else write_something(self.world, phone, what)
        if change is not None:
            phone.save(change, self.world.server.now)

    @rule(place=PLACES, fault=st.sampled_from(("", "", "", *FAULTS)))
    def sync(self, place: int, fault: str) -> None:
        if not self.world.phones[place].wiped:
            self.world.sync(self.world.phones[place], fault)

    @rule(place=PLACES)
    def kill(self, place: int) -> None:
        if not self.world.phones[place].wiped:
            self.world.phone_killed(self.world.phones[place])

    @rule(place=PLACES)
    def shift_clock(self, place: int) -> None:
        self.world.clock_jump(self.world.phones[place])

    @rule(name=st.sampled_from([name for name, _ in DEEDS]))
    def do(self, name: str) -> None:
        self.world.server.now += 60_000
        getattr(self.world.deeds, name)()

    @rule(place=PLACES)
    def take_stock(self, place: int) -> None:
        ask_check(self.world.phones[place])

    @rule()
    def arrive_late(self) -> None:
        self.world.network.deliver_late()

    @invariant()
    def nothing_is_wrong(self) -> None:
        if hasattr(self, "world"):
            assert not self.world.oracle.violations, self.world.oracle.violations[:5]

    def teardown(self) -> None:
        if hasattr(self, "world") and not self.world.oracle.violations:
            self.world.settle()
            found = self.world.oracle.check(self.world.phones)
            District.faults += self.world.faults
            District.lives += 1
            assert not found, found[:5]


def machine_settings(size: str) -> settings:
    """How much is run; QIAOMEN_MACHINE asks for another size."""
    examples, steps = SIZES[os.environ.get("QIAOMEN_MACHINE", size)]
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=size == "small",
        suppress_health_check=list(HealthCheck),
    )
