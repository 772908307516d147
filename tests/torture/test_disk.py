"""Every operation of the disk fails once: the exchange says ``busy`` or succeeds, nothing is missing."""

from __future__ import annotations

from pathlib import Path

from tests.torture.disk import SCENARIOS, fail_by_chance, fail_everywhere


def test_whatever_operation_of_the_disk_fails_nothing_acknowledged_is_missing(tmp_path: Path) -> None:
    harm, failed, refused = fail_everywhere(tmp_path, 1)
    assert not harm, harm.some()
    assert failed > 30
    assert 0 < refused <= failed


def test_a_disk_that_fails_by_chance_also_while_it_checkpoints_loses_nothing(tmp_path: Path) -> None:
    harm, failed, refused = fail_by_chance(tmp_path, SCENARIOS["small"], 1)
    assert not harm, harm.some()
    assert failed > 10
    assert refused > 0
