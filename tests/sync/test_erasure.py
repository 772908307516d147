"""Erasing a person: the canary is nowhere, nothing brings it back, and the others stay as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from sync import schema
from sync.clock import Clock, format_stamp
from sync.erasure import erase_person
from sync.errors import ProblemError
from sync.held import Accept
from sync.packing import unpack
from sync.rows import rows_of
from sync.schema import metadata
from sync.tombstones import Act
from tests.sync.test_exchange import ask, read_all
from tests.sync.test_held import decide
from tests.sync.test_moves import STAMP, furnish, move
from tests.world import NOW

if TYPE_CHECKING:
    from tests.world import World

CANARY = "金丝雀"


def erase(
    world: World, person: str = "xiaoming", login: str = "chen", reason: str = "guardian_request"
) -> int:
    caller = world.caller(login)
    act = Act(world.id(), world.accounts[login], None, STAMP, NOW + 1000)
    with world.store.write() as tx:
        return erase_person(tx, caller, world.people[person], reason, act)


def everything(world: World) -> str:
    """Every value of every table, as text."""
    with world.store.read() as tx:
        return json.dumps(
            [[list(row) for row in tx.execute(table.select())] for table in metadata.sorted_tables],
            ensure_ascii=False,
            default=str,
        )


def tell(world: World) -> list[dict[str, Any]]:
    """Write the canary wherever it can be written about 王小明; the changes."""
    child, base = world.people["xiaoming"], {"name": "王小明"}
    visit = world.visit(note=CANARY)
    amended = world.visit(note=CANARY + "二") | {"op": "amend", "amends": visit["id"]}
    changes = [
        visit,
        amended,
        world.change("void", "visit", amended["id"], "一组", {"reason": CANARY}),
        world.change("set", "person", child, "一组", {"name": CANARY, "school": CANARY + "小学"}, base=base),
        world.visit(how=CANARY),
        world.visit(note=CANARY) | {"area": world.areas["柳河一组"]},
        world.visit(note=CANARY) | {"kind": "hologram", "person": child},
    ]
    statuses = world.fold("asha", *changes)
    assert {s["status"] for s in statuses[:4]} <= {"accepted", "conflict"}
    assert {s["status"] for s in statuses[4:]} == {"quarantined"}
    review = world.change("review", "visit", visit["id"], "一组", {"verdict": "returned", "reason": CANARY})
    world.fold("chen", review)
    world.fold(
        "ben", world.change("set", "person", child, "一组", {"name": CANARY + "三"}, base={"name": "王小明"})
    )
    return changes


def test_the_canary_is_in_no_table_afterwards_and_the_hashes_are(world: World) -> None:
    changes = tell(world)
    assert CANARY in everything(world)
    with world.store.read() as tx:
        before = {row.change_id: row.hash for row in tx.execute(select(schema.receipt))}
    erase(world)
    left = everything(world)
    assert CANARY not in left
    assert "王小明" not in left
    assert "wang xiao ming" not in left
    with world.store.read() as tx:
        after = {row.change_id: row.hash for row in tx.execute(select(schema.receipt))}
    assert before == after
    assert {change["id"] for change in changes} <= after.keys()


def test_the_canary_of_a_person_who_moved_is_nowhere_either(world: World) -> None:
    furnish(world)
    tell(world)
    move(world)
    late = world.visit(note=CANARY + "晚到")
    assert world.fold("asha", late)[0]["code"] == "moved_away"
    erase(world)
    left = everything(world)
    assert CANARY not in left
    assert "王小明" not in left
    statuses = world.fold("asha", world.visit(note=CANARY))
    assert [(s["status"], s["code"]) for s in statuses] == [("rejected", "erased_person")]


def test_a_receipt_still_says_in_which_area_it_was_counted(world: World) -> None:
    """Else a backup's check would look for it where it came in, and find nothing in the log."""
    furnish(world)
    move(world)
    late = world.visit(note=CANARY)
    assert world.fold("asha", late)[0]["code"] == "moved_away"
    assert decide(world, "chen", late, Accept(), world.areas["二组"]).status == "accepted"
    erase(world)
    with world.store.read() as tx:
        found = tx.execute(select(schema.receipt).where(schema.receipt.c.change_id == late["id"])).one()
    assert (found.change, json.loads(found.detail)) == ("{}", {"area": world.areas["二组"]})
    assert CANARY not in everything(world)


