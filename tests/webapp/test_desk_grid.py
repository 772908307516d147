"""The desk's grid page: posts, the station, the tree, gaps, grants; and who may do none of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from sync import schema
from sync.rows import rows_of
from sync.scope import load_caller
from webapp.auth.accounts import grant
from webapp.ledger.commands import now_ms

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from tests.world import World

Clients = Callable[[str], "FlaskClient"]


def stored(world: World, kind: str, area: str = "青禾村") -> list[dict[str, Any]]:
    with world.store.read() as tx:
        return rows_of(tx, world.store.catalogue, [world.areas[area]], kinds=[kind])


def test_a_post_begins_and_ends_and_its_history_stays(village: World, client_for: Clients) -> None:
    chen, page = client_for("chen"), f"/desk/grid/{village.areas['一组']}"
    assert chen.get("/desk/grid").headers["Location"].endswith(village.areas["青禾村"])
    assert "还没有人负责的户" in chen.get(page).text
    typed = {"name": "李干事", "role": "grid_head", "phone": "13800138002", "from": "2025-03-01"}
    assert chen.post(f"{page}/posts", data=typed).status_code == 303
    shown = chen.get(page).text
    assert "网格格长" in shown
    assert "还没有人负责的户" not in shown
    [row] = stored(village, "post", "一组")
    early = chen.post(f"{page}/posts/{row['id']}/end", data={"until": "2025-02-01"})
    assert (early.status_code, "不能比开始还早" in early.text) == (422, True)
    chen.post(f"{page}/posts/{row['id']}/end", data={"until": "2025-10-31"})
    shown = chen.get(page).text
    assert "李干事 · 2025-03-01 – 2025-10-31" in shown
    assert "还没有人负责的户" in shown


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "请填写：姓名"),
        ({"name": "王" * 200}, "姓名：最多写 40 个字。"),
        ({"name": "王😀"}, "不要表情和符号"),
        ({"name": "王\u202e支书"}, "看不见的字符"),
        ({"role": ""}, "请选一项：岗位"),
        ({"role": "emperor"}, "请重新选一项：岗位"),
        ({"until": "2025-01-31"}, "还早，是不是写反了？"),
        ({"from": "去年"}, "看不懂这个日期"),
    ],
)
def test_each_bad_post_has_its_own_words_and_is_not_stored(
    village: World, client_for: Clients, change: dict[str, str], words: str
) -> None:
    typed = {"name": "王支书", "role": "station_head", "from": "2025-03-01"} | change
    answer = client_for("chen").post(f"/desk/grid/{village.areas['青禾村']}/posts", data=typed)
    assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert stored(village, "post") == []


def test_the_station_and_its_rooms_are_kept_with_hours_that_make_sense(
    village: World, client_for: Clients
) -> None:
    chen, page = client_for("chen"), f"/desk/grid/{village.areas['青禾村']}"
    chen.post(f"{page}/station", data={"name": "青禾关爱服务站", "head": "王支书"})
    [station] = stored(village, "station")
    room = {"station": station["id"], "name": "儿童活动室", "for": "child", "hours": "1-5 16:00-18:00\n周末"}
    wrong = chen.post(f"{page}/rooms", data=room)
    assert (wrong.status_code, "看不懂这一行开放时间：周末" in wrong.text) == (422, True)
    assert chen.post(f"{page}/rooms", data=room | {"hours": "1-5 16:00-18:00"}).status_code == 303
    [kept] = stored(village, "room")
    change = {"room": kept["id"], "name": "儿童之家", "for": "child", "hours": "6 9:00-11:00"}
    assert chen.post(f"{page}/rooms", data=change).status_code == 303
    [kept] = stored(village, "room")
    assert (kept["fields"]["name"], kept["fields"]["hours"]) == ("儿童之家", ["6 09:00-11:00"])
    assert kept["fields"]["station"] == station["id"]
    assert chen.post(f"{page}/rooms", data=room | {"station": village.id(), "hours": ""}).status_code == 404
    grid = f"/desk/grid/{village.areas['一组']}"
    refused = chen.post(f"{grid}/station", data={"name": "不该在这里"})
    assert (refused.status_code, stored(village, "station", "一组")) == (422, [])


def test_the_tree_is_changed_by_those_who_keep_it(village: World, client_for: Clients) -> None:
    chen, page = client_for("chen"), f"/desk/grid/{village.areas['青禾村']}"
    assert chen.post(f"{page}/areas", data={"level": "grid", "name": "三组"}).status_code == 303
    assert "三组" in chen.get(page).text
    twice = chen.post(f"{page}/areas", data={"level": "grid", "name": "三组"})
    assert (twice.status_code, "已经有这个名称" in twice.text) == (422, True)
    grid = f"/desk/grid/{village.areas['一组']}"
    assert chen.post(f"{grid}/name", data={"name": "新一组"}).status_code == 303
    assert "新一组" in chen.get(page).text
    into_own = chen.post(f"{grid}/parent", data={"parent": village.areas["一组"]})
    assert (into_own.status_code, "它自己或它的下级" in into_own.text) == (422, True)
    foreign = chen.post(f"{grid}/parent", data={"parent": village.areas["柳河村"]})
    assert foreign.status_code == 403


def test_who_keeps_one_grid_only_does_not_reach_beyond_it(
    app: Flask, village: World, client_for: Clients
) -> None:
    with app.app_context(), village.store.write() as tx:
        grant(tx, village.store, village.accounts["ben"], "grid_head", village.areas["一组"])
    ben, grid = client_for("ben"), f"/desk/grid/{village.areas['一组']}"
    assert ben.get(grid).status_code == 200
    assert ben.get(f"/desk/grid/{village.areas['青禾村']}").status_code == 404
    assert ben.get(f"/desk/grid/{village.areas['二组']}").status_code == 404
    for path, typed in (
        ("/name", {"name": "我的组"}),
        ("/areas", {"level": "grid", "name": "新"}),
        ("/parent", {"parent": village.areas["柳河村"]}),
    ):
        assert ben.post(grid + path, data=typed).status_code == 403, path
    assert ben.post(f"{grid}/grants", data={"login": "ding", "role": "volunteer"}).status_code == 404
    post = {"name": "王支书", "role": "cadre"}
    assert ben.post(f"/desk/grid/{village.areas['青禾村']}/posts", data=post).status_code == 404
    assert client_for("asha").get(grid).status_code == 403


def test_a_grant_is_given_and_ended_at_the_desk_and_audited(
    app: Flask, village: World, client_for: Clients
) -> None:
    chen, page = client_for("chen"), f"/desk/grid/{village.areas['二组']}/grants"
    assert chen.post(page, data={"login": "asha", "role": "volunteer"}).status_code == 303
    assert "阿莎" in chen.get(page).text
    for typed, words in (
        ({"login": "nobody", "role": "volunteer"}, "没有这个账号"),
        ({"login": "asha", "role": "operator"}, "请选一个你能给的角色"),
        ({"login": "asha", "role": "emperor"}, "请选一个你能给的角色"),
    ):
        answer = chen.post(page, data=typed)
        assert (answer.status_code, words in answer.text) == (422, True), words
    end = f"{page}/{village.accounts['asha']}/volunteer/end"
    assert "真的结束阿莎的权限" in chen.post(end).text
    assert chen.post(end, data={"sure": "yes"}).status_code == 303
    with app.app_context(), village.store.read() as tx:
        told = tx.execute(select(schema.audit.c.action, schema.audit.c.actor_id)).all()
        caller = load_caller(tx, village.accounts["asha"], None, now_ms() + 1)
    assert [tuple(row) for row in told] == [
        ("grant", village.accounts["chen"]),
        ("end_grant", village.accounts["chen"]),
    ]
    assert caller is not None
    assert caller.areas == {village.areas["一组"]}
    mine = f"/desk/grid/{village.areas['青禾村']}/grants/{village.accounts['chen']}/supervisor/end"
    assert "请别人来结束" in chen.post(mine, data={"sure": "yes"}).text
    assert chen.post(f"/desk/grid/{village.areas['柳河一组']}/grants", data={}).status_code == 404
