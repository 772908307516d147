"""An area lost: seven days in which what was written before still counts, and nothing of it comes down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from sync import schema
from sync.clock import Clock, format_stamp
from sync.rows import rows_of
from sync.scope import GRACE, load_caller
from tests.sync.test_exchange import ask, read_all
from tests.world import NOW

if TYPE_CHECKING:
    from tests.world import World

DAY = 24 * 3600 * 1000


def end_grants(world: World, login: str, at: int) -> None:
    with world.store.write() as tx:
        mine = schema.access.c.account_id == world.accounts[login]
        tx.execute(update(schema.access).where(mine).values(until=at))


def visits(world: World) -> list[dict[str, Any]]:
    with world.store.read() as tx:
        return rows_of(tx, world.store.catalogue, [world.areas["一组"]], kinds=["visit"])


@pytest.mark.parametrize("late", [1, DAY, GRACE - 1])
def test_what_was_written_before_the_grant_ended_is_counted_in_for_seven_days(
    world: World, late: int
) -> None:
    end_grants(world, "asha", NOW)
    [status] = world.fold("asha", world.visit(at=NOW - 1), now=NOW + late)
    assert status["status"] == "accepted"
    assert len(visits(world)) == 1


@pytest.mark.parametrize(
    ("written", "arrives"),
    [(NOW, NOW + 1), (NOW + DAY, NOW + 2 * DAY), (NOW - 1, NOW + GRACE), (NOW - 1, NOW + 9 * DAY)],
)
def test_what_was_written_after_it_or_comes_later_is_quarantined(
    world: World, written: int, arrives: int
) -> None:
    end_grants(world, "asha", NOW)
    change = world.visit(at=written)
    [status] = world.fold("asha", change, now=arrives)
    assert (status["status"], status["code"]) == ("quarantined", "foreign_area")
    assert visits(world) == []


def test_a_clock_that_runs_ahead_or_behind_gains_no_more_than_its_own_word(world: World) -> None:
    end_grants(world, "asha", NOW)
    ahead = world.visit(at=NOW + 300 * DAY)
    [status] = world.fold("asha", ahead, now=NOW + DAY)
    assert status["code"] == "foreign_area"


def test_the_role_that_was_held_counts_not_a_higher_one(world: World) -> None:
    visit = world.visit()
    world.fold("ben", visit)
    end_grants(world, "asha", NOW + 10)
    end_grants(world, "chen", NOW + 10)
    verdict = world.change("review", "visit", visit["id"], "一组", {"verdict": "approved"})
    card = world.change("set", "card", world.id(), "一组", {"state": "issued"})
    statuses = world.fold("asha", verdict, card, now=NOW + DAY)
    assert [s["code"] for s in statuses] == ["not_allowed", "not_allowed"]
    again = world.change("review", "visit", visit["id"], "一组", {"verdict": "approved"})
    assert world.fold("chen", again, now=NOW + DAY)[0]["status"] == "accepted"


def test_another_grant_of_the_same_area_does_not_carry_the_role_that_ended(world: World) -> None:
    with world.store.write() as tx:
        held = {"area_id": world.areas["一组"], "account_id": world.accounts["asha"], "role": "grid_head"}
        tx.execute(schema.access.insert().values(held | {"since": 0, "until": NOW}))
        caller = load_caller(tx, world.accounts["asha"], None, NOW + DAY)
    assert caller is not None
    area = world.areas["一组"]
    assert caller.as_of(area, NOW - 1).may_review(area)
    assert not caller.as_of(area, NOW).may_review(area)
    assert not caller.may_review(area)
    assert area in caller.areas


def test_nothing_of_a_lost_area_is_read_for_the_phone_that_lost_it(world: World) -> None:
    """A conflict, a review, a duplicate, a cursor, a question: none of them brings a word of it down."""
    _, cursors = read_all(world, "asha")
    person, area = world.people["grandma"], world.areas["一组"]
    base = {"name": "王淑英"}
    world.fold("ben", world.change("set", "person", person, "一组", {"name": "金丝雀"}, base=base))
    mine = world.visit(note="我的")
    world.fold("asha", mine)
    world.fold(
        "chen",
        world.change("review", "visit", mine["id"], "一组", {"verdict": "returned", "reason": "金丝雀飞了"}),
    )
    end_grants(world, "asha", NOW + 1)
    rival = world.change("set", "person", person, "一组", {"name": "王淑瑛"}, base=base)
    late = world.visit("grandma", at=NOW + 5)
    void = world.change("void", "visit", mine["id"], "一组", {"reason": "写错了"})
    bad = world.visit("grandma", how="splendid")
    answer = ask(
        world,
        "asha",
        now=NOW + DAY,
        cursors=cursors,
        changes=[rival, late, void, bad, mine],
        asks=[late["id"], bad["id"], mine["id"]],
        digests={area: {"count": 0, "digest": "0" * 16}},
        parts={area: {person: "0" * 16, "": "0" * 16}},
    )
    told = json.dumps(answer, ensure_ascii=False)
    assert "金丝雀" not in told
    assert person not in told
    assert [s["status"] for s in answer["statuses"]] == [
        "conflict",
        "quarantined",
        "accepted",
        "quarantined",
        "duplicate",
    ]
    assert "fields" not in answer["statuses"][0]
    assert answer["news"] == []
    assert answer["areas"] == {"granted": [], "lost": sorted([area, world.areas["青禾村"]])}
    assert not answer.get("repairs")
    assert area not in answer.get("checks", {})
    [row] = rows_named(world, person)
    assert {edit["value"] for edit in row["conflicts"]["name"]} == {"金丝雀", "王淑瑛"}


def rows_named(world: World, record: str) -> list[dict[str, Any]]:
    with world.store.read() as tx:
        return rows_of(tx, world.store.catalogue, [world.areas["一组"]], ids=[record])


def test_a_stamp_in_the_text_of_a_grant_that_never_began_is_worth_nothing(world: World) -> None:
    with world.store.write() as tx:
        mine = schema.access.c.account_id == world.accounts["asha"]
        tx.execute(update(schema.access).where(mine).values(since=NOW + 2 * DAY, until=NOW + 3 * DAY))
    change = world.visit(at=NOW) | {"stamp": format_stamp(Clock(NOW, 1, "a1b2c3d4"))}
    assert world.fold("asha", change, now=NOW + DAY)[0]["code"] == "foreign_area"
