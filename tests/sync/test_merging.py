"""Two records of one person become one, followed by whatever comes late, and each again when it is undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from sync import schema
from sync.digest import digest_rows
from sync.erasure import erase_person
from sync.errors import ProblemError
from sync.merging import Merging, merge, unmerge
from sync.moves import move_household
from sync.packing import unpack
from sync.rows import MERGED, rows_of
from sync.tombstones import Act
from tests.sync.test_exchange import ask, read_all
from tests.world import NOW
from webapp.care.twins import same_person

if TYPE_CHECKING:
    from tests.world import World

LATER = NOW + 1000


def act_of(world: World, login: str = "chen") -> Act:
    return Act(world.id(), world.accounts[login], None, f"{LATER:016d}-0000-5e6f7a8b", LATER)


def work_of(world: World, tx: Any, act: Act, login: str = "chen") -> Merging:
    def make_set(
        kind: str, area: str, record: str, body: dict[str, Any], base: dict[str, Any]
    ) -> dict[str, Any]:
        made = {"id": world.id(), "area": area, "kind": kind, "op": "set", "record": record}
        return made | {"stamp": f"{LATER + 1:016d}-{world.ticks:04x}-5e6f7a8b", "body": body, "base": base}

    return Merging(tx, world.store.catalogue, world.caller(login), act, make_set)


def join(
    world: World, kept: str, lost: str, values: dict[str, Any] | None = None, login: str = "chen"
) -> str:
    """Merge; the id by which it is undone."""
    act = act_of(world, login)
    with world.store.write() as tx:
        merge(work_of(world, tx, act, login), world.areas["一组"], kept, lost, values or {})
    return act.change


def part(world: World, merge_id: str, login: str = "chen", grid: str = "一组") -> None:
    act = act_of(world, login)
    with world.store.write() as tx:
        unmerge(work_of(world, tx, act, login), world.areas[grid], merge_id)


def register(world: World, login: str, name: str, home: str, **fields: Any) -> str:
    """Somebody registers a child, and writes a visit of them; the child's id."""
    person = world.id()
    body = {"name": name, "category": "child", "household": world.households[home], **fields}
    visit = world.visit(note=f"{login}写的") | {"person": person, "household": world.households[home]}
    statuses = world.fold(login, world.change("set", "person", person, "一组", body), visit)
    assert [status["status"] for status in statuses] == ["accepted", "accepted"]
    return person


def rows(world: World, grid: str = "一组", **wanted: Any) -> dict[str, dict[str, Any]]:
    with world.store.read() as tx:
        return {row["id"]: row for row in rows_of(tx, world.store.catalogue, [world.areas[grid]], **wanted)}


