"""Who was registered twice is caught as it comes in, shown side by side, made one, and parted again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from sync import schema
from sync.rows import rows_of
from tests.sync.test_exchange import ask
from tests.world import NOW

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.world import World

Client = Callable[[str], "FlaskClient"]


def rows(world: World, **wanted: Any) -> dict[str, dict[str, Any]]:
    with world.store.read() as tx:
        return {row["id"]: row for row in rows_of(tx, world.store.catalogue, [world.areas["一组"]], **wanted)}


def register(
    world: World, login: str, door: str, people: dict[str, dict[str, Any]], at: int = NOW
) -> list[str]:
    """A household and its people, as somebody's phone registered them offline; their ids."""
    ids = [world.id() for _ in range(len(people) + 1)]
    changes = [world.change("set", "household", ids[0], "一组", {"door": door, "title": "赵家"})]
    for made, (name, fields) in zip(ids[1:], people.items(), strict=True):
        body = {"name": name, "household": ids[0], **fields}
        changes.append(world.change("set", "person", made, "一组", body))
    changes = [change | {"stamp": f"{at:016d}-{place:04x}-a1b2c3d4"} for place, change in enumerate(changes)]
    statuses = ask(world, login, changes=changes, now=NOW + 10)["statuses"]
    assert {status["status"] for status in statuses} == {"accepted"}
    return ids


@pytest.fixture
def twice(village: World) -> tuple[list[str], list[str]]:
    """A household with a child and an elder, registered by 阿莎 and, a moment later, by 本."""
    child = {"category": "child", "birth": "2016-05-04"}
    elder = {"category": "elder", "sex": "female"}
    one = register(village, "asha", "9号", {"赵晓婷": child, "赵秀英": elder | {"phone": "13800138009"}})
    other = register(
        village,
        "ben",
        "9",
        {"赵小婷": child | {"school": "青禾小学"}, "赵秀英": elder | {"health": "腿痛"}},
        NOW + 5,
    )
    return one, other


def pairs(world: World) -> dict[tuple[str, str], str]:
    with world.store.read() as tx:
        return {(row.one_id, row.other_id): row.state for row in tx.execute(select(schema.twin))}


def test_what_two_phones_registered_is_caught_when_the_second_comes_and_only_once(
    village: World, twice: tuple[list[str], list[str]]
) -> None:
    one, other = twice
    assert pairs(village) == dict.fromkeys(zip(one, other, strict=True), "waiting")
    body = {"phone": "13900139000"}
    village.fold("asha", village.change("set", "person", one[1], "一组", body))
    assert len(pairs(village)) == 3


def test_nobody_is_a_twin_by_the_surname_or_in_another_grid(village: World) -> None:
    register(village, "asha", "8号", {"王大明": {"category": "elder"}, "黄桂": {"category": "elder"}})
    foreign = village.change("set", "person", village.id(), "柳河一组", {"name": "王小明"})
    assert village.fold("ding", foreign)[0]["status"] == "accepted"
    assert pairs(village) == {}


def test_the_household_and_who_lives_there_are_made_one_and_both_phones_show_one(
    client_for: Client, village: World, twice: tuple[list[str], list[str]]
) -> None:
    one, other = twice
    chen, area = client_for("chen"), village.areas["一组"]
    listed = chen.get("/desk/twins").text
    assert listed.count("两份放在一起看") == 3
    path = f"/desk/twins/{area}/{one[0]}/{other[0]}"
    page = chen.get(path).text
    assert "赵晓婷 — 赵小婷" in page
    form = {"kept": "one", "seq": re.findall(r'name="seq" value="(\d+)"', page)}
    form |= {"also": re.findall(r'name="also" value="([^"]+)"', page)}
    assert len(form["also"]) == 2
    done = chen.post(f"{path}/merge", data=form)
    assert done.status_code == 303
    people = rows(village, kinds=["person"])
    here = {each: row["fields"] for each, row in people.items() if row["fields"]["household"] == one[0]}
    assert set(here) == set(one[1:])
    assert here[one[1]]["name"] == "赵小婷"  # written later
    assert here[one[1]]["school"] == "青禾小学"
    assert (here[one[2]]["phone"], here[one[2]]["health"]) == ("13800138009", "腿痛")
    assert set(pairs(village).values()) == {"merged"}
    for login in ("asha", "ben"):
        shown = client_for(login).get("/field/households?q=9号").text
        assert shown.count('class="item"') == 1
    page = chen.get(done.location).text
    undo = re.findall(r'action="(/desk/merges/[^"]+/undo)"', page)[0]
    assert undo in chen.get(f"/desk/households/{one[0]}/history").text
    told = chen.get(f"/desk/people/{one[1]}/history").text
    assert "合进来过一份：赵小婷" in told
    assert "赵晓婷 → 赵小婷" in told
    assert "合并来的那份" in told
    assert chen.post(undo).status_code == 303
    assert other[0] in rows(village, kinds=["household"])
    assert chen.post(undo).status_code == 409


