"""The fold's rules: every status, and attempts to lose, double or smuggle a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from sync import schema
from sync.clock import Clock, format_stamp
from sync.rows import rows_of
from tests.world import NOW

if TYPE_CHECKING:
    from tests.world import World


def test_a_visit_is_accepted_numbered_and_read_back(world: World) -> None:
    visit = world.visit(note="门口有积水")
    [status] = world.fold("asha", visit)
    assert status["status"] == "accepted"
    [row] = rows(world, "一组", kinds=["visit"])
    assert row["fields"] == {"how": "well", "note": "门口有积水"}
    assert (row["seq"], row["author"], row["state"]) == (status["seq"], world.accounts["asha"], "pending")
    assert row["received_at"] == NOW


def test_the_same_change_again_is_a_duplicate_with_its_number(world: World) -> None:
    visit = world.visit()
    [first] = world.fold("asha", visit)
    [again, twice] = world.fold("asha", visit, visit)
    assert again == twice == {"id": visit["id"], "status": "duplicate", "seq": first["seq"]}
    assert len(rows(world, "一组", kinds=["visit"])) == 1


def test_the_same_id_with_another_body_is_rejected_and_the_first_stays(world: World) -> None:
    visit = world.visit(note="第一份")
    forged = visit | {"body": {"how": "urgent"}}
    statuses = world.fold("asha", visit, forged)
    assert [s["status"] for s in statuses] == ["accepted", "rejected"]
    assert statuses[1]["code"] == "id_reused"
    assert rows(world, "一组", kinds=["visit"])[0]["fields"]["note"] == "第一份"


def test_a_change_for_a_foreign_area_is_quarantined_not_dropped_and_not_visible(world: World) -> None:
    foreign = world.visit("qian")
    mine = world.visit()
    statuses = world.fold("asha", foreign, mine)
    assert [s["status"] for s in statuses] == ["quarantined", "accepted"]
    assert statuses[0]["code"] == "foreign_area"
    assert rows(world, "柳河一组", kinds=["visit"]) == []
    with world.store.read() as tx:
        held = tx.execute(select(schema.quarantine)).one()
    assert held.change_id == foreign["id"]
    assert foreign["person"] in held.change
    [again] = world.fold("asha", foreign)
    assert (again["status"], again["code"]) == ("quarantined", "foreign_area")


def test_a_person_of_another_area_cannot_be_reached_through_my_own(world: World) -> None:
    smuggled = world.visit() | {"person": world.people["qian"]}
    [status] = world.fold("asha", smuggled)
    assert (status["status"], status["code"]) == ("quarantined", "unknown_person")


def test_bad_changes_get_their_codes_and_the_good_one_beside_them_is_kept(world: World) -> None:
    unknown = world.visit() | {"kind": "hologram"}
    missing = {k: v for k, v in world.visit().items() if k != "person"}
    huge = world.visit(note="长" * 70_000)
    nonsense = ["not", "a", "change"]
    invalid = world.visit(how="splendid")
    statuses = world.fold("asha", unknown, missing, huge, nonsense, invalid, world.visit())
    assert [(s["status"], s.get("code")) for s in statuses] == [
        ("quarantined", "unknown_kind"),
        ("rejected", "malformed"),
        ("rejected", "too_large"),
        ("rejected", "malformed"),
        ("quarantined", "invalid_fields"),
        ("accepted", None),
    ]
    assert statuses[1]["id"] == missing["id"]
    assert statuses[4]["fields"][0]["key"] == "how"


def test_fields_this_build_does_not_know_are_kept(world: World) -> None:
    world.fold("asha", world.visit(weather_next_year="sunny"))
    [row] = rows(world, "一组", kinds=["visit"])
    assert row["fields"]["weather_next_year"] == "sunny"


def test_a_returned_log_comes_back_amended_and_is_approved(world: World) -> None:
    visit = world.visit()
    world.fold("asha", visit)
    returned = world.change(
        "review", "visit", visit["id"], "一组", {"verdict": "returned", "reason": "哪天？"}
    )
    assert world.fold("chen", returned)[0]["status"] == "accepted"
    amendment = world.visit(note="周一") | {"op": "amend", "amends": visit["id"]}
    assert world.fold("asha", amendment)[0]["status"] == "accepted"
    approved = world.change("review", "visit", amendment["id"], "一组", {"verdict": "approved"})
    world.fold("chen", approved)
    old, new = (row for row in rows(world, "一组", kinds=["visit"]))
    assert (old["state"], old["reason"], old["amended_by"]) == ("amended", "哪天？", amendment["id"])
    assert (new["state"], new["amends"], new["reviewer"]) == ("approved", visit["id"], world.accounts["chen"])
    stale = world.change("review", "visit", visit["id"], "一组", {"verdict": "approved"})
    assert world.fold("chen", stale)[0]["code"] == "stale_review"


def test_a_volunteer_can_neither_review_nor_alter_another_ones_log(world: World) -> None:
    visit = world.visit()
    world.fold("asha", visit)
    review = world.change("review", "visit", visit["id"], "一组", {"verdict": "approved"})
    amend = world.visit() | {"op": "amend", "amends": visit["id"]}
    void = world.change("void", "visit", visit["id"], "一组", {"reason": "记错人了"})
    ghost = world.change("void", "visit", world.id(), "一组", {"reason": "没有这条"})
    statuses = world.fold("ben", review, amend, void, ghost)
    assert [s["code"] for s in statuses] == ["not_allowed", "not_author", "not_author", "unknown_record"]
    assert rows(world, "一组", kinds=["visit"])[0]["state"] == "pending"
    assert world.fold("asha", void | {"id": world.id()})[0]["status"] == "accepted"
    assert rows(world, "一组", kinds=["visit"])[0]["state"] == "void"


def test_a_volunteer_may_correct_a_phone_number_but_not_who_is_responsible(world: World) -> None:
    corrected = world.change("set", "person", world.people["xiaoming"], "一组", {"phone": "13900139000"})
    usurped = world.change(
        "set", "grid", world.areas["一组"], "一组", {"responsible": world.accounts["asha"]}
    )
    statuses = world.fold("asha", corrected, usurped)
    assert [s["status"] for s in statuses] == ["accepted", "quarantined"]


def test_different_fields_merge_and_the_same_field_conflicts_with_both_values_kept(world: World) -> None:
    person = world.people["xiaoming"]

    def edit(field: str, value: str, base: str | None, millis: int) -> dict[str, Any]:
        change = world.change("set", "person", person, "一组", {field: value})
        return change | {
            "base": {} if base is None else {field: base},
            "stamp": format_stamp(Clock(millis, 0, "a1b2c3d4")),
        }

    world.fold("asha", edit("phone", "111", None, NOW - 9))
    assert world.fold("ben", edit("school", "青禾小学", None, NOW - 8))[0]["status"] == "accepted"
    later = edit("phone", "333", "111", NOW - 2)
    earlier = edit("phone", "222", "111", NOW - 5)
    assert world.fold("ben", later)[0]["status"] == "accepted"
    [status] = world.fold("asha", earlier)
    assert status["status"] == "conflict"
    assert {edit["value"] for edit in status["fields"]["phone"]} == {"222", "333"}
    [row] = rows(world, "一组", ids=[person])
    assert (row["fields"]["phone"], row["fields"]["school"]) == ("333", "青禾小学")


def test_a_clock_far_ahead_is_clamped_and_flagged_never_refused(world: World) -> None:
    tomorrow = NOW + 86_400_000
    [status] = world.fold("asha", world.visit(at=tomorrow))
    assert status["status"] == "accepted"
    [row] = rows(world, "一组", kinds=["visit"])
    assert (row["occurred_at"], row["flags"]) == (NOW, ["clock_ahead"])


def test_numbers_have_no_gap_and_every_touched_record_gets_one(world: World) -> None:
    visit = world.visit()
    world.fold("asha", visit, world.visit("huang"))
    world.fold(
        "chen", world.change("review", "visit", visit["id"], "一组", {"verdict": "returned", "reason": "?"})
    )
    world.fold("asha", world.visit() | {"op": "amend", "amends": visit["id"]})
    with world.store.read() as tx:
        seqs = list(tx.scalars(select(schema.log.c.seq).where(schema.log.c.area_id == world.areas["一组"])))
        head = tx.scalar(
            select(func.max(schema.area_log.c.head)).where(schema.area_log.c.area_id == world.areas["一组"])
        )
    assert sorted(seqs) == list(range(1, len(seqs) + 1))
    assert head == len(seqs)


def rows(world: World, area: str, **wanted: Any) -> list[dict[str, Any]]:
    with world.store.read() as tx:
        return rows_of(tx, world.store.catalogue, [world.areas[area]], **wanted)
