"""No change, however strange, may stop the outbox behind it or break the pages of those who receive it."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.database import open_store
from sync.exchange import Session, exchange
from sync.packing import unpack
from sync.rows import rows_of
from sync.wire import decode_body, encode_body
from tests.world import NOW, World, build_world
from webapp.care.summary import summarise
from webapp.field.book import load_book
from webapp.field.view_models.household import household_view
from webapp.field.view_models.households import households_view
from webapp.field.view_models.person import person_view
from webapp.field.view_models.today import today_view
from webapp.forms.catalogue import build_catalogue, untranslated
from webapp.forms.kinds import FACTS

TEXT = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(
    ["\x00", "\ud800", "NaN", "1e9", "𠮷"]
)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)
KEYS = st.sampled_from(
    [
        "id",
        "area",
        "kind",
        "op",
        "record",
        "form",
        "stamp",
        "person",
        "household",
        "occurred_at",
        "body",
        "base",
        "amends",
        "resolves",
    ]
)
FIELDS = st.sampled_from(
    [
        "how",
        "met",
        "services",
        "note",
        "next_date",
        "temperature",
        "systolic",
        "reason",
        "verdict",
        "name",
        "number",
        "household",
        "pinyin",
    ]
)
STRANGE = st.tuples(
    st.sampled_from(["record", "amend", "void", "review", "set"]),
    st.dictionaries(KEYS, JSON, max_size=2),
    st.dictionaries(FIELDS | TEXT, JSON, max_size=3),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> World:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('poison') / 'q.db'}", build_catalogue())
    store.upgrade()
    return build_world(store)


@settings(max_examples=int(os.environ.get("POISON", "300")), deadline=None)
@given(st.lists(STRANGE, min_size=1, max_size=3))
def test_whatever_is_sent_the_good_change_beside_it_is_kept_and_pages_still_open(
    shared: World, strange: list[tuple[str, dict[str, Any], dict[str, Any]]]
) -> None:
    good = shared.visit()
    changes = [good, *(make_strange(shared, *each) for each in strange)]
    try:
        body = decode_body(json.dumps({"protocol": 1, "changes": changes}).encode(), None)
    except Exception as error:
        assert str(error).startswith("broken_body"), error
        return
    session = Session(shared.accounts["asha"], shared.devices["asha"], b"s", lambda *_: "")
    answer = exchange(shared.store, session, body, NOW)
    assert answer["statuses"][0]["status"] == "accepted"
    assert len(answer["statuses"]) == len(changes)
    data, _ = encode_body(answer, "")
    heard = json.loads(data, parse_constant=pytest.fail)
    assert any(unpack(page["tables"], page["area"]) for page in heard["news"])
    open_every_page(shared)


def make_strange(world: World, op: str, parts: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """A change of each operation with some of its parts, and of its fields, replaced by anything."""
    if op == "set":
        change = world.change("set", "person", world.people["xiaoming"], "一组", body)
    else:
        change = world.visit()
        change["body"] |= body
        change |= {"op": op} if op in ("amend", "void", "review") else {}
    return change | parts


def open_every_page(world: World) -> None:
    """What phones print of what they received."""
    with world.store.read() as tx:
        book = load_book(tx, world.store, world.caller("asha"))
        facts = rows_of(tx, world.store.catalogue, [world.areas["一组"]], kinds=FACTS)
    assert today_view(book, {"id": "ben", "role": "volunteer"}, NOW, untranslated)
    assert households_view(book, "wxm", NOW, untranslated)
    mine = [row for row in facts if row["person"] == world.people["xiaoming"]]
    assert summarise(mine)
    assert person_view(book, world.people["xiaoming"], mine, "", NOW, untranslated)
    assert household_view(book, world.households["wang"], mine, NOW, untranslated)


def test_profiles_keep_their_types(world: World) -> None:
    person = world.people["xiaoming"]
    for body in ({"name": 5}, {"pinyin": "wang"}, {"household": ["x"]}, {"name": "长" * 5000}):
        [status] = world.fold("chen", world.change("set", "person", person, "一组", body))
        assert (status["status"], status["code"]) == ("quarantined", "invalid_fields"), body
    [status] = world.fold(
        "chen", world.change("set", "person", person, "一组", {"phone": None, "x": {"y": 1}})
    )
    assert status["status"] == "accepted"


def test_text_that_a_database_cannot_hold_does_not_stop_the_rest(world: World) -> None:
    changes = [
        world.visit(note="half \ud800 pair"),
        world.visit(note="nul \x00 inside"),
        world.change("set", "household", world.households["wang"], "一组", {"address": "一组\x004号"}),
        world.visit(note="好的"),
    ]
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    statuses = world.fold("asha", *changes, world.visit(deep=deep))
    assert [status["status"] for status in statuses] == [
        "rejected",
        "accepted",
        "conflict",
        "accepted",
        "rejected",
    ]
