"""Run seeds: one is a whole life of a district; many run side by side in two processes."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

from tests.simulation.oracle import Violation
from tests.simulation.phone import Phone
from tests.simulation.server import Server
from tests.simulation.world import begin_world

PROCESSES = 2


@dataclass
class Result:
    """What one seed came to."""

    seed: int
    operations: int
    faults: Counter[str]
    done: Counter[str]
    violations: list[Violation]
    forgone: int
    seconds: float


@cache
def the_server() -> Server:
    """This process's server: the application is built once and lives many lives."""
    server = Server()
    gc.freeze()  # what the application is made of lives as long as this process
    gc.set_threshold(50_000, 20, 50)
    return server


def run_seed(
    seed: int,
    phones: int = 20,
    operations: int = 500,
    phone_class: type[Phone] = Phone,
    busy: bool = False,
) -> Result:
    """One life: ``operations`` for each of ``phones`` phones, then quiet, then the oracle's check."""
    started = time.perf_counter()
    world = begin_world(the_server(), seed, phones, phone_class, busy)
    total = phones * operations
    for _ in range(total):
        world.step()
        if world.oracle.violations:
            break
    if not world.oracle.violations:
        world.settle()
        world.oracle.check(world.phones)
    seconds = time.perf_counter() - started
    found, forgone = world.oracle.violations, len(world.oracle.forgone)
    return Result(seed, total, world.faults, world.done, found, forgone, seconds)


def run_seeds(seeds: Iterable[int], phones: int = 20, operations: int = 500) -> list[Result]:
    """Many lives, in two processes."""
    work = partial(run_seed, phones=phones, operations=operations)
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(work, seeds))
