"""The catalogue of kinds, built from the form definitions: what the wire's allow-list comes from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sync.catalogue import Catalogue, Kind
from webapp.care.thresholds import attend
from webapp.forms.engine import check_form, load_form, load_profile
from webapp.ledger.lookup import household_lookup, person_lookup

FACTS = ("visit", "health_check", "counselling")
PROFILES = ("grid", "member", "household", "person", "pairing", "card")


def build_catalogue() -> Catalogue:
    """Every kind this build knows."""
    return Catalogue([*(_fact(kind) for kind in FACTS), *(_profile(kind) for kind in PROFILES)])


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
    return Kind(
        name=kind,
        family="profile",
        fields=frozenset(field["key"] for field in form["fields"]),
        private=_marked(form, "private"),
        sensitive=_marked(form, "sensitive"),
        lookup=_LOOKUPS.get(kind, _no_lookup),
    )


def _marked(form: dict[str, Any], mark: str) -> frozenset[str]:
    return frozenset(field["key"] for field in form["fields"] if field.get(mark))


def _no_lookup(_fields: dict[str, Any]) -> str | None:
    return None


def _card_lookup(fields: dict[str, Any]) -> str | None:
    digest = fields.get("digest")
    return f"card:{digest}" if digest else None


_LOOKUPS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "household": household_lookup,
    "person": person_lookup,
    "card": _card_lookup,
}
