"""Whom a household of a grid calls: the words on the card, on its public page and in its vCard.

Invariant: read anew each time, so that another responsible cadre needs no new card; nothing of the family.
"""

from __future__ import annotations

from typing import Any

from pypinyin import Style, pinyin
from sqlalchemy import Connection

from sync.database import Store
from sync.rows import rows_of
from webapp.field.view_models.words import phone_words

DETAILS = (
    "station_name",
    "station_address",
    "clinic_name",
    "clinic_phone",
    "police_name",
    "police_phone",
)


def contact_of(tx: Connection, store: Store, area: str) -> dict[str, str]:
    """The contact of a grid, all strings, "" where unknown: ``name phone grid`` and DETAILS.

    ``…_words`` are the numbers as people write them, ``second_line`` a line in the village's other language.
    """
    rows = rows_of(tx, store.catalogue, [area], kinds=["grid", "member"])
    grid: dict[str, Any] = next((row["fields"] for row in rows if row["kind"] == "grid"), {})
    members = {row["id"]: row["fields"] for row in rows if row["kind"] == "member"}
    who: dict[str, Any] = members.get(grid.get("responsible", ""), {})
    contact = {key: grid.get(key, "") for key in (*DETAILS, "second_line", "responsible")}
    contact |= {"grid": grid.get("name", ""), "name": who.get("name", ""), "phone": who.get("phone", "")}
    contact["face"] = contact["name"][:1]
    for key in ("phone", "clinic_phone", "police_phone"):
        contact[f"{key}_words"] = phone_words(contact[key])
    return contact


def spell(name: str) -> str:
    """A name in pinyin with its tones, family name apart: 阿莎 → "ā shā"."""
    return " ".join(syllable[0] for syllable in pinyin(name, style=Style.TONE))
