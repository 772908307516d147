"""What a phone may set is the definition's word and the server's to enforce: no crafted change gets past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.rows import rows_of
from webapp.forms.engine import load_profile

if TYPE_CHECKING:
    from tests.world import World

NOT_ON_PHONES = sorted(field["key"] for field in load_profile("person")["fields"] if not field.get("phone"))
NOT_WHEN_NEW = sorted(field["key"] for field in load_profile("person")["fields"] if not field.get("register"))
VALUES: dict[str, Any] = {"pinyin": ["wang"], "initials": ["w"], "birth": "1949-03-02"}


def row_of(world: World, record: str) -> dict[str, Any] | None:
    with world.store.read() as tx:
        rows = rows_of(tx, world.store.catalogue, [world.areas["一组"]], ids=[record])
    return rows[0] if rows else None


def told(statuses: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(status["status"], status.get("code")) for status in statuses]


@pytest.mark.parametrize("field", NOT_ON_PHONES)
def test_a_volunteer_sets_no_field_that_is_not_marked_for_the_phone(world: World, field: str) -> None:
    person = world.people["xiaoming"]
    before = row_of(world, person)
    value = VALUES.get(field, "x")
    crafted = world.change("set", "person", person, "一组", {"phone": "13900139000", field: value})
    assert told(world.fold("asha", crafted)) == [("quarantined", "not_allowed")]
    assert row_of(world, person) == before
    assert told(world.fold("chen", crafted | {"id": world.id()})) in (
        [("accepted", None)],
        [("conflict", None)],
    )


@pytest.mark.parametrize("field", NOT_WHEN_NEW)
def test_a_new_person_comes_with_nothing_that_is_not_for_registering(world: World, field: str) -> None:
    record = world.id()
    body = {"name": "新来的", "household": world.households["wang"], field: "x"}
    assert told(world.fold("asha", world.change("set", "person", record, "一组", body))) == [
        ("quarantined", "not_allowed")
    ]
    assert row_of(world, record) is None


def test_registering_and_then_correcting_take_their_own_marks_in_one_batch(world: World) -> None:
    household, person = world.id(), world.id()
    changes = [
        world.change("set", "household", household, "一组", {"door": "9号", "number": 9, "title": "新家"}),
        world.change(
            "set", "person", person, "一组", {"name": "新来的", "birth": "1949-03-02", "household": household}
        ),
        world.change("set", "person", person, "一组", {"phone": "13900139000"}),
        world.change("set", "person", person, "一组", {"birth": "1950-03-02"}, base={"birth": "1949-03-02"}),
    ]
    statuses = told(world.fold("asha", *changes))
    assert statuses == [("accepted", None)] * 3 + [("quarantined", "not_allowed")]
    row = row_of(world, person)
    assert row is not None
    assert row["fields"]["birth"] == "1949-03-02"


def test_a_field_that_only_a_later_build_knows_waits_for_it(world: World) -> None:
    newer = world.change("set", "person", world.people["xiaoming"], "一组", {"shoe_size": "38"})
    assert told(world.fold("asha", newer)) == [("quarantined", "invalid_fields")]


@pytest.mark.parametrize("kind", ["grid", "member", "card"])
def test_a_volunteer_makes_and_changes_no_other_profile(world: World, kind: str) -> None:
    for record in (world.id(), world.areas["一组"]):
        change = world.change("set", kind, record, "一组", {"name": "我的"})
        [status] = world.fold("asha", change)
        assert status["status"] == "quarantined"


@pytest.mark.parametrize("name", ["长" * 41, "\u202e明小王", "王\u200b明", "王\u0007"])
def test_a_name_that_lists_cannot_show_is_held_whoever_sends_it(world: World, name: str) -> None:
    for login in ("asha", "chen"):
        change = world.change("set", "person", world.people["xiaoming"], "一组", {"name": name})
        assert told(world.fold(login, change)) == [("quarantined", "invalid_fields")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.sets(st.sampled_from([field["key"] for field in load_profile("person")["fields"]]), max_size=5),
    new=st.booleans(),
)
def test_what_gets_in_is_never_more_than_the_marks_allow(world: World, keys: set[str], new: bool) -> None:
    record = world.id() if new else world.people["grandma"]
    before = row_of(world, record)
    body = {key: VALUES.get(key, "61") if key != "guardian_age" else 61 for key in keys}
    world.fold("asha", world.change("set", "person", record, "一组", body))
    after = row_of(world, record)
    fields = {} if before is None else before["fields"]
    changed = set() if after is None else {k for k, v in after["fields"].items() if fields.get(k) != v}
    mark = "register" if new else "phone"
    assert changed <= {f["key"] for f in load_profile("person")["fields"] if f.get(mark) or f.get("derived")}
