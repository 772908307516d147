"""Days as numbers and the calendar's periods over them: day, week (Monday to Sunday), month, quarter. Pure.

A day number counts days since 1970-01-01, so that a due date for everybody of a village is whole-number
arithmetic. Example: 2026-02-17 is 20501; its month is period 2026 * 12 + 1.
Twin: static/care/periods.js; vectors: tests/vectors/periods.json.
"""

from __future__ import annotations

from datetime import date

EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: str) -> int:
    """The number of an ISO date. Raises ValueError where it is no day of the calendar."""
    return date.fromisoformat(day).toordinal() - EPOCH


def number_day(number: int) -> str:
    """The ISO date of a day number."""
    return date.fromordinal(number + EPOCH).isoformat()


def period_of(unit: str, number: int) -> int:
    """The period a day lies in, counted without gaps: ``unit`` is day, week, month or quarter."""
    if unit == "day":
        return number
    if unit == "week":
        return (number + 3) // 7  # 1970-01-01 was a Thursday
    day = date.fromordinal(number + EPOCH)
    month = day.year * 12 + day.month - 1
    return month if unit == "month" else month // 3


def period_last(unit: str, period: int) -> int:
    """The last day of a period, as a day number."""
    if unit == "day":
        return period
    if unit == "week":
        return period * 7 + 3
    after = period + 1 if unit == "month" else (period + 1) * 3
    if after // 12 > date.max.year:
        return date.max.toordinal() - EPOCH
    return date(after // 12, after % 12 + 1, 1).toordinal() - EPOCH - 1
