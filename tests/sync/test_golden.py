"""Old builds empty their outbox for ever: batches exactly as each version of a form wrote them are accepted.

The files in tests/golden are never altered and never taken away. Raising a form's version takes a new one,
``<kind>-<version>.json``, with what that build's phone writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from sync import schema
from sync.log import ensure_log
from sync.rows import rows_of
from tests.world import NOW
from webapp.forms.engine import load_form
from webapp.forms.kinds import FACTS

if TYPE_CHECKING:
    from tests.world import World

FOLDER = Path(__file__).parent.parent / "golden"
NEEDED = [f"{kind}-{number}" for kind in FACTS for number in range(1, load_form(kind)["version"] + 1)]


def batch(name: str) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return changes


@pytest.mark.parametrize("name", NEEDED)
def test_every_version_of_a_form_has_its_golden_batch_which_is_accepted_whole(
    world: World, name: str
) -> None:
    changes, profiles = batch(name), batch("profile-1")
    facts = [change for change in changes if change["op"] in ("record", "amend")]
    assert {change["form"] for change in facts} == {name.replace("-", "/")}
    area = world.areas["golden"] = changes[0]["area"]
    with world.store.write() as tx:
        place = {"area_id": area, "parent_id": None, "level": "grid", "name": "老网格", "position": 9}
        tx.execute(insert(schema.area).values(place))
        ensure_log(tx, area, "grid")
        grant = {"area_id": area, "account_id": world.accounts["asha"], "role": "volunteer", "since": 0}
        tx.execute(insert(schema.access).values(grant))
    statuses = world.fold("asha", *profiles, *changes, now=NOW + 60_000)
    assert [status["status"] for status in statuses] == ["accepted"] * len(statuses)
    with world.store.read() as tx:
        rows = {row["id"]: row for row in rows_of(tx, world.store.catalogue, [area])}
    for change in facts:
        assert rows[change["record"]]["fields"] == change["body"]


def test_no_golden_batch_is_of_a_version_that_no_form_ever_had() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*NEEDED, "profile-1"}


def test_a_golden_batch_fills_in_every_field_its_form_has() -> None:
    for kind in FACTS:
        form = load_form(kind)
        filled = {key for change in batch(f"{kind}-{form['version']}") for key in change["body"]}
        assert {field["key"] for field in form["fields"]} - filled <= {"occurred_at"}
