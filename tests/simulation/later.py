"""The build that comes after this one: it knows a kind of log more, and takes fields that this one holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync.catalogue import Catalogue, Kind
from webapp.forms.catalogue import build_catalogue

LATER = "later_log"


def later_catalogue() -> Catalogue:
    """Every kind of this build, and ``LATER``; a visit's note may be a number."""
    now = build_catalogue()
    visit = now["visit"]
    wider = replace(visit, check=lambda fields: visit.check(_without_number(fields)))
    kinds: list[Kind] = [wider if kind.name == "visit" else kind for kind in now]
    return Catalogue([*kinds, replace(wider, name=LATER)])


def _without_number(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if not isinstance(value, int)}
