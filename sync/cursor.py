"""Cursors: how far a phone has read an area, opaque and signed. Pure.

A cursor of another installation, another epoch or another area does not read, and the area then
starts afresh: a phone can never skip what it has not seen. The payload is ``812`` (the log is read up to
number 812) or ``812:older:1763980000000:0193…`` (in the snapshot at 812, read up to that position).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True)
class Cursor:
    """A number of the log; with a ``position``, the snapshot at that number is read so far."""

    seq: int
    position: str = ""


def write_cursor(secret: bytes, area: str, epoch: str, cursor: Cursor) -> str:
    """The cursor as it travels: its payload and the signature that binds it to area and epoch."""
    payload = (f"{cursor.seq}:{cursor.position}" if cursor.position else f"{cursor.seq}").encode()
    return f"{_b64(payload)}.{_b64(_sign(secret, area, epoch, payload))}"


def read_cursor(secret: bytes, area: str, epoch: str, cursor: str) -> Cursor | None:
    """What a cursor says, or None where it is not ours, not of this area or not of this epoch."""
    head, _, tail = cursor.partition(".")
    try:
        payload, signature = _unb64(head), _unb64(tail)
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(signature, _sign(secret, area, epoch, payload)):
        return None
    seq, _, position = payload.decode().partition(":")
    return Cursor(int(seq), position)


def _sign(secret: bytes, area: str, epoch: str, payload: bytes) -> bytes:
    message = b"\0".join([b"cursor", area.encode(), epoch.encode(), payload])
    return hmac.digest(secret, message, hashlib.sha256)[:12]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
