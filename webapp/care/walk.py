"""The order one walks in: names of groups and doors compared as people count them. Pure.

Every number in a text, in digits of any width or in Chinese (二, 十二, 一百零三), becomes six digits:
"4号附1" is "000004号附000001", so that 4号 comes before 12号 and 二组 before 十组.
Twin: static/care/walk.js; vectors: tests/vectors/walk.json.
"""

from __future__ import annotations

import re
import unicodedata

_DIGITS = "零一二三四五六七八九"
_UNITS = {"十": 10, "百": 100}
_NUMBER = re.compile(r"[0-9]{1,6}|[零〇一二两三四五六七八九十百]{1,7}")


def natural_text(text: str) -> str:
    """A text that compares by code point as people count."""
    return _NUMBER.sub(_padded, unicodedata.normalize("NFKC", text))


def _padded(match: re.Match[str]) -> str:
    found = match[0]
    return f"{int(found) if found.isascii() else _chinese(found):06d}"


def _chinese(text: str) -> int:
    """十二 is 12, 二十 20, 一百零三 103; 二〇 is read digit by digit, 20."""
    plain = text.replace("〇", "零").replace("两", "二")
    if not any(unit in plain for unit in _UNITS):
        return int("".join(str(_DIGITS.index(each)) for each in plain))
    total, digit = 0, 0
    for each in plain:
        if each in _UNITS:
            total += max(digit, 1) * _UNITS[each]
            digit = 0
        else:
            digit = _DIGITS.index(each)
    return total + digit
