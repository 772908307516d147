"""The oracle proves itself: every planted bug is caught, and the code without one is not."""

from __future__ import annotations

import pytest

from tests.simulation.planted import BUGS, SEEDS, catch, no_bug


@pytest.mark.parametrize("name", sorted(BUGS))
def test_a_planted_bug_is_caught(name: str) -> None:
    seed = catch(BUGS[name])
    print(f"{name}: caught at seed {seed}")
    assert seed is not None


def test_the_code_without_a_bug_is_not_accused() -> None:
    assert catch(no_bug, SEEDS[:4]) is None
    assert len(BUGS) >= 15
