"""Power lost at a thousand moments: nothing acknowledged is missing; with less than FULL, it is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.power import CRASHES, crash_often


def test_power_lost_at_any_moment_loses_nothing_acknowledged(tmp_path: Path) -> None:
    found, crashes = crash_often(tmp_path, CRASHES["small"], 1)
    assert found == []
    assert crashes == CRASHES["small"]


@pytest.mark.parametrize("level", ["OFF", "NORMAL"])
def test_a_planted_weaker_synchronous_is_caught(tmp_path: Path, level: str) -> None:
    found, _ = crash_often(tmp_path, 60, 1, f"synchronous={level}")
    assert found
