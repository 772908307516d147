"""What a village, a grid and a person changed of the rules of the rhythm, from which day on. Pure.

A ``rhythm`` record says of one rule, in its area and from its date: ``state`` on, off or above (as the areas
above have it), ``every``, ``holidays``. The nearest area to the person decides; before its date the old rule
holds.
Twin: static/care/rhythm_settings.js; vectors: tests/vectors/rhythm_settings.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from webapp.care.dates import is_date
from webapp.care.periods import day_number

RULES: dict[str, Any] = json.loads(Path(__file__).with_name("rhythm.json").read_text("utf-8"))
ALWAYS = -(10**7)  # a day number before all days
FAR = 2 * 10**6  # a day number after all days that matter, in the year 7445
MOST = 366  # periods between two calls, at most
Setting = dict[str, Any]
Timeline = list[tuple[int, Setting]]
Plan = dict[str, Any]


def settle_rules(rhythms: list[dict[str, Any]], chain: list[str]) -> dict[str, Timeline]:
    """Each rule's settings by the day they begin, for people of the last area of ``chain`` (top to grid).

    ``rhythms`` are rows; ``{"daily_knock": [[begins, {"on", "every", "holidays"}], …]}``, the first always.
    """
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for row in rhythms:
        if row["area"] in chain:
            by_rule.setdefault(row["fields"].get("rule", ""), []).append(row)
    return {rule["key"]: _settle(rule, by_rule.get(rule["key"], []), chain) for rule in RULES["rules"]}


def own_timeline(rule: dict[str, Any], timeline: Timeline, fields: dict[str, Any]) -> Timeline:
    """The settings as a person's own choice (``rhythm_…``, from ``rhythm_from`` on) leaves them."""
    own = rule.get("own")
    chosen = fields.get(own["field"]) if own else None
    if own is None or not chosen or (chosen not in own["every"] and chosen not in own["off"]):
        return timeline
    begins = _number(fields.get("rhythm_from"))
    before = [entry for entry in timeline if entry[0] < begins]
    setting = timeline[-1][1] | {"on": chosen not in own["off"], "every": own["every"].get(chosen, 1)}
    return [*before, (begins, setting)]


def _settle(rule: dict[str, Any], rows: list[dict[str, Any]], chain: list[str]) -> Timeline:
    usual = {"on": True, "every": rule["every"], "holidays": rule["holidays"]}
    timeline: Timeline = [(ALWAYS, usual)]
    if not rows:
        return timeline
    for begins in sorted({_begins(row) for row in rows}):
        setting = usual
        for area in chain:
            setting = _as_of(rule, [row for row in rows if row["area"] == area], begins, setting)
        if setting != timeline[-1][1]:
            timeline = [*(entry for entry in timeline if entry[0] < begins), (begins, setting)]
    return timeline


def _as_of(rule: dict[str, Any], rows: list[dict[str, Any]], day: int, above: Setting) -> Setting:
    """The setting of an area on a day: its latest record that has begun, else what is above it."""
    begun = sorted((row for row in rows if _begins(row) <= day), key=lambda row: (_begins(row), row["id"]))
    if not begun or begun[-1]["fields"].get("state", "on") == "above":
        return above
    fields = begun[-1]["fields"]
    return {
        "on": fields.get("state", "on") != "off",
        "every": min(max(int(fields.get("every", rule["every"])), 1), MOST),
        "holidays": fields.get("holidays", rule["holidays"]),
    }


def _begins(row: dict[str, Any]) -> int:
    return _number(row["fields"].get("from"))


def _number(day: Any) -> int:
    return min(day_number(day), FAR) if is_date(str(day or "")) else ALWAYS
