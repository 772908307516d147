"""People over many grids: a page at a time, a search by its index, never beyond one's own desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.webapp.conftest import HASH
from tests.world import NOW
from webapp.county import cli_commands
from webapp.county.maker import Maker, Sizes
from webapp.extensions import store_of

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PASSWORD = "敲门-123456"


@pytest.fixture
def county(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Maker:
    monkeypatch.setattr(cli_commands, "hash_password", lambda _password: HASH)
    maker = Maker(7, Sizes(villages=2, grids=6, households=150, people=240, facts=60), NOW)
    with app.app_context():
        cli_commands.generate_county(store_of(app), maker, PASSWORD, lambda *_told: None)
    return maker


def sign_in(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/auth/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def households(page: str) -> list[str]:
    return re.findall(r'href="/desk/households/([^"]+)"', page)


def test_every_household_is_on_exactly_one_page(app: Flask, county: Maker) -> None:
    client, path = sign_in(app, "county"), "/desk/people"
    seen: list[str] = []
    for _pages in range(6):
        page = client.get(path).text
        assert "150 户" in page
        assert "240 人" in page
        shown = households(page)
        assert len(shown) <= 60 + 25
        seen += shown
        more = re.search(r'href="([^"]*after=[^"]+)"', page)
        if more is None:
            break
        path = more[1].replace("&amp;", "&")
    assert (len(seen), len(set(seen))) == (150, 150)
    one = client.get(f"/desk/people?area={county.places[2].area}").text
    assert "25 户" in one
    assert len(households(one)) == 25


def test_a_search_finds_names_spellings_phones_and_doors_in_ones_own_desk_only(
    app: Flask, county: Maker
) -> None:
    whole, village = sign_in(app, "county"), sign_in(app, "village1")
    store = store_of(app)
    with store.read() as tx:
        from sync.rows import rows_of

        people = rows_of(tx, store.catalogue, [each.area for each in county.places], kinds=["person"])
    mine = next(row for row in people if row["area"] == county.places[0].area and row["fields"].get("phone"))
    other = next(row for row in people if row["area"] == county.places[5].area and row["fields"].get("phone"))
    for row, seen_by_village in ((mine, True), (other, False)):
        fields = row["fields"]
        for query in (fields["name"], fields["phone"], fields["phone"][3:8], fields["pinyin"][0].upper()):
            assert fields["name"] in whole.get(f"/desk/people?q={query}").text, query
            found = row["id"] in village.get(f"/desk/people?q={query}").text or fields["name"] in re.sub(
                r'value="[^"]*"', "", village.get(f"/desk/people?q={query}").text
            )
            if seen_by_village:
                assert found, query
        assert (village.get(f"/desk/people/{row['id']}").status_code == 200) is seen_by_village
    assert (
        len(households(whole.get("/desk/people?q=7号").text))
        + len(re.findall(r'href="/desk/people/[0-9a-f-]{36}"', whole.get("/desk/people?q=7号").text))
        == 6
    )
    assert "没有找到" in whole.get("/desk/people?q=%25_%25").text
    assert "没有找到" in village.get(f"/desk/people?q={other['fields']['phone']}").text


def test_what_was_decided_is_listed_latest_first_page_by_page(app: Flask, county: Maker) -> None:
    del county
    client, path = sign_in(app, "county"), "/desk/logs?state=all"
    seen: list[str] = []
    for _pages in range(3):
        page = client.get(path).text
        seen += re.findall(r'class="log \w+" href="/desk/logs/([0-9a-f-]{36})', page)
        more = re.search(r'href="([^"]*after=[^"]+)"', page)
        if more is None:
            break
        path = more[1].replace("&amp;", "&")
    assert (len(seen), len(set(seen))) == (60, 60)
