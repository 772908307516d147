"""Whole lives of a district, each under hundreds of faults, judged by the oracle."""

from __future__ import annotations

from tests.simulation.layers import run_simulation
from tests.simulation.network import FAULTS

ALSO = (
    "phone_killed_before_commit",
    "phone_killed_after_commit",
    "clock_jump",
    "backup_restored",
    "id_reused",
)


def test_no_fault_loses_doubles_leaks_or_stops_anything() -> None:
    told = run_simulation("small", 0)
    assert told["failed"] == {}, told["failed"]
    assert told["faults"] >= 10_000, told["faults"]
    silent = [kind for kind in (*FAULTS, *ALSO) if not told["kinds"].get(kind)]
    assert silent == []
