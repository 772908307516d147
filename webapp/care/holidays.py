"""Public holidays: as announced by the State Council, else by the rule of its notice. Pure.

Data and sources: webapp/care/holidays.json. Example: 2026 has 春节 from 2026-02-15 to 2026-02-23.
Twin: static/care/holidays.js; vectors: tests/vectors/holidays.json.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from webapp.care.dates import add_days, weekday

TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("holidays.json").read_text("utf-8"))
FIRST, LAST = 2, 9998  # years around which the calendar still has days
Holiday = dict[str, str]


@cache
def holidays_of(year: int) -> list[Holiday]:
    """``[{"title", "from", "until"}]`` of a year, in order of the calendar; both ends are days off.

    A year without announcement and without lunar dates has only the festivals of the solar calendar.
    """
    announced: list[Holiday] | None = TABLE["announced"]["years"].get(str(year))
    if announced is not None:
        return announced
    if not FIRST <= year <= LAST:
        return []
    lunar = TABLE["lunar"]["years"].get(str(year), {})
    found = [_by_rule(festival, year, lunar) for festival in TABLE["rule"]["festivals"]]
    return sorted(_join([each for each in found if each is not None]), key=lambda each: each["from"])


def _by_rule(festival: dict[str, Any], year: int, lunar: dict[str, str]) -> Holiday | None:
    day = f"{year}-{festival['on']}" if "on" in festival else lunar.get(festival["table"])
    if day is None:
        return None
    if "days" in festival:
        start = add_days(day, -festival.get("before", 0))
        return {"title": festival["title"], "from": start, "until": add_days(start, festival["days"] - 1)}
    before, after = TABLE["rule"]["around_weekday"]["days"][str(weekday(day))]
    return {"title": festival["title"], "from": add_days(day, before), "until": add_days(day, after)}


def _join(found: list[Holiday]) -> list[Holiday]:
    """中秋节 that meets 国庆节 makes one holiday of it, a day longer."""
    by_title = {each["title"]: each for each in found}
    for festival in TABLE["rule"]["festivals"]:
        small, large = by_title.get(festival["title"]), by_title.get(festival.get("joins", ""))
        if small and large and small["from"] <= large["until"] and large["from"] <= small["until"]:
            days = next(each for each in TABLE["rule"]["festivals"] if each["title"] == large["title"])
            until = add_days(large["from"], days["joined_days"] - 1)
            joined = {"title": f"{large['title']}、{small['title']}", "from": large["from"], "until": until}
            return [each for each in found if each not in (small, large)] + [joined]
    return found
