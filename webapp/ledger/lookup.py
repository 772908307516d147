"""How a record is found by something else than its id: who comes again, and what a desk lists. Pure.

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

from webapp.care.needs import NO_DATE, RULES, is_open

NAMES = ("name", "guardian_name", "father_name", "mother_name")
PHONES = ("phone", "father_phone", "mother_phone", "guardian_phone")
LONGEST_WORDS = 400
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


def person_words(fields: dict[str, Any]) -> str | None:
    """What a search finds a person by, each word after a blank: names, spellings, initials, phones."""
    told = [fields.get(name) for name in (*NAMES, *PHONES)]
    return _words([*told, *fields.get("pinyin", ()), *fields.get("initials", ())])


def household_words(fields: dict[str, Any]) -> str | None:
    """What a search finds a household by: the number of its door (``#4``), its address, its name."""
    number = f"#{fields['number']}" if fields.get("number") else None
    return _words([number, fields.get("address"), fields.get("title")])


def person_facets(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """By what a person is counted; of who is not on the register any more only why."""
    state = fields.get("state") or "active"
    found = [("state", state)]
    if state != "active":
        return found
    category = fields.get("category") or "unknown"
    found += [("category", category), ("birth", f"{category}:{fields.get('birth', '')}")]
    found += [("sex", f"{category}:{fields.get('sex') or 'unknown'}")]
    found += [("living", f"{category}:{fields.get('living') or ''}"[:60])]
    if category == "child":
        found.append(("absence", fields.get("absence") or "unknown"))
    return found


def household_facets(_fields: dict[str, Any]) -> list[tuple[str, str]]:
    """Households are counted, and no more."""
    return []


def _words(told: list[Any]) -> str | None:
    words = dict.fromkeys(re.sub(r"[\s\x00-\x1f-]+", "", squeeze_width(str(each))) for each in told if each)
    return "".join(f" {word}" for word in words if word)[:LONGEST_WORDS] or None


def squeeze_width(text: str) -> str:
    """Text in one width and case, as searches compare it."""
    return unicodedata.normalize("NFKC", text).lower()


def erasure_trace(secret: str, name: str, birth: str) -> str:
    """What is kept of who was erased: a digest under the installation's secret (HMAC-SHA256, 32 hex digits).

    It tells that a roster names them again, and nothing else: without the secret nobody can try names.
    """
    said = f"erased:{squeeze(name)}:{birth}".encode()
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()[:32]


def need_lookup(fields: dict[str, Any]) -> str | None:
    """``need:<day by which it was to be met>``: a desk puts late ones first by it; None once it is met."""
    return f"need:{fields.get('due') or NO_DATE}"[:200] if is_open(fields) else None


def need_standing(fields: dict[str, Any]) -> tuple[str | None, int | None]:
    """A need's state, and how urgent it is: 0 is urgent."""
    urgency: list[str] = RULES["urgency"]
    rank = urgency.index(fields["urgency"]) if fields.get("urgency") in urgency else len(urgency)
    return fields.get("state"), rank
