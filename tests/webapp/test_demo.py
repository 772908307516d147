"""The demo village: an account for each role, a card for each household, nothing undone by a second run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from sync.rows import rows_of
from sync.schema import account, log
from sync.scope import SYSTEM
from webapp.demo.people import PASSWORD, WORKERS
from webapp.demo.village import build_demo, describe_demo
from webapp.extensions import store_of
from webapp.ledger.commands import fold_into, set_fields

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


def test_what_is_printed_says_how_to_get_in() -> None:
    told = describe_demo("127.0.0.1", 8000)
    assert "http://127.0.0.1:8000" in told
    assert PASSWORD in told
    assert all(worker.login in told for worker in WORKERS)
    assert "HTTPS" in told
