"""How a need goes from being raised to being met: which step may follow which, and what each must say. Pure.

The steps are webapp/care/needs.json. A step is judged by what its own change says and what its author saw, so
that the verdict does not depend on what arrived meanwhile; two people's steps merge field by field. A closed
need therefore always has a result. Twin: static/care/needs.js; vectors: tests/vectors/needs.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from webapp.care.dates import days_between, is_date

RULES: dict[str, Any] = json.loads(Path(__file__).with_name("needs.json").read_text("utf-8"))
STEPS: dict[str, dict[str, Any]] = RULES["steps"]
NO_DATE = "9999-12-31"
Fields = dict[str, Any]


def judge_step(body: Fields, base: Fields, stored: Fields | None, resolves: bool) -> str:
    """The code for which a ``set`` of a need is held; "" where it may stand.

    ``no_result``, ``no_reason``, ``wrong_step``, ``unknown_record`` or ``invalid_fields``. ``stored`` is what
    the server has of the need, None where nothing. A ``set`` that ``resolves`` a conflict chooses among what
    was said before: what its step must say may be stored.
    """
    emptied = next((key for key in RULES["kept"] if key in body and not _says(body[key])), None)
    if emptied is not None:
        return _code_of(emptied)
    if stored is None and body.get("state") != "open":
        return "unknown_record"
    if "state" not in body:
        return ""
    step = STEPS.get(str(body["state"]))
    seen = base.get("state") or ""
    if step is None or not (resolves or (seen in step["from"] and (seen or stored is None))):
        return "wrong_step"
    return _what_is_missing(step, (stored or {}) | body if resolves else body, stored is None)


def _what_is_missing(step: dict[str, Any], known: Fields, is_new: bool) -> str:
    if is_new and not any(_says(known.get(key)) for key in RULES["about_whom"]):
        return "invalid_fields"
    missing = [key for key in step["must"] if not _says(known.get(key))]
    return _code_of(missing[0]) if missing else ""


def next_steps(state: str) -> list[str]:
    """The steps that may follow a state, in the order in which they are offered."""
    return [name for name, step in STEPS.items() if state in step["from"]]


def is_open(fields: Fields) -> bool:
    """Whether somebody has still to do something."""
    return bool(fields.get("state") != "closed")


def late_days(fields: Fields, today: str) -> int:
    """Whole days since the day by which an open need was to be met; 0 where it is not late."""
    due = _due_of(fields)
    return max(days_between(due, today), 0) if is_open(fields) and due != NO_DATE else 0


def need_order(fields: Fields, today: str) -> list[Any]:
    """What needs are sorted by: late ones first, then how urgent, then by when, then since when."""
    rank = RULES["urgency"]
    urgency = fields.get("urgency")
    place = rank.index(urgency) if urgency in rank else len(rank)
    return [0 if late_days(fields, today) else 1, place, _due_of(fields), fields.get("opened_at", 0)]


def _due_of(fields: Fields) -> str:
    due = fields.get("due")
    return due if isinstance(due, str) and is_date(due) else NO_DATE


def _says(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _code_of(key: str) -> str:
    return str(RULES["codes"].get(key, "invalid_fields"))
