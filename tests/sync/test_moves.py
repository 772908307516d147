"""A household moves between areas: in one at every moment, whole, and followed by what was written for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from sync import schema
from sync.errors import ProblemError
from sync.moves import move_household
from sync.packing import unpack
from sync.records import fold_changes
from sync.rows import row_found, rows_of
from sync.scope import SYSTEM
from sync.tombstones import Act
from tests.sync.test_exchange import ask, read_all
from tests.world import NOW

if TYPE_CHECKING:
    from tests.world import World

STAMP = f"{NOW + 1000:016d}-0000-5e6f7a8b"


def act_of(world: World, login: str) -> Act:
    return Act(world.id(), world.accounts[login], None, STAMP, NOW + 1000)


def move(
    world: World, household: str = "wang", source: str = "一组", target: str = "二组", login: str = "chen"
) -> int:
    caller = world.caller(login)
    with world.store.write() as tx:
        return move_household(
            tx,
            caller,
            act_of(world, login),
            world.households[household],
            source=world.areas[source],
            target=world.areas[target],
        )


def standing(world: World, grid: str, **wanted: Any) -> dict[str, dict[str, Any]]:
    with world.store.read() as tx:
        rows = rows_of(tx, world.store.catalogue, [world.areas[grid]], private=True, **wanted)
    return {row["id"]: row for row in rows}


def furnish(world: World) -> set[str]:
    """Give 王家 a card, a pairing, a visit returned and amended, and a conflict; the ids that go along."""
    wang, child = world.households["wang"], world.people["xiaoming"]
    card, pairing = world.id(), world.id()
    body = {"household": wang, "code": "QH-0000-0", "digest": "d" * 64, "state": "issued", "token": "T" * 26}
    first = world.visit(note="头一回")
    base = {"name": "王小明"}
    changes = [
        world.change("set", "card", card, "一组", body),
        world.change("set", "pairing", pairing, "一组", {"person": child, "member": world.accounts["asha"]}),
    ]
    assert {s["status"] for s in world.fold("chen", *changes)} == {"accepted"}
    world.fold("asha", first, world.visit("huang", note="别家"))
    world.fold(
        "chen", world.change("review", "visit", first["id"], "一组", {"verdict": "returned", "reason": "?"})
    )
    second = world.visit(note="再写") | {"op": "amend", "amends": first["id"]}
    world.fold("asha", second, world.change("set", "person", child, "一组", {"name": "王晓明"}, base=base))
    world.fold("ben", world.change("set", "person", child, "一组", {"name": "王小鸣"}, base=base))
    return {wang, child, world.people["grandma"], card, pairing, first["id"], second["id"]}


def test_everything_of_the_household_stands_in_the_new_area_as_it_was_and_only_there(world: World) -> None:
    going = furnish(world)
    before = standing(world, "一组")
    assert move(world) == len(going)
    here, there = standing(world, "一组"), standing(world, "二组")
    assert going <= there.keys()
    assert not going & here.keys()
    assert {row["fields"].get("note") for row in here.values() if row["kind"] == "visit"} == {"别家"}
    for record in going:
        old, new = dict(before[record]), dict(there[record])
        assert new.pop("area") == world.areas["二组"]
        old.pop("area")
        assert old.pop("seq") != 0
        new.pop("seq")
        assert old == new
    assert "conflicts" in there[world.people["xiaoming"]]


def test_the_card_keeps_opening(world: World) -> None:
    furnish(world)
    [card] = standing(world, "一组", kinds=["card"]).values()
    move(world)
    with world.store.read() as tx:
        found = row_found(tx, world.store.catalogue, "card", f"card:{card['fields']['digest']}")
    assert found is not None
    assert (found["id"], found["area"]) == (card["id"], world.areas["二组"])


def test_phones_of_the_old_area_get_tombstones_and_those_of_the_new_one_the_household(world: World) -> None:
    going = furnish(world)
    seen, cursors = read_all(world, "asha")
    assert going <= seen.keys() | {world.accounts["asha"]}
    move(world)
    answer = ask(world, "asha", cursors=cursors, now=NOW + 2000)
    [page] = answer["news"]
    rows = {row["id"]: row for row in unpack(page["tables"], page["area"])}
    assert len(rows) + page["superseded"] == page["to"] - page["from"]
    assert rows.keys() == going
    assert {row["state"] for row in rows.values()} == {"left"}
    assert all(row["fields"] == {} and row["kind"] for row in rows.values())
    assert world.areas["二组"] not in json.dumps(answer)
    assert "王" not in json.dumps(answer["news"], ensure_ascii=False)
    both, _ = read_all(world, "chen")
    assert {i for i, row in both.items() if row["area"] == world.areas["二组"]} >= going


def test_a_change_written_for_the_old_area_waits_at_the_new_ones_desk(world: World) -> None:
    furnish(world)
    move(world)
    child = world.people["xiaoming"]
    late = [
        world.visit(note="搬走以后才传上来"),
        world.change("set", "person", child, "一组", {"school": "二小"}),
        world.change("set", "household", world.households["wang"], "一组", {"door": "5号"}),
        world.change(
            "set", "person", world.id(), "一组", {"name": "新来的", "household": world.households["wang"]}
        ),
    ]
    statuses = world.fold("asha", *late, world.visit("huang"))
    assert [(s["status"], s.get("code")) for s in statuses[:4]] == [("quarantined", "moved_away")] * 4
    assert statuses[4]["status"] == "accepted"
    with world.store.read() as tx:
        held = tx.execute(select(schema.quarantine.c.area_id, schema.quarantine.c.change_id)).all()
    assert {row.area_id for row in held} == {world.areas["二组"]}
    again = world.fold("asha", *late)
    assert [(s["status"], s["code"]) for s in again] == [("quarantined", "moved_away")] * 4
    assert world.areas["二组"] not in json.dumps(statuses)


def test_a_household_that_moved_on_is_followed_and_one_that_came_back_stands_again(world: World) -> None:
    furnish(world)
    move(world)
    move(world, source="二组", target="一组")
    assert world.fold("asha", world.visit(note="又在这里"))[0]["status"] == "accepted"
    move(world)
    with world.store.write() as tx:
        chen = {"area_id": world.areas["柳河村"], "account_id": world.accounts["chen"], "role": "supervisor"}
        tx.execute(schema.access.insert().values(chen | {"since": 0}))
    move(world, source="二组", target="柳河一组")
    change = world.visit(note="追到柳河")
    assert world.fold("asha", change)[0]["code"] == "moved_away"
    with world.store.read() as tx:
        area = tx.scalar(
            select(schema.quarantine.c.area_id).where(schema.quarantine.c.change_id == change["id"])
        )
    assert area == world.areas["柳河一组"]


def test_what_waited_for_a_decision_about_them_goes_along(world: World) -> None:
    bad, other = world.visit(how="splendid"), world.visit("huang", how="splendid")
    world.fold("asha", bad, other)
    move(world)
    with world.store.read() as tx:
        rows = tx.execute(select(schema.quarantine.c.change_id, schema.quarantine.c.area_id))
        held = {row.change_id: row.area_id for row in rows}
    assert held == {bad["id"]: world.areas["二组"], other["id"]: world.areas["一组"]}


@pytest.mark.parametrize(
    ("login", "source", "target", "household", "code"),
    [
        ("asha", "一组", "二组", "wang", "not_allowed"),
        ("chen", "一组", "柳河一组", "wang", "not_allowed"),
        ("chen", "柳河一组", "一组", "qian", "not_allowed"),
        ("chen", "一组", "一组", "wang", "not_allowed"),
        ("chen", "二组", "一组", "wang", "unknown_record"),
    ],
)
def test_nobody_moves_what_is_not_theirs_at_both_ends(
    world: World, login: str, source: str, target: str, household: str, code: str
) -> None:
    with pytest.raises(ProblemError) as raised:
        move(world, household, source, target, login)
    assert raised.value.code == code
    assert world.households["wang"] in standing(world, "一组")


def test_an_id_that_stands_in_the_new_area_already_stops_the_move_whole(world: World) -> None:
    twin = world.change("set", "person", world.people["xiaoming"], "二组", {"name": "冒名"})
    with world.store.write() as tx:  # no phone can make one: see the last test here
        [status] = fold_changes(tx, world.store.catalogue, SYSTEM, [twin], NOW)
    assert status["status"] == "accepted"
    heads = heads_of_all(world)
    with pytest.raises(ProblemError, match="id_reused"):
        move(world)
    assert heads_of_all(world) == heads
    assert world.households["wang"] in standing(world, "一组")


def heads_of_all(world: World) -> dict[str, int]:
    with world.store.read() as tx:
        return {row.area_id: row.head for row in tx.execute(select(schema.area_log))}


def test_a_move_has_one_audit_row_of_ids_alone(world: World) -> None:
    move(world)
    with world.store.read() as tx:
        [row] = tx.execute(select(schema.audit)).all()
    assert (row.action, row.subject, row.area_id) == ("move", world.households["wang"], world.areas["一组"])
    assert row.actor_id == world.accounts["chen"]
    assert "王" not in row.detail


def test_an_edit_of_what_stands_in_another_area_makes_no_second_one(world: World) -> None:
    """A restored backup undid a move that a phone had seen: there is no tombstone to tell by."""
    household = world.households["wang"]
    change = world.change("set", "household", household, "二组", {"title": "新王家"})
    [status] = world.fold("chen", change)
    assert (status["status"], status["code"]) == ("quarantined", "moved_away")
    assert household not in standing(world, "二组")
    with world.store.read() as tx:
        held = tx.execute(select(schema.quarantine)).one()
    assert (held.area_id, held.change_id) == (world.areas["一组"], change["id"])
    new = world.id()
    [status] = world.fold("asha", world.change("set", "household", new, "一组", {"title": "新来的"}))
    assert status["status"] == "accepted"
