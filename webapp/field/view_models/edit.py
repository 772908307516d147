"""A person's or a household's data to correct on the phone. Twin: static/field/view_models/edit.js.

Only the fields that their definition marks ``"phone": true``; each goes with the value that was seen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from sync.edits import changed_fields
from webapp.care.dates import local_date
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Row, Shelf
from webapp.field.view_models.words import join_words
from webapp.forms.engine import Translate, load_profile, plain

LONGEST = 200
Typed = dict[str, str | None]


def edit_view(
    book: Book, kind: str, record: str, filled: dict[str, Any], now: int, t: Translate
) -> dict[str, Any] | None:
    """The page; ``filled`` is what was sent (``read_edit``), or empty. None where not in the book."""
    shelf = Shelf(book, local_date(now))
    row = (shelf.people if kind == "person" else shelf.households).get(record)
    if row is None:
        return None
    typed, seen = filled.get("typed", row["fields"]), filled.get("seen", row["fields"])
    errors = {error["key"]: error["message"] for error in filled.get("errors", [])}
    path, name = profile_path(kind, record), profile_name(row)
    return {
        "head": head(t("改资料 · %(what)s", what=name), back=path, back_text=name),
        "action": f"{path}/edit",
        "fields": [
            {
                "key": field["key"],
                "id": f"f-{field['key']}",
                "label": t(field["label"]),
                "value": typed.get(field["key"]) or "",
                "seen": seen.get(field["key"]) or "",
                "is_phone": field["type"] == "phone",
                "error": errors.get(field["key"], ""),
                "has_error": field["key"] in errors,
            }
            for field in _fields(kind)
        ],
        "errors": [{"href": f"#f-{key}", "message": message} for key, message in errors.items()],
        "has_errors": bool(errors),
    }


def read_edit(kind: str, data: Mapping[str, list[str]], t: Translate) -> dict[str, Any]:
    """What was sent: ``{"typed", "seen", "errors", "body", "base"}``; what was not sent is left alone."""
    fields = [field for field in _fields(kind) if field["key"] in data]
    typed = {field["key"]: _typed(field, data[field["key"]]) for field in fields}
    seen = {field["key"]: _said(data.get(f"seen-{field['key']}", [])) for field in fields}
    made = changed_fields(seen, typed)
    errors = [
        {"key": field["key"], "message": t(_TOO_LONG, label=t(field["label"]), max=str(LONGEST))}
        for field in fields
        if len(made["body"].get(field["key"]) or "") > LONGEST
    ]
    return {"typed": typed, "seen": seen, "errors": errors} | made


def profile_path(kind: str, record: str) -> str:
    """The page of a person or a household."""
    return f"/field/{'people' if kind == 'person' else 'households'}/{record}"


def profile_name(row: Row) -> str:
    """What a person or a household is called."""
    fields = row["fields"]
    return fields.get("name") or join_words([fields.get("door", ""), fields.get("title", "")])


_TOO_LONG = "%(label)s：最多写 %(max)s 个字。"


def _fields(kind: str) -> list[dict[str, Any]]:
    return [field for field in load_profile(kind)["fields"] if field.get("phone")]


def _typed(field: dict[str, Any], texts: list[str]) -> str | None:
    text = _said(texts)
    return unicodedata.normalize("NFKC", text) if text and field["type"] == "phone" else text


def _said(texts: list[str]) -> str | None:
    return (plain(texts[0]) if texts else "") or None
