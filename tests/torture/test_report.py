"""The report: one entry a layer, and red where there is harm, no fault, or a bug that passed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.torture.report import is_red, merge_report

CLEAN = {"layer": "kill", "runs": 1, "faults": 1, "lost": 0, "duplicated": 0, "leaked": 0, "stuck": 0}


def test_running_a_layer_again_replaces_its_entry_only(tmp_path: Path) -> None:
    path = tmp_path / "build" / "torture.json"
    for entry in (CLEAN, CLEAN | {"layer": "tcp"}, CLEAN | {"runs": 9}):
        merge_report(path, entry)
    assert {each["layer"]: each["runs"] for each in json.loads(path.read_text("utf-8"))} == {
        "tcp": 1,
        "kill": 9,
    }


def test_harm_no_fault_and_a_bug_that_passed_are_red() -> None:
    assert not is_red(CLEAN)
    assert all(is_red(CLEAN | {word: 1}) for word in ("lost", "duplicated", "leaked", "stuck"))
    assert is_red(CLEAN | {"faults": 0})
    assert is_red({"layer": "planted", "planted": 3, "caught": 2})
    assert not is_red({"layer": "planted", "planted": 3, "caught": 3})
