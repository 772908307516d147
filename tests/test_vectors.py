"""The language-neutral vectors, run in Python; and twins carry the same names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.vectors_run import MODULES, VECTORS, call_vector, read_vectors

ROOT = Path(__file__).parent.parent
CASES = [(stem, vector) for stem in MODULES for vector in read_vectors(stem)]
TWINS = {
    "sync/clock.py": "sync/clock.js",
    "sync/overlay.py": "sync/overlay.js",
    "sync/packing.py": "sync/packing.js",
    "sync/columns.py": "sync/columns.js",
    "sync/turning.py": "sync/turning.js",
    "sync/marks.py": "sync/marks.js",
    "sync/cells.py": "sync/cells.js",
    "sync/digest.py": "sync/digest.js",
    "sync/edits.py": "sync/edits.js",
    "sync/ids.py": "sync/ids.js",
    "webapp/care/dates.py": "care/dates.js",
    "webapp/care/thresholds.py": "care/thresholds.js",
    "webapp/care/summary.py": "care/summary.js",
    "webapp/care/periods.py": "care/periods.js",
    "webapp/care/holidays.py": "care/holidays.js",
    "webapp/care/pairing.py": "care/pairing.js",
    "webapp/care/rhythm_settings.py": "care/rhythm_settings.js",
    "webapp/care/rhythm.py": "care/rhythm.js",
    "webapp/care/needs.py": "care/needs.js",
    "webapp/care/walk.py": "care/walk.js",
    "webapp/care/hours.py": "care/hours.js",
    "webapp/care/posts.py": "care/posts.js",
    "webapp/forms/engine.py": "forms/engine.js",
    **{
        f"webapp/field/view_models/{path.name}": f"field/view_models/{path.stem}.js"
        for path in (ROOT / "webapp/field/view_models").glob("[a-z]*.py")
    },
}
ONLY_SERVER = {
    "local_instant",
    "load_profile",
    "fields_at_fault",
    "ids_in",
    "turn",
    "write_column",
    "write_cell",
}


@pytest.mark.parametrize(("stem", "vector"), CASES, ids=[f"{s}-{v['name']}" for s, v in CASES])
def test_python_makes_of_a_vector_what_it_says(stem: str, vector: dict[str, Any]) -> None:
    assert call_vector(stem, vector) == vector["out"]


def test_every_vector_file_is_run() -> None:
    files = {str(path.relative_to(VECTORS).with_suffix("")) for path in VECTORS.rglob("*.json")}
    assert files == set(MODULES)


@pytest.mark.parametrize(("python", "javascript"), TWINS.items())
def test_twins_carry_the_same_names(python: str, javascript: str) -> None:
    source = (ROOT / python).read_text("utf-8")
    twin = (ROOT / "webapp/static" / javascript).read_text("utf-8")
    names = set(re.findall(r"^def ([a-z]\w*)\(", source, re.MULTILINE)) - ONLY_SERVER
    exported = set(re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", twin, re.MULTILINE))
    expected = {re.sub(r"_(\w)", lambda m: m[1].upper(), name) for name in names}
    assert expected <= exported, expected - exported
