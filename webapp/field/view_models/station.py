"""A station with its activity rooms and when they are open. Twin: static/…/station.js."""

from __future__ import annotations

from typing import Any

from webapp.care.hours import hours_words, is_open
from webapp.field.view_models.frame import head
from webapp.field.view_models.household import call
from webapp.field.view_models.shelf import Book
from webapp.field.view_models.words import Row, join_words
from webapp.forms.engine import Translate

FOR = {"child": "儿童", "woman": "妇女", "elder": "老人"}


def station_view(book: Book, area: str, now: int, t: Translate) -> dict[str, Any] | None:
    """The page of an area's station; None where the book has none there."""
    stations = [row for row in book.get("stations", []) if row["area"] == area]
    if not stations:
        return None
    fields = stations[0]["fields"]
    rooms = [row for row in book.get("rooms", []) if row["area"] == area]
    rooms.sort(key=lambda row: (_place(row), row["fields"].get("name", ""), row["id"]))
    name, phone = fields.get("head", ""), fields.get("phone", "")
    return {
        "head": head(
            fields.get("name", ""),
            sub=join_words([fields.get("address", ""), t("站长 %(name)s", name=name) if name else ""]),
            back="/field/households",
            back_text=t("住户"),
        ),
        "calls": [call(t("服务站"), phone)] if phone else [],
        "has_calls": bool(phone),
        "rooms": [_room(row, now, t) for row in rooms],
        "no_rooms": not rooms,
    }


def _room(row: Row, now: int, t: Translate) -> dict[str, Any]:
    fields = row["fields"]
    kind = fields.get("for", "")
    hours = [str(line) for line in fields.get("hours", [])]
    opened = is_open(hours, now)
    return {
        "name": fields.get("name", ""),
        "detail": join_words([t(FOR[kind]) if kind in FOR else "", fields.get("address", "")]),
        "hours": [hours_words(line, t) for line in hours],
        "no_hours": not hours,
        "is_open": opened,
        "state": t("现在开着") if opened else t("现在没开"),
    }


def _place(row: Row) -> int:
    kind = row["fields"].get("for", "")
    return list(FOR).index(kind) if kind in FOR else len(FOR)
