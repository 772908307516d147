"""The hybrid logical clock: orders edits by real time, and by cause where clocks disagree. Pure.

A stamp is fixed-width ASCII, so that the order of strings is the order of edits:
``0001763980000000-0000-a1b2c3d4`` (milliseconds, counter, node). The idea is Kulkarni and others,
"Logical Physical Clocks" (2014). A phone's clock is evidence, never a reason to refuse (design D5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

AHEAD_LIMIT = 5 * 60 * 1000
MAX_COUNTER = 0xFFFF
_STAMP = re.compile(r"(\d{16})-([0-9a-f]{4})-([0-9a-f]{8})")


@dataclass(frozen=True)
class Clock:
    """The last moment seen: ``millis`` since 1970 UTC, ``counter`` within it, ``node`` 8 hex digits."""

    millis: int
    counter: int
    node: str


def tick(clock: Clock, now: int) -> Clock:
    """The clock after making an edit at the wall time ``now`` (ms): always later than before."""
    if now > clock.millis:
        return Clock(now, 0, clock.node)
    return _next(clock.millis, clock.counter, clock.node)


def receive(clock: Clock, remote: Clock, now: int) -> Clock:
    """The clock after seeing ``remote`` at the wall time ``now``: later than both."""
    latest = max(now, clock.millis, remote.millis)
    if latest == clock.millis == remote.millis:
        return _next(latest, max(clock.counter, remote.counter), clock.node)
    if latest == clock.millis:
        return _next(latest, clock.counter, clock.node)
    if latest == remote.millis:
        return _next(latest, remote.counter, clock.node)
    return Clock(latest, 0, clock.node)


def clamp(clock: Clock, now: int) -> tuple[Clock, bool]:
    """Pull a clock that runs more than five minutes ahead back to ``now``; say whether it did."""
    if clock.millis <= now + AHEAD_LIMIT:
        return clock, False
    return Clock(now, clock.counter, clock.node), True


def format_stamp(clock: Clock) -> str:
    """The stamp of a clock."""
    return f"{clock.millis:016d}-{clock.counter:04x}-{clock.node}"


def parse_stamp(stamp: str) -> Clock:
    """The clock of a stamp. Raises ValueError where it is none."""
    match = _STAMP.fullmatch(stamp)
    if match is None:
        raise ValueError("not a stamp")
    return Clock(int(match[1]), int(match[2], 16), match[3])


def _next(millis: int, counter: int, node: str) -> Clock:
    if counter < MAX_COUNTER:
        return Clock(millis, counter + 1, node)
    return Clock(millis + 1, 0, node)
