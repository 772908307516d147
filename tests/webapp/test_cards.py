"""Contact cards: nothing about the family, one constant page for every code that is not in use."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from sync.rows import rows_of
from sync.scope import SYSTEM
from webapp.cards.batches import SHOWN, batches_of, note_batch
from webapp.cards.codes import ALPHABET, check_character, make_code, make_token, read_code, read_token
from webapp.cards.issue import cards_of, ensure_cards
from webapp.cards.qr import card_url, encode
from webapp.cards.vcard import make_vcard
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
        rows = cards_of(tx, store, village.areas["一组"])
    return {row["fields"]["household"]: row["fields"] for row in rows}


def card_id(app: Flask, village: World, code: str) -> str:
    """The id of the card in use with this short code."""
    with village.store.read() as tx:
        rows = cards_of(tx, village.store, village.areas["一组"])
    return next(str(row["id"]) for row in rows if row["fields"]["code"] == code)


def test_a_scan_opens_whom_to_call_and_nothing_about_the_family(app: Flask, village: World) -> None:
    cards = issue_all(app, village)
    card = cards[village.households["wang"]]
    for token in (card["token"], card["token"].lower()):
        page = app.test_client().get(f"/C/{token}")
        assert page.status_code == 200
        assert card["code"] in page.text
        assert "120" in page.text
        assert re.findall("<script[^>]*>", page.text) == ['<script defer src="/static/dist/card.js">']
        for private in ("王", "4号", "一组", "小明", village.households["wang"]):
            assert private not in page.text


def test_unknown_withdrawn_and_nonsense_codes_get_the_same_page(
    app: Flask, village: World, client_for: Callable[[str], FlaskClient]
) -> None:
    card = issue_all(app, village)[village.households["wang"]]
    path = f"/desk/cards/{village.areas['一组']}/{card_id(app, village, card['code'])}/end"
    chen = client_for("chen")
    assert card["code"] in chen.post(path).text
    assert app.test_client().get(f"/C/{card['token']}").status_code == 200
    chen.post(path, data={"state": "lost"})
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
    for typed in (card["code"], card["code"].lower().replace("-", " ")):
        page = client.get("/C", query_string={"code": typed})
        assert page.status_code == 200
        assert card["code"] in page.text
        assert "/ask/" not in page.text, "a code that can be guessed is for calling, not for asking"
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


def test_a_batch_prints_what_was_not_printed_and_says_who_printed_it(
    app: Flask, village: World, client_for: Callable[[str], FlaskClient]
) -> None:
    issue_all(app, village)
    chen, area = client_for("chen"), village.areas["一组"]
    first = chen.post(f"/desk/cards/{area}/batches", data={"format": "wall", "which": "all"})
    assert chen.get(first.location).text.count('class="short"') == 2
    chen.post(f"/desk/cards/{area}/issue", data={"household": village.households["wang"]})
    second = chen.post(f"/desk/cards/{area}/batches", data={"format": "labels", "which": "new"})
    assert chen.get(second.location).text.count('class="short"') == 1
    desk = chen.get(f"/desk/cards?area={area}").text
    assert "印过的" in desk
    assert "没印过" not in desk
    with village.store.read() as tx:
        batches = batches_of(tx, area)
    assert [(len(batch["cards"]), batch["format"]) for batch in batches] == [(1, "labels"), (2, "wall")]
    assert {batch["member"] for batch in batches} == {village.accounts["chen"]}


def test_a_card_stays_printed_however_many_batches_came_since(
    app: Flask, village: World, client_for: Callable[[str], FlaskClient]
) -> None:
    issue_all(app, village)
    chen, area = client_for("chen"), village.areas["一组"]
    chen.post(f"/desk/cards/{area}/batches", data={"format": "a4", "which": "all"})
    with app.app_context(), village.store.write() as tx:
        for _ in range(SHOWN + 1):
            note_batch(tx, area, "wall", [], village.caller("chen"))
    assert "没印过" not in chen.get(f"/desk/cards?area={area}").text
    again = chen.post(f"/desk/cards/{area}/batches", data={"format": "a4", "which": "new"})
    assert "batch=" not in again.location, "nothing is left to print"


def test_a_desk_neither_prints_nor_stops_the_cards_of_others(
    app: Flask, village: World, client_for: Callable[[str], FlaskClient]
) -> None:
    issue_all(app, village)
    with village.store.read() as tx:
        card = cards_of(tx, village.store, village.areas["一组"])[0]
    others = [area for name, area in village.areas.items() if name != "一组"]
    chen = client_for("chen")
    for area in others:
        assert chen.post(f"/desk/cards/{area}/{card['id']}/end", data={"state": "lost"}).status_code == 404
        assert chen.post(f"/desk/cards/{area}/{card['id']}/handed").status_code == 404
    assert app.test_client().get(f"/C/{card['fields']['token']}").status_code == 200


def test_another_responsible_cadre_needs_no_new_card(
    app: Flask, village: World, client_for: Callable[[str], FlaskClient]
) -> None:
    card = issue_all(app, village)[village.households["wang"]]
    chen, area = client_for("chen"), village.areas["一组"]
    seen = []
    for who in ("asha", "chen"):
        chen.post(f"/desk/cards/{area}/details", data={"responsible": village.accounts[who]})
        seen.append(app.test_client().get(f"/C/{card['token']}").text)
    assert seen[0] != seen[1]
    assert all(card["code"] in page for page in seen)


def test_the_contact_code_is_a_vcard_that_a_library_reads() -> None:
    contact = {"name": "李;干,事", "phone": "138 0013 8002", "grid": "青禾村一组", "station_name": "站"}
    contact |= {
        "clinic_name": "卫生室",
        "clinic_phone": "0371-6600 1201",
        "police_name": "",
        "police_phone": "",
    }
    card = vobject.readOne(make_vcard(contact))
    assert card.n.value.family == "李;干,事"
    assert card.fn.value == "李;干,事 青禾村一组"
    assert [number.value for number in card.tel_list] == ["13800138002", "037166001201", "120", "110"]
    assert vobject.readOne(make_vcard(contact | {"name": "", "phone": ""})).fn.value == "站 青禾村一组"


@pytest.mark.parametrize(("host", "version"), [(13, 4), (14, 5), (27, 5), (28, 6), (47, 6)])
def test_a_longer_host_makes_a_finer_code(host: int, version: int) -> None:
    assert encode(card_url("https://" + "a" * host, "7K" * 13), "H").version == version
