"""Cursors: how far a phone has read an area's log, opaque and signed. Pure.

A cursor of another installation, another epoch or another area does not read, and the area then
starts afresh: a phone can never skip what it has not seen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac


def write_cursor(secret: bytes, area: str, epoch: str, seq: int) -> str:
    """The cursor that says: this area is read up to and with ``seq``."""
    payload = f"{seq}".encode()
    return f"{_b64(payload)}.{_b64(_sign(secret, area, epoch, payload))}"


def read_cursor(secret: bytes, area: str, epoch: str, cursor: str) -> int | None:
    """The number in a cursor, or None where it is not ours, not of this area or not of this epoch."""
    head, _, tail = cursor.partition(".")
    try:
        payload, signature = _unb64(head), _unb64(tail)
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(signature, _sign(secret, area, epoch, payload)):
        return None
    return int(payload)


def _sign(secret: bytes, area: str, epoch: str, payload: bytes) -> bytes:
    message = b"\0".join([b"cursor", area.encode(), epoch.encode(), payload])
    return hmac.digest(secret, message, hashlib.sha256)[:12]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
