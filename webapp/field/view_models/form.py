"""A form to fill in, new or amended. Twin: static/field/view_models/form.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date
from webapp.field.view_models.frame import head
from webapp.field.view_models.shelf import Book, Shelf
from webapp.field.view_models.words import Row, fact_path, kind_words
from webapp.forms.engine import Translate, form_fields, load_form


def form_view(
    book: Book,
    kind: str,
    person_id: str,
    body: dict[str, Any],
    errors: list[dict[str, str]],
    now: int,
    t: Translate,
    *,
    amends: Row | None = None,
    drafts: bool = False,
    draft_kept: bool = False,
) -> dict[str, Any] | None:
    """The page of a form; ``body`` is what is filled in so far, ``amends`` the fact it corrects."""
    shelf = Shelf(book, local_date(now))
    person = shelf.people.get(person_id)
    if person is None:
        return None
    name = person["fields"].get("name", "")
    action = (
        f"{fact_path(person_id, amends['id'])}/amend" if amends else f"/field/people/{person_id}/{kind}/new"
    )
    reason = amends.get("reason", "") if amends else ""
    reviewer = shelf.member_name(amends.get("reviewer")) if amends else ""
    title = f"{kind_words(kind, t)} {name}"
    back = fact_path(person_id, amends["id"]) if amends else f"/field/people/{person_id}"
    return {
        "head": head(t("改一改 · %(what)s", what=title) if amends else title, back=back, back_text=name),
        "action": action,
        "kind": kind,
        "fields": form_fields(load_form(kind), body, errors, t),
        "errors": [{"href": f"#f-{error['key']}", "message": error["message"]} for error in errors],
        "has_errors": bool(errors),
        "has_reason": bool(reason),
        "reason": reason,
        "reviewer": reviewer or t("督导员"),
        "drafts": drafts,
        "draft_action": f"/field/drafts/{kind}/{person_id}",
        "draft_kept": draft_kept,
        "is_counselling": bool(load_form(kind).get("warns")),
        "submit": t("存下改好的") if amends else t("存下"),
    }
