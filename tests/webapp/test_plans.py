"""Help plans: written at the desk as the second plan's table, a step done in the field."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sync.rows import rows_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]
PLAN = {"study": "数学差", "aims": "期末及格", "from": "2025-09-01", "until": "2026-01-20"}


def write(chen: FlaskClient, village: World) -> tuple[str, str]:
    """A plan with one step, written by Chen: the ids of both."""
    person = village.people["xiaoming"]
    assert chen.post(f"/desk/people/{person}/plan", data=PLAN).status_code == 303
    page = chen.get(f"/desk/people/{person}/plan").text
    [plan] = set(re.findall(r"/desk/plans/([0-9a-f-]{36})/steps", page))
    step = {"what": "每周三补数学", "who": "林老师", "due": "2025-11-20"}
    assert chen.post(f"/desk/plans/{plan}/steps", data=step).status_code == 303
    page = chen.get(f"/desk/people/{person}/plan").text
    return plan, re.findall(r"/desk/plan-steps/([0-9a-f-]{36})", page)[0]


def test_a_plan_is_written_a_step_done_on_the_phone_and_the_table_says_its_effect(
    client_for: Client, village: World
) -> None:
    chen, asha, person = client_for("chen"), client_for("asha"), village.people["xiaoming"]
    plan, step = write(chen, village)
    assert "帮扶计划" in asha.get(f"/field/people/{person}").text
    assert "每周三补数学" in asha.get(f"/field/people/{person}/plan").text
    done = asha.post(f"/field/people/{person}/plan/{step}", data={"effect": "会做应用题了"})
    assert done.status_code == 303
    table = chen.get(f"/desk/people/{person}/plan").text
    for said in ("学业情况", "数学差", "帮扶时间", "阶段性效果", "会做应用题了", "林老师"):
        assert said in table, said
    over = {"effect": "及格了", "state": "done"}
    assert chen.post(f"/desk/plans/{plan}", data=over).status_code == 303
    assert "及格了" in chen.get(f"/desk/people/{person}/plan").text
    assert "/plan" not in asha.get(f"/field/people/{person}").text


def test_a_plan_without_an_aim_and_a_day_that_is_none_come_back(client_for: Client, village: World) -> None:
    chen, person = client_for("chen"), village.people["xiaoming"]
    empty = chen.post(f"/desk/people/{person}/plan", data={"study": "数学差"})
    assert (empty.status_code, "请填写：想达到什么" in empty.text) == (422, True)
    wrong = chen.post(f"/desk/people/{person}/plan", data=PLAN | {"from": "2025-02-30"})
    assert wrong.status_code == 422
    plan, step = write(chen, village)
    assert chen.post(f"/desk/plans/{plan}/steps", data={"who": "林老师"}).status_code == 422
    assert chen.post(f"/desk/plan-steps/{step}", data={"done_on": "昨天"}).status_code == 422


def test_a_volunteer_changes_nothing_of_a_plan_but_what_was_done(client_for: Client, village: World) -> None:
    _, step = write(client_for("chen"), village)
    crafted = village.change("set", "plan_step", step, "一组", {"what": "什么都不做"}, base={})
    [status] = village.fold("asha", crafted)
    assert (status["status"], status["code"]) == ("quarantined", "not_allowed")
    person = village.people["xiaoming"]
    own = village.change("set", "care_plan", village.id(), "一组", {"person": person, "aims": "x"}, base={})
    assert village.fold("asha", own)[0]["code"] == "not_allowed"
    with village.store.read() as tx:
        rows = rows_of(tx, village.store.catalogue, [village.areas["一组"]], kinds=["care_plan", "plan_step"])
    assert {row["fields"].get("what", "") for row in rows} == {"", "每周三补数学"}


def test_strangers_neither_see_nor_touch_a_plan(client_for: Client, village: World) -> None:
    plan, step = write(client_for("chen"), village)
    person, ding, asha = village.people["xiaoming"], client_for("ding"), client_for("asha")
    assert ding.get(f"/field/people/{person}/plan").status_code == 404
    assert ding.post(f"/field/people/{person}/plan/{step}", data={}).status_code == 404
    assert asha.get(f"/desk/people/{person}/plan").status_code == 403
    other = village.people["grandma"]
    assert asha.post(f"/field/people/{other}/plan/{step}", data={}).status_code == 404
    chen = client_for("chen")
    assert chen.get(f"/desk/people/{village.people['qian']}/plan").status_code == 404
    assert chen.post(f"/desk/plans/{step}", data={}).status_code == 404
    assert chen.post(f"/desk/plan-steps/{plan}", data={}).status_code == 404
