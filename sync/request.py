"""An exchange's request, read by an allow-list: nothing else of it is ever looked at. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sync.errors import ProblemError
from sync.ids import is_id

PROTOCOL = 1
MAX_CHANGES = 100
MAX_ASKS = 100
SMALLEST_PAGE = 32 * 1024
LARGEST_PAGE = 256 * 1024
DEFAULT_PAGE = 64 * 1024
TABLES, CELLS = 2, 3  # the forms of snapshot pages: tables in each page, or one cell an answer


@dataclass(frozen=True)
class Asked:
    """What a phone asks for.

    ``budget`` is its wish for one answer's news, in compressed bytes. ``snapshots`` is the form of snapshot
    pages that it can take; a build from before them (0) gets every area as its log, from the first number.
    ``only``, where it names areas, has the news speak of these alone. ``file_key`` asks for the key that
    parcels are sealed to.
    """

    changes: list[Any] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    epoch: str | None = None
    budget: int = DEFAULT_PAGE
    build: str | None = None
    snapshots: int = 0
    only: frozenset[str] = frozenset()
    purged: frozenset[str] = frozenset()
    asks: tuple[str, ...] = ()
    digests: dict[str, dict[str, Any]] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    file_key: bool = False


def read_request(request: dict[str, Any]) -> Asked:
    """Read a request's parts; raises ProblemError where the whole of it cannot be taken."""
    if request.get("protocol") != PROTOCOL:
        raise ProblemError("unknown_protocol")
    changes, cursors = request.get("changes", []), request.get("cursors", {})
    if not isinstance(changes, list) or not isinstance(cursors, dict):
        raise ProblemError("broken_body", "changes or cursors")
    if len(changes) > MAX_CHANGES:
        raise ProblemError("too_many_changes")
    purged = request.get("purged", [])
    if not isinstance(purged, list):
        raise ProblemError("broken_body", "purged")
    asks, only = request.get("asks", []), request.get("only", [])
    if not isinstance(asks, list) or not isinstance(only, list):
        raise ProblemError("broken_body", "asks or only")
    wish, epoch, build = request.get("bytes"), request.get("epoch"), request.get("build")
    budget = wish if isinstance(wish, int) else DEFAULT_PAGE
    return Asked(
        changes=changes,
        cursors={a: c for a, c in cursors.items() if isinstance(c, str)},
        epoch=epoch if isinstance(epoch, str) else None,
        budget=min(max(budget, SMALLEST_PAGE), LARGEST_PAGE),
        build=build[:40] if isinstance(build, str) else None,
        snapshots=_form(request.get("snapshots")),
        only=frozenset(area for area in only if is_id(area)),
        purged=frozenset(area for area in purged if is_id(area)),
        asks=tuple(each for each in asks if is_id(each))[:MAX_ASKS],
        digests=_objects(request, "digests"),
        parts=_objects(request, "parts"),
        file_key=request.get("file_key") == 1,
    )


def _form(wanted: Any) -> int:
    """The form of snapshot pages that a build asks for; 0 where it knows none of ours."""
    return int(wanted) if wanted in (TABLES, CELLS) else 0


def _objects(request: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """An object of objects, by area."""
    value = request.get(key, {})
    if not isinstance(value, dict):
        raise ProblemError("broken_body", key)
    return {area: each for area, each in value.items() if isinstance(each, dict)}
