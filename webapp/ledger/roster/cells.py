"""One cell of a ledger as people fill it in: dates in five ways, phones with spaces and full-width digits.

Pure. Each reader gives the value, or raises ``CellError`` with a stable code where it cannot be true.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import product
from typing import Any

from pypinyin import Style, pinyin

_DATE = re.compile(
    r"(\d{4}|\d{2})\s*[年./\-]\s*(?:(\d{1,2})\s*(?:[月./\-]\s*(?:(\d{1,2})\s*[日号]?)?)?)?(?:出?生)?"
)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_PACKED_SHORT = re.compile(r"(\d{2})(\d{2})(\d{2})")
_YEAR = re.compile(r"(\d{4})()()")
_SERIAL = re.compile(r"\d{5}")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_ID_CARD = re.compile(r"\d{6}(\d{4})(\d{2})(\d{2})\d{2}(\d)[\dX]|\d{6}(\d{2})(\d{2})(\d{2})\d{2}(\d)")
_CHINESE_NUMBER = re.compile("[〇○零一二三四五六七八九十廿]+")
_MOBILE = re.compile(r"(?:86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0\d{2,3}\d{7,8}|\d{7,8}")
# Marks without width or that turn the writing around, and control characters other than blanks: they come
# along when text is pasted.
_UNSEEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u206f\u061c\u180e\ufeff\ufff9-\ufffb\u00ad\x00-\x08\x0e-\x1f\x7f-\x9f]"
)
# Marks that turn the direction of what follows, so that a page shows another text than is written.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN_BUT_TURNING = re.compile(f"(?!{_TURNING.pattern}){_UNSEEN.pattern}")
_PICTURES = frozenset({"So", "Sk", "Cs"})  # emoji and their like, which no name has
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
_NUMERALS = "零一二三四五六七八九十"
OLDEST_YEAR = 1900
MOST_READINGS = 6
AGES = {"child": (0, 18), "woman": (16, 100), "elder": (50, 120)}  # to tell the century of a two-digit year
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


def read_text(value: Any, *, turning: bool = False) -> str:
    """A cell as text: NFKC, blanks and line breaks as one blank, whole numbers without ``.0``.

    "" for an empty cell and for what a broken formula leaves. With ``turning`` the marks that turn the
    writing around stay, so that they can be named.
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    unseen = _UNSEEN_BUT_TURNING if turning else _UNSEEN
    text = unseen.sub("", unicodedata.normalize("NFKC", str(value)))
    text = re.sub(r"\s+", " ", text).strip()
    return "" if text in _ERRORS else text


def read_name(text: str) -> str:
    """A name without the blanks people put between its characters."""
    return re.sub(r"(?<=[㐀-鿿])\s+(?=[㐀-鿿])", "", text)


def read_birth(text: str, today: str, category: str = "") -> str:
    """An ISO date, or year and month, or the year, where no more was written. Raises CellError.

    Reads 2012.3, 2012年3月5日, 二〇一二年三月, 20120305, the number Excel keeps a day by, an identity card's
    number; of a year written with two digits the century in which somebody of this category is of an age that
    fits: a child below 18, a woman from 16, an elder from 50.
    """
    text = _TIME.sub("", _CHINESE_NUMBER.sub(_as_digits, text).removeprefix("公历").strip())
    card = _ID_CARD.fullmatch(text.upper())
    if card:
        return birth_of_card(text)
    if _SERIAL.fullmatch(text):
        return _not_later((date(1899, 12, 30) + timedelta(int(text))).isoformat(), today)
    short = _PACKED_SHORT.fullmatch(text)
    match = _DATE.fullmatch(text) or _PACKED.fullmatch(text) or _YEAR.fullmatch(text)
    if match and len(match[1]) == 4:
        try:
            return _not_later(_iso(match[1], match[2], match[3]), today)
        except CellError:
            if short is None:
                raise
    match = short or match
    if match is None or len(match[1]) == 4:
        raise CellError("impossible_birth_date")
    return _of_the_century(match, today, category)


def birth_of_card(text: str) -> str:
    """The birth date in an identity card's number (GB 11643). Raises CellError ``impossible_card``."""
    digits = text.upper()
    match = _ID_CARD.fullmatch(digits)
    if match is None or (len(digits) == 18 and digits[17] != _check_digit(digits)):
        raise CellError("impossible_card")
    try:
        return _iso(match[1] or f"19{match[5]}", match[2] or match[6], match[3] or match[7])
    except CellError as error:
        raise CellError("impossible_card") from error


def sex_of_card(text: str) -> str:
    """The sex that a valid card's number tells: odd numbers are men's."""
    match = _ID_CARD.fullmatch(text.upper())
    return "male" if match and int(match[4] or match[8]) % 2 else "female"


def strange_in(text: str, *, is_name: bool) -> str:
    """The first character that no office means to write, to be named; "" where there is none."""
    turning = _TURNING.search(text)
    if turning:
        return f"U+{ord(turning[0]):04X}"
    if not is_name or text.isascii():
        return ""
    return next((character for character in text if unicodedata.category(character) in _PICTURES), "")


def _check_digit(digits: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11]


def _iso(year: str, month: str | None, day: str | None) -> str:
    try:
        whole = date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        raise CellError("impossible_birth_date") from error
    return whole.isoformat()[: 10 if day else 7 if month else 4]


def _not_later(birth: str, today: str) -> str:
    if int(birth[:4]) < OLDEST_YEAR or birth > today:
        raise CellError("impossible_birth_date")
    return birth


def _of_the_century(match: re.Match[str], today: str, category: str) -> str:
    youngest, oldest = AGES.get(category, (0, 120))
    fitting = []
    for century in ("20", "19"):
        birth = _iso(century + match[1], match[2], match[3])
        age = int(today[:4]) - int(birth[:4])
        if birth <= today and youngest <= age <= oldest:
            fitting.append(birth)
    if len(fitting) != 1:
        raise CellError("impossible_birth_date")
    return fitting[0]


def _as_digits(match: re.Match[str]) -> str:
    """Chinese numerals as digits: 二〇一二 is 2012, 十二 is 12, 二十三 is 23."""
    written = match[0].replace("○", "〇").replace("零", "〇").replace("廿", "二十")
    if "十" not in written:
        return "".join(str("〇一二三四五六七八九".index(each)) for each in written)
    tens, _, ones = written.partition("十")
    return str(int(_as_digit(tens) or "1") * 10 + int(_as_digit(ones) or "0"))


def _as_digit(written: str) -> str:
    return "".join(str("〇一二三四五六七八九".find(each)) for each in written if each != "十")


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


@lru_cache(maxsize=4096)
def spell(name: str) -> tuple[list[str], list[str]]:
    """All likely readings of a name and their initials: ``(["wang xiao ming"], ["wxm"])``."""
    readings = _readings(name)
    if any(len(each) > 1 for each in readings):
        usual = [each[0] for each in pinyin(name, style=Style.NORMAL)]
        if len(usual) == len(readings):
            readings = [_likely_first(each, first) for each, first in zip(readings, usual, strict=True)]
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
