"""Who is due, and why: calls, knocks, feedback, checks and birthdays, by rules held as data. Pure.

The rules are webapp/care/rhythm.json, each with the plan it comes from; ``rhythm_settings`` lays over them
what a village, a grid and a person changed. A due date is the last day of a period of the calendar. What is
due is said of people who need somebody, never of volunteers who failed: a new person, somebody who came back
and a changed rule are never late on the day they begin.
Twin: static/care/rhythm.js; vectors: tests/vectors/rhythm.json.
"""

from __future__ import annotations

from typing import Any

from webapp.care.dates import add_days, days_between, is_date, local_date
from webapp.care.holidays import holidays_of
from webapp.care.pairing import third_plan
from webapp.care.periods import day_number, number_day, period_last, period_of
from webapp.care.rhythm_settings import FAR, RULES, Plan, Timeline, own_timeline, settle_rules

Due = dict[str, Any]
Fields = dict[str, Any]
Person = dict[str, Any]  # {fields, alone, known, away, summary, seen}
Pauses = list[list[int]]
GRACE: dict[str, Any] = RULES["grace"]
DAY = 86_400_000
OFFSET = 8 * 3_600_000


def dues_on(
    person: dict[str, Any],
    summary: dict[str, Any],
    today: str,
    rhythms: list[dict[str, Any]],
    chain: list[str],
) -> list[Due]:
    """``dues`` of one person, ``{"fields", "alone", "since"}``; ``chain`` are their areas, the grid last."""
    plan = make_plan(today, settle_rules(rhythms, chain))
    return dues(plan, person["fields"], person["alone"], person["since"], summary)


def make_plan(today: str, timelines: dict[str, Timeline]) -> Plan:
    """What is the same for everybody of a grid on one day: rules, holidays around, birthdays ahead."""
    year, number = int(today[:4]), day_number(today)
    near = [each for one in (year - 1, year, year + 1) for each in holidays_of(one)]
    pauses = [[day_number(each["from"]), day_number(each["until"])] for each in near]
    now = [each for each in near if each["from"] <= today <= each["until"]]
    soon: dict[str, int] = {}
    for ahead in range(RULES["birthday"]["lead"] + 1):
        day = add_days(today, ahead)
        soon[day[5:]] = ahead
        if day[5:] == "03-01" and add_days(day, -1)[5:] == "02-28":
            soon["02-29"] = ahead
    return {
        "today": today,
        "number": number,
        "holidays": pauses,
        "holiday": now[0]["title"] if now else "",
        "holiday_until": now[0]["until"] if now else "",
        "soon": soon,
        "timelines": timelines,
    }


def dues(plan: Plan, fields: Fields, alone: bool, since: int | None, summary: dict[str, Any]) -> list[Due]:
    """What is due for a person: ``[{"why", "date", "late_days", "left_days", "because"}]``, urgent first.

    ``why`` is a word of the rules' ``order``; ``late_days`` and ``left_days`` are whole days, one of them 0;
    ``because`` says which condition of the rule holds. ``since`` is the instant of their registration.
    Nothing is due for who is not active any more; of who is away only what is urgent or was agreed.
    """
    if fields.get("state", "active") != "active":
        return []
    seen, away = last_seen(summary), _absence(fields)
    found = [_urgent(plan, seen), _follow_up(plan, summary)]
    if not _is_within(away, plan["number"]):
        known = _number(since) if since is not None else plan["number"]
        person = {
            "fields": fields,
            "alone": alone,
            "known": known,
            "away": away,
            "summary": summary,
            "seen": seen,
        }
        found += [_periodic(plan, rule, person) for rule in RULES["rules"]]
        found.append(_birthday(plan, person))
    return sorted((due for due in found if due is not None), key=lambda due: _PLACES[due["why"]])


def last_seen(summary: dict[str, Any]) -> dict[str, Any] | None:
    """The latest fact in which somebody saw them; talking with their parents or their school is none."""
    found = None
    for kind in RULES["seen_by"]:
        fact = summary["last"].get(kind)
        if fact and (found is None or (fact["at"], fact["id"]) > (found["at"], found["id"])):
            found = fact
    return found


def needs_today(found: list[Due]) -> bool:
    """Whether somebody should come today: a call or a knock is due by now, or what is urgent or agreed.

    What a month or a quarter asks for has time, and a birthday is a wish.
    """
    return any(not due["left_days"] and due["why"] in _AT_THE_DOOR for due in found)


def roles_of(key: str) -> list[str]:
    """The roles that a rule is first of all for."""
    roles: list[str] = next(rule["roles"] for rule in RULES["rules"] if rule["key"] == key)
    return roles


def _urgent(plan: Plan, seen: dict[str, Any] | None) -> Due | None:
    if seen is None or seen["attention"] != "urgent":
        return None
    return _due(plan, "urgent", local_date(seen["at"]), "attention")


def _follow_up(plan: Plan, summary: dict[str, Any]) -> Due | None:
    dates = [item["date"] for item in summary["follow_ups"] if item["date"] <= plan["today"]]
    return _due(plan, "follow_up", dates[0], "agreed") if dates else None


