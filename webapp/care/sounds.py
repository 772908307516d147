"""How a name sounds, without tones, as several dialects hear it: to find twins, never to print. Pure.

``sounds.json`` gives one reading for each character of GB 2312, in the order of that set (16–87 区): a list
of syllables, and for each character the place of its syllable in two digits of base 36. A character outside
it has no sound. ``surnames`` are read otherwise as such. Twin: static/care/sounds.js; vectors:
tests/vectors/sounds.json.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("sounds.json")
_PLACES = [(row, cell) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]


def sounds_of(fields: dict[str, Any]) -> list[str]:
    """How somebody's name may sound: by the readings the server gave, else by the table; sorted."""
    spelled = fields.get("pinyin") or spell_name(fields.get("name", ""))
    return sorted({fold_sound(one) for one in spelled})


def spell_name(name: str) -> list[str]:
    """The likely readings of a name, ``["wang xiao ming"]``; none where a character has no sound."""
    table = _read_table()
    read = [table.get(character, "") for character in name if not character.isspace()]
    if not read or "" in read:
        return []
    surname = _read_data()["surnames"].get(name[0], read[0])
    return sorted({" ".join([first, *read[1:]]) for first in (surname, read[0])})


def fold_sound(spelled: str) -> str:
    """A reading as the south hears it: zh, ch, sh as z, c, s; a final -ng as -n; without blanks."""
    flat = re.sub(r"([zcs])h", r"\1", spelled)
    return re.sub(r"ng\b", "n", flat).replace(" ", "")


@cache
def _read_table() -> dict[str, str]:
    data = _read_data()
    syllables, places = data["syllables"].split(" "), data["places"]
    found = {}
    for number, (row, cell) in enumerate(_PLACES):
        index = places[2 * number : 2 * number + 2]
        if index.strip():
            found[bytes((row, cell)).decode("gb2312")] = syllables[int(index, 36)]
    return found


@cache
def _read_data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_TABLE.read_text("utf-8"))
    return data
