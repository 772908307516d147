"""By what the fold finds likely twins: the rule of ``care.twins``, and keys of which two alike share one."""

from __future__ import annotations

from typing import Any

from sync.catalogue import Likeness
from webapp.care.sounds import sounds_of
from webapp.care.twins import same_household, same_person, squeeze, squeeze_door

Fields = dict[str, Any]


def person_keys(fields: Fields) -> set[str]:
    """A name as it is written, and as it may be heard."""
    name = squeeze(str(fields.get("name", "")))
    return ({f"name:{name}"} if name else set()) | {f"sound:{sound}" for sound in sounds_of(fields)}


def household_keys(fields: Fields) -> set[str]:
    """A door, and a household's name."""
    door, title = squeeze_door(fields), squeeze(str(fields.get("title", "")))
    return ({f"door:{door}"} if door else set()) | ({f"title:{title}"} if title else set())


PERSON = Likeness(person_keys, same_person)
HOUSEHOLD = Likeness(household_keys, lambda one, other, _same_home: same_household(one, other))
