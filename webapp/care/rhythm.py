"""Who is due, and why: 每周一登门, 每天一敲门, follow-ups somebody set, and what is urgent. Pure.

The rules are webapp/care/rhythm.json, each with the plan it comes from. What is due is said of people who
need somebody, never of volunteers who failed. Twin: static/care/rhythm.js; vectors:
tests/vectors/rhythm.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from webapp.care.dates import add_days, days_between, local_date, week_end

RULES: dict[str, Any] = json.loads(Path(__file__).with_name("rhythm.json").read_text("utf-8"))
Due = dict[str, Any]


def dues(category: str, alone: bool, summary: dict[str, Any], today: str) -> list[Due]:
    """What is due for a person by ``today``: ``[{"why", "date", "late_days", "left_days"}]``.

    Most urgent first. ``why`` is urgent, follow_up, daily_knock or weekly_call; ``late_days`` and
    ``left_days`` are whole
    days, one of them 0.
    """
    found = [
        _urgent(summary, today),
        _follow_up(summary, today),
        _daily_knock(category, alone, summary, today),
        _weekly_call(category, summary, today),
    ]
    return [due for due in found if due is not None]


def _urgent(summary: dict[str, Any], today: str) -> Due | None:
    latest = summary["latest"]
    if latest is None or latest["attention"] != "urgent":
        return None
    return _due("urgent", local_date(latest["at"]), today)


def _follow_up(summary: dict[str, Any], today: str) -> Due | None:
    dates = [item["date"] for item in summary["follow_ups"] if item["date"] <= today]
    return _due("follow_up", dates[0], today) if dates else None


def _daily_knock(category: str, alone: bool, summary: dict[str, Any], today: str) -> Due | None:
    rule, latest = RULES["daily_knock"], summary["latest"]
    at_risk = latest is not None and latest["attention"] in rule["attention"]
    if not at_risk and not (alone and category in rule["alone"]):
        return None
    date = add_days(local_date(latest["at"]), 1) if latest else today
    return _due("daily_knock", date, today) if date <= today else None


def _weekly_call(category: str, summary: dict[str, Any], today: str) -> Due | None:
    """Once in each week, Monday to Sunday: due by the Sunday of the week after the last call's."""
    rule = RULES["weekly_call"]
    if category not in rule["categories"]:
        return None
    calls = [summary["last"][kind]["at"] for kind in rule["facts"] if kind in summary["last"]]
    this_week = week_end(today)
    date = add_days(week_end(local_date(max(calls))), 7) if calls else this_week
    return _due("weekly_call", date, today) if date <= this_week else None


def _due(why: str, date: str, today: str) -> Due:
    days = days_between(date, today)
    return {"why": why, "date": date, "late_days": max(days, 0), "left_days": max(-days, 0)}
