"""The catalogue of kinds, built from the form definitions: what the wire's allow-list comes from."""

from __future__ import annotations

from functools import partial
from typing import Any

from sync.catalogue import Catalogue, Kind
from sync.ids import is_id
from webapp.care.dates import is_date
from webapp.care.needs import judge_step
from webapp.care.thresholds import attend
from webapp.forms.engine import INSTANT_LIMIT, check_form, load_form, load_profile
from webapp.forms.kinds import FACTS
from webapp.forms.profile import text_fault
from webapp.ledger.complete import complete_household, complete_person
from webapp.ledger.likeness import HOUSEHOLD, PERSON
from webapp.ledger.lookup import (
    household_facets,
    household_lookup,
    household_words,
    need_lookup,
    need_standing,
    person_facets,
    person_lookup,
    person_words,
)
from webapp.ledger.pairings import judge_pairing, may_set_own
from webapp.ledger.posts import judge_post, post_lookup

DERIVED = "2"  # raise it where lookup, subject, words or facets are made by other rules
LONGEST = 4000  # characters of one field of a profile
PROFILES = (
    "grid",
    "member",
    "household",
    "person",
    "pairing",
    "card",
    "class_list",
    "need",
    "rhythm",
    "post",
    "care_plan",
    "plan_step",
    "session",
    "place",
    "station",
    "room",
)
ABOUT = frozenset({"person", "household"})  # types of field by which a profile is about somebody


def build_catalogue() -> Catalogue:
    """Every kind this build knows."""
    kinds = [*(_fact(kind) for kind in FACTS), *(_profile(kind) for kind in PROFILES)]
    return Catalogue(kinds, DERIVED)


def untranslated(msgid: str, /, **values: str) -> str:
    """The message as it is written, in Chinese."""
    return msgid % values if values else msgid


def _fact(kind: str) -> Kind:
    form = load_form(kind)
    return Kind(
        name=kind,
        family="fact",
        fields=frozenset(field["key"] for field in form["fields"]),
        sensitive=_marked(form, "sensitive"),
        check=partial(_check, form),
        attend=partial(attend, kind),
        versions=frozenset(range(1, form["version"] + 1)),
    )


def _check(form: dict[str, Any], fields: dict[str, Any]) -> list[dict[str, str]]:
    return check_form(form, fields, untranslated)


def _profile(kind: str) -> Kind:
    form = load_profile(kind)
    lives = form.get("lives", "grid")
    if lives != "grid" and any(field["type"] in ABOUT for field in form["fields"]):
        raise ValueError(f"{kind} is about somebody, so it lives in a grid")
    return Kind(
        name=kind,
        family="profile",
        lives=lives,
        fields=frozenset(field["key"] for field in form["fields"]),
        private=_marked(form, "private"),
        check=partial(check_profile, form),
        sensitive=_marked(form, "sensitive"),
        phone=_marked(form, "phone"),
        register=_marked(form, "register"),
        derived=_marked(form, "derived"),
        **_OWN.get(kind, {}),
        subject=partial(_subject, _of_type(form, "person") + _of_type(form, "household")),
    )


def check_profile(form: dict[str, Any], fields: dict[str, Any]) -> list[dict[str, str]]:
    """What of a profile's fields is not of its type, since every page of every phone prints them.

    None takes a field away; fields that this build does not know are kept as they are. What is ``strict``
    (the name by which all lists show somebody) is held to its limits wherever it comes from.
    """
    wrong = []
    for field in form["fields"]:
        value = fields.get(field["key"])
        if value is None:
            continue
        code = "" if _fits(field, value) else "wrong_type"
        code = code or (text_fault(field, value) if field.get("strict") else "")
        if code and code != "not_a_name":  # an old ledger's emoji is shown as it is
            wrong.append({"key": field["key"], "code": code, "message": field["label"]})
    return wrong


def _fits(field: dict[str, Any], value: Any) -> bool:
    """Whether a value is of its field's type, and where the field is ``exact`` a day of the calendar."""
    return _is_of_type(field["type"], value) and (not field.get("exact") or is_date(value))


def _is_of_type(kind: str, value: Any) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**6
    if kind == "instant":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < INSTANT_LIMIT
    if kind == "list":
        return isinstance(value, list) and all(_is_of_type("text", item) for item in value)
    return isinstance(value, str) and len(value) <= LONGEST


def _marked(form: dict[str, Any], mark: str) -> frozenset[str]:
    return frozenset(field["key"] for field in form["fields"] if field.get(mark))


def _of_type(form: dict[str, Any], kind: str) -> tuple[str, ...]:
    return tuple(field["key"] for field in form["fields"] if field["type"] == kind)


def _subject(keys: tuple[str, ...], fields: dict[str, Any]) -> str | None:
    """The first of these fields that names somebody: a person before a household."""
    return next((fields[key] for key in keys if is_id(fields.get(key))), None)


def _card_lookup(fields: dict[str, Any]) -> str | None:
    digest = fields.get("digest")
    return f"card:{digest}" if digest else None


def _card_words(fields: dict[str, Any]) -> str | None:
    code = fields.get("code")
    return f" {code}" if code and fields.get("state") == "issued" else None


_OWN: dict[str, dict[str, Any]] = {  # what a kind's definition cannot say
    "household": {
        "lookup": household_lookup,
        "words": household_words,
        "facets": household_facets,
        "complete": complete_household,
        "alike": HOUSEHOLD,
    },
    "person": {
        "lookup": person_lookup,
        "words": person_words,
        "facets": person_facets,
        "complete": complete_person,
        "alike": PERSON,
    },
    "card": {"lookup": _card_lookup, "words": _card_words},
    "pairing": {"judge": judge_pairing, "own": may_set_own, "here": {"member": "member"}},
    "post": {"judge": judge_post, "lookup": post_lookup},
    "room": {"here": {"station": "station"}},
    "need": {"lookup": need_lookup, "standing": need_standing, "judge": judge_step},
}
