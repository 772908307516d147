"""Fail-over to a standby: synchronous loses nothing, asynchronous gets it back after a new epoch."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.torture.failover import fail_over


@pytest.mark.parametrize("synchronous", [True, False])
def test_after_a_fail_over_nothing_is_missing(synchronous: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="qiaomen-failover-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user
        harm, lacking = fail_over(Path(folder), synchronous, 1)
    assert not harm, harm.some()
    assert (lacking == 0) is synchronous
