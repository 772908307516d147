"""What volunteers write: notes put together from many sentences, names, numbers and places. Invented.

Invariant: a function of the generator it is given, and nothing that compresses to almost nothing: most of the
sentences of notes.json take names, numbers and places of their own.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

WORDS: dict[str, Any] = json.loads(Path(__file__).with_name("notes.json").read_text("utf-8"))


def write_note(rng: Random, names: list[str]) -> str:
    """A note of one to four sentences."""
    parts = [rng.choice(WORDS["openings"])] if rng.random() < 0.7 else []
    parts += rng.sample(WORDS["middles"], rng.choice((1, 1, 2, 2, 3)))
    if rng.random() < 0.5:
        parts.append(rng.choice(WORDS["endings"]))
    return "。".join(_fill(rng, part, names) for part in parts) + "。"


def write_need(rng: Random, names: list[str]) -> str:
    """What somebody asks for."""
    return _fill(rng, rng.choice(WORDS["needs"]), names)


def write_name(rng: Random) -> str:
    """A person's name."""
    return rng.choice(WORDS["surnames"]) + rng.choice(WORDS["given"])


def _fill(rng: Random, sentence: str, names: list[str]) -> str:
    return sentence.format(
        n=rng.choice(names),
        **{slot: rng.choice(WORDS[slot]) for slot in "rpgtwf"},
        d=rng.randint(2, 30),
        k=rng.randint(2, 7),
        m=rng.randint(3, 240) * 10,
        s=rng.randint(41, 100),
        b=f"{rng.randint(140, 189)}/{rng.randint(80, 109)}",
        o=f"13{rng.randint(100000000, 999999999)}",
    )
