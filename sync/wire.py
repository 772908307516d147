"""Bodies on the wire: read with a hard limit, written with the best coding the other side takes.

Invariant: reading never holds more than the limit, whatever the body claims to be.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from typing import Any

import brotli

from sync.errors import ProblemError
from sync.splice import FAST, end_stream, read_begun

BODY_LIMIT = 2 * 1024 * 1024
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_WORTH_CODING = 600


PREPARED = '{"cell":'  # what the beginning of an answer says before its prepared cell


@dataclass(frozen=True)
class Prepared:
    """The ``cell`` of an answer, whose stream begins with it as it was prepared (sync/snapshot.py)."""

    begun: bytes

    @property
    def text(self) -> str:
        """The beginning of the answer's JSON: all but what follows the cell."""
        return read_begun(self.begun).decode()

    def read(self) -> Any:
        """The cell."""
        return json.loads(self.text.removeprefix(PREPARED))


def decode_body(data: bytes, coding: str | None) -> dict[str, Any]:
    """Read a request body: JSON object, plain or gzip.

    Raises ProblemError ``broken_body`` (not gzip, truncated, not JSON, not an object) or
    ``body_too_large`` (more than 2 MiB once decompressed; the rest is never decompressed).
    """
    if coding == "gzip":
        data = gunzip(data, BODY_LIMIT)
    elif coding not in (None, "", "identity"):
        raise ProblemError("broken_body", f"coding {coding}")
    return decode_object(data, BODY_LIMIT)


def decode_object(data: bytes, limit: int) -> dict[str, Any]:
    """The JSON object in ``data``. Raises ProblemError ``broken_body``, or ``body_too_large``."""
    if len(data) > limit:
        raise ProblemError("body_too_large")
    try:
        body = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProblemError("broken_body", "not JSON") from error
    if not isinstance(body, dict):
        raise ProblemError("broken_body", "not an object")
    return body


def encode_body(body: dict[str, Any], accepted: str) -> tuple[bytes, str | None]:
    """Write an answer as JSON in the best coding that the Accept-Encoding ``accepted`` names.

    An answer with a ``cell`` begins with it, as it was compressed when it was prepared.
    """
    codings = {part.split(";")[0].strip() for part in accepted.split(",")}
    cell = body.get("cell")
    if isinstance(cell, Prepared):
        tail = "," + dump_json({name: part for name, part in body.items() if name != "cell"})[1:]
        if "br" in codings:
            return end_stream(cell.begun, tail.encode()), "br"
        data = (cell.text + tail).encode()
    else:
        data = dump_json(body).encode()
    if len(data) < _WORTH_CODING:
        return data, None
    if "br" in codings:
        return brotli.compress(data, quality=FAST), "br"
    if "gzip" in codings:
        return gzip.compress(data, 6, mtime=0), "gzip"
    return data, None


def dump_json(value: Any) -> str:
    """JSON as it travels: no spaces, and Chinese as it is."""
    return _ENCODER.encode(value)


def _refuse_constant(name: str) -> None:
    """NaN and Infinity are no JSON: a phone that got them back could read nothing any more."""
    raise ValueError(name)


def gunzip(data: bytes, limit: int) -> bytes:
    """Decompress up to ``limit``; raises ProblemError ``broken_body`` or ``body_too_large``.

    A truncated stream raises nothing in zlib, so ``eof`` is checked.
    """
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(data, limit + 1)
    except zlib.error as error:
        raise ProblemError("broken_body", "not gzip") from error
    if len(plain) > limit:
        raise ProblemError("body_too_large")
    if not reader.eof:
        raise ProblemError("broken_body", "truncated gzip")
    return plain
