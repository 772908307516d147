"""A person's or a household's data to correct on the phone. Twin: static/field/view_models/edit.js.

Only the fields that their definition marks ``"phone"``; each goes with the value that was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.edits import changed_fields
from webapp.care.dates import local_date
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Row, Shelf
from webapp.field.view_models.words import join_words
from webapp.forms.engine import Translate, load_profile
from webapp.forms.profile import (
    check_required,
    check_typed,
    door_number,
    draw_fields,
    is_for,
    part_fields,
    read_typed,
)

_FOLDERS = {"person": "people", "household": "households", "need": "needs"}


TITLES = {"edit": "改资料 · %(what)s", "desk": "改资料 · %(what)s", "state": "现在怎么样 · %(what)s"}


def edit_view(
    book: Book, kind: str, record: str, filled: dict[str, Any], now: int, t: Translate, part: str = "edit"
) -> dict[str, Any] | None:
    """The page of a ``part`` of the data; ``filled`` is what was sent (``read_edit``), or empty.

    None where the record is not in the book.
    """
    shelf = Shelf(book, local_date(now))
    row = (shelf.people if kind == "person" else shelf.households).get(record)
    if row is None:
        return None
    typed, seen = filled.get("typed", row["fields"]), filled.get("seen", row["fields"])
    errors = filled.get("errors", [])
    path, name = profile_path(kind, record), profile_name(row)
    category = row["fields"].get("category", "")
    fields = [field for field in part_fields(load_profile(kind), part) if is_for(field, category)]
    return {
        "head": head(t(TITLES[part], what=name), back=path, back_text=name),
        "action": f"{path}/{part}",
        "is_state": part == "state",
        "fields": draw_fields(fields, typed, seen, errors, t),
        "errors": [{"href": f"#f-{error['key']}", "message": error["message"]} for error in errors],
        "has_errors": bool(errors),
    }


def read_edit(
    kind: str, data: Mapping[str, list[str]], now: int, t: Translate, part: str = "edit"
) -> dict[str, Any]:
    """What was sent: ``{"typed", "seen", "errors", "body", "base"}``; what was not sent is left alone.

    Only what differs from what was seen is checked, so that an old value stops nobody from mending another.
    """
    form, today = load_profile(kind), local_date(now)
    fields = [field for field in part_fields(form, part) if field["key"] in data]
    typed, seen = read_typed(fields, data), read_typed(fields, data, "seen-")
    if "state" in typed and typed["state"] != seen.get("state"):
        typed["state_since"] = typed.get("state_since") or today
    made = changed_fields(seen, typed)
    changed = [field for field in fields if field["key"] in made["body"]]
    errors = check_required(changed, typed, t) or check_typed(form, typed, made["body"], t, today)
    if "door" in made["body"]:
        numbers = [{"number": door_number(said["door"])} for said in (seen, typed)]
        derived = changed_fields(*numbers)
        made = {part: made[part] | derived[part] for part in made}
    return {"typed": typed, "seen": seen, "errors": errors} | made


def profile_path(kind: str, record: str) -> str:
    """The page of a person, a household or a need."""
    return f"/field/{_FOLDERS[kind]}/{record}"


def profile_name(row: Row) -> str:
    """What a person, a household or a need is called."""
    fields = row["fields"]
    name = fields.get("name") or fields.get("what")
    return name or join_words([fields.get("door", ""), fields.get("title", "")])
