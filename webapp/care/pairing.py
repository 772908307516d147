"""结对帮扶 by the third plan: which children are to be paired, from when, until when. Pure.

“凡牵手扶助联系留守儿童从初一开始，直至18岁之前，重点是初中阶段。” A child is to be paired from the first
September in which they could be in 初一, by the class that is written down or by age, whichever comes
first, until the day before they are 18. Twin: static/care/pairing.js; vectors: tests/vectors/pairing.json.
"""

from __future__ import annotations

import re
from typing import Any

from webapp.care.dates import add_days, age_on, is_date

# 义务教育法第十一条: who is six years old starts school; in practice by 31 August, in September.
SCHOOL_AGE = 6
FIRST_OF_MIDDLE = 7
ADULT = 18
_NUMBERS = "一二三四五六七八九"
_YEAR = re.compile(r"([一二三四五六七八九1-9])(?:年级|\()")
_STAGES = {"初中": 6, "初": 6, "高中": 9, "高": 9, "小学": 0}
_STAGE = re.compile(r"(初中|初|高中|高|小学)([一二三四五六七八九1-9])")


def third_plan(fields: dict[str, Any], today: str) -> dict[str, str]:
    """``{"state", "from", "until", "by"}``: whether a person is to be paired by the third plan today.

    ``state`` is ``now``, ``later``, ``over``, ``unknown`` (neither class nor birth date tells) or ``no`` (no
    child); ``by`` is ``class`` or ``age``; ``from`` and ``until`` are dates, "" where they are not known.
    """
    birth = str(fields.get("birth", ""))
    if fields.get("category") != "child":
        return _told("no")
    year = school_year(str(fields.get("class", "")))
    born = is_date(birth)
    until = add_days(_birthday(birth, ADULT), -1) if born else ""
    begins = middle_school_from(birth) if born else ""
    age = age_on(birth, today)
    if (until and today > until) or (age is not None and age >= ADULT):
        return _told("over", begins, until, "age")
    if begins and begins <= today:
        return _told("now", begins, until, "age")
    if year is not None and year >= FIRST_OF_MIDDLE:
        return _told("now", "", until, "class")
    if begins:
        return _told("later", begins, until, "age")
    return _told("later", "", until, "class") if year is not None else _told("unknown")


def school_year(text: str) -> int | None:
    """The year of school that a class's text says: 三年级 3, 七(2)班 and 初一 7, 高二 11; None where none."""
    plain = re.sub(r"[\s（]", lambda match: "(" if match[0] == "（" else "", text)
    stage = _STAGE.search(plain)
    if stage:
        return _STAGES[stage[1]] + _digit(stage[2])
    year = _YEAR.search(plain)
    return _digit(year[1]) if year else None


def middle_school_from(birth: str) -> str:
    """The 1 September on which somebody could start 初一: six by 31 August, then six years of school."""
    year = int(birth[:4]) + SCHOOL_AGE + (birth[5:] > "08-31")
    return f"{year + FIRST_OF_MIDDLE - 1}-09-01"


def is_in_force(pairing: dict[str, Any], today: str) -> bool:
    """Whether a pairing's fields hold on a day: begun, not ended, and agreed."""
    if pairing.get("state") in ("asked", "declined") or str(pairing.get("from", "")) > today:
        return False
    return not pairing.get("until") or str(pairing["until"]) >= today


def _birthday(birth: str, age: int) -> str:
    """The day somebody is of an age: 1 March for who was born on 29 February and has none."""
    day = f"{int(birth[:4]) + age:04d}{birth[4:]}"
    return day if is_date(day) else f"{day[:4]}-03-01"


def _digit(text: str) -> int:
    return _NUMBERS.index(text) + 1 if text in _NUMBERS else int(text)


def _told(state: str, begins: str = "", until: str = "", by: str = "") -> dict[str, str]:
    return {"state": state, "from": begins, "until": until, "by": by}
