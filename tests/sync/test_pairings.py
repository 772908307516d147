"""A pairing is about somebody of its grid, by a member of it; who does not review ends their own, or asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sync.rows import rows_of
from webapp.ledger.pairings import spread

if TYPE_CHECKING:
    from tests.world import World


def new_pairing(world: World, record: str, **fields: Any) -> dict[str, Any]:
    body = {"person": world.people["xiaoming"], "member": world.accounts["asha"], "from": "2025-09-01"}
    return world.change("set", "pairing", record, "一组", body | fields)


def ended(world: World, record: str, **fields: Any) -> dict[str, Any]:
    return world.change("set", "pairing", record, "一组", {"until": "2025-11-30", **fields}, base={})


def code_of(status: dict[str, Any]) -> str:
    return str(status.get("code", status["status"]))


@pytest.fixture
def pairing(world: World) -> str:
    record = world.id()
    assert code_of(world.fold("chen", new_pairing(world, record))[0]) == "accepted"
    return record


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"until": "2025-08-31"}, "ends_before_start"),
        ({"until": "2025-09-01"}, "accepted"),
        ({"until": "昨天"}, "invalid_fields"),
        ({"from": "2025-02-30"}, "invalid_fields"),
        ({"member": "019ab567-0000-7000-8000-00000000abcd"}, "unknown_member"),
        ({"member": None}, "invalid_fields"),
        ({"person": None}, "invalid_fields"),
    ],
)
def test_a_pairing_that_cannot_be_is_held_and_says_why(
    world: World, fields: dict[str, Any], code: str
) -> None:
    assert code_of(world.fold("chen", new_pairing(world, world.id(), **fields))[0]) == code


def test_a_pairing_with_a_person_or_a_member_of_another_grid_is_held(world: World) -> None:
    other = new_pairing(world, world.id(), person=world.people["liu"])
    far = new_pairing(world, world.id(), member=world.accounts["ding"])
    house = new_pairing(world, world.id(), member=world.households["wang"])
    codes = [code_of(status) for status in world.fold("chen", other, far, house)]
    assert codes == ["unknown_person", "unknown_member", "unknown_member"]


def test_an_end_before_the_stored_start_is_held(world: World, pairing: str) -> None:
    assert code_of(world.fold("chen", ended(world, pairing, until="2025-08-01"))[0]) == "ends_before_start"


def test_a_volunteer_ends_what_is_theirs_and_nobody_elses(world: World, pairing: str) -> None:
    assert code_of(world.fold("ben", ended(world, pairing))[0]) == "not_allowed"
    assert code_of(world.fold("asha", ended(world, pairing, why="搬家了"))[0]) == "accepted"
    with world.store.read() as tx:
        [row] = rows_of(tx, world.store.catalogue, [world.areas["一组"]], ids=[pairing])
    assert (row["fields"]["until"], row["fields"]["why"]) == ("2025-11-30", "搬家了")


@pytest.mark.parametrize(
    "fields",
    [
        {"until": None},
        {"until": "2026-01-01"},
        {"until": "2025-11-30", "member": "ben"},
        {"until": "2025-11-30", "from": "2020-01-01"},
        {"until": "2025-11-30", "state": "agreed"},
        {"why": "就是想改"},
    ],
)
def test_a_volunteer_can_neither_put_an_end_off_nor_alter_anything_else(
    world: World, pairing: str, fields: dict[str, Any]
) -> None:
    assert code_of(world.fold("asha", ended(world, pairing))[0]) == "accepted"
    body = {key: world.accounts.get(value or "", value) for key, value in fields.items()}
    tried = world.change("set", "pairing", pairing, "一组", body)
    assert code_of(world.fold("asha", tried)[0]) == "not_allowed"


def test_a_volunteer_asks_for_themselves_only_and_the_desk_agrees(world: World) -> None:
    record = world.id()
    taken = new_pairing(world, world.id())
    for_ben = new_pairing(world, world.id(), member=world.accounts["ben"], state="asked")
    asked = new_pairing(world, record, state="asked")
    codes = [code_of(status) for status in world.fold("asha", taken, for_ben, asked)]
    assert codes == ["not_allowed", "not_allowed", "accepted"]
    agree = world.change("set", "pairing", record, "一组", {"state": "agreed"}, base={"state": "asked"})
    assert code_of(world.fold("asha", agree | {"id": world.id()})[0]) == "not_allowed"
    assert code_of(world.fold("chen", agree)[0]) == "accepted"


def test_sharing_out_keeps_households_together_and_counts_what_each_has() -> None:
    homes = [["a", "b"], ["c"], ["d"], ["e", "f"], ["g"]]
    assert spread(homes, ["x", "y"], {}) == dict(zip("abcdefg", "xxxxyyy", strict=True))
    assert set(spread(homes, ["x", "y", "z"], {"x": 5}).values()) == {"y", "z"}
    assert spread([], ["x"], {}) == {}
    assert spread([["a"]], ["x", "y"], {"x": 1}) == {"a": "y"}
