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

BODY_LIMIT = 2 * 1024 * 1024
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_WORTH_CODING = 600
_SPLICED_DEPTH = 4  # answer, news, page, tables


@dataclass(frozen=True)
class JsonText:
    """JSON that is written already: it goes into the answer as it is, without being read again."""

    text: str

    def read(self) -> Any:
        """The value it is the JSON of."""
        return json.loads(self.text)


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
    """Write an answer as JSON in the best coding that the Accept-Encoding ``accepted`` names."""
    data = write_json(body).encode()
    codings = {part.split(";")[0].strip() for part in accepted.split(",")}
    if len(data) < _WORTH_CODING:
        return data, None
    if "br" in codings:
        return brotli.compress(data, quality=5), "br"
    if "gzip" in codings:
        return gzip.compress(data, 6, mtime=0), "gzip"
    return data, None


def write_json(value: Any, depth: int = _SPLICED_DEPTH) -> str:
    """The JSON of a value in which, down to a page's tables, a JsonText may stand for its value."""
    if isinstance(value, JsonText):
        return value.text
    if isinstance(value, dict) and depth:
        pairs = (f"{dump_json(key)}:{write_json(each, depth - 1)}" for key, each in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list) and depth:
        return "[" + ",".join(write_json(each, depth - 1) for each in value) + "]"
    return dump_json(value)


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
