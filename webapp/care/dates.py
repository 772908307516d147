"""Local dates in China: UTC+8 all year, one zone. Pure.

Dates are ISO strings, instants ms. Twin: static/care/dates.js; vectors: tests/vectors/dates.json.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

OFFSET = 8 * 3_600_000
DAY = 86_400_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BIRTH = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")


def local_date(millis: int) -> str:
    """The date in the village at an instant."""
    return datetime.fromtimestamp((millis + OFFSET) // 1000, UTC).date().isoformat()


def local_time(millis: int) -> str:
    """The time of day in the village at an instant: ``"18:26"``."""
    return datetime.fromtimestamp((millis + OFFSET) // 1000, UTC).strftime("%H:%M")


def instant_at(day: str, hour: int, minute: int) -> int:
    """The instant of a local date and time. Raises ValueError where there is none."""
    moment = datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=UTC)
    return int(moment.timestamp()) * 1000 - OFFSET


def is_date(text: str) -> bool:
    """Whether ``text`` is a day of the calendar, years 0001 to 9999: 30 February is none."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def add_days(day: str, days: int) -> str:
    """The date ``days`` later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def days_between(earlier: str, later: str) -> int:
    """Days from one date to another; negative where it lies before."""
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days


def weekday(day: str) -> int:
    """Monday 1 … Sunday 7."""
    return date.fromisoformat(day).isoweekday()


def week_end(day: str) -> str:
    """The Sunday of a date's week."""
    return add_days(day, 7 - weekday(day))


def age_on(birth: str, day: str) -> int | None:
    """Whole years lived on ``day``; ``birth`` may be a year or a month only. None where it is no date.

    Who was born on 29 February is a year older from 1 March on.
    """
    match = _BIRTH.fullmatch(birth)
    if match is None:
        return None
    born = (int(match[1]), int(match[2] or 1), int(match[3] or 1))
    year, month, of_month = (int(part) for part in day.split("-"))
    age = year - born[0] - ((month, of_month) < (born[1], born[2]))
    return age if age >= 0 else None
