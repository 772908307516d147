"""岗位 and 活动室 as the server takes them: what may be set of a post, and hours as they are typed. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from webapp.care.dates import is_date
from webapp.care.hours import is_hours

Fields = dict[str, Any]
HEADED = ("grid", "village", "township")  # 三级格长: the levels that have a head
MOST_LINES = 14


def judge_post(body: Fields, base: Fields, stored: Fields | None, resolves: bool) -> str:
    """The code for which a ``set`` of a post is held; "" where it may stand."""
    del base, resolves
    whole = (stored or {}) | body
    dates = [whole[key] for key in ("from", "until") if whole.get(key)]
    if not all(isinstance(date, str) and is_date(date) for date in dates):
        return "invalid_fields"
    return "ends_before_start" if len(dates) == 2 and dates[1] < dates[0] else ""


def post_lookup(fields: Fields) -> str | None:
    """``post:<role>``, by which the heads of many areas are found at once."""
    role = fields.get("role")
    return f"post:{role}"[:200] if role else None


def read_hours(text: str) -> tuple[list[str], list[str]]:
    """Typed lines as they are kept, and those that are no hours: full-width signs and 9:00 are understood."""
    lines = [_read_line(line) for line in re.split(r"[\n;；]", text)]
    lines = [line for line in lines if line]
    return lines, [line for line in lines if not is_hours(line)] + lines[MOST_LINES:]


def _read_line(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"\s*[-~—–至到]+\s*", "-", plain)
    days, _, times = re.sub(r"\s*:\s*", ":", plain).partition(" ")
    whole = re.sub(r"(?<![0-9])([0-9]):", r"0\1:", times.strip())
    return f"{days} {whole}".strip()
