"""The demo village: an account for each role, a card for each household, nothing undone by a second run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from sync.rows import rows_of
from sync.schema import account, area, log
from sync.scope import SYSTEM
from webapp.care.dates import local_date
from webapp.demo.people import PASSWORD, WORKERS
from webapp.demo.village import build_demo, describe_demo
from webapp.extensions import store_of
from webapp.ledger.commands import fold_into, now_ms, set_fields
from webapp.ledger.due_today import light_shelf

if TYPE_CHECKING:
    from flask import Flask

TRUTH = json.loads(next((Path(__file__).parents[2] / "webapp/demo").glob("*.truth.json")).read_text("utf-8"))


def test_a_second_run_keeps_what_people_did(app: Flask) -> None:
    store = store_of(app)
    build_demo(app)
    with store.write() as tx:
        areas = [row.area_id for row in tx.execute(select(log.c.area_id).distinct())]
        person = rows_of(tx, store.catalogue, areas, kinds=["person"])[0]
        changed = set_fields(
            "person", person["area"], person["id"], {"phone": "13900000000", "living": "良好了"}
        )
        fold_into(tx, store, [changed], SYSTEM)
        before = tx.scalar(select(func.count()).select_from(log))
    build_demo(app)
    with store.read() as tx:
        assert tx.scalar(select(func.count()).select_from(log)) == before
        [again] = rows_of(tx, store.catalogue, areas, ids=[person["id"]])
    assert again["fields"]["phone"] == "13900000000"


def test_every_role_can_sign_in_and_every_household_has_a_card(app: Flask) -> None:
    build_demo(app)
    store = store_of(app)
    for worker in WORKERS:
        answer = app.test_client().post("/auth/sign-in", data={"login": worker.login, "password": PASSWORD})
        assert answer.status_code == 302, worker.login
    with store.read() as tx:
        areas = [row.area_id for row in tx.execute(select(log.c.area_id).distinct())]
        cards = rows_of(tx, store.catalogue, areas, kinds=["card"])
        assert tx.scalar(select(func.count()).select_from(account)) == len(WORKERS)
    assert len({card["fields"]["household"] for card in cards}) == TRUTH["households"]


def test_the_village_has_a_story_of_calls_pairings_and_absences(app: Flask) -> None:
    build_demo(app)
    store = store_of(app)
    with app.app_context(), store.read() as tx:
        today = local_date(now_ms())
        shelves = [
            light_shelf(tx, store, row.area_id, now_ms())
            for row in tx.execute(select(area.c.area_id).where(area.c.level == "grid"))
        ]
    whys = {due["why"] for each in shelves for row in each.people.values() for due in each.dues_of(row)}
    assert {"daily_knock", "weekly_call"} <= whys
    people = [row for each in shelves for row in each.people.values()]
    paired = [row for each in shelves for row in each.people.values() if each.paired_with(row)]
    assert 0 < len(paired) < len(people)
    assert any(row["fields"].get("away_from", today) < today for row in people)


def test_the_third_grid_shows_needs_a_plan_and_a_clinic(app: Flask) -> None:
    build_demo(app)
    store = store_of(app)
    with store.read() as tx:
        grid = str(tx.scalar(select(area.c.area_id).where(area.c.name == "青禾村三组")))
        rows = rows_of(tx, store.catalogue, [grid], kinds=["need", "care_plan", "plan_step", "session"])
    kinds = [row["kind"] for row in rows]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "need": 3,
        "care_plan": 1,
        "plan_step": 2,
        "session": 1,
    }
    needs = [row["fields"] for row in rows if row["kind"] == "need"]
    assert sorted(fields["state"] for fields in needs) == ["closed", "handed", "open"]


def test_what_is_printed_says_how_to_get_in() -> None:
    told = describe_demo("127.0.0.1", 8000)
    assert "http://127.0.0.1:8000" in told
    assert PASSWORD in told
    assert all(worker.login in told for worker in WORKERS)
    assert "HTTPS" in told
