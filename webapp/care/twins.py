"""Who may be registered twice: a pure rule over what is known of two people, or of two households.

A name must be the same, written or heard; the rest only adds to it or takes away. Two children of one birth
have two names, and are no twins here. Twin: static/care/twins.js; vectors: tests/vectors/twins.json.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from webapp.care.sounds import sounds_of

Fields = dict[str, Any]
ENOUGH = 3  # by the same name alone; heard alike, it takes the birth date, the door or the number as well
PHONES = ("phone", "guardian_phone", "father_phone", "mother_phone")
_NUMBER = re.compile(r"\s*号$")
_NOISE = re.compile(r"[\s,，.。、·\-_()（）]+")


def same_person(one: Fields, other: Fields, same_home: bool) -> bool:
    """Whether two people's fields are likely one person's; ``same_home`` says that their doors are alike."""
    score = _name_score(one, other)
    if not score:
        return False
    score += _birth_score(str(one.get("birth", "")), str(other.get("birth", "")))
    score += 2 if same_home else 0
    score += 1 if _numbers(one) & _numbers(other) else 0
    sexes = {fields["sex"] for fields in (one, other) if fields.get("sex")}
    return score - (2 if len(sexes) == 2 else 0) >= ENOUGH


def same_household(one: Fields, other: Fields) -> bool:
    """Whether two households of one grid are likely one: the same door, or its number and the same name."""
    doors = {squeeze_door(one), squeeze_door(other)}
    if len(doors) == 1 and "" not in doors:
        return True
    numbers, titles = {one.get("number"), other.get("number")}, {_flat(one), _flat(other)}
    return len(numbers) == len(titles) == 1 and None not in numbers and "" not in titles


def _name_score(one: Fields, other: Fields) -> int:
    names = [squeeze(str(fields.get("name", ""))) for fields in (one, other)]
    if names[0] and names[0] == names[1]:
        return 3
    return 2 if set(sounds_of(one)) & set(sounds_of(other)) else 0


def _birth_score(one: str, other: str) -> int:
    """2 for the same day, 1 for the same month where one side knows no more, less 2 for another one."""
    if not one or not other:
        return 0
    length = min(len(one), len(other))
    if one[:length] != other[:length]:
        return -2
    return 2 if length == len("1949-03-02") else 1


def _numbers(fields: Fields) -> set[str]:
    return {str(fields[name]) for name in PHONES if fields.get(name)}


def _flat(fields: Fields) -> str:
    return squeeze(str(fields.get("title", "")))


def squeeze_door(fields: Fields) -> str:
    """A household's door without what people write differently: "4号", "4 号" and "4" are one."""
    return _NUMBER.sub("", squeeze(str(fields.get("door", ""))))


def squeeze(text: str) -> str:
    """Text without what people write differently: width, blanks, punctuation, case."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()
