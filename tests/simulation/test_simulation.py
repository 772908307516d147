"""Whole lives of a district, each under hundreds of faults, judged by the oracle."""

from __future__ import annotations

from tests.simulation.layers import run_simulation
from tests.simulation.world import EVERY_FAULT


def test_no_fault_loses_doubles_leaks_or_stops_anything() -> None:
    told = run_simulation("small", 0)
    assert told["failed"] == {}, told["failed"]
    assert told["faults"] >= 10_000, told["faults"]
    assert [kind for kind in EVERY_FAULT if not told["kinds"].get(kind)] == []
    assert told["kinds"].keys() == set(EVERY_FAULT)