def test_what_comes_later_about_them_is_rejected_and_not_kept_whoever_says_it(world: World) -> None:
    known = tell(world)[0]
    unsent = world.visit(note=CANARY + "还没传")
    erase(world)
    child = world.people["xiaoming"]
    with world.store.write() as tx:
        mine = schema.access.c.account_id == world.accounts["ben"]
        tx.execute(update(schema.access).where(mine).values(until=1))
    late = [
        unsent,
        world.visit(note=CANARY) | {"op": "amend", "amends": known["id"]},
        world.change("void", "visit", unsent["id"], "一组", {"reason": CANARY}),
        world.change("void", "visit", known["id"], "一组", {"reason": CANARY}),
        world.change("set", "person", child, "一组", {"name": CANARY}),
        world.change("set", "pairing", world.id(), "一组", {"person": child, "role": CANARY}),
        known,
    ]
    for login in ("asha", "ben", "chen"):
        mine = late if login == "asha" else [c | {"id": world.id()} for c in late[3:6]]
        statuses = world.fold(login, *mine)
        assert {(s["status"], s["code"]) for s in statuses} == {("rejected", "erased_person")}, login
        assert world.fold(login, *mine) == statuses
    assert CANARY not in everything(world)


def test_phones_are_told_by_tombstones_without_a_word_about_them(world: World) -> None:
    tell(world)
    _, cursors = read_all(world, "ben")
    removed = erase(world)
    [page] = ask(world, "ben", cursors=cursors, now=NOW + 2000)["news"]
    rows = unpack(page["tables"], page["area"])
    assert len(rows) + page["superseded"] == page["to"] - page["from"]
    assert {row["state"] for row in rows} == {"erased"}
    assert len(rows) == removed
    assert all(row["fields"] == {} for row in rows)
    assert {row.get("person") for row in rows} == {None, world.people["xiaoming"]}
    seen, _ = read_all(world, "ben")
    assert CANARY not in json.dumps(seen, ensure_ascii=False)


def test_the_household_and_those_who_live_in_it_stay(world: World) -> None:
    world.fold("asha", world.visit("grandma", note="奶奶在家"), world.visit())
    erase(world)
    with world.store.read() as tx:
        rows = rows_of(tx, world.store.catalogue, [world.areas["一组"]])
    kept = {row["id"] for row in rows}
    assert {world.households["wang"], world.people["grandma"]} <= kept
    assert world.people["xiaoming"] not in kept
    assert [row["fields"]["note"] for row in rows if row["kind"] == "visit"] == ["奶奶在家"]
    erase(world, "grandma")
    with world.store.read() as tx:
        assert rows_of(tx, world.store.catalogue, [world.areas["一组"]], ids=[world.households["wang"]])


@pytest.mark.parametrize(
    ("login", "person", "reason", "code"),
    [
        ("asha", "xiaoming", "own_request", "not_allowed"),
        ("chen", "qian", "own_request", "not_allowed"),
        ("ding", "xiaoming", "own_request", "not_allowed"),
        ("chen", "xiaoming", "no such reason", "malformed"),
    ],
)
def test_only_a_supervisor_of_the_area_erases_and_says_why(
    world: World, login: str, person: str, reason: str, code: str
) -> None:
    with pytest.raises(ProblemError) as raised:
        erase(world, person, login, reason)
    assert raised.value.code == code
    assert "王小明" in everything(world)


def test_erasing_twice_is_refused_and_there_is_one_audit_row_of_ids_and_codes(world: World) -> None:
    tell(world)
    erase(world)
    with pytest.raises(ProblemError, match="unknown_person"):
        erase(world)
    with world.store.read() as tx:
        [row] = tx.execute(select(schema.audit)).all()
    assert (row.action, row.subject) == ("erase", world.people["xiaoming"])
    assert json.loads(row.detail) == {"reason": "guardian_request"}


def test_what_was_prepared_before_is_marked_as_not_to_be_sent(world: World) -> None:
    tell(world)
    erase(world)
    with world.store.read() as tx:
        log = tx.execute(select(schema.area_log).filter_by(area_id=world.areas["一组"])).one()
    assert log.erased == log.head


def test_a_clock_far_behind_brings_nobody_back(world: World) -> None:
    erase(world)
    old = world.visit() | {"stamp": format_stamp(Clock(1, 0, "a1b2c3d4")), "occurred_at": 1}
    assert world.fold("asha", old)[0]["code"] == "erased_person"


def test_a_text_about_an_erased_person_is_not_even_held_where_nobody_knows_them(world: World) -> None:
    """A restored backup undid a move: the phone still says what it wrote in the other area."""
    erase(world, "xiaoming")
    visit = world.visit(note="cnrp00014") | {"area": world.areas["二组"]}
    [status] = world.fold("chen", visit)
    assert (status["status"], status["code"]) == ("rejected", "erased_person")
    assert "cnrp00014" not in everything(world)


def test_whoever_wrote_of_them_where_nobody_knew_them_is_told_to_forget_it(world: World) -> None:
    """No tombstone reaches that area: the verdict on what was held there says it."""
    visit = world.visit(note="cnrp00015") | {"area": world.areas["二组"]}
    [status] = world.fold("chen", visit)
    assert (status["status"], status["code"]) == ("quarantined", "unknown_person")
    erase(world, "xiaoming")
    [verdict] = ask(world, "chen", asks=[visit["id"]])["verdicts"]
    assert verdict == {"id": visit["id"], "state": "declined", "code": "erased_person"}
    assert "cnrp00015" not in everything(world)
