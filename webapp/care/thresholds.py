"""Which logs need attention, and why: the thresholds of webapp/care/thresholds.json, each with its source.

Pure. Twin: static/care/thresholds.js; vectors: tests/vectors/thresholds.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from webapp.forms.engine import Translate

RULES: dict[str, Any] = json.loads(Path(__file__).with_name("thresholds.json").read_text("utf-8"))
RANKS = ("urgent", "watch", "well")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_BOUNDS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "at_least": lambda value, bound: value >= bound,
    "at_most": lambda value, bound: value <= bound,
    "above": lambda value, bound: value > bound,
    "below": lambda value, bound: value < bound,
}


def attend(kind: str, fields: dict[str, Any]) -> tuple[str, list[str]]:
    """How urgent a fact is (``urgent``, ``watch``, ``well``) and the codes that say why.

    Each group of rules speaks at most once: the first that fits. Values that are no numbers fit nothing.
    """
    found = []
    for group in _groups_of(kind):
        rule = next((rule for rule in group if _fits(rule, fields)), None)
        if rule:
            found.append(rule)
    attention = min((rule["attention"] for rule in found), key=RANKS.index, default="well")
    return attention, [rule["code"] for rule in found]


def reason_text(code: str, t: Translate) -> str:
    """A code in words; the code itself where this build does not know it."""
    for group in RULES["groups"]:
        for rule in group["rules"]:
            if rule["code"] == code:
                return t(rule["reason"])
    return code


def fields_at_fault(kind: str, codes: list[str]) -> set[str]:
    """The fields that the rules with these codes look at."""
    rules = [rule for group in _groups_of(kind) for rule in group]
    return {c["field"] for rule in rules if rule["code"] in codes for c in _conditions(rule)}


@cache
def _groups_of(kind: str) -> list[list[dict[str, Any]]]:
    return [group["rules"] for group in RULES["groups"] if group["kind"] == kind]


def _fits(rule: dict[str, Any], fields: dict[str, Any]) -> bool:
    """Whether all, or any, of a rule's conditions are met. A plain loop: it runs for every log folded."""
    every = "all" in rule
    for condition in _conditions(rule):
        value = fields.get(condition["field"])
        if (value is not None and _meets(condition, value)) != every:
            return not every
    return every


def _conditions(rule: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = rule.get("all") or rule["any"]
    return found


def _meets(condition: dict[str, str], value: Any) -> bool:
    if "is" in condition:
        return bool(value == condition["is"])
    if not _NUMBER.fullmatch(str(value)):
        return False
    number = Decimal(str(value))
    return all(
        compare(number, Decimal(condition[name])) for name, compare in _BOUNDS.items() if name in condition
    )
