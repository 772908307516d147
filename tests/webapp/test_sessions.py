"""Free clinics: planned for grids, ticked off one tap each, measured on the spot; the health ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from sync.rows import rows_of
from tests.world import NOW
from webapp.care.dates import add_days, local_date

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]
TODAY = local_date(NOW)


@pytest.fixture(autouse=True)
def _stopped_clock(app: Flask) -> None:
    app.config["CLOCK"] = lambda: NOW


def plan(chen: FlaskClient, village: World, day: str = TODAY, grids: tuple[str, ...] = ("一组",)) -> str:
    """A session planned by Chen; its id in the first grid."""
    data = {"title": "秋季义诊", "form": "clinic", "date": day, "grid": [village.areas[g] for g in grids]}
    assert chen.post("/desk/sessions", data=data).status_code == 303
    with village.store.read() as tx:
        areas = [village.areas[grids[0]]]
        rows = rows_of(tx, village.store.catalogue, areas, kinds=["session"])
    return str(rows[-1]["id"])


def test_who_came_is_ticked_off_undone_measured_and_stands_in_the_ledger(
    client_for: Client, village: World
) -> None:
    chen, asha = client_for("chen"), client_for("asha")
    session, person = plan(chen, village), village.people["huang"]
    assert "秋季义诊" in asha.get("/field/today").text
    assert "秋季义诊" in asha.get("/field/sessions").text
    path = f"/field/sessions/{session}"
    assert "来了 0 人" in asha.get(path).text
    for expected in ("来了 1 人", "来了 0 人", "来了 1 人"):
        assert asha.post(f"{path}/people/{person}").status_code == 303
        assert expected in asha.get(path).text
    assert f"/field/people/{person}/health_check/new" in asha.get(path).text
    check = {"systolic": "172", "diastolic": "98"}
    assert asha.post(f"/field/people/{person}/health_check/new", data=check).status_code == 303
    for page in (f"/desk/sessions/{session}", f"/desk/people/{person}/health", "/desk/health?place=青禾村"):
        text = chen.get(page).text
        assert "172" in text, page
        assert "黄桂兰" in text, page
    assert "没有检查过" in chen.get("/desk/health?place=一组").text
    assert "刘春梅" not in chen.get("/desk/health?place=一组").text


def test_nobody_has_come_before_the_day(client_for: Client, village: World) -> None:
    session = plan(client_for("chen"), village, add_days(TODAY, 2))
    asha, path = client_for("asha"), f"/field/sessions/{session}"
    assert "还没到这一天" in asha.get(path).text
    assert asha.post(f"{path}/people/{village.people['huang']}").status_code == 404


def test_a_day_gone_by_is_ticked_off_at_its_noon(client_for: Client, village: World) -> None:
    day = add_days(TODAY, -3)
    session = plan(client_for("chen"), village, day)
    client_for("asha").post(f"/field/sessions/{session}/people/{village.people['huang']}")
    with village.store.read() as tx:
        [fact] = rows_of(tx, village.store.catalogue, [village.areas["一组"]], kinds=["attendance"])
    assert local_date(fact["occurred_at"]) == day


def test_a_session_is_one_record_in_each_of_its_grids_and_only_in_ones_own(
    client_for: Client, village: World
) -> None:
    chen = client_for("chen")
    plan(chen, village, grids=("一组", "二组", "柳河一组"))
    with village.store.read() as tx:
        rows = rows_of(tx, village.store.catalogue, village.areas.values(), kinds=["session"])
    assert {row["area"] for row in rows} == {village.areas["一组"], village.areas["二组"]}
    assert len({row["id"] for row in rows}) == 2


def test_what_is_not_whole_comes_back(client_for: Client, village: World) -> None:
    chen = client_for("chen")
    whole = {"title": "义诊", "form": "clinic", "date": TODAY, "grid": village.areas["一组"]}
    for key in whole:
        answer = chen.post("/desk/sessions", data={k: v for k, v in whole.items() if k != key})
        assert answer.status_code == 422, key
    assert re.search("请选网格", chen.post("/desk/sessions", data=whole | {"grid": "x"}).text)


def test_strangers_neither_see_nor_tick(client_for: Client, village: World) -> None:
    session, person = plan(client_for("chen"), village), village.people["huang"]
    ding = client_for("ding")
    assert "秋季义诊" not in ding.get("/field/sessions").text
    assert ding.get(f"/field/sessions/{session}").status_code == 404
    assert ding.post(f"/field/sessions/{session}/people/{person}").status_code == 404
    asha = client_for("asha")
    for path in (
        "/desk/sessions",
        f"/desk/sessions/{session}",
        f"/desk/people/{person}/health",
        "/desk/health",
    ):
        assert asha.get(path).status_code == 403
    crafted = village.change("set", "session", village.id(), "一组", {"title": "假的"}, base={})
    assert village.fold("asha", crafted)[0]["code"] == "not_allowed"
    other = village.people["qian"]
    assert asha.post(f"/field/sessions/{session}/people/{other}").status_code == 404
    assert client_for("chen").get(f"/desk/people/{other}/health").status_code == 404
