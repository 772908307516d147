"""Four processes on one PostgreSQL: no gap, nothing lost, nothing twice, nobody answered by an error."""

from __future__ import annotations

from pathlib import Path

from tests.torture.processes import ROUNDS, hammer


def test_four_processes_at_once_number_without_a_gap(tmp_path: Path) -> None:
    harm, said_twice = hammer(tmp_path, ROUNDS["small"], 1)
    assert not harm, harm.some()
    assert said_twice == 6 * ROUNDS["small"]
