"""Canaries: words that every text carries, by which it is known wherever it turns up. Pure.

``cnrh00007`` stands in every text about household 7, ``cnrp00012`` in every text about person 12, and
``cnrv00001`` in every text that belongs to village 1 itself.
"""

from __future__ import annotations

import re

_CANARY = re.compile(rb"cnr[hpv]\d{5}")


def household_canary(number: int) -> str:
    """The word of a household."""
    return f"cnrh{number:05d}"


def person_canary(number: int) -> str:
    """The word of a person."""
    return f"cnrp{number:05d}"


def village_canary(number: int) -> str:
    """The word of a village."""
    return f"cnrv{number:05d}"


def canaries_in(data: bytes) -> set[str]:
    """Every canary in these bytes."""
    return {found.decode() for found in _CANARY.findall(data)}
