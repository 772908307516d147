"""以前: facts as a line of time, newest first. Twin: static/field/view_models/history.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import (
    Row,
    fact_path,
    fact_words,
    join_words,
    kind_words,
    moment_words,
    state_words,
    tag_of,
)
from webapp.forms.engine import Translate


def history_entries(
    shelf: Shelf, facts: list[Row], t: Translate, *, named: bool = False
) -> list[dict[str, Any]]:
    """Facts that still stand, newest first; ``named`` says whose each is."""
    standing = [row for row in facts if row.get("state") not in ("amended", "void")]
    standing.sort(key=lambda row: (-row["occurred_at"], row["id"]))
    return [_entry(shelf, row, t, named) for row in standing]


def _entry(shelf: Shelf, row: Row, t: Translate, named: bool) -> dict[str, Any]:
    person = shelf.people.get(row.get("person", ""))
    name = person["fields"].get("name", "") if named and person else ""
    author = shelf.member_name(row.get("author"))
    moment = moment_words(row["occurred_at"], shelf.today, t)
    return {
        "href": fact_path(row.get("person", ""), row["id"]),
        "title": join_words([name, kind_words(row["kind"], t), fact_words(row, t)]),
        "detail": join_words([moment, author, state_words(row, t)]),
        "tag": tag_of(row, t),
        "is_well": row.get("attention", "well") == "well",
        "needs": row.get("state") == "returned",
        "date": local_date(row["occurred_at"]),
    }
