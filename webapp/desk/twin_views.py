"""Two files side by side, the newer or fuller value of each field chosen beforehand: a merge page."""

from __future__ import annotations

from typing import Any

from sync.clock import parse_stamp
from sync.overlay import Row
from webapp.field.rendering import t
from webapp.field.view_models.edit import profile_name
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import join_words, moment_words, who_words
from webapp.forms.engine import load_profile, value_text

Edits = dict[str, list[dict[str, Any]]]
SIDES = ("one", "other")


def compare(shelf: Shelf, pair: dict[str, Row], edits: dict[str, Edits]) -> list[dict[str, Any]]:
    """Each field that either has: ``{"key", "label", "differs", "sides": [{"side", "text", "chosen"}]}``."""
    lines = []
    for field in load_profile(pair["one"]["kind"])["fields"]:
        key = field["key"]
        values = [pair[side]["fields"].get(key) for side in SIDES]
        if field.get("derived") or values == [None, None]:
            continue
        chosen = prefer(key, pair, edits)
        sides = [
            {"side": side, "text": value_line(shelf, field, value), "chosen": side == chosen}
            for side, value in zip(SIDES, values, strict=True)
        ]
        lines.append(
            {"key": key, "label": t(field["label"]), "differs": values[0] != values[1], "sides": sides}
        )
    return lines


def prefer(key: str, pair: dict[str, Row], edits: dict[str, Edits]) -> str:
    """The side whose value of a field is there at all, else the one written later."""
    known = [side for side in SIDES if pair[side]["fields"].get(key) is not None]
    if len(known) < len(SIDES):
        return known[0] if known else SIDES[0]
    stamps = {side: max((edit["stamp"] for edit in edits[side].get(key, [])), default="") for side in SIDES}
    return max(SIDES, key=lambda side: (stamps[side], side == SIDES[0]))


def chosen_values(
    pair: dict[str, Row], edits: dict[str, Edits], kept: str, form: dict[str, str]
) -> dict[str, Any]:
    """The values that the kept one gets of the other: as chosen (``value-<field>``), else by ``prefer``."""
    lost = "other" if kept == "one" else "one"
    known = [f["key"] for f in load_profile(pair[kept]["kind"])["fields"] if not f.get("derived")]
    return {
        key: pair[lost]["fields"].get(key)
        for key in known
        if form.get(f"value-{key}", prefer(key, pair, edits)) == lost
    }


def side_view(shelf: Shelf, row: Row, edits: Edits, names: dict[str, str]) -> dict[str, Any]:
    """One of the two: what it is called, where it is, by whom and when it was registered."""
    every = sorted((edit for history in edits.values() for edit in history), key=lambda edit: edit["stamp"])
    registered = ""
    if every:
        when = moment_words(parse_stamp(every[0]["stamp"]).millis, shelf.today, t)
        registered = t("%(who)s %(when)s 登记", who=names.get(every[0]["author"], t("系统")), when=when)
    place = f"{shelf.grid_name(row)} {shelf.door_of(row)}".strip()
    return {
        "id": row["id"],
        "seq": row["seq"],
        "name": profile_name(row),
        "detail": join_words([who_words(row, shelf.today, t), place]),
        "registered": registered,
    }


def value_line(shelf: Shelf, field: dict[str, Any], value: Any) -> str:
    """A value in words; "" where there is none."""
    if value is None:
        return ""
    if field["type"] == "household":
        row = shelf.households.get(str(value))
        return join_words([row["fields"].get("door", ""), row["fields"].get("title", "")]) if row else ""
    return value_text(field, value, t)
