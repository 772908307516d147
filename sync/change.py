"""A change: what somebody proposes. Read from the wire by an allow-list, hashed for idempotency. Pure.

Shapes are in docs/architecture.md. What this build does not know is kept in ``raw`` and stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import ValuesView
from dataclasses import dataclass
from typing import Any

from sync.clock import parse_stamp
from sync.errors import ProblemError
from sync.ids import is_id

MAX_BYTES = 64 * 1024
MAX_DEPTH = 12
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
OPS = frozenset({"record", "amend", "void", "review", "set"})


@dataclass(frozen=True)
class Change:
    """One parsed change; ``raw`` is what arrived, whole, and ``text`` its canonical JSON.

    ``digest`` is the SHA-256 (hex) of that text: the same change always has the same.
    """

    id: str
    area: str
    kind: str
    op: str
    record: str
    stamp: str
    body: dict[str, Any]
    base: dict[str, Any]
    raw: dict[str, Any]
    text: str
    digest: str
    form: str | None = None
    person: str | None = None
    household: str | None = None
    occurred_at: int | None = None
    amends: str | None = None
    resolves: tuple[str, ...] = ()
    was: str | None = None  # whom, and which household, it named before they were merged (sync/follow.py)
    was_home: str | None = None
    was_record: str | None = None


def parse_change(raw: object) -> Change:
    """Read one change. Raises ProblemError ``malformed`` or ``too_large``."""
    if not isinstance(raw, dict):
        raise ProblemError("malformed", "not an object")
    text, data = _readable_text(raw)
    if len(data) > MAX_BYTES:
        raise ProblemError("too_large")
    for key in ("id", "area", "record"):
        if not is_id(raw.get(key)):
            raise ProblemError("malformed", key)
    change = Change(
        id=raw["id"],
        area=raw["area"],
        kind=_text(raw, "kind", 40),
        op=_text(raw, "op", 10),
        record=raw["record"],
        stamp=_text(raw, "stamp", 40),
        body=_object(raw, "body"),
        base=_object(raw, "base"),
        raw=raw,
        text=text,
        digest=hashlib.sha256(data).hexdigest(),
        form=raw["form"] if isinstance(raw.get("form"), str) else None,
        person=_optional_id(raw, "person"),
        household=_optional_id(raw, "household"),
        occurred_at=_optional_instant(raw, "occurred_at"),
        amends=_optional_id(raw, "amends"),
        resolves=_ids(raw, "resolves"),
    )
    _check_shape(change)
    return change


def named_ids(change: Change) -> set[str]:
    """The ids of all that a change speaks of: its record, what it amends, its person, its household."""
    named = {change.record, change.amends, change.person, change.household}
    named |= {change.body.get(key) for key in ("person", "household") if is_id(change.body.get(key))}
    return {each for each in named if each}


def canonical(raw: object) -> str:
    """JSON with sorted keys and no spaces."""
    return _ENCODER.encode(raw)


def _readable_text(raw: dict[str, Any]) -> tuple[str, bytes]:
    """The canonical JSON, as text and as UTF-8, of what every database and every phone can hold.

    Half a surrogate pair is no text, and what nests deeper than MAX_DEPTH no form of ours: both raise
    ProblemError ``malformed``.
    """
    try:
        text = canonical(raw)
        data = text.encode()
    except (RecursionError, UnicodeEncodeError) as error:
        raise ProblemError("malformed", "nested too deep, or half a surrogate pair") from error
    deep = text.count("{") + text.count("[") > MAX_DEPTH  # with fewer brackets it cannot be
    if deep and not _is_shallow(raw, MAX_DEPTH):
        raise ProblemError("malformed", "nested too deep")
    return text, data


def _is_shallow(value: object, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(inner, (list, ValuesView)):
        return True
    if depth == 0:
        return False
    nested = [item for item in inner if isinstance(item, (dict, list))]
    return all(_is_shallow(item, depth - 1) for item in nested)


def _check_shape(change: Change) -> None:
    if change.op not in OPS:
        raise ProblemError("malformed", "op")
    try:
        parse_stamp(change.stamp)
    except ValueError as error:
        raise ProblemError("malformed", "stamp") from error
    if change.op in ("record", "amend"):
        if change.record != change.id:
            raise ProblemError("malformed", "record")
        if change.person is None or change.household is None or change.occurred_at is None:
            raise ProblemError("malformed", "person, household, occurred_at")
    if change.op == "amend" and change.amends is None:
        raise ProblemError("malformed", "amends")
    if change.op == "review" and change.body.get("verdict") not in ("approved", "returned"):
        raise ProblemError("malformed", "verdict")


def _text(raw: dict[str, Any], key: str, limit: int) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise ProblemError("malformed", key)
    return value


def _object(raw: dict[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise ProblemError("malformed", key)
    return value


def _optional_id(raw: dict[str, Any], key: str) -> str | None:
    value = raw.get(key)
    if value is not None and not is_id(value):
        raise ProblemError("malformed", key)
    return value


def _ids(raw: dict[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(is_id(item) for item in value):
        raise ProblemError("malformed", key)
    return tuple(value)


def _optional_instant(raw: dict[str, Any], key: str) -> int | None:
    value = raw.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 47:
        raise ProblemError("malformed", key)
    return value
