"""Record ids: UUID version 7 (RFC 9562), made where the thing is made. Pure."""

from __future__ import annotations

import re
from uuid import UUID

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def uuid7(now: int, random: bytes) -> str:
    """Return the UUIDv7 of the instant ``now`` (ms) and 10 random bytes.

    Raises ValueError where ``random`` is not 10 bytes.
    """
    if len(random) != 10:
        raise ValueError("uuid7 needs 10 random bytes")
    value = (now & ((1 << 48) - 1)) << 80 | int.from_bytes(random, "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(UUID(int=value))


def is_id(value: object) -> bool:
    """Whether ``value`` is a UUID in its usual 36 characters, lower case."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def ids_in(text: str) -> set[str]:
    """Every id that a text names."""
    return set(_ID.findall(text))