def _periodic(plan: Plan, rule: dict[str, Any], person: Person) -> Due | None:
    """The due of one rule of periods, within its ``lead``; none while it is off or pauses."""
    because = _because(rule, person, plan["today"])
    if not because:
        return None
    today, unit, limit = plan["number"], rule["unit"], plan["number"] + rule["lead"]
    timeline = own_timeline(rule, plan["timelines"][rule["key"]], person["fields"])
    setting = _setting_on(timeline, today)
    date = _date(unit, timeline, _last(rule, person["summary"]), person["known"], today)
    if date is None or date > limit:
        return None
    holidays: Pauses = plan["holidays"] if setting["holidays"] == "pause" else []
    if any(start <= today <= until for start, until in holidays):
        return None
    date = _after_pauses(unit, date, holidays, person["away"])
    if date > limit:
        return None
    away = [person["away"]] if person["away"] else []
    late = max(today - date - _paused(date, today, [*holidays, *away]), 0)
    days = {"late_days": late, "left_days": max(date - today, 0)}
    return {"why": rule["key"], "date": number_day(date), **days, "because": because}


def _because(rule: dict[str, Any], person: Person, today: str) -> str:
    """Which of a rule's conditions holds for a person; "" where none does."""
    fields, seen, own = person["fields"], person["seen"], rule.get("own", {})
    if fields.get(own.get("field")) in own.get("anybody", ()):
        return "asked"
    for who in rule["who"]:
        if (
            ("category" not in who or fields.get("category") in who["category"])
            and ("alone" not in who or person["alone"])
            and ("risk" not in who or fields.get("risk") in who["risk"])
            and ("absence" not in who or fields.get("absence") in who["absence"])
            and ("attention" not in who or (seen is not None and seen["attention"] in who["attention"]))
            and ("third_plan" not in who or third_plan(fields, today)["state"] == "now")
        ):
            return str(who["because"])
    return ""


def _last(rule: dict[str, Any], summary: dict[str, Any]) -> int | None:
    """The day of the last fact that a rule counts; None where there is none."""
    found = [summary["last"][kind]["at"] for kind in rule["facts"] if kind in summary["last"]]
    return _number(max(found)) if found else None


def _setting_on(timeline: Timeline, today: int) -> dict[str, Any]:
    return [setting for begins, setting in timeline if begins <= today][-1]


def _date(unit: str, timeline: Timeline, last: int | None, known: int, today: int) -> int | None:
    """The day something is due by the rule as it was and is; None where it is off today.

    A stricter rule counts from the day it began: what was not due by then is due by the end of its first
    period at the earliest. A looser one counts at once.
    """
    start = known if last is None else last
    date: int | None = None
    for place, (begins, setting) in enumerate(timeline):
        if begins > today or (place + 1 < len(timeline) and timeline[place + 1][0] <= start):
            continue
        if not setting["on"]:
            date = None
            continue
        every = setting["every"]
        usual = _end(unit, start) if last is None else period_last(unit, period_of(unit, last) + every)
        first = usual if begins <= start else max(usual, _end(unit, begins))
        date = first if date is None else usual if usual >= date else min(date, first)
    return date


def _end(unit: str, number: int) -> int:
    """The last day of the period in which something that begins on a day must first be done."""
    return period_last(unit, period_of(unit, number + GRACE[unit]))


def _after_pauses(unit: str, number: int, holidays: Pauses, away: list[int] | None) -> int:
    """A date that falls into a pause moves behind it: the day after a holiday, a period after an absence."""
    moved = True
    while moved:
        moved = False
        for start, until in holidays:
            if start <= number <= until:
                number, moved = until + 1, True
        if away is not None and _is_within(away, number):
            number, moved = _end(unit, away[1] + 1), True
    return number


def _paused(after: int, until: int, pauses: Pauses) -> int:
    """Days later than ``after`` and not later than ``until`` on which it paused."""
    return sum(max(0, min(until, last) - max(after + 1, first) + 1) for first, last in pauses)


def _birthday(plan: Plan, person: Person) -> Due | None:
    """A birthday today or in the next days, unless somebody was there on the day; never late."""
    seen = person["seen"]
    ahead = plan["soon"].get(str(person["fields"].get("birth", ""))[5:])
    if ahead is None or (seen is not None and ahead == 0 and _number(seen["at"]) == plan["number"]):
        return None
    return _due(plan, "birthday", number_day(plan["number"] + ahead), "birthday")


def _absence(fields: Fields) -> list[int] | None:
    """From when to when somebody is away, as day numbers; without an end it goes on."""
    begins, ends = str(fields.get("away_from", "")), str(fields.get("away_until", ""))
    if not is_date(begins):
        return None
    return [day_number(begins), min(day_number(ends), FAR) if is_date(ends) else FAR]


def _is_within(pause: list[int] | None, number: int) -> bool:
    return pause is not None and pause[0] <= number <= pause[1]


def _number(millis: int) -> int:
    return (millis + OFFSET) // DAY


def _due(plan: Plan, why: str, date: str, because: str) -> Due:
    days = days_between(date, plan["today"])
    return {
        "why": why,
        "date": date,
        "late_days": max(days, 0),
        "left_days": max(-days, 0),
        "because": because,
    }


_AT_THE_DOOR = {"urgent", "follow_up"} | {
    rule["key"] for rule in RULES["rules"] if rule["unit"] in ("day", "week")
}
_PLACES = {why: place for place, why in enumerate(RULES["order"])}
