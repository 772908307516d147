"""Contact cards: nothing about the family, one constant page for every code that is not in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from sync.rows import rows_of
from sync.scope import SYSTEM
from webapp.cards.codes import ALPHABET, check_character, make_code, make_token, read_code, read_token
from webapp.cards.issue import cards_of, ensure_cards
from webapp.extensions import store_of

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from tests.world import World


def issue_all(app: Flask, village: World) -> dict[str, dict[str, str]]:
    """Cards of 一组 by household: their fields, token included."""
    store = store_of(app)
    with app.app_context(), store.write() as tx:
        ensure_cards(tx, store, village.areas["一组"], SYSTEM)
        assert ensure_cards(tx, store, village.areas["一组"], SYSTEM) == 0
        return {house: row["fields"] for house, row in cards_of(tx, store, village.areas["一组"]).items()}


def test_a_scan_opens_whom_to_call_and_nothing_about_the_family(app: Flask, village: World) -> None:
    cards = issue_all(app, village)
    card = cards[village.households["wang"]]
    for token in (card["token"], card["token"].lower()):
        page = app.test_client().get(f"/C/{token}")
        assert page.status_code == 200
        assert card["code"] in page.text
        assert "120" in page.text
        assert "<script" not in page.text
        for private in ("王", "4号", "一组", "小明", village.households["wang"]):
            assert private not in page.text


def test_unknown_withdrawn_and_nonsense_codes_get_the_same_page(
    app: Flask, village: World, client_for: Callable[[str], FlaskClient]
) -> None:
    card = issue_all(app, village)[village.households["wang"]]
    path = f"/desk/cards/{village.areas['一组']}/{village.households['wang']}/reissue"
    chen = client_for("chen")
    assert "换一张新卡" in chen.post(path).text
    assert app.test_client().get(f"/C/{card['token']}").status_code == 200
    chen.post(path, data={"sure": "yes"})
    pages = [app.test_client().get(f"/C/{token}") for token in (card["token"], "0" * 26, "x", "Ω" * 26)]
    assert {page.status_code for page in pages} == {404}
    assert len({page.data for page in pages}) == 1
    assert "120" in pages[0].text
    assert "110" in pages[0].text
    again = issue_all(app, village)[village.households["wang"]]
    assert again["token"] != card["token"]


def test_a_short_code_can_be_typed_and_opens_the_same_page(app: Flask, village: World) -> None:
    card = issue_all(app, village)[village.households["wang"]]
    client = app.test_client()
    assert "输入卡号" in client.get("/C").text
    scanned = client.get(f"/C/{card['token']}")
    for typed in (card["code"], card["code"].lower().replace("-", " ")):
        assert client.get("/C", query_string={"code": typed}).data == scanned.data
    unknown = client.get(f"/C/{'0' * 26}")
    for typed in ("QH-0000-1", "%", "QH", "'", card["code"][:-1]):
        assert client.get("/C", query_string={"code": typed}).data == unknown.data


def test_a_token_never_leaves_for_a_phone(app: Flask, village: World) -> None:
    issue_all(app, village)
    with village.store.read() as tx:
        rows = rows_of(tx, village.store.catalogue, village.areas.values(), kinds=["card"])
    assert rows
    assert all("token" not in row["fields"] for row in rows)


@given(st.binary(min_size=16, max_size=16))
def test_a_token_carries_all_128_bits(random: bytes) -> None:
    token = make_token(random)
    value = 0
    for character in token:
        value = value * 32 + ALPHABET.index(character)
    assert value.to_bytes(16, "big") == random
    assert read_token(token.lower()) == token


@given(st.text(ALPHABET, min_size=4, max_size=4), st.integers(0, 3), st.sampled_from(ALPHABET))
def test_one_wrong_character_or_two_swapped_are_noticed(body: str, place: int, other: str) -> None:
    check = check_character(body)
    wrong = body[:place] + other + body[place + 1 :]
    assert (check_character(wrong) == check) == (wrong == body)
    swapped = body[:2] + body[3] + body[2]
    assert (check_character(swapped) == check) == (swapped == body)


@given(st.binary(min_size=4, max_size=4))
def test_short_codes_read_true(random: bytes) -> None:
    code = make_code(random)
    if code is not None:
        for typed in (
            code,
            code.lower(),
            code.replace("-", " "),
            code.replace("-", "")[2:],
            code.replace("0", "o"),
        ):
            assert read_code(typed) == code
