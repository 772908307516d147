"""Connections cut at every 64th byte: the change is there once, and its phone knows."""

from __future__ import annotations

from pathlib import Path

from tests.torture.tcp import DIRECTIONS, STEP, cut_everywhere


def test_cut_anywhere_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    harm, cuts = cut_everywhere(tmp_path, STEP["small"], 1)
    assert not harm, harm.some()
    assert all(cuts[direction] >= 5 for direction in DIRECTIONS), cuts
