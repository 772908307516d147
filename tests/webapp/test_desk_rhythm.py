"""The desk's pages of who needs somebody, how often one goes, and who is paired with whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from sync.rows import rows_of
from tests.world import NOW, World
from webapp.extensions import store_of
from webapp.field.book import load_book
from webapp.field.view_models.shelf import Shelf
from webapp.ledger.areas import describe_places
from webapp.ledger.due_today import count_needs, light_shelf

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

DAY = 86_400_000
TODAY = "2025-11-24"


@pytest.fixture
def desk(app: Flask, client_for: Callable[[str], FlaskClient]) -> FlaskClient:
    app.config["CLOCK"] = lambda: NOW
    return client_for("chen")


def profiles(village: World, kind: str) -> list[dict[str, Any]]:
    with village.store.read() as tx:
        found = rows_of(tx, village.store.catalogue, village.areas.values(), kinds=[kind])
    return [row["fields"] | {"id": row["id"], "area": row["area"]} for row in found]


def pairing_form(village: World, **fields: Any) -> dict[str, Any]:
    people = [village.people[name] for name in ("xiaoming", "grandma", "huang")]
    form = {"area": village.areas["一组"], "person": people, "member": [village.accounts["asha"]]}
    return form | {"from": TODAY, "how": "spread", "role": "党员"} | fields


def test_who_needs_somebody_is_listed_by_grid_with_whom_to_ask(desk: FlaskClient, village: World) -> None:
    village.fold("asha", village.visit("grandma", how="urgent"))
    text = desk.get("/desk/due", query_string={"area": village.areas["一组"]}).text
    assert text.index("先去这里") < text.index("王淑英") < text.index("黄桂兰")
    assert "刘春梅" not in text  # of the other grid
    assert desk.get("/desk/due", query_string={"area": village.areas["柳河一组"]}).status_code == 404


@pytest.mark.parametrize("page", ["/desk/due", "/desk/rhythm", "/desk/pairings"])
def test_a_volunteer_has_no_such_pages(
    client_for: Callable[[str], FlaskClient], village: World, page: str
) -> None:
    assert village
    assert client_for("asha").get(page).status_code == 403


def test_a_rule_is_changed_only_after_its_effect_was_shown(desk: FlaskClient, village: World) -> None:
    form = {"area": village.areas["一组"], "state": "off", "every": "1", "holidays": "pause", "from": TODAY}
    shown = desk.post("/desk/rhythm/weekly_call", data=form).text
    assert "现在 3 人，改了以后 0 人（一共 3 人）" in shown
    assert profiles(village, "rhythm") == []
    assert desk.post("/desk/rhythm/weekly_call", data=form | {"sure": "yes"}).status_code == 303
    [made] = profiles(village, "rhythm")
    assert (made["rule"], made["state"], made["from"], made["area"]) == (
        "weekly_call",
        "off",
        TODAY,
        village.areas["一组"],
    )
    assert "停了" in desk.get("/desk/rhythm").text
    assert "本周一登门" not in desk.get("/desk/due").text


def test_a_villages_change_holds_in_all_its_grids_also_in_one_that_had_its_own(
    app: Flask, desk: FlaskClient, village: World
) -> None:
    form = {"area": village.areas["一组"], "state": "on", "every": "3", "holidays": "keep", "from": TODAY}
    desk.post("/desk/rhythm/weekly_call", data=form | {"sure": "yes"})
    with app.app_context(), village.store.write() as tx:
        describe_places(tx, village.store)
    app.config["CLOCK"] = lambda: NOW + 60_000  # of two changes of one day the later holds
    wide = form | {"state": "off", "sure": "yes", "village": "yes"}
    assert desk.post("/desk/rhythm/weekly_call", data=wide).status_code == 303
    written = {(row["area"], row["state"]) for row in profiles(village, "rhythm")}
    assert written == {
        (village.areas["一组"], "on"),
        (village.areas["一组"], "above"),
        (village.areas["青禾村"], "off"),
    }
    for grid in ("一组", "二组"):
        text = desk.get("/desk/due", query_string={"area": village.areas[grid]}).text
        assert "本周一登门" not in text
        with village.store.read() as tx:
            shelf = light_shelf(tx, village.store, village.areas[grid], NOW)
        assert not any(
            due["why"] == "weekly_call" for row in shelf.people.values() for due in shelf.dues_of(row)
        )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"every": "0"}, "从 1 起的整数"),
        ({"every": "１.5"}, "从 1 起的整数"),
        ({"from": "2025-11-23"}, "不追以前的"),
        ({"from": "明天"}, "不追以前的"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_the_reason(
    desk: FlaskClient, village: World, fields: dict[str, str], message: str
) -> None:
    form = {"area": village.areas["一组"], "state": "on", "every": "1", "holidays": "keep", "from": TODAY}
    answer = desk.post("/desk/rhythm/weekly_call", data=form | fields | {"sure": "yes"})
    assert (answer.status_code, profiles(village, "rhythm")) == (422, [])
    assert message in answer.text


def test_pairings_are_shown_then_assigned_and_not_twice(desk: FlaskClient, village: World) -> None:
    both = [village.accounts["asha"], village.accounts["ben"]]
    shown = desk.post("/desk/pairings", data=pairing_form(village, member=both)).text
    assert "3 对" in shown
    assert profiles(village, "pairing") == []
    desk.post("/desk/pairings", data=pairing_form(village, member=both, sure="yes"))
    made = profiles(village, "pairing")
    by = {row["person"]: row["member"] for row in made}
    assert by[village.people["xiaoming"]] == by[village.people["grandma"]] != by[village.people["huang"]]
    again = desk.post("/desk/pairings", data=pairing_form(village, member=both, how="each"))
    assert "这 3 对已经结着" in again.text
    desk.post("/desk/pairings", data=pairing_form(village, member=both, how="each", sure="yes"))
    assert len(profiles(village, "pairing")) == 6
    assert "户户都有人结对" in desk.get("/desk/pairings").text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"person": []}, "先在名单里勾上"),
        ({"member": []}, "再选由谁结对"),
        ({"person": ["liu"]}, "不在这个网格的"),
        ({"member": ["ding"]}, "选的结对人不在这个网格"),
        ({"from": "昨天"}, "日子没有写对"),
        ({"until": "2025-11-23"}, "比开始还早"),
    ],
)
def test_a_pairing_that_cannot_be_is_refused_with_the_reason(
    desk: FlaskClient, village: World, fields: dict[str, Any], message: str
) -> None:
    for key, known in (("person", village.people), ("member", village.accounts)):
        if fields.get(key):
            fields = fields | {key: [known[name] for name in fields[key]]}
    answer = desk.post("/desk/pairings", data=pairing_form(village, **fields, sure="yes"))
    assert (answer.status_code, profiles(village, "pairing")) == (422, [])
    assert message in answer.text


def test_a_pairing_ends_and_is_kept(desk: FlaskClient, village: World) -> None:
    desk.post("/desk/pairings", data=pairing_form(village, person=[village.people["huang"]], sure="yes"))
    [made] = profiles(village, "pairing")
    path, area = f"/desk/pairings/{made['id']}/end", village.areas["一组"]
    assert "比开始还早" in desk.post(path, data={"area": area, "until": "2025-11-01"}).text
    assert desk.post(path, data={"area": area, "until": TODAY, "why": "调走了"}).status_code == 303
    assert profiles(village, "pairing")[0]["until"] == TODAY


def test_what_a_volunteer_asks_for_waits_for_the_desk(
    desk: FlaskClient, client_for: Callable[[str], FlaskClient], village: World
) -> None:
    phone = client_for("asha")
    page = f"/field/people/{village.people['huang']}"
    assert "我来结对" in phone.get(page).text
    phone.post(f"{page}/pairings")
    assert "等督导员定" in phone.get(page).text
    phone.post(f"{page}/pairings")
    [asked] = profiles(village, "pairing")
    assert (asked["member"], asked["state"]) == (village.accounts["asha"], "asked")
    assert "申请结对的" in desk.get("/desk/pairings").text
    form = {"area": village.areas["一组"], "state": "agreed"}
    assert desk.post(f"/desk/pairings/{asked['id']}/decision", data=form).status_code == 303
    assert desk.post(f"/desk/pairings/{asked['id']}/decision", data=form).status_code == 409
    assert "结束结对" in phone.get(page).text


def test_a_volunteer_ends_their_own_and_finds_no_page_for_anothers(
    desk: FlaskClient, client_for: Callable[[str], FlaskClient], village: World
) -> None:
    desk.post("/desk/pairings", data=pairing_form(village, person=[village.people["huang"]], sure="yes"))
    [made] = profiles(village, "pairing")
    path = f"/field/people/{village.people['huang']}/pairings/{made['id']}/end"
    assert client_for("ben").get(path).status_code == 404
    assert client_for("ben").post(path, data={"until": TODAY}).status_code == 404
    phone = client_for("asha")
    assert phone.post(path, data={"until": "2025-11-01"}).status_code == 422
    assert phone.post(path, data={"until": TODAY}).status_code == 303
    assert profiles(village, "pairing")[0]["until"] == TODAY


def test_somebody_away_is_not_due_and_is_listed_apart(desk: FlaskClient, village: World) -> None:
    path = f"/desk/people/{village.people['huang']}/pause"
    wrong = {"away_from": "2025-12-01", "away_until": "2025-11-30"}
    assert "回来的日子比离开还早" in desk.post(path, data=wrong).text
    desk.post(path, data={"away_from": TODAY, "away_until": "2025-12-20", "away_why": "去儿子家"})
    text = desk.get("/desk/due").text
    assert text.index("不在家，先不去") < text.index("黄桂兰")
    desk.post(path, data={"rhythm_call": "monthly"})
    [huang] = [row for row in profiles(village, "person") if row["id"] == village.people["huang"]]
    assert (huang["rhythm_call"], huang["rhythm_from"]) == ("monthly", TODAY)
    assert "away_from" not in huang


def test_what_the_desk_counts_is_what_the_phone_shows(app: Flask, village: World) -> None:
    village.fold("asha", village.visit("grandma", how="watch", next_date="2025-11-25"))
    village.fold("asha", village.visit("xiaoming", at=NOW - 9 * DAY, next_date="2025-11-20"))
    village.fold("asha", village.visit("xiaoming", at=NOW - 3 * DAY))
    store, later = store_of(app), NOW + 2 * DAY
    with store.read() as tx:
        book = load_book(tx, store, village.caller("asha"))
        light = light_shelf(tx, store, village.areas["一组"], later)
        counts = count_needs(tx, store, later)
    full = Shelf(book, "2025-11-26")
    assert {person: full.dues_of(row) for person, row in full.people.items()} == {
        person: light.dues_of(row) for person, row in light.people.items()
    }
    assert counts["unpaired_people"] == 5
    assert 0 < counts["due_today"] <= 5


def test_the_counts_are_printed(app: Flask, village: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert village
    monkeypatch.setattr("webapp.cli.open_app", lambda: app)
    from webapp.ledger.cli_commands import stats

    printed = json.loads(app.test_cli_runner().invoke(stats, ["--json"]).output)
    assert printed["unpaired_people"] == 5
    assert printed["due_today"] == 5  # registered long ago, and nobody came since
