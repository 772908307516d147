"""A form's check stands at the door: it answers whatever is sent, and what it lets in breaks no page."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world import World
from webapp.care.dates import is_date, local_date
from webapp.care.rhythm import dues_on
from webapp.care.summary import summarise
from webapp.care.thresholds import attend
from webapp.field.book import load_book
from webapp.field.view_models.today import today_view
from webapp.forms.catalogue import untranslated
from webapp.forms.engine import check_form, describe, form_fields, load_form, read_form
from webapp.forms.kinds import FACTS

DAY = 86_400_000
SEEN = 1_763_980_000_000
EXAMPLES = int(os.environ.get("FORMS", "150"))
TYPED = st.text(st.sampled_from("0123456789.．，。-３８:T\u3000\ufeff\x1c\r\n好𠮷"), max_size=17)
NUMBERS = st.decimals(0, 400, places=1).map(str) | st.integers(0, 400).map(str)
DATES = st.tuples(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32)).map(
    lambda parts: "{:04}-{:02}-{:02}".format(*parts)
)
TIMES = st.tuples(DATES, st.integers(0, 26), st.integers(0, 63)).map(
    lambda parts: "{}T{:02}:{:02}".format(*parts)
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TYPED | NUMBERS | DATES
VALUES = LEAVES | st.lists(LEAVES, max_size=2) | st.dictionaries(TYPED, LEAVES, max_size=1)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A kind and a body with values of every type, many of them the right one."""
    kind = draw(st.sampled_from(FACTS))
    body: dict[str, Any] = {}
    for field in load_form(kind)["fields"]:
        choices = [choice["value"] for choice in field.get("choices", ())]
        fitting = st.sampled_from(choices) if choices else st.integers(0, 300) | NUMBERS | DATES
        if field["type"] == "many":
            fitting = st.lists(fitting, max_size=3)
        if field.get("required") or draw(st.booleans()):
            body[field["key"]] = draw(fitting if draw(st.integers(0, 4)) else VALUES)
    return kind, body


@settings(max_examples=EXAMPLES, deadline=None)
@given(bodies(), st.sampled_from([None, "2025-11-24"]))
def test_whatever_a_body_holds_the_check_answers_and_what_passes_can_be_shown(
    made: tuple[str, dict[str, Any]], today: str | None
) -> None:
    kind, body = made
    form = load_form(kind)
    errors = check_form(form, body, untranslated, today)
    assert all(error["message"] and error["code"] for error in errors)
    if not errors:
        attention, reasons = attend(kind, body)
        row: dict[str, Any] = {"id": "a", "kind": kind, "state": "pending", "author": "asha", "fields": body}
        row |= {"occurred_at": SEEN, "attention": attention, "reasons": reasons}
        for day in ("2025-11-24", "9999-01-01"):
            elder = {"fields": {"category": "elder"}, "alone": True, "since": None}
            assert isinstance(dues_on(elder, summarise([row]), day, [], ["grid"]), list)
        assert len(form_fields(form, body, [], untranslated)) == len(form["fields"])
        assert all(isinstance(line["text"], str) for line in describe(form, body, untranslated))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(FACTS), st.data())
def test_whatever_is_typed_is_read_and_drawn_again(kind: str, data: st.DataObject) -> None:
    form = load_form(kind)
    values = st.lists(TYPED | NUMBERS | DATES | TIMES, max_size=2)
    typed = {field["key"]: data.draw(values) for field in form["fields"]}
    body = read_form(form, typed)
    errors = check_form(form, body, untranslated, "2025-11-24")
    wrong = {error["key"] for error in errors}
    for field in form_fields(form, body, errors, untranslated):
        assert field["has_error"] == (field["key"] in wrong)
        assert isinstance(field["value"], str)


@given(DATES)
def test_a_date_that_passes_is_a_day_of_the_calendar(text: str) -> None:
    errors = check_form(load_form("visit"), {"how": "well", "next_date": text}, untranslated)
    assert bool(errors) is not is_date(text)


def test_a_reading_of_two_types_is_held_and_the_good_log_beside_it_is_kept(world: World) -> None:
    strange = world.visit() | {"kind": "health_check", "form": "health_check/1"}
    strange["body"] = {"systolic": "172", "diastolic": 98}
    kept, held = world.fold("asha", world.visit(), strange)
    assert kept["status"] == "accepted"
    assert (held["status"], held["code"]) == ("quarantined", "invalid_fields")
    assert held["fields"][0]["key"] == "systolic"


def test_a_day_that_the_calendar_lacks_does_not_break_today_for_the_grid(world: World) -> None:
    [status] = world.fold("asha", world.visit(next_date="2025-02-30"))
    assert (status["status"], status["code"]) == ("quarantined", "invalid_fields")
    with world.store.read() as tx:
        book = load_book(tx, world.store, world.caller("ben"))
    assert today_view(book, {"id": "ben", "role": "volunteer"}, SEEN + 400 * DAY, untranslated)


@pytest.mark.parametrize("kind", FACTS)
def test_every_field_has_what_its_type_needs(kind: str) -> None:
    form = load_form(kind)
    keys = [field["key"] for field in form["fields"]]
    assert len(keys) == len(set(keys))
    needed = {"one": "choices", "many": "choices", "text": "max", "computed": "from"}
    for field in form["fields"]:
        assert field["label"]
        assert needed.get(field["type"], "key") in field, field["key"]
        if field["type"] in ("integer", "decimal"):
            assert float(field["min"]) < float(field["max"])


def test_a_body_is_shown_as_it_was_typed() -> None:
    typed = {"how": ["watch"], "met": ["self", "family"], "note": ["门口有积水"], "next_date": ["2025-11-30"]}
    body = read_form(load_form("visit"), typed)
    assert check_form(load_form("visit"), body, untranslated, local_date(SEEN)) == []
    told = {line["key"]: line["text"] for line in describe(load_form("visit"), body, untranslated)}
    assert told == {
        "how": "需要关注",
        "met": "本人、家里人",
        "note": "门口有积水",
        "next_date": "2025-11-30",
    }
