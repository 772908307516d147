"""The layers of ``make torture`` that are simulations: each returns what it ran and what it found.

``run(size, seed)`` with size "small" or "full"; from ``seed`` on, so that another seed is another run.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import District, machine_settings
from tests.simulation.planted import BUGS, catch, no_bug
from tests.simulation.run import Result, run_seeds

SEEDS = Path(__file__).with_name("seeds.json")
SIZES = {"small": (20, 20, 500), "full": (500, 20, 500)}
CROWD = (200, 500)


def run_simulation(size: str, seed: int) -> dict[str, Any]:
    """Many seeds, and those that failed once; at full size also one district of 200 phones."""
    started = time.perf_counter()
    seeds, phones, operations = SIZES[size]
    results = run_seeds([*known_seeds(), *range(seed, seed + seeds)], phones, operations)
    if size == "full":
        results += run_seeds([seed], *CROWD)
    return report("simulation", results, time.perf_counter() - started)


def run_machine(size: str, seed: int) -> dict[str, Any]:
    """Hypothesis over the same phones; it says which steps break it."""
    started = time.perf_counter()
    chosen = machine_settings(size)
    told = {"layer": "machine", "runs": chosen.max_examples, "seed": seed}
    District.faults.clear()
    District.lives = 0
    run_state_machine_as_test(District, settings=settings(chosen, print_blob=True))
    counts = {"lives": District.lives, "faults": District.faults.total()}
    counts |= dict.fromkeys(("lost", "duplicated", "leaked", "stuck"), 0)
    kinds = dict(sorted(District.faults.items()))
    return told | counts | {"seconds": round(time.perf_counter() - started, 1), "kinds": kinds}


def run_planted(size: str, seed: int) -> dict[str, Any]:
    """Every planted bug, and the code without one."""
    del size, seed
    started = time.perf_counter()
    seeds = {name: catch(bug) for name, bug in BUGS.items()}
    caught = {name: found for name, found in seeds.items() if found is not None}
    told = {"layer": "planted", "planted": len(BUGS), "caught": len(caught), "seeds": caught}
    missed = sorted(BUGS.keys() - caught.keys())
    false_alarm = catch(no_bug)
    return told | {
        "missed": missed,
        "false_alarm": false_alarm,
        "seconds": round(time.perf_counter() - started, 1),
    }


def known_seeds() -> list[int]:
    """The seeds that failed once."""
    return [each["seed"] for each in json.loads(SEEDS.read_text("utf-8"))]


def report(layer: str, results: list[Result], seconds: float) -> dict[str, Any]:
    """What a layer's results come to."""
    kinds: Counter[str] = Counter()
    sorts: Counter[str] = Counter()
    for result in results:
        kinds += result.faults
        sorts.update(sort for sort, _ in result.violations)
    words = ("lost", "duplicated", "leaked", "stuck", "wrong")
    return {
        "layer": layer,
        "runs": len(results),
        "operations": sum(result.operations for result in results),
        "faults": sum(kinds.values()),
        **{word: sorts[word] for word in words},
        "seconds": round(seconds, 1),
        "kinds": dict(sorted(kinds.items())),
        "failed": {result.seed: result.violations[:3] for result in results if result.violations},
        "forgone": sum(result.forgone for result in results),
    }
