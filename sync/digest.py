"""A digest of rows, so that a phone and the server can tell whether they hold the same. Pure.

64 bits, the exclusive or over all rows of two 32-bit hashes in the manner of FNV-1a of ``<id>:<seq>``: the
order of rows does not matter. It finds loss, not malice. Tombstones are no rows. Twin:
static/sync/digest.js; vectors: tests/vectors/digest.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_START_A, _TIMES_A = 0x811C9DC5, 0x01000193
_START_B, _TIMES_B = 0x1B873593, 0x85EBCA6B
_MIX, _BITS = 0x2C1B3C6D, 0xFFFFFFFF


def digest_rows(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """``{"count", "digest"}`` of rows with an ``id`` and a ``seq``; the digest is 16 hexadecimal digits."""
    a = b = 0
    for row in rows:
        text = f"{row['id']}:{row['seq']}".encode()
        a ^= _hash(text, _START_A, _TIMES_A)
        b ^= _hash(text, _START_B, _TIMES_B)
    return {"count": len(rows), "digest": f"{a:08x}{b:08x}"}


def _hash(text: bytes, start: int, times: int) -> int:
    value = start
    for byte in text:
        value = ((value ^ byte) * times) & _BITS
    value = ((value ^ (value >> 15)) * _MIX) & _BITS  # else rows that trade numbers could cancel out
    return value ^ (value >> 13)
