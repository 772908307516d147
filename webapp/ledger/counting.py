"""Counting people for the page of counts: from the kept tallies of areas, by what they say. Pure.

Invariant: ages are those of today, whole years lived; who is not on the register any more is counted apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

from sync.tallies import Tally

# Before school, 小学, 初中; the legal ages of 16 and 18 (民法典第十七、十八条); decades from 60 on.
BANDS = ((0, 5), (6, 11), (12, 15), (16, 17), (18, 39), (40, 59), (60, 69), (70, 79), (80, 200))
CATEGORIES = ("child", "woman", "elder")
ABSENCES = ("both", "one", "single", "unknown")
MOST_LIVING = 8
Counts = list[tuple[str, int]]


@dataclass(frozen=True)
class Counted:
    """The counts of a desk, each a list of (code or words, number) in the order in which it is shown."""

    total: int
    households: int
    categories: Counts
    bands: Counts
    absences: Counts
    living: Counts
    states: Counts


def count_people(people: Tally, households: int, today: str) -> Counted:
    """All counts out of one tally of people."""
    categories = people.facets.get("category", Counter())
    living: Counter[str] = Counter()
    for key, number in people.facets.get("living", Counter()).items():
        living[key.partition(":")[2]] += number
    states = people.facets.get("state", Counter())
    absences = people.facets.get("absence", Counter())
    return Counted(
        total=states["active"],
        households=households,
        categories=[
            (each, categories[each])
            for each in (*CATEGORIES, "unknown")
            if each in CATEGORIES or categories[each]
        ],
        bands=_bands(people.facets.get("birth", Counter()), today),
        absences=[(each, absences[each]) for each in ABSENCES if each != "unknown" or absences[each]],
        living=living.most_common(MOST_LIVING),
        states=sorted((state, number) for state, number in states.items() if state != "active"),
    )


def bounds_of(today: str) -> list[str]:
    """The latest birth date of each band's youngest, oldest band first: who was born by then is that old."""
    return [f"{int(today[:4]) - low:04}{today[4:]}" for low, _high in reversed(BANDS)]


def band_of(birth: str, bounds: list[str]) -> str:
    """The band of an age as "60-69"; "" where no birth date is known, or one still to come.

    Dates are compared as they are written: a year or a month alone stands before every day in it, so that it
    counts as its first day.
    """
    place = bisect_left(bounds, birth)
    if not birth or place == len(bounds):
        return ""
    low, high = BANDS[len(BANDS) - 1 - place]
    return f"{low}-{high}"


def _bands(births: Counter[str], today: str) -> Counts:
    found: Counter[str] = Counter()
    bounds = bounds_of(today)
    for key, number in births.items():
        found[band_of(key.partition(":")[2], bounds)] += number
    bands = [(f"{low}-{high}", found[f"{low}-{high}"]) for low, high in BANDS]
    return [*bands, ("", found[""])] if found[""] else bands
