"""Needs in the fold: a step that says too little is held; two people's steps merge and lose nothing."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from sync import schema
from sync.clock import Clock, format_stamp
from sync.held import Accept, Decider, decide_held
from sync.packing import unpack
from sync.rows import IN_CONFLICT, rows_of
from tests.sync.test_erasure import erase, everything
from tests.sync.test_exchange import ask, read_all
from tests.sync.test_moves import move, standing
from tests.world import NOW

if TYPE_CHECKING:
    from tests.world import World

CANARY = "金丝雀"


def raising(world: World, person: str = "xiaoming", **more: Any) -> dict[str, Any]:
    """The change by which a need is raised on a phone."""
    body = {"person": world.people[person], "household": world.households["wang"], "what": "家里没煤了"}
    body |= {"category": "relief", "urgency": "urgent", "source": "visit", "state": "open", "opened_at": NOW}
    return step(world, world.id(), body | more, {}) | {"person": world.people[person]}


def step(
    world: World, need: str, body: dict[str, Any], base: dict[str, Any], *, after: int = 0, **more: Any
) -> dict[str, Any]:
    """A step of a need, ``after`` so many ms."""
    stamp = format_stamp(Clock(NOW + after, world.ticks, "a1b2c3d4"))
    return world.change("set", "need", need, "一组", body, base=base, **more) | {"stamp": stamp}


def raised(world: World, **more: Any) -> str:
    change = raising(world, **more)
    [status] = world.fold("asha", change)
    assert status["status"] == "accepted"
    return str(change["record"])


def need_row(world: World, need: str) -> dict[str, Any]:
    return standing(world, "一组", kinds=["need"])[need]


def in_table(world: World, need: str) -> Any:
    with world.store.read() as tx:
        columns = schema.record.c.state, schema.record.c.attention_rank, schema.record.c.lookup
        return tuple(tx.execute(select(*columns).where(schema.record.c.record_id == need)).one())


def test_a_volunteer_raises_takes_and_closes_a_need_and_an_index_finds_where_it_stands(world: World) -> None:
    need = raised(world, due="2025-11-30")
    assert in_table(world, need) == ("open", 0, "need:2025-11-30")
    asha = world.accounts["asha"]
    world.fold("asha", step(world, need, {"state": "taken", "taker": asha}, {"state": "open", "taker": None}))
    assert in_table(world, need)[0] == "taken"
    closing = step(world, need, {"state": "closed", "result": "送了煤"}, {"state": "taken"})
    assert world.fold("asha", closing)[0]["status"] == "accepted"
    assert in_table(world, need) == ("closed", 0, None)
    row = need_row(world, need)
    assert (row["fields"]["state"], row["fields"]["result"]) == ("closed", "送了煤")
    assert "state" not in row  # what the index holds is no state of the row


@pytest.mark.parametrize("login", ["asha", "chen"])
@pytest.mark.parametrize(
    ("body", "base", "code"),
    [
        ({"state": "closed"}, {"state": "open"}, "no_result"),
        ({"state": "closed", "result": " \u3000"}, {"state": "open"}, "no_result"),
        ({"state": "closed", "result": None}, {"state": "open"}, "no_result"),
        ({"state": "closed", "result": "好了"}, {}, "wrong_step"),
        ({"state": "reopened"}, {"state": "closed"}, "no_reason"),
        ({"state": "handed"}, {"state": "open"}, "invalid_fields"),
        ({"state": "vanished"}, {"state": "open"}, "wrong_step"),
        ({"due": "二月三十"}, {}, "invalid_fields"),
        ({"due": 20251130}, {}, "invalid_fields"),
    ],
)
def test_a_crafted_step_is_held_with_a_plain_code_and_changes_nothing(
    world: World, login: str, body: dict[str, Any], base: dict[str, Any], code: str
) -> None:
    need = raised(world)
    before = need_row(world, need)
    [status] = world.fold(login, step(world, need, body, base))
    assert (status["status"], status["code"]) == ("quarantined", code)
    assert need_row(world, need) == before


def test_a_result_cannot_be_taken_from_under_a_closed_need(world: World) -> None:
    need = raised(world)
    world.fold("asha", step(world, need, {"state": "closed", "result": "好了"}, {"state": "open"}))
    for body in ({"result": None}, {"result": ""}, {"state": "closed", "result": " "}):
        [status] = world.fold("chen", step(world, need, body, {"result": "好了", "state": "open"}))
        assert (status["status"], status["code"]) == ("quarantined", "no_result")
    assert need_row(world, need)["fields"]["result"] == "好了"


def test_a_need_is_about_somebody_who_is_here_and_stays_about_them(world: World) -> None:
    [status] = world.fold("asha", raising(world, person="liu"))
    assert (status["status"], status["code"]) == ("quarantined", "unknown_person")
    need = raised(world)
    [status] = world.fold("asha", step(world, need, {"person": world.people["huang"]}, {}))
    assert (status["status"], status["code"]) == ("quarantined", "not_allowed")
    nobody = raising(world)
    del nobody["body"]["person"], nobody["body"]["household"]
    assert world.fold("asha", nobody)[0]["code"] == "invalid_fields"
    assert world.fold("ding", raising(world))[0]["code"] == "foreign_area"


def test_steps_of_a_need_that_never_came_wait_for_it(world: World) -> None:
    change = raising(world)
    early = step(world, change["record"], {"state": "taken", "taker": "x"}, {"state": "open"})
    assert world.fold("asha", early)[0]["code"] == "unknown_record"
    assert world.fold("asha", change)[0]["status"] == "accepted"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_people_who_act_offline_on_one_need_lose_nothing_in_whatever_order_they_come(
    world: World, order: tuple[int, int]
) -> None:
    need = raised(world)
    steps = [
        ("asha", step(world, need, {"state": "taken", "taker": world.accounts["asha"]}, {"state": "open"})),
        (
            "ben",
            step(world, need, {"state": "handed", "department": "clinic"}, {"state": "open"}, after=1000),
        ),
    ]
    for place in order:
        assert world.fold(steps[place][0], steps[place][1])[0]["status"] in ("accepted", "conflict")
    row = need_row(world, need)
    assert row["fields"]["state"] == "handed"
    assert (row["fields"]["taker"], row["fields"]["department"]) == (world.accounts["asha"], "clinic")
    assert [head["value"] for head in row["conflicts"]["state"]] == ["taken", "handed"]
    assert in_table(world, need)[0] == IN_CONFLICT
    heads = [head["change"] for head in row["conflicts"]["state"]]
    chosen = step(world, need, {"state": "taken"}, {"state": "handed"}, after=2000, resolves=heads)
    assert world.fold("chen", chosen)[0]["status"] == "accepted"
    assert need_row(world, need)["fields"]["state"] == "taken"
    assert in_table(world, need)[0] == "taken"


def test_two_who_close_one_need_both_say_how_and_the_supervisor_sees_it(world: World) -> None:
    need = raised(world)
    for login, result in (("asha", "送了煤"), ("ben", "买了电暖器")):
        world.fold(login, step(world, need, {"state": "closed", "result": result}, {"state": "open"}))
    row = need_row(world, need)
    assert row["fields"]["state"] == "closed"
    assert "state" not in row["conflicts"]
    assert {head["value"] for head in row["conflicts"]["result"]} == {"送了煤", "买了电暖器"}


def test_a_choice_of_closed_needs_a_result_that_somebody_said(world: World) -> None:
    need = raised(world)
    world.fold("asha", step(world, need, {"state": "taken", "taker": "x"}, {"state": "open"}))
    crafted = step(world, need, {"state": "closed"}, {"state": "taken"}, resolves=[world.id()])
    assert world.fold("chen", crafted)[0]["code"] == "no_result"


def test_a_phone_gets_a_need_as_a_profile_without_the_tables_own_state(world: World) -> None:
    need = raised(world)
    rows, cursors = read_all(world, "ben")
    assert "state" not in rows[need]
    assert "person" not in rows[need]
    world.fold("asha", step(world, need, {"state": "closed", "result": "好了"}, {"state": "open"}))
    [page] = ask(world, "ben", cursors=cursors)["news"]
    [row] = unpack(page["tables"], page["area"])
    assert (row["id"], row.get("state"), row["fields"]["state"]) == (need, None, "closed")


def test_a_need_moves_with_its_household_and_what_comes_late_is_placed_there(world: World) -> None:
    need = raised(world)
    move(world)
    assert need in standing(world, "二组", kinds=["need"])
    with world.store.write() as tx:
        chens = {"area_id": world.areas["二组"], "account_id": world.accounts["chen"], "role": "supervisor"}
        tx.execute(schema.access.insert().values(chens | {"since": 0}))
    late, new = step(world, need, {"due": "2025-12-01"}, {}), raising(world)
    for change in (late, new):
        assert world.fold("asha", change)[0]["code"] == "moved_away"
        caller = world.caller("chen")
        decider = Decider(caller, tuple(sorted(caller.areas)), NOW, secrets.token_bytes(10))
        with world.store.write() as tx:
            held = select(schema.quarantine.c.area_id).filter_by(change_id=change["id"])
            key = (str(tx.scalar(held)), change["id"])
            outcome = decide_held(tx, world.store.catalogue, decider, key, Accept())
        assert outcome.status == "accepted", outcome
    assert {need, new["record"]} <= standing(world, "二组", kinds=["need"]).keys()


def test_a_need_is_erased_with_its_person_also_where_it_was_held(world: World) -> None:
    need = raised(world, what=CANARY)
    world.fold("asha", step(world, need, {"state": "closed", "answer": CANARY}, {"state": "open"}))
    assert CANARY in everything(world)
    erase(world)
    assert CANARY not in everything(world)
    assert in_table(world, need) == ("erased", None, None)
    late = step(world, need, {"state": "taken", "taker": CANARY}, {"state": "open"})
    assert world.fold("ben", late)[0]["code"] == "erased_person"
    with world.store.write() as tx:  # as a compaction leaves it: only the person's stays
        tx.execute(schema.record.delete().where(schema.record.c.record_id == need))
    again = step(world, need, {"what": CANARY}, {}, person=world.people["xiaoming"])
    assert world.fold("ben", again)[0]["code"] == "erased_person"
    assert CANARY not in everything(world)


def test_a_need_without_its_person_in_the_change_is_not_made_anew_once_it_was_compacted(world: World) -> None:
    need = raised(world)
    erase(world)
    with world.store.write() as tx:
        tx.execute(schema.record.delete().where(schema.record.c.record_id == need))
        tx.execute(update(schema.area_log).values(floor=1))
    [status] = world.fold("ben", step(world, need, {"due": "2025-12-01"}, {}))
    assert (status["status"], status["code"]) == ("quarantined", "unknown_record")
    with world.store.read() as tx:
        assert not rows_of(tx, world.store.catalogue, [world.areas["一组"]], kinds=["need"])
