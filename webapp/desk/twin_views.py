"""Two files side by side, the newer or fuller value of each field chosen beforehand: a merge page."""

from __future__ import annotations

from typing import Any

from sync.clock import parse_stamp
from sync.overlay import Row
from webapp.field.rendering import t
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
            {"side": side, "text": _text(shelf, field, value), "chosen": side == chosen}
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


def side_view(shelf: Shelf, row: Row, edits: Edits, names: dict[str, str], facts: int) -> dict[str, Any]:
    """One of the two: what it is called, where, by whom and when it was registered, how many logs it has."""
    fields = row["fields"]
    first = min(
        (edit for history in edits.values() for edit in history), key=lambda edit: edit["stamp"], default=None
    )
    when = moment_words(parse_stamp(first["stamp"]).millis, shelf.today, t) if first else ""
    who = names.get(first["author"], t("系统")) if first else ""
    name = fields.get("name") or join_words([fields.get("door", ""), fields.get("title", "")])
    place = f"{shelf.grid_name(row)} {shelf.door_of(row)}".strip()
    return {
        "id": row["id"],
        "seq": row["seq"],
        "name": str(name),
        "detail": join_words([who_words(row, shelf.today, t), place]),
        "registered": t("%(who)s %(when)s 登记", who=who, when=when) if first else "",
        "facts": t("%(n)s 条记录", n=str(facts)) if row["kind"] == "person" else "",
        "people": [each["fields"].get("name", "") for each in shelf.living.get(row["id"], [])],
    }


def _text(shelf: Shelf, field: dict[str, Any], value: Any) -> str:
    if value is None:
        return ""
    if field["type"] == "household":
        row = shelf.households.get(str(value))
        return join_words([row["fields"].get("door", ""), row["fields"].get("title", "")]) if row else ""
    return value_text(field, value, t)
