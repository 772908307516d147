"""One cell of a ledger as people fill it in: dates in five ways, phones with spaces and full-width digits.

Pure. Each reader gives the value, or raises ``CellError`` with a stable code where it cannot be true.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from itertools import product
from typing import Any

from pypinyin import Style, pinyin

_DATE = re.compile(r"(\d{4})\s*[年./\-]\s*(\d{1,2})\s*(?:[月./\-]\s*(?:(\d{1,2})\s*[日号]?)?)?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_MOBILE = re.compile(r"(?:86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0\d{2,3}\d{7,8}|\d{7,8}")
# Marks without width or that turn the writing around, and control characters other than blanks: they come
# along when text is pasted.
_UNSEEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u206f\u061c\u180e\ufeff\ufff9-\ufffb\u00ad\x00-\x08\x0e-\x1f\x7f-\x9f]"
)
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
_NUMERALS = "零一二三四五六七八九十"
OLDEST_YEAR = 1900
MOST_READINGS = 6
DOUBLE_SURNAMES = frozenset(
    re.findall("..", "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐司徒夏侯端木南宫长孙宇文轩辕")
)
# Characters whose reading as a surname is not their usual one (现代汉语词典).
SURNAME_READINGS = {
    "单": "shan", "解": "xie", "曾": "zeng", "仇": "qiu", "任": "ren", "华": "hua", "查": "zha",
    "朴": "piao", "区": "ou", "盖": "ge", "翟": "zhai", "覃": "qin", "乐": "yue", "尉": "wei",
    "缪": "miao", "冼": "xian", "卜": "bu", "燕": "yan", "葛": "ge", "纪": "ji", "召": "shao",
}  # fmt: skip


class CellError(ValueError):
    """A cell that cannot be true: ``code`` is ``impossible_birth_date`` or ``impossible_phone``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_text(value: Any) -> str:
    """A cell as text: NFKC, blanks and line breaks as one blank, whole numbers without ``.0``.

    "" for an empty cell and for what a broken formula leaves.
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", str(value)))
    text = re.sub(r"\s+", " ", text).strip()
    return "" if text in _ERRORS else text


def read_name(text: str) -> str:
    """A name without the blanks people put between its characters."""
    return re.sub(r"(?<=[㐀-鿿])\s+(?=[㐀-鿿])", "", text)


def read_birth(text: str, today: str) -> str:
    """An ISO date, or year and month where no more was written. Raises CellError."""
    match = _DATE.fullmatch(text) or _PACKED.fullmatch(text)
    if match is None:
        raise CellError("impossible_birth_date")
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        whole = date(year or 0, month or 0, 1 if day is None else day)
    except ValueError as error:
        raise CellError("impossible_birth_date") from error
    if whole.year < OLDEST_YEAR or whole.isoformat() > today:
        raise CellError("impossible_birth_date")
    return whole.isoformat() if day else whole.isoformat()[:7]


def read_phone(text: str) -> str:
    """Digits of a Chinese mobile or landline number. Raises CellError."""
    digits = re.sub(r"[\s\-‐–—()（）+]", "", text)
    mobile = _MOBILE.fullmatch(digits)
    if mobile:
        return mobile[1]
    if _LANDLINE.fullmatch(digits):
        return digits
    raise CellError("impossible_phone")


def read_number(text: str) -> int:
    """The first number in a name, Chinese or Arabic ("青禾村四组" → 4); 0 where there is none."""
    digits = re.search(r"\d{1,9}", text)
    if digits:
        return int(digits[0])
    found = re.search(f"[{_NUMERALS}]+(?=[组队区片])", text)
    if found is None:
        return 0
    tens, _, ones = found[0].rpartition("十") if "十" in found[0] else ("", "", found[0])
    ten = (_NUMERALS.index(tens) if tens else 1) * 10 if "十" in found[0] else 0
    return ten + (_NUMERALS.index(ones) if len(ones) == 1 else 0)


def surname_of(name: str) -> str:
    """The surname a household is called by."""
    return name[:2] if name[:2] in DOUBLE_SURNAMES else name[:1]


def spell(name: str) -> tuple[list[str], list[str]]:
    """All likely readings of a name and their initials: ``(["wang xiao ming"], ["wxm"])``."""
    usual = [each[0] for each in pinyin(name, style=Style.NORMAL)]
    readings = [_likely_first(each, first) for each, first in zip(_readings(name), usual, strict=True)]
    if name[:1] in SURNAME_READINGS:
        readings[0] = [SURNAME_READINGS[name[0]]]
    readings[:1] = [each[:1] for each in readings[:1]]
    spelled: list[str] = []
    for chosen in product(*readings):
        spelled.append(" ".join(chosen))
        if len(spelled) == MOST_READINGS:
            break
    initials = list(dict.fromkeys("".join(word[0] for word in one.split()) for one in spelled))
    return spelled, initials


def _readings(name: str) -> list[list[str]]:
    return pinyin(name, style=Style.NORMAL, heteronym=True)


def _likely_first(readings: list[str], usual: str) -> list[str]:
    return [usual, *sorted({reading for reading in readings if reading != usual})]