def without_numbers(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Rows without what a merge and its undoing may leave: numbers, and where a fact lay before."""
    return {
        key: {name: value for name, value in row.items() if name not in ("seq", "from", "received_at")}
        for key, row in found.items()
    }


def standing_in(seen: dict[str, dict[str, Any]], area: str) -> dict[str, dict[str, Any]]:
    """What a phone holds of an area."""
    return {key: row for key, row in seen.items() if row["area"] == area and row.get("state") != "left"}


@pytest.fixture
def twins(world: World) -> tuple[str, str]:
    """One child registered by two volunteers, in two households, with a visit of each, and a pairing."""
    one = register(world, "asha", "赵晓婷", "wang", birth="2016-05-04", school="青禾小学")
    other = register(world, "ben", "赵小婷", "huang", phone="13800138009")
    pairing = world.change(
        "set", "pairing", world.id(), "一组", {"person": other, "member": world.accounts["ben"]}
    )
    assert world.fold("chen", pairing)[0]["status"] == "accepted"
    return one, other


def test_the_facts_and_profiles_of_both_are_the_kept_ones_and_one_is_out_of_sight(
    world: World, twins: tuple[str, str]
) -> None:
    one, other = twins
    notes = {row["fields"]["note"] for row in rows(world, kinds=["visit"]).values()}
    join(world, one, other, {"phone": "13800138009", "nonsense": "x"})
    found = rows(world)
    assert other not in found
    assert found[one]["fields"]["phone"] == "13800138009"
    assert "nonsense" not in found[one]["fields"]
    theirs = rows(world, person=one)
    assert {row["fields"]["note"] for row in theirs.values()} == notes == {"asha写的", "ben写的"}
    assert {row["household"] for row in theirs.values()} == {world.households["wang"]}
    [pairing] = rows(world, kinds=["pairing"]).values()
    assert pairing["fields"]["person"] == one
    assert rows(world, person=other) == {}
    with world.store.read() as tx:
        lost = tx.execute(select(schema.record).where(schema.record.c.record_id == other)).one()
        noted = tx.execute(select(schema.audit)).one()
    assert (lost.state, json.loads(lost.body)["name"]) == (MERGED, "赵小婷")
    assert noted.action == "merge"
    assert "婷" not in noted.detail


def test_undone_each_fact_and_value_is_where_it_was(world: World, twins: tuple[str, str]) -> None:
    one, other = twins
    before = without_numbers(rows(world))
    undo = join(world, one, other, {"phone": "13800138009", "name": "赵小婷"})
    assert without_numbers(rows(world)) != before
    part(world, undo)
    after = without_numbers(rows(world))
    assert after.keys() == before.keys()
    assert after == before
    with pytest.raises(ProblemError, match="unknown_record"):
        part(world, undo)


def test_what_somebody_changed_since_the_merge_stays_when_it_is_undone(
    world: World, twins: tuple[str, str]
) -> None:
    one, other = twins
    undo = join(world, one, other, {"phone": "13800138009", "name": "赵小婷"})
    edit = world.change("set", "person", one, "一组", {"phone": "13700137000"}, base={"phone": "13800138009"})
    edit["stamp"] = f"{LATER + 500:016d}-0000-a1b2c3d4"
    assert world.fold("asha", edit, now=LATER + 600)[0]["status"] == "accepted"
    part(world, undo)
    fields = rows(world)[one]["fields"]
    assert (fields["phone"], fields["name"]) == ("13700137000", "赵晓婷")


def test_late_changes_about_the_lost_one_follow_to_the_kept_one_and_back(
    world: World, twins: tuple[str, str]
) -> None:
    one, other = twins
    undo = join(world, one, other)
    home = world.households["huang"]
    visit = world.visit(note="晚到的") | {"person": other, "household": home}
    edit = world.change(
        "set", "person", other, "一组", {"health": "咳嗽", "school": "二小"}, base={"school": None}
    )
    [late, edited] = world.fold("ben", visit, edit)
    assert (late["status"], edited["status"]) == ("accepted", "conflict")
    found = rows(world)
    assert (found[visit["id"]]["person"], found[visit["id"]]["household"]) == (one, world.households["wang"])
    assert found[one]["fields"]["health"] == "咳嗽"
    assert {head["value"] for head in found[one]["conflicts"]["school"]} == {"青禾小学", "二小"}
    assert world.fold("ben", visit)[0] == {"id": visit["id"], "status": "duplicate", "seq": late["seq"]}
    changed = dict(visit, body={"how": "well", "note": "别的"})
    assert world.fold("ben", changed)[0]["code"] == "id_reused"
    amended = world.visit(note="改过的") | {
        "op": "amend",
        "amends": visit["id"],
        "person": other,
        "household": home,
    }
    void = world.change("void", "visit", amended["id"], "一组", {"reason": "写错了"})
    assert [s["status"] for s in world.fold("ben", amended, void)] == ["accepted", "accepted"]
    with world.store.read() as tx:
        kept = tx.scalar(select(schema.receipt.c.change).where(schema.receipt.c.change_id == visit["id"]))
    assert json.loads(kept)["person"] == other  # what came is stored as it came
    part(world, undo)
    found = rows(world)
    assert {found[visit["id"]]["person"], found[amended["id"]]["person"]} == {other}
    assert "was" not in found[visit["id"]]


def test_a_phone_that_wrote_about_the_lost_one_hears_last_that_it_is_gone(
    world: World, twins: tuple[str, str]
) -> None:
    one, other = twins
    _, cursors = read_all(world, "ben")
    join(world, one, other)
    edit = world.change("set", "person", other, "一组", {"health": "咳嗽"})
    answer = ask(world, "ben", cursors=cursors, changes=[edit], now=LATER + 1)
    [status] = answer["statuses"]
    [page] = answer["news"]
    told = {row["id"]: row for row in unpack(page["tables"], page["area"])}
    assert (told[other]["state"], told[other]["fields"]) == ("left", {})
    assert told[other]["seq"] >= status["seq"]
    assert "小婷" not in json.dumps(page, ensure_ascii=False)
    assert len(told) + page["superseded"] == page["to"] - page["from"]
    moved = [row for row in told.values() if row.get("from") == [other]]
    assert {row["person"] for row in moved} == {one}


def test_digests_and_a_first_sync_show_what_the_log_shows(world: World, twins: tuple[str, str]) -> None:
    one, other = twins
    area = world.areas["一组"]
    seen, cursors = read_all(world, "asha")
    undo = join(world, one, other)
    for step in range(2):
        for page in ask(world, "asha", cursors=cursors, now=LATER + 1)["news"]:
            cursors[page["area"]] = page["cursor"]
            seen |= {row["id"]: row for row in unpack(page["tables"], page["area"])}
        standing = standing_in(seen, area)
        fresh = standing_in(read_all(world, "asha")[0], area)
        assert {key: row["seq"] for key, row in standing.items()} == {k: r["seq"] for k, r in fresh.items()}
        digests = {area: {**digest_rows(list(standing.values()))}}
        assert ask(world, "asha", cursors=cursors, digests=digests)["checks"] == {area: "same"}
        if step == 0:
            part(world, undo)
    assert other in standing


def test_erasing_the_kept_one_erases_both_and_nothing_brings_either_back(
    world: World, twins: tuple[str, str]
) -> None:
    one, other = twins
    undo = join(world, one, other)
    with world.store.write() as tx:
        erase_person(tx, world.caller("chen"), one, "own_request", act_of(world))
    everything = ""
    with world.store.read() as tx:
        for table in schema.metadata.sorted_tables:
            everything += json.dumps(
                [list(map(str, row)) for row in tx.execute(select(table))], ensure_ascii=False
            )
    assert "婷" not in everything
    assert "写的" not in everything
    assert "13800138009" not in everything
    with pytest.raises(ProblemError):
        part(world, undo)
    for person in twins:
        late = world.visit(note="还有") | {"person": person}
        assert world.fold("ben", late)[0]["code"] == "erased_person"
        back = world.change("set", "person", person, "一组", {"name": "赵小婷"})
        assert world.fold("ben", back)[0]["code"] == "erased_person"


def test_a_merged_one_moves_along_and_can_be_undone_there(world: World, twins: tuple[str, str]) -> None:
    one, other = twins
    undo = join(world, one, other)
    with world.store.write() as tx:
        move_household(
            tx,
            world.caller("chen"),
            act_of(world),
            world.households["wang"],
            source=world.areas["一组"],
            target=world.areas["二组"],
        )
    late = world.visit(note="晚到的") | {"person": other}
    [status] = world.fold("ben", late)
    assert (status["status"], status["code"]) == ("quarantined", "moved_away")
    with world.store.read() as tx:
        held = tx.execute(select(schema.quarantine)).one()
    assert held.area_id == world.areas["二组"]
    part(world, undo, grid="二组")
    assert other in rows(world, "二组")


def test_chains_are_followed_and_undone_from_the_end(world: World, twins: tuple[str, str]) -> None:
    one, other = twins
    third = register(world, "asha", "赵晓亭", "wang")
    first = join(world, one, other)
    second = join(world, third, one)
    late = world.visit(note="晚到的") | {"person": other}
    world.fold("ben", late)
    assert rows(world)[late["id"]]["person"] == third
    with pytest.raises(ProblemError, match="unknown_record"):
        part(world, first)
    part(world, second)
    found = rows(world)
    assert {row["person"] for row in found.values() if row["kind"] == "visit"} == {one, third}
    part(world, first)
    notes = {row["fields"]["note"]: row["person"] for row in rows(world, kinds=["visit"]).values()}
    assert notes["ben写的"] == other


def test_needs_plans_and_a_pairing_with_the_same_member_come_along(
    world: World, twins: tuple[str, str]
) -> None:
    one, other = twins
    ben = world.accounts["ben"]
    member = world.change("set", "member", ben, "一组", {"name": "本", "role": "volunteer"})
    need = {"person": other, "household": world.households["huang"], "category": "living", "urgency": "soon"}
    need |= {"source": "desk", "what": "缺棉被", "state": "open", "opened_at": NOW}
    made = [
        member,
        world.change(
            "set", "pairing", world.id(), "一组", {"person": one, "member": ben, "from": "2025-01-01"}
        ),
        world.change("set", "need", world.id(), "一组", need),
        world.change("set", "care_plan", world.id(), "一组", {"person": other, "aims": "上学"}),
    ]
    assert [s["status"] for s in world.fold("chen", *made)] == ["accepted"] * 4
    undo = join(world, one, other)
    about = {
        row["id"]: row["fields"].get("person")
        for row in rows(world, kinds=["pairing", "need", "care_plan"]).values()
    }
    assert set(about.values()) == {one}
    part(world, undo)
    found = rows(world)
    assert found[made[1]["record"]]["fields"]["person"] == one
    assert {found[made[place]["record"]]["fields"]["person"] for place in (2, 3)} == {other}


def test_households_merge_with_who_lives_there_and_part_again(world: World, twins: tuple[str, str]) -> None:
    _, other = twins
    wang, huang = world.households["wang"], world.households["huang"]
    card = world.change(
        "set", "card", world.id(), "一组", {"household": huang, "code": "Q", "digest": "d" * 64}
    )
    world.fold("chen", card)
    before = without_numbers(rows(world))
    undo = join(world, wang, huang, {"living": "砖房"})
    found = rows(world)
    assert huang not in found
    assert found[other]["fields"]["household"] == wang
    assert found[card["record"]]["fields"]["household"] == wang
    assert {row["household"] for row in found.values() if row["kind"] == "visit"} == {wang}
    newcomer = world.change("set", "person", world.id(), "一组", {"name": "新来的", "household": huang})
    assert world.fold("ben", newcomer)[0]["status"] == "accepted"
    assert rows(world)[newcomer["record"]]["fields"]["household"] == wang
    part(world, undo)
    after = without_numbers(rows(world))
    del after[newcomer["record"]]
    assert after == before


@pytest.mark.parametrize(
    ("login", "kept", "lost", "code"),
    [
        ("chen", "xiaoming", "xiaoming", "same_record"),
        ("asha", "xiaoming", "grandma", "not_allowed"),
        ("ding", "xiaoming", "grandma", "not_allowed"),
        ("chen", "xiaoming", "liu", "unknown_record"),
        ("chen", "qian", "xiaoming", "unknown_record"),
        ("chen", "xiaoming", "nobody", "unknown_record"),
    ],
)
def test_nobody_merges_what_is_not_theirs_or_not_two_in_one_grid(
    world: World, login: str, kept: str, lost: str, code: str
) -> None:
    before = rows(world)
    ids = world.people | {"nobody": world.id()}
    with pytest.raises(ProblemError) as raised:
        join(world, ids[kept], ids[lost], login=login)
    assert raised.value.code == code
    assert rows(world) == before


def test_a_person_is_not_merged_with_a_household_nor_with_one_that_was_erased(
    world: World, twins: tuple[str, str]
) -> None:
    one, other = twins
    with pytest.raises(ProblemError, match="unknown_record"):
        join(world, one, world.households["wang"])
    with world.store.write() as tx:
        erase_person(tx, world.caller("chen"), other, "wrong_entry", act_of(world))
    for kept, lost in ((one, other), (other, one)):
        with pytest.raises(ProblemError, match="unknown_record"):
            join(world, kept, lost)
    assert one in rows(world)


def test_a_crafted_change_cannot_claim_that_it_was_about_somebody_else(
    world: World, twins: tuple[str, str]
) -> None:
    one, other = twins
    crafted = world.visit() | {"was": [other], "was_home": [other], "from": other, "merged_into": one}
    world.fold("asha", crafted)
    row = rows(world)[crafted["id"]]
    assert not {"was", "was_home", "from", "merged_into"} & row.keys()
    undo = join(world, one, other)
    part(world, undo)
    assert rows(world)[crafted["id"]]["person"] == world.people["xiaoming"]


def test_the_rule_knows_these_twins() -> None:
    assert same_person({"name": "赵晓婷"}, {"name": "赵小婷"}, True)