def test_what_is_chosen_is_kept_and_a_stale_page_merges_nothing(
    client_for: Client, village: World, twice: tuple[list[str], list[str]]
) -> None:
    one, other = twice
    chen, path = client_for("chen"), f"/desk/twins/{village.areas['一组']}/{one[1]}/{other[1]}"
    seen = re.findall(r'name="seq" value="(\d+)"', chen.get(path).text)
    village.fold("asha", village.change("set", "person", one[1], "一组", {"health": "好"}))
    form = {"kept": "other", "value-name": "one", "seq": seen}
    assert chen.post(f"{path}/merge", data=form).status_code == 409
    assert chen.post(f"{path}/merge", data={"seq": seen}).status_code == 422
    form["seq"] = re.findall(r'name="seq" value="(\d+)"', chen.get(path).text)
    assert chen.post(f"{path}/merge", data=form).status_code == 303
    kept = rows(village)[other[1]]["fields"]
    assert (kept["name"], kept["health"], kept["household"]) == ("赵晓婷", "好", other[0])
    assert kept["pinyin"] == ["zhao xiao ting"]


def test_of_three_files_the_third_waits_with_the_one_that_was_kept(
    client_for: Client, village: World, twice: tuple[list[str], list[str]]
) -> None:
    one, other = twice
    [home, third] = register(
        village, "asha", "77号", {"赵晓亭": {"category": "child", "birth": "2016-05-04"}}
    )
    area, chen = village.areas["一组"], client_for("chen")
    assert pairs(village)[one[1], third] == pairs(village)[other[1], third] == "waiting"
    path = f"/desk/twins/{area}/{one[1]}/{other[1]}"
    seen = re.findall(r'name="seq" value="(\d+)"', chen.get(path).text)
    done = chen.post(f"{path}/merge", data={"kept": "one", "seq": seen})
    page = chen.get(done.location).text
    assert pairs(village)[other[1], third] == "hidden"
    waiting = [state for state in pairs(village).values() if state == "waiting"]
    assert page.count("两份放在一起看") == len(waiting) == 3
    assert f"<span>{len(waiting)}</span>" in page
    undo = re.findall(r'action="(/desk/merges/[^"]+/undo)"', page)[0]
    assert chen.post(undo).status_code == 303
    assert pairs(village)[other[1], third] == pairs(village)[one[1], other[1]] == "waiting"
    assert home in rows(village)


def test_that_they_are_two_is_remembered(
    client_for: Client, village: World, twice: tuple[list[str], list[str]]
) -> None:
    one, other = twice
    chen = client_for("chen")
    chen.post(f"/desk/twins/{village.areas['一组']}/{one[2]}/{other[2]}/different")
    assert chen.get("/desk/twins").text.count("两份放在一起看") == 2
    village.fold("ben", village.change("set", "person", other[2], "一组", {"phone": "13800138009"}))
    assert pairs(village)[one[2], other[2]] == "different"


@pytest.mark.parametrize("login", ["asha", "ding"])
def test_only_the_desk_of_the_grid_decides(
    client_for: Client, village: World, twice: tuple[list[str], list[str]], login: str
) -> None:
    one, other = twice
    client, before = client_for(login), rows(village)
    path = f"/desk/twins/{village.areas['一组']}/{one[0]}/{other[0]}"
    for address in (
        f"{path}/merge",
        f"{path}/different",
        f"/desk/merges/{village.areas['一组']}/{one[0]}/undo",
    ):
        assert client.post(address, data={"kept": "one", "seq": ["1", "2"]}).status_code in (302, 403, 404)
    assert client.get(path).status_code in (302, 403, 404)
    assert rows(village) == before


@pytest.mark.parametrize(
    ("one", "other", "words"), [("xiaoming", "xiaoming", "同一条"), ("xiaoming", "liu", "没有")]
)
def test_one_with_itself_or_in_two_grids_is_refused_with_a_message(
    client_for: Client, village: World, one: str, other: str, words: str
) -> None:
    chen = client_for("chen")
    path = f"/desk/twins/{village.areas['一组']}/{village.people[one]}/{village.people[other]}"
    answer = chen.post(f"{path}/merge", data={"kept": "one", "seq": ["1", "2"]})
    assert answer.status_code in (404, 409)
    assert words in answer.text
