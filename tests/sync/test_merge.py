"""Two voices on one field: the same end in any order of arrival, and nothing sensitive merged silently."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sync import schema
from sync.change import parse_change
from sync.clock import Clock, format_stamp
from sync.ids import uuid7
from sync.merge import Edits, add_edits, current_fields, find_conflicts
from sync.packing import unpack
from sync.rows import rows_of
from tests.sync.test_exchange import ask
from tests.world import NOW

if TYPE_CHECKING:
    from tests.world import World

IDS = [uuid7(NOW, place.to_bytes(10, "big")) for place in range(6)]
VALUES = st.sampled_from(["1", "2", "3", None])
EDIT = st.fixed_dictionaries(
    {
        "author": st.sampled_from(["asha", "ben", "chen"]),
        "millis": st.integers(NOW, NOW + 3),
        "value": VALUES,
        "base": st.none() | st.fixed_dictionaries({"birth": VALUES}),
        "resolves": st.lists(st.sampled_from(IDS), max_size=3),
    }
)
EDITS = st.lists(EDIT, min_size=2, max_size=6)
Sent = list[dict[str, Any]]


@settings(max_examples=400)
@given(EDITS, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_arrival_never_matters(
    edits: list[dict[str, Any]], random: Any, sensitive: bool
) -> None:
    came = list(enumerate(edits))
    shuffled = list(came)
    random.shuffle(shuffled)
    marked = frozenset({"birth"}) if sensitive else frozenset()
    one, other = fold(came), fold(shuffled)
    assert current_fields(one) == current_fields(other)
    assert find_conflicts(one, marked) == find_conflicts(other, marked)


@settings(max_examples=400)
@given(EDITS)
def test_what_shows_is_always_among_the_voices_and_a_sensitive_value_goes_only_where_it_was_seen(
    edits: list[dict[str, Any]],
) -> None:
    folded = fold(list(enumerate(edits)))
    conflicts = find_conflicts(folded, frozenset({"birth"}))
    if conflicts:
        assert conflicts["birth"][-1]["value"] == current_fields(folded).get("birth")
        return
    shown = current_fields(folded).get("birth")
    for edit in folded["birth"]:
        seen = [later for later in folded["birth"] if later is not edit]
        assert edit["value"] == shown or any(
            edit["change"] in later.get("resolves", ()) or later.get("base") == edit["value"]
            for later in seen
        )


def test_an_author_changes_their_own_mind_but_not_silently_where_it_is_sensitive() -> None:
    first = {"author": "asha", "millis": NOW, "value": "1", "base": None, "resolves": []}
    blind = first | {"millis": NOW + 1, "value": "2"}
    seeing = blind | {"base": {"birth": "1"}}
    marked = frozenset({"birth"})
    assert find_conflicts(fold([(0, first), (1, blind)])) == {}
    assert [e["value"] for e in find_conflicts(fold([(0, first), (1, blind)]), marked)["birth"]] == ["1", "2"]
    assert find_conflicts(fold([(0, first), (1, seeing)]), marked) == {}


def test_a_choice_made_with_a_slow_clock_still_ends_the_conflict() -> None:
    one = {"author": "asha", "millis": NOW + 9, "value": "1", "base": None, "resolves": []}
    two = one | {"author": "ben", "millis": NOW + 8, "value": "2"}
    chosen = one | {"author": "chen", "millis": NOW, "value": "2", "resolves": [IDS[0], IDS[1]]}
    restored = one | {"millis": NOW - 5, "value": "1", "resolves": [IDS[2]]}
    ended = fold([(0, one), (1, two), (2, chosen)])
    assert (current_fields(ended), find_conflicts(ended)) == ({"birth": "2"}, {})
    again = fold([(0, one), (1, two), (2, chosen), (3, restored)])
    assert (current_fields(again), find_conflicts(again)) == ({"birth": "1"}, {})


def test_changes_that_claim_to_have_seen_each_other_stop_nothing() -> None:
    one = {"author": "asha", "millis": NOW, "value": "1", "base": None, "resolves": IDS[:2]}
    two = one | {"author": "ben", "value": "2"}
    assert current_fields(fold([(0, one), (1, two)])) == {"birth": "2"}


def test_both_voices_reach_the_phone_and_the_one_who_lost_can_restore_theirs(world: World) -> None:
    person = world.people["xiaoming"]

    def guardian(value: str, base: str | None, millis: int, **more: Any) -> dict[str, Any]:
        change = world.change("set", "person", person, "一组", {"guardian_name": value}, **more)
        stamp = format_stamp(Clock(millis, 0, "a1b2c3d4"))
        return change | {"stamp": stamp, "base": {"guardian_name": base} if base else {}}

    lost, won = guardian("王淑英", None, NOW - 9), guardian("王建国", None, NOW - 5)
    world.fold("asha", lost)
    assert world.fold("ben", won)[0]["status"] == "conflict"
    row = on_phone(world, "asha", person)
    assert row["fields"]["guardian_name"] == "王建国"
    assert "state" not in row
    [mine, theirs] = row["conflicts"]["guardian_name"]
    assert mine == {
        "change": lost["id"],
        "author": world.accounts["asha"],
        "value": "王淑英",
        "stamp": lost["stamp"],
    }
    restore = guardian(mine["value"], theirs["value"], NOW - 60_000, resolves=[theirs["change"]])
    assert world.fold("asha", restore)[0]["status"] == "accepted"
    row = on_phone(world, "asha", person)
    assert row["fields"]["guardian_name"] == "王淑英"
    assert "conflicts" not in row


def test_a_private_field_in_conflict_leaves_the_server_no_more_than_it_did(world: World) -> None:
    card = world.id()
    world.fold("chen", world.change("set", "card", card, "一组", {"state": "issued", "token": "SECRET-1"}))
    other = world.change("set", "card", card, "一组", {"token": "SECRET-TOKEN"})
    with world.store.write() as tx:
        tx.execute(
            schema.access.insert(),
            {
                "area_id": world.areas["一组"],
                "account_id": world.accounts["ben"],
                "role": "grid_head",
                "since": 0,
            },
        )
    [status] = world.fold("ben", other)
    with world.store.read() as tx:
        kept = tx.scalar(select(schema.record.c.extra).where(schema.record.c.record_id == card))
        [row] = rows_of(tx, world.store.catalogue, [world.areas["一组"]], ids=[card])
    assert "SECRET-TOKEN" in str(kept)
    for told in (status, row, on_phone(world, "asha", card)):
        assert "SECRET" not in json.dumps(told)


def on_phone(world: World, login: str, record: str) -> dict[str, Any]:
    for page in ask(world, login, bytes=262_144)["news"]:
        for row in unpack(page["tables"], page["area"]):
            if row["id"] == record:
                return row
    raise AssertionError("the phone did not get it")


def fold(edits: list[tuple[int, dict[str, Any]]]) -> Edits:
    folded: Edits = {}
    for place, edit in edits:
        raw = {"id": IDS[place], "area": IDS[0], "kind": "person", "op": "set", "record": IDS[0]}
        raw |= {"stamp": format_stamp(Clock(edit["millis"], 0, "a1b2c3d4")), "resolves": edit["resolves"]}
        raw |= {"body": {"birth": edit["value"]}, "base": edit["base"] or {}}
        change = parse_change(raw)
        folded = add_edits(folded, change, edit["author"], change.stamp)
    return folded
