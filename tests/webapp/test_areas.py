"""The tree of areas by hand, what areas say of themselves, posts and rooms, and what is without anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from sync import schema
from sync.rows import rows_of
from sync.scope import SYSTEM, load_caller
from tests.sync.test_above import post
from webapp.auth.accounts import end_grant, grant, refresh_members
from webapp.ledger.areas import add_area, describe_places, move_area, rename_area
from webapp.ledger.commands import now_ms
from webapp.ledger.grid import households_unserved
from webapp.ledger.posts import read_hours
from webapp.ledger.stats import count_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from sqlalchemy import Connection

    from tests.world import World

TODAY = "2025-11-24"


@pytest.fixture
def tx(app: Flask, village: World) -> Iterator[Connection]:
    with app.app_context(), village.store.write() as opened:
        yield opened


def profile(tx: Connection, world: World, kind: str, area: str) -> dict[str, Any]:
    [row] = rows_of(tx, world.store.catalogue, [area], kinds=[kind])
    fields: dict[str, Any] = row["fields"]
    return fields


def test_a_new_grid_has_a_log_a_description_and_its_village_s_people(village: World, tx: Connection) -> None:
    made = add_area(tx, village.store, SYSTEM, parent=village.areas["青禾村"], level="grid", name="三组")
    told = profile(tx, village, "grid", made)
    assert (told["name"], told["village"], told["parent"]) == ("三组", "青禾村", village.areas["青禾村"])
    [chen] = rows_of(tx, village.store.catalogue, [made], kinds=["member"])
    assert chen["fields"]["name"] == "陈姐"
    caller = load_caller(tx, village.accounts["chen"], None, now_ms())
    assert caller is not None
    assert made in caller.areas


def test_renaming_a_village_is_told_by_its_grids_and_moving_it_by_itself(
    village: World, tx: Connection
) -> None:
    store, qinghe = village.store, village.areas["青禾村"]
    rename_area(tx, store, SYSTEM, qinghe, " 青禾新村 ")
    assert profile(tx, village, "grid", village.areas["一组"])["village"] == "青禾新村"
    county = add_area(tx, store, SYSTEM, parent=qinghe, level="grid", name="五组")
    assert profile(tx, village, "place", qinghe)["name"] == "青禾新村"
    move_area(tx, store, SYSTEM, county, village.areas["柳河村"])
    told = profile(tx, village, "grid", county)
    assert (told["village"], told["parent"]) == ("柳河村", village.areas["柳河村"])
    found = tx.execute(select(schema.audit.c.action, schema.audit.c.subject)).all()
    assert [tuple(row) for row in found] == [
        ("rename_area", qinghe),
        ("add_area", county),
        ("move_area", county),
    ]


def test_the_tree_is_never_tied_into_a_ring_nor_stood_on_its_head(village: World, tx: Connection) -> None:
    store, qinghe, grid = village.store, village.areas["青禾村"], village.areas["一组"]
    for area, parent, words in (
        (qinghe, qinghe, "它自己或它的下级"),
        (qinghe, grid, "它自己或它的下级"),
        (qinghe, village.areas["柳河村"], "上一级要比它大"),
        (grid, village.areas["二组"], "上一级要比它大"),
        (grid, village.id(), "没有这个地方"),
        (village.id(), qinghe, "没有这个地方"),
    ):
        with pytest.raises(ValueError, match=words):
            move_area(tx, store, SYSTEM, area, parent)
    with pytest.raises(ValueError, match="下一级只能比上一级小"):
        add_area(tx, store, SYSTEM, parent=grid, level="grid", name="组中组")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "请写名称"),
        ("三" * 200, "最多写 40 个字"),
        ("三组😀", "不要表情"),
        ("三\u202e组", "看不见的字符"),
        ("一组", "已经有这个名称"),
    ],
)
def test_each_bad_name_of_an_area_has_its_own_words(
    village: World, tx: Connection, name: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        add_area(tx, village.store, SYSTEM, parent=village.areas["青禾村"], level="grid", name=name)


def test_areas_of_an_old_database_describe_themselves_once(village: World, tx: Connection) -> None:
    assert describe_places(tx, village.store) == 5
    assert describe_places(tx, village.store) == 0
    assert profile(tx, village, "place", village.areas["青禾村"]) == {"name": "青禾村", "level": "village"}
    assert profile(tx, village, "grid", village.areas["一组"])["station_name"] == "青禾村关爱服务站"


def test_whose_grant_has_ended_is_a_member_until_that_day_and_again_when_it_is_given_again(
    village: World, tx: Connection
) -> None:
    store, asha, area = village.store, village.accounts["asha"], village.areas["一组"]
    refresh_members(tx, store)
    end_grant(tx, store, asha, "volunteer", area, by=village.accounts["chen"])
    told = {row["id"]: row["fields"] for row in rows_of(tx, store.catalogue, [area], kinds=["member"])}
    assert told[asha]["until"]
    assert "until" not in told[village.accounts["ben"]]
    grant(tx, store, asha, "volunteer", area)
    [again] = rows_of(tx, store.catalogue, [area], kinds=["member"], ids=[asha])
    assert not again["fields"].get("until")
    actors = tx.execute(select(schema.audit.c.action, schema.audit.c.actor_id)).all()
    assert [tuple(row) for row in actors] == [
        ("end_grant", village.accounts["chen"]),
        ("grant", None),
    ]


def test_a_post_cannot_end_before_it_begins_and_a_room_needs_its_station(village: World) -> None:
    reversed_post = post(village) | {"body": {"name": "王支书", "from": "2025-03-01", "until": "2025-02-28"}}
    odd = post(village) | {"body": {"name": "王支书", "from": "去年"}}
    room = village.change(
        "set", "room", village.id(), "青禾村", {"station": village.id(), "name": "儿童活动室"}
    )
    station = village.change("set", "station", village.id(), "青禾村", {"name": "服务站"})
    there = village.change(
        "set", "room", village.id(), "青禾村", {"station": station["record"], "name": "儿童活动室"}
    )
    statuses = village.fold("chen", reversed_post, odd, room, station, there)
    codes = [status.get("code") for status in statuses]
    assert codes == ["ends_before_start", "invalid_fields", "unknown_station", None, None]


def test_what_has_no_head_and_whom_nobody_serves_is_counted_by_name(app: Flask, village: World) -> None:
    grid = village.areas["一组"]
    world = village
    world.fold("chen", post(world, "一组", name="李干事", role="grid_head", until="2025-06-30"))
    with app.app_context(), world.store.read() as tx:
        told = count_ledger(tx, world.store)
        unserved = households_unserved(tx, world.store, grid, TODAY)
    assert told["areas_without_head"] == ["柳河村", "柳河村/柳河一组", "青禾村", "青禾村/一组", "青禾村/二组"]
    assert told["by_area"]["青禾村"] == {
        "households": 3,
        "people": 4,
        "by_kind": {"child": 1, "elder": 2, "woman": 1},
    }
    assert told["by_area"]["青禾村/二组"]["people"] == 1
    assert {row["id"] for row in unserved} == {world.households["wang"], world.households["huang"]}
    pairing = {"person": world.people["huang"], "member": world.accounts["asha"], "from": "2025-01-01"}
    world.fold(
        "chen",
        world.change("set", "pairing", world.id(), "一组", pairing),
        post(world, "青禾村", name="王支书", role="grid_head"),
    )
    with app.app_context(), world.store.read() as tx:
        told = count_ledger(tx, world.store, [grid])
        unserved = households_unserved(tx, world.store, grid, TODAY)
    assert told["areas_without_head"] == ["青禾村/一组"]
    assert list(told["by_area"]) == ["青禾村/一组"]
    assert [row["id"] for row in unserved] == [world.households["wang"]]
    world.fold("chen", post(world, "一组", name="李干事", role="grid_head"))
    with app.app_context(), world.store.read() as tx:
        assert households_unserved(tx, world.store, grid, TODAY) == []


@pytest.mark.parametrize(
    ("typed", "lines", "wrong"),
    [
        ("1-5 16:00-18:00\n6 9:00—11:30", ["1-5 16:00-18:00", "6 09:00-11:30"], []),
        ("１－５ １６：００至１８：００；", ["1-5 16:00-18:00"], []),
        ("周末", ["周末"], ["周末"]),
        ("5-1 16:00-18:00", ["5-1 16:00-18:00"], ["5-1 16:00-18:00"]),
        ("", [], []),
    ],
)
def test_hours_are_read_as_people_type_them(typed: str, lines: list[str], wrong: list[str]) -> None:
    assert read_hours(typed) == (lines, wrong)
