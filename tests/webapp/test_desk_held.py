"""先放着的 at the desk: decided in the browser without a script, asked twice, and by nobody from outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from sync import schema

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]


def held(village: World) -> tuple[dict[str, Any], str]:
    change = village.visit(note="记错人了") | {"person": village.id()}
    [status] = village.fold("asha", change)
    assert status["code"] == "unknown_person"
    return change, f"/desk/quarantine/{change['area']}/{change['id']}"


def test_a_visit_is_given_to_the_right_person_after_asking_twice(client_for: Client, village: World) -> None:
    _, path = held(village)
    chen = client_for("chen")
    assert f'href="{path}"' in chen.get("/desk/quarantine").text
    assert village.people["qian"] not in chen.get(f"{path}?q=钱福").text
    page = chen.get(f"{path}?q=hgl").text
    [person] = re.findall(r'name="person" value="([^"]+)"', page)
    assert person == village.people["huang"]
    asked = chen.post(f"{path}/decision", data={"decision": "reassign", "person": person})
    assert "算到 黄桂兰 名下" in asked.text
    assert state(village) == "waiting"
    sure = {"decision": "reassign", "person": person, "sure": "yes"}
    assert chen.post(f"{path}/decision", data=sure).status_code == 303
    assert state(village) == "accepted"
    again = chen.post(f"{path}/decision", data=sure)
    assert again.status_code == 409
    assert "已经有人处理过" in again.text
    listed = chen.get("/desk/quarantine").text
    assert "没有对不上的" in listed
    assert "已收下 · 陈姐" in listed


def test_it_is_declined_only_with_a_reason_and_what_does_not_pass_is_said(
    client_for: Client, village: World
) -> None:
    _, path = held(village)
    chen = client_for("chen")
    refused = chen.post(f"{path}/decision", data={"decision": "accept", "sure": "yes"})
    assert refused.status_code == 409
    assert "找不到这条记录说的人" in refused.text
    assert chen.post(f"{path}/decision", data={"decision": "decline", "sure": "yes"}).status_code == 422
    assert chen.post(f"{path}/decision", data={"decision": "burn", "sure": "yes"}).status_code == 400
    sure = {"decision": "decline", "reason": "记重了", "sure": "yes"}
    assert chen.post(f"{path}/decision", data=sure).status_code == 303
    assert "记重了" in chen.get("/desk/quarantine").text
    assert state(village) == "declined"


def test_nobody_from_outside_sees_or_decides_it(client_for: Client, village: World) -> None:
    _, path = held(village)
    other = village.visit("qian", note="柳河村的事")
    village.fold("asha", other)
    sure = {"decision": "decline", "reason": "我说不收", "sure": "yes"}
    for who in ("asha", "ding"):
        client = client_for(who)
        assert client.get(path).status_code == 403
        assert client.post(f"{path}/decision", data=sure).status_code == 403
    chen, theirs = client_for("chen"), f"/desk/quarantine/{other['area']}/{other['id']}"
    assert chen.get(theirs).status_code == 404
    assert chen.post(f"{theirs}/decision", data=sure).status_code == 404
    assert state(village) == "waiting"


def state(village: World) -> str:
    with village.store.read() as tx:
        states = set(tx.scalars(select(schema.quarantine.c.state)))
    return states.pop() if len(states) == 1 else ", ".join(sorted(states))
