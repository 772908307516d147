"""What a household asks for by its card: a need on the desk, nothing of the family on the page, no flood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from sync.rows import rows_of
from sync.scope import SYSTEM
from tests.webapp.test_cards import issue_all
from webapp.cards.codes import make_code, make_token
from webapp.cards.issue import cards_of, end_card
from webapp.cards.limits import ALLOWED, GUESS
from webapp.cards.requests import PER_DAY
from webapp.ledger.commands import apply_changes, set_fields

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from tests.world import World

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def card(app: Flask, village: World) -> dict[str, str]:
    """The card of 王家."""
    return issue_all(app, village)[village.households["wang"]]


def needs_of(village: World) -> list[dict[str, Any]]:
    with village.store.read() as tx:
        return rows_of(tx, village.store.catalogue, village.areas.values(), kinds=["need"])


def ask(client: FlaskClient, card: dict[str, str], choice: str = "talk", **form: str) -> Any:
    return client.post(f"/C/{card['token']}/ask/{choice}", data=form)


def test_a_request_is_a_need_of_the_household_with_its_note(
    app: Flask, village: World, card: dict[str, str]
) -> None:
    client = app.test_client()
    page = client.get(f"/C/{card['token']}").text
    assert f"/C/{card['token']}/ask/unwell" in page
    assert "很难受" in client.get(f"/C/{card['token']}/ask/unwell").text
    answer = ask(client, card, "unwell", note=f"腿肿了\n{SCRIPT}", phone="138-0013 8000")
    assert answer.status_code == 303
    [need] = needs_of(village)
    fields = need["fields"]
    assert fields["household"] == village.households["wang"]
    assert (fields["category"], fields["urgency"], fields["source"]) == ("health", "urgent", "card")
    assert (fields["state"], need["area"]) == ("open", village.areas["一组"])
    assert fields["what"] == f"身体不舒服：腿肿了 {SCRIPT}（回电 138-00138000）"
    shown = client.get(answer.location).text
    assert "收到了" in shown
    for private in ("腿肿", "不舒服</", "王", SCRIPT, "138-0013"):
        assert private not in shown.partition("请人来一趟")[0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "收到了"),
        ({"state": "taken", "taker": "asha", "due": "2025-11-26"}, "有人会来"),
        ({"state": "closed", "result": "送了药"}, "办好了"),
    ],
)
def test_scanning_again_says_how_far_it_is(
    app: Flask, village: World, card: dict[str, str], body: dict[str, str], words: str
) -> None:
    client = app.test_client()
    ask(client, card)
    [need] = needs_of(village)
    if body:
        if "taker" in body:
            body = body | {"taker": village.accounts[body["taker"]]}
        change = set_fields("need", need["area"], need["id"], body, {"state": "open"})
        with app.app_context():
            [status] = apply_changes([change], village.caller("chen"))
        assert status["status"] == "accepted"
    page = client.get(f"/C/{card['token']}").text
    assert words in page
    assert "送了药" not in page


def test_asking_twice_is_one_need_and_five_hundred_times_floods_nobody(
    app: Flask, village: World, card: dict[str, str]
) -> None:
    for place in range(125):
        client = app.test_client()
        for choice in ("talk", "unwell", "hardship", "other"):
            client.post(
                f"/C/{card['token']}/ask/{choice}",
                data={"note": str(place)},
                environ_base={"REMOTE_ADDR": f"10.0.{place}.1"},
            )
    assert len(needs_of(village)) == 4 <= PER_DAY


def test_one_address_asks_so_often_and_then_is_told_to_call(
    app: Flask, village: World, card: dict[str, str]
) -> None:
    client = app.test_client()
    answers = [ask(client, card, "talk") for _ in range(13)]
    assert [answer.status_code for answer in answers] == [303] * 12 + [429]
    assert "120" in answers[-1].text
    assert client.get(f"/C/{card['token']}").status_code == 200


def test_a_card_that_ended_asks_for_nothing_and_looks_like_any_other(
    app: Flask, village: World, card: dict[str, str]
) -> None:
    with app.app_context(), village.store.write() as tx:
        rows = cards_of(tx, village.store, village.areas["一组"])
        [row] = [row for row in rows if row["fields"]["code"] == card["code"]]
        end_card(tx, village.store, row, "lost", SYSTEM)
    client = app.test_client()
    dead, never = ask(client, card), ask(client, card | {"token": "0" * 26})
    assert dead.status_code == never.status_code == 404
    assert dead.data == never.data == client.get("/C/nonsense").data
    assert needs_of(village) == []


def test_unknown_choices_are_not_found(app: Flask, village: World, card: dict[str, str]) -> None:
    client = app.test_client()
    assert client.get(f"/C/{card['token']}/ask/{SCRIPT}").status_code == 404
    assert ask(client, card, "money").status_code == 404
    assert needs_of(village) == []


def test_thousands_of_guesses_show_nothing_and_are_slowed(
    app: Flask, village: World, card: dict[str, str]
) -> None:
    client = app.test_client()
    pages = set()
    for place in range(2_500):
        token = make_token(place.to_bytes(16, "big"))
        code = make_code(place.to_bytes(4, "big")) or "QH-0000-0"
        pages.add(client.get(f"/C/{token}").data)
        pages.add(client.get("/C", query_string={"code": code}).data)
    assert len(pages) == 2, "the page of no card, and the page that says to wait"
    assert client.get("/C", query_string={"code": card["code"]}).status_code == 429
    assert client.get(f"/C/{card['token']}").status_code == 200, "who holds a card is never kept out"
    others = client.get("/C", query_string={"code": card["code"]}, environ_base={"REMOTE_ADDR": "10.9.9.9"})
    assert others.status_code == 200


def test_a_card_that_ended_takes_the_very_steps_of_one_that_never_was(
    app: Flask, village: World, card: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements with the same shapes: there is nothing for a clock to tell apart."""
    monkeypatch.setitem(ALLOWED, GUESS, 10**6)
    with app.app_context(), village.store.write() as tx:
        rows = cards_of(tx, village.store, village.areas["一组"])
        [row] = [row for row in rows if row["fields"]["code"] == card["code"]]
        end_card(tx, village.store, row, "withdrawn", SYSTEM)
    client, seen = app.test_client(), []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(village.store.engine, "before_cursor_execute", note)
    asked = [f"/C/{card['token']}", f"/C/{'0' * 26}", f"/C?code={card['code']}", "/C?code=QH-0000-0"]
    told = []
    for path in asked:
        client.get(path)
        told.append(tuple(seen))
        seen.clear()
    assert told[2] == told[3]
    assert told[0][: len(told[1])] == told[1][: len(told[0])]


def test_the_page_is_light_and_asks_nobody_else(app: Flask, village: World, card: dict[str, str]) -> None:
    client = app.test_client()
    page = client.get(f"/C/{card['token']}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    static = Path(app.static_folder or "")
    weight = len(page.data) + sum((static / path).stat().st_size for path in ("css/card.css", "dist/card.js"))
    assert weight < 15_000, weight
    assert "http" not in page.text.replace("https://schema", "")
    large = client.get(f"/C/{card['token']}?size=large&language=en").text
    assert 'class="large"' in large
    assert "?language=en" in large, "smaller again, still in English"


def test_only_those_of_its_grid_hear_of_a_request(
    app: Flask, village: World, card: dict[str, str], client_for: Callable[[str], FlaskClient]
) -> None:
    ask(app.test_client(), card, "talk", note="金丝雀")
    with village.store.read() as tx:
        mine = rows_of(tx, village.store.catalogue, village.caller("asha").areas, kinds=["need"])
        others = rows_of(tx, village.store.catalogue, village.caller("ding").areas, kinds=["need"])
    assert ["金丝雀" in row["fields"]["what"] for row in mine] == [True]
    assert others == []
    assert "金丝雀" not in client_for("ding").get("/field/today").text
