"""What follows from other fields, completed in the fold: how a name is spelled, a door's number. Pure.

A phone registers a name; every reading of it, by which it is found, is the server's to know (pypinyin).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from webapp.forms.profile import door_number
from webapp.ledger.roster.cells import spell

Fields = dict[str, Any]
MOST_SPELLED = 50_000  # names remembered, of 200 bytes each: an import spells each name twice


def complete_person(body: Fields) -> Fields:
    """The body of a ``set`` with ``pinyin`` and ``initials`` where it sets a name without them."""
    name = body.get("name")
    if not isinstance(name, str) or "pinyin" in body:
        return body
    pinyin, initials = spelled(name)
    return body | {"pinyin": list(pinyin), "initials": list(initials)}


def complete_household(body: Fields) -> Fields:
    """The body of a ``set`` with the ``number`` of the door where it sets a door without one."""
    door = body.get("door")
    return body if not isinstance(door, str) or "number" in body else body | {"number": door_number(door)}


@lru_cache(maxsize=MOST_SPELLED)
def spelled(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All likely readings of a name and their initials."""
    pinyin, initials = spell(name)
    return tuple(pinyin), tuple(initials)
