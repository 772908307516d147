"""Opening hours of a room: "1-5 16:00-18:00" is Monday to Friday from four to six. Pure.

One line is the days and the times of day; a room has a list of them. Twin: static/care/hours.js; vectors:
tests/vectors/hours.json.
"""

from __future__ import annotations

import re
from typing import Protocol

from webapp.care.dates import local_date, local_time, weekday

DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_LINE = re.compile(r"([1-7])(?:-([1-7]))? ([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


class Translate(Protocol):
    """Gives a msgid in the reader's language, its ``%(name)s`` filled."""

    def __call__(self, msgid: str, /, **values: str) -> str: ...


def is_hours(line: str) -> bool:
    """Whether a line can be true: days in order, closing after opening, no later than midnight."""
    found = _LINE.fullmatch(line)
    if found is None:
        return False
    first, last, _, _, closes, minutes = found.groups()
    if closes == "24" and minutes != "00":
        return False
    opened, closed = line[-11:].split("-")
    return opened < closed and (last is None or first <= last)


def is_open(lines: list[str], now: int) -> bool:
    """Whether one of the lines holds at this instant (ms), village time."""
    day, time = str(weekday(local_date(now))), local_time(now)
    return any(_holds(line, day, time) for line in lines if is_hours(line))


def hours_words(line: str, t: Translate) -> str:
    """周一至周五 16:00–18:00; what is no line stays as it is."""
    if not is_hours(line):
        return line
    days, times = line.split(" ")
    first, last = t(DAYS[int(days[0]) - 1]), t(DAYS[int(days[-1]) - 1])
    named = first if first == last else t("%(first)s至%(last)s", first=first, last=last)
    return f"{named} {times.replace('-', '–')}"


def _holds(line: str, day: str, time: str) -> bool:
    days, times = line.split(" ")
    opened, closed = times.split("-")
    return days[0] <= day <= days[-1] and opened <= time < closed
