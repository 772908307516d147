"""A character for each small number, none to be escaped in JSON: # to ~ without the backslash, then from ¡.

Pure. Twin: static/sync/marks.js.
"""

from __future__ import annotations

MOST_MARKS = 1_500  # so that a mark takes at most two bytes


def mark(place: int) -> str:
    """The character of a number below MOST_MARKS."""
    code = 35 + place
    code += code >= 92
    return chr(code + 34 if code >= 127 else code)


def place_of(character: str) -> int:
    """The number of a character."""
    code = ord(character)
    code -= 34 if code >= 161 else 0
    return code - 35 - (code > 92)
