"""How a household and a person are recognised when they come again. Pure.

A household is its door within its grid, however its address was written out; a person is their household,
name and birth date. The roster's import looks records up by these, so that importing twice adds nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from functools import lru_cache
from typing import Any

_NOISE = re.compile(r"[\x00-\x1f\s,，.。、·\-_()（）]+")


@lru_cache(maxsize=65_536)
def squeeze(text: str) -> str:
    """Text without what people write differently: width, blanks, punctuation, case."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def household_lookup(fields: dict[str, Any]) -> str | None:
    """``household:<door>``, or its address where it has no door; None with neither."""
    home = fields.get("door") or fields.get("address")
    return f"household:{squeeze(home)}"[:200] if home else None


def person_lookup(fields: dict[str, Any]) -> str | None:
    """``person:<household id>:<name>:<birth>``; None without a household or a name."""
    household, name = fields.get("household"), fields.get("name")
    if not household or not name:
        return None
    return f"person:{household}:{squeeze(name)}:{fields.get('birth', '')}"[:200]


def erasure_trace(secret: str, name: str, birth: str) -> str:
    """What is kept of who was erased: a digest under the installation's secret (HMAC-SHA256, 32 hex digits).

    It tells that a roster names them again, and nothing else: without the secret nobody can try names.
    """
    said = f"erased:{squeeze(name)}:{birth}".encode()
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()[:32]
