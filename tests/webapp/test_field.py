"""The phone's pages answered by Flask: the same addresses, the same rules, only one's own grids."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sync.rows import rows_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]


def test_all_well_is_logged_in_one_tap_and_can_be_taken_back(client_for: Client, village: World) -> None:
    asha = client_for("asha")
    person = f"/field/people/{village.people['xiaoming']}"
    saved = asha.post(f"{person}/visit/well")
    page = asha.get(saved.location).text
    assert "已上传 · 走访" in page
    fact = saved.location.rpartition("saved=")[2]
    asha.post(f"{person}/facts/{fact}/void")
    assert "这条记录已收回" in asha.get(f"{person}/facts/{fact}").text


def test_a_form_with_an_error_comes_back_with_what_was_typed(client_for: Client, village: World) -> None:
    asha = client_for("asha")
    path = f"/field/people/{village.people['huang']}/health_check/new"
    answer = asha.post(path, data={"temperature": "385", "note": "有点烫"})
    assert answer.status_code == 422
    assert "385 是不是 38.5" in answer.text
    assert 'value="385"' in answer.text
    assert "有点烫" in answer.text
    assert asha.post(path, data={"temperature": "38.5"}).status_code == 303


def test_the_outsider_opens_no_page_of_the_village(client_for: Client, village: World) -> None:
    visit = village.visit()
    village.fold("asha", visit)
    ding = client_for("ding")
    person, household = village.people["xiaoming"], village.households["wang"]
    for path in (
        f"/field/people/{person}",
        f"/field/people/{person}/visit/new",
        f"/field/households/{household}",
        f"/field/people/{person}/facts/{visit['id']}",
        f"/field/people/{person}/facts/{visit['id']}/amend",
    ):
        assert ding.get(path).status_code == 404, path
    for path in (
        f"/field/people/{person}/visit/well",
        f"/field/people/{person}/visit/new",
        f"/field/people/{person}/facts/{visit['id']}/amend",
        f"/field/people/{person}/facts/{visit['id']}/void",
    ):
        assert ding.post(path, data={"how": "urgent"}).status_code == 404, path
    with village.store.read() as tx:
        rows = rows_of(tx, village.store.catalogue, village.areas.values(), kinds=["visit"])
    assert [row["state"] for row in rows] == ["pending"]
    assert person not in ding.get("/field/households?q=wxm").text
    assert "没有找到" in ding.get("/field/households?q=wxm").text


def test_every_page_answers(client_for: Client, village: World) -> None:
    asha = client_for("asha")
    for path in ("today", "households", "households?q=wxm", "outbox", "me", "strip", "welcome"):
        assert asha.get(f"/field/{path}").status_code == 200, path
    assert asha.get("/field/people/nobody").status_code == 404
    assert asha.get(f"/field/people/{village.people['huang']}/hologram/new").status_code == 404
    assert "王小明" in asha.get("/field/households?q=wxm").text
