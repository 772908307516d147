"""What is held and what is decided on it: once, on record, in its author's name, and never by an outsider."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from sync import schema
from sync.catalogue import Catalogue, Kind
from sync.clock import Clock, format_stamp
from sync.database import Store
from sync.erasure import erase_person
from sync.errors import ProblemError
from sync.held import Accept, Decider, Decision, Decline, Outcome, Reassign, decide_held, replay_held
from sync.rows import rows_of
from sync.tombstones import Act
from tests.sync.test_exchange import ask
from tests.world import NOW

if TYPE_CHECKING:
    from tests.world import World

LATER = NOW + 86_400_000


def decide(world: World, who: str, change: dict[str, Any], decision: Decision, area: str = "") -> Outcome:
    caller = world.caller(who)
    areas = tuple(sorted(a for a in caller.areas if caller.may_review(a)))
    decider = Decider(caller, areas, LATER, bytes.fromhex(world.id().replace("-", ""))[6:])
    with world.store.write() as tx:
        return decide_held(
            tx, world.store.catalogue, decider, (area or change["area"], change["id"]), decision
        )


def lost_visit(world: World) -> dict[str, Any]:
    """A visit that names a person nobody knows."""
    change = world.visit(note="记在别人名下") | {"person": world.id()}
    [status] = world.fold("asha", change)
    assert status["code"] == "unknown_person"
    return change


def test_a_reassigned_visit_is_its_authors_of_its_own_day_and_stays_stored_as_it_came(world: World) -> None:
    change = lost_visit(world)
    outcome = decide(world, "chen", change, Reassign(world.people["huang"]))
    assert outcome.status == "accepted"
    [row] = facts(world)
    assert (row["author"], row["received_at"], row["seq"]) == (world.accounts["asha"], NOW, outcome.seq)
    assert (row["person"], row["household"]) == (world.people["huang"], world.households["huang"])
    [again] = world.fold("asha", change)
    assert again == {"id": change["id"], "status": "duplicate", "seq": outcome.seq}
    [entry] = table(world, schema.quarantine)
    assert json.loads(entry.change) == change
    [noted] = table(world, schema.audit)
    assert (noted.action, noted.actor_id, noted.at) == ("reassign", world.accounts["chen"], LATER)
    assert json.loads(noted.detail)["person"] == [change["person"], world.people["huang"]]
    assert "记在别人名下" not in noted.detail


def test_what_its_author_took_back_while_it_was_held_is_not_counted_as_standing(world: World) -> None:
    change = lost_visit(world)
    taken_back = world.change("void", "visit", change["id"], "一组", {"reason": "记错了人"})
    [status] = world.fold("asha", taken_back)
    assert status["code"] == "unknown_record"
    assert decide(world, "chen", change, Reassign(world.people["huang"])).status == "accepted"
    [row] = facts(world)
    assert row["state"] == "void"
    assert world.fold("asha", taken_back)[0]["status"] == "duplicate"
    assert sorted(each.action for each in table(world, schema.audit)) == ["follow", "reassign"]
    assert decide(world, "chen", taken_back, Accept()).code == "stale_review"


def test_corrections_of_a_held_visit_come_along_in_their_order_and_nobody_elses_do(world: World) -> None:
    change = lost_visit(world)
    better = world.visit("xiaoming", note="改过的") | {"op": "amend", "amends": change["id"]}
    better |= {"person": change["person"], "household": change["household"]}
    best = world.visit("xiaoming", note="再改过的") | {"op": "amend", "amends": better["id"]}
    best |= {"person": change["person"], "household": change["household"]}
    meddled = world.change("void", "visit", change["id"], "一组", {"reason": "不是他写的"})
    assert {s["code"] for s in world.fold("asha", better, best)} == {"unknown_record"}
    assert world.fold("ben", meddled)[0]["code"] == "unknown_record"
    assert decide(world, "chen", change, Reassign(world.people["huang"])).status == "accepted"
    rows = {row["id"]: row for row in facts(world)}
    assert [rows[each["id"]]["state"] for each in (change, better, best)] == ["amended", "amended", "pending"]
    assert {row["person"] for row in rows.values()} == {world.people["huang"]}
    waiting = [entry for entry in table(world, schema.quarantine) if entry.state == "waiting"]
    assert [entry.change_id for entry in waiting] == [meddled["id"]]


def test_what_was_for_a_grid_of_the_neighbours_is_theirs_to_accept_and_nobody_elses(world: World) -> None:
    foreign = world.visit("liu")
    world.fold("ben", foreign)
    assert facts(world, "二组") == []
    assert decide(world, "ben", foreign, Accept()).code == "unknown_record"
    assert decide(world, "ding", foreign, Accept()).code == "unknown_record"
    assert decide(world, "chen", foreign, Accept()).status == "accepted"
    assert facts(world, "二组")[0]["author"] == world.accounts["ben"]


def test_a_supervisor_never_sees_what_is_for_another_village_but_does_what_is_for_nowhere(
    world: World,
) -> None:
    other, nowhere = world.visit("qian"), world.visit() | {"area": world.id()}
    assert [s["code"] for s in world.fold("asha", other, nowhere)] == ["foreign_area", "foreign_area"]
    assert decide(world, "chen", other, Accept()) == Outcome("refused", "unknown_record")
    outcome = decide(world, "chen", nowhere, Accept())
    assert outcome.status == "accepted"
    assert facts(world)[0]["id"] == nowhere["id"]
    [again] = world.fold("asha", nowhere)
    assert (again["status"], again["seq"]) == ("duplicate", outcome.seq)


def test_nothing_is_given_to_a_person_of_another_village(world: World) -> None:
    change = lost_visit(world)
    assert decide(world, "chen", change, Reassign(world.people["qian"])).code == "unknown_person"
    assert decide(world, "chen", change, Reassign(world.households["wang"])).code == "unknown_person"
    assert decide(world, "chen", change, Accept()).code == "unknown_person"
    assert table(world, schema.quarantine)[0].state == "waiting"
    assert table(world, schema.audit) == []
    assert facts(world) == []


def test_what_takes_a_role_or_does_not_pass_is_only_declined_and_stays_stored(world: World) -> None:
    usurped = world.change(
        "set", "grid", world.areas["一组"], "一组", {"responsible": world.accounts["asha"]}
    )
    invalid = world.visit(how="splendid")
    world.fold("asha", usurped, invalid)
    assert decide(world, "chen", usurped, Accept()).code == "not_allowed"
    assert decide(world, "chen", invalid, Accept()).code == "invalid_fields"
    assert decide(world, "chen", invalid, Reassign(world.people["huang"])).code == "invalid_fields"
    assert decide(world, "chen", invalid, Decline("没有这个选项")).status == "declined"
    assert decide(world, "chen", invalid, Decline("再来")).code == "stale_review"
    kept = {entry.change_id: entry for entry in table(world, schema.quarantine)}
    assert (kept[invalid["id"]].state, kept[invalid["id"]].reason) == ("declined", "没有这个选项")
    assert json.loads(kept[invalid["id"]].change) == invalid
    assert world.fold("asha", invalid)[0]["code"] == "invalid_fields"


def test_two_supervisors_at_once_decide_only_once(world: World) -> None:
    change = lost_visit(world)
    outcomes: list[Outcome] = []
    failures: list[BaseException] = []
    together = threading.Barrier(4)

    def run(person: str) -> None:
        try:
            together.wait(30)
            outcomes.append(decide(world, "chen", change, Reassign(world.people[person])))
        except BaseException as error:
            failures.append(error)

    people = ("huang", "grandma", "xiaoming", "liu")
    threads = [threading.Thread(target=run, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    codes = [outcome.code for outcome in outcomes if outcome.status == "refused"]
    assert codes == ["stale_review"] * 3
    assert len(facts(world)) + len(facts(world, "二组")) == 1
    assert len(table(world, schema.audit)) == 1


def test_a_phone_hears_what_became_of_its_own_and_of_nobody_elses(world: World) -> None:
    taken, refused, waiting = (lost_visit(world) for _ in range(3))
    outcome = decide(world, "chen", taken, Reassign(world.people["huang"]))
    decide(world, "chen", refused, Decline("记重了"))
    asks = [taken["id"], refused["id"], waiting["id"], world.id(), "rubbish", 7]
    assert ask(world, "asha", asks=asks)["verdicts"] == [
        {"id": taken["id"], "state": "accepted", "seq": outcome.seq},
        {"id": refused["id"], "state": "declined", "reason": "记重了"},
        {"id": waiting["id"], "state": "waiting"},
    ]
    assert ask(world, "ben", asks=asks)["verdicts"] == []
    with pytest.raises(ProblemError, match="broken_body"):
        ask(world, "asha", asks="all")


def test_erasing_the_person_it_was_given_to_empties_what_was_held(world: World) -> None:
    change = lost_visit(world)
    decide(world, "chen", change, Reassign(world.people["huang"]))
    chen = world.caller("chen")
    with world.store.write() as tx:
        act = Act(world.id(), chen.account, None, format_stamp(Clock(LATER, 0, "a1b2c3d4")), LATER)
        erase_person(tx, chen, world.people["huang"], "own_request", act)
    for name in (schema.quarantine, schema.receipt, schema.record):
        assert not any("记在别人名下" in str(tuple(row)) for row in table(world, name))


def test_what_this_build_did_not_know_is_folded_once_it_does_as_its_authors(world: World) -> None:
    survey = world.visit() | {"kind": "survey", "form": "survey/1", "body": {"water": "well", "later": 1}}
    invalid = world.visit(how="splendid")
    world.fold("asha", survey, invalid)
    assert replay(world, world.store) == 0
    assert table(world, schema.audit) == []
    older = world.store.catalogue
    learnt = Store(world.store.engine, Catalogue([*older, Kind("survey", "fact", frozenset({"water"}))]))
    assert replay(world, learnt) == 1
    assert replay(world, learnt) == 0
    with world.store.read() as tx:
        [row] = rows_of(tx, learnt.catalogue, [world.areas["一组"]], kinds=["survey"])
    assert row["fields"] == {"water": "well", "later": 1}
    assert (row["author"], row["received_at"]) == (world.accounts["asha"], NOW)
    [noted] = table(world, schema.audit)
    assert (noted.action, noted.subject) == ("replay", survey["id"])
    [again] = world.fold("asha", survey)
    assert (again["status"], again["seq"]) == ("duplicate", row["seq"])


def test_a_choice_a_newer_form_offers_passes_after_the_upgrade_even_for_a_closed_account(
    world: World,
) -> None:
    visit = world.visit(how="splendid")
    world.fold("asha", visit)
    with world.store.write() as tx:
        closed = schema.account.update().where(schema.account.c.account_id == world.accounts["asha"])
        tx.execute(closed.values(active=0))
    kinds = {kind.name: kind for kind in world.store.catalogue}
    kinds["visit"] = replace(kinds["visit"], check=lambda _fields: [])
    assert replay(world, Store(world.store.engine, Catalogue(kinds.values()))) == 1
    assert facts(world)[0]["fields"]["how"] == "splendid"


@pytest.mark.parametrize("code", ["foreign_area", "unknown_person"])
def test_a_replay_takes_no_decision_that_is_a_supervisors(world: World, code: str) -> None:
    change = world.visit("liu") if code == "foreign_area" else world.visit() | {"person": world.id()}
    assert world.fold("asha", change)[0]["code"] == code
    assert replay(world, world.store) == 0


def replay(world: World, store: Store) -> int:
    return replay_held(store, LATER, lambda n: world.id().replace("-", "")[-2 * n :].encode()[:n])


def facts(world: World, area: str = "一组") -> list[dict[str, Any]]:
    with world.store.read() as tx:
        return rows_of(tx, world.store.catalogue, [world.areas[area]], kinds=["visit"])


def table(world: World, name: Any) -> list[Any]:
    with world.store.read() as tx:
        return list(tx.execute(select(name)).all())
