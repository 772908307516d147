"""One person: whom to call, what is due, one big button, and what was before. Twin: static/…/person.js."""

from __future__ import annotations

from typing import Any

from webapp.care.dates import local_date
from webapp.field.view_models.due import due_line
from webapp.field.view_models.frame import head
from webapp.field.view_models.history import history_entries
from webapp.field.view_models.household import EDITED, person_calls, saved_edit
from webapp.field.view_models.need_items import need_items, open_needs
from webapp.field.view_models.paired import paired_lines
from webapp.field.view_models.plan import has_plan
from webapp.field.view_models.shelf import Book, Shelf, is_active
from webapp.field.view_models.words import (
    Row,
    category_words,
    fact_path,
    join_words,
    kind_words,
    kinds_for,
    state_line,
    tag_of,
    who_words,
)
from webapp.forms.engine import Translate, load_profile, value_text


def person_view(
    book: Book, person_id: str, facts: list[Row], saved: str, now: int, t: Translate, *, me: str = ""
) -> dict[str, Any] | None:
    """The page of a person as ``me`` sees it; None where not in the book.

    ``saved`` is the fact saved just now, or where an edit of the person's data was: "phone" or "server".
    """
    shelf = Shelf(book, local_date(now))
    person = shelf.people.get(person_id)
    if person is None:
        return None
    fields, household = person["fields"], shelf.household_of(person)
    back_text = household["fields"].get("title", "") if household else t("住户")
    back = f"/field/households/{household['id']}" if household else "/field/households"
    alone = t("一个人住") if shelf.is_alone(person) and fields.get("category") == "elder" else ""
    sub = join_words(
        [who_words(person, shelf.today, t), category_words(fields.get("category", ""), t), alone]
    )
    side = f"{shelf.grid_name(person)} {shelf.door_of(person)}".strip()
    fact = next((row for row in facts if row["id"] == saved), None)
    latest = shelf.summary_of(person)["latest"]
    found, calls = shelf.dues_of(person), person_calls(fields, t)
    history = history_entries(shelf, facts, t)
    return {
        "head": head(fields.get("name", ""), sub=sub, side=side, back=back, back_text=back_text),
        "dues": [due_line(due, shelf, person, t) for due in found],
        "has_dues": bool(found),
        **paired_lines(shelf, person, me, t),
        "tag": tag_of(latest, t) if latest else {"kind": "", "shape": "", "text": ""},
        "has_tag": bool(latest) and latest["attention"] != "well",
        "well_action": f"/field/people/{person_id}/visit/well",
        "forms": [
            {"href": f"/field/people/{person_id}/{kind}/new", "label": _form_label(kind, t)}
            for kind in kinds_for(fields.get("category", ""))
        ],
        "calls": calls,
        "has_calls": bool(calls),
        "details": [
            {"label": t(field["label"]), "text": value_text(field, fields[field["key"]], t)}
            for field in load_profile("person")["fields"]
            if field.get("shown") and fields.get(field["key"])
        ],
        "history": history,
        "no_history": not history,
        "just_saved": saved in EDITED or (fact is not None and fact.get("state") != "void"),
        "saved": saved_edit(saved, t) if saved in EDITED else _saved(fact, t),
        "can_undo": fact is not None,
        "needs": need_items(shelf, open_needs(shelf, person_id), t, named=False),
        "has_plan": has_plan(book, person_id),
        "plan_href": f"/field/people/{person_id}/plan",
        "raise_href": _raise_href(person_id, fact),
        "told_need": fact is not None and bool(fact["fields"].get("needs")),
        "edit_href": f"/field/people/{person_id}/edit",
        "state": state_line(person, shelf.today, t),
        "has_state": not is_active(person),
        "state_href": f"/field/people/{person_id}/state",
        "seen_state": str(fields.get("state", "")),
        "seen_since": str(fields.get("state_since", "")),
        "urgent_help": bool(fact) and fact is not None and fact.get("attention") == "urgent",
    }


def _raise_href(person: str, fact: Row | None) -> str:
    """Where a need is raised; from a visit saved just now that told of one, with its words."""
    told = f"?fact={fact['id']}" if fact is not None and fact["fields"].get("needs") else ""
    return f"/field/people/{person}/needs/new{told}"


def _form_label(kind: str, t: Translate) -> str:
    return t("详细走访") if kind == "visit" else kind_words(kind, t)


def _saved(fact: Row | None, t: Translate) -> dict[str, str]:
    if fact is None:
        return {"text": "", "undo": "", "href": ""}
    path = fact_path(fact.get("person", ""), fact["id"])
    place = t("已存本机") if fact.get("place") == "saved" else t("已上传")
    return {
        "text": join_words([place, kind_words(fact["kind"], t)]),
        "undo": f"{path}/void",
        "href": path,
    }
