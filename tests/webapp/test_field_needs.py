"""Needs in the field without a worker: the same pages, the same changes, the same judgement."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.sync.test_needs import raised

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]
FORM = {"urgency": "urgent", "category": "relief", "what": "家里没煤了"}


def raise_one(client: FlaskClient, village: World, **more: str) -> str:
    """Raise a need as somebody; its address."""
    person = village.people["xiaoming"]
    answer = client.post(f"/field/people/{person}/needs/new", data=FORM | more)
    assert answer.status_code == 303, answer.text
    return answer.location.partition("?")[0]


def test_a_need_is_raised_taken_and_closed_and_stands_on_all_pages_meanwhile(
    client_for: Client, village: World
) -> None:
    asha, ben = client_for("asha"), client_for("ben")
    path = raise_one(asha, village)
    person = f"/field/people/{village.people['xiaoming']}"
    for page in ("/field/today", "/field/needs", person, path):
        assert "家里没煤了" in ben.get(page).text, page
    assert "我来办" in ben.get(path).text
    assert ben.post(f"{path}/taken").status_code == 303
    assert "我在办的" in ben.get("/field/needs").text
    assert "别人在办的" in asha.get("/field/needs").text
    empty = ben.post(f"{path}/closed", data={"result": "  "})
    assert (empty.status_code, "办得怎么样" in empty.text) == (422, True)
    assert ben.post(f"{path}/closed", data={"result": "送了半吨煤"}).status_code == 303
    assert "送了半吨煤" in asha.get(path).text
    assert "家里没煤了" not in asha.get("/field/today").text
    assert ben.post(f"{path}/reopened", data={}).status_code == 422
    assert ben.post(f"{path}/reopened", data={"reason": "又烧完了"}).status_code == 303
    assert "又烧完了" in asha.get(path).text


def test_a_form_that_is_not_whole_comes_back_with_what_was_typed(client_for: Client, village: World) -> None:
    person = village.people["xiaoming"]
    answer = client_for("asha").post(f"/field/people/{person}/needs/new", data={"what": "修门"})
    assert answer.status_code == 422
    assert "修门" in answer.text
    assert "请选一项：急不急" in answer.text
    late = client_for("asha").post(f"/field/people/{person}/needs/new", data=FORM | {"due": "2001-01-01"})
    assert (late.status_code, "已经过去了" in late.text) == (422, True)


def test_a_visit_that_tells_of_a_need_leads_to_raising_it_in_its_words(
    client_for: Client, village: World
) -> None:
    client, person = client_for("asha"), village.people["xiaoming"]
    visit = {"how": "watch", "needs": "煤不够烧到过年"}
    saved = client.post(f"/field/people/{person}/visit/new", data=visit).location
    [told] = set(re.findall(r'href="([^"]*needs/new\?fact=[^"]*)"', client.get(saved).text))
    assert "煤不够烧到过年" in client.get(told).text
    path = client.post(told, data=FORM | {"what": "煤不够烧到过年"}).location
    assert "煤不够烧到过年" in client.get(path).text


def test_a_stranger_sees_and_does_nothing(client_for: Client, village: World) -> None:
    path = f"/field/needs/{raised(village)}"
    ding = client_for("ding")
    assert ding.get(path).status_code == 404
    assert ding.post(f"{path}/taken").status_code == 404
    assert ding.get(f"{path}/closed").status_code == 404
    assert "家里没煤了" not in ding.get("/field/needs").text
    person = village.people["xiaoming"]
    assert ding.post(f"/field/people/{person}/needs/new", data=FORM).status_code == 404
    assert ding.get(f"/field/people/{person}/needs/new").status_code == 404
