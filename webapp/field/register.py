"""Households and people registered where there is no worker (else static/worker/register.js answers).

Invariant: a new record is a ``set`` of the fields marked for registering, through the fold, in a grid of the
caller's; likely twins are shown before anything is stored.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request

from webapp.auth.access import current_caller, sign_in_required
from webapp.field.rendering import t
from webapp.field.routes import answer_page, blueprint, not_found, read_book, refused
from webapp.field.view_models.edit import profile_path
from webapp.field.view_models.register import (
    CATEGORIES,
    Filled,
    read_household,
    read_person,
    register_household_view,
    register_person_view,
)
from webapp.ledger.commands import apply_changes, new_id, now_ms, set_fields

Answer = Any


@blueprint.get("/households/new")
@sign_in_required
def show_new_household() -> Answer:
    """The form of a new household."""
    return _household_page(read_book(), {})


@blueprint.post("/households/new")
@sign_in_required
def register_household() -> Answer:
    """Take a new household in, unless it seems to be here already."""
    book = read_book()
    filled = read_household(book, request.form.to_dict(flat=False), now_ms(), t)
    if filled["errors"] or filled["twins"]:
        return _household_page(book, filled), 422
    return _save("household", filled)


@blueprint.get("/households/<household>/people/new")
@sign_in_required
def show_new_person(household: str) -> Answer:
    """The form of a new person, by category."""
    return _person_page(read_book(), household, request.args.get("category", ""), {})


@blueprint.post("/households/<household>/people/new")
@sign_in_required
def register_person(household: str) -> Answer:
    """Take a new person in, unless they seem to be here already."""
    book, category = read_book(), request.form.get("category", "")
    if category not in CATEGORIES or not any(row["id"] == household for row in book["households"]):
        return not_found()
    filled = read_person(book, household, category, request.form.to_dict(flat=False), now_ms(), t)
    if filled["errors"] or filled["twins"]:
        return _person_page(book, household, category, filled), 422
    return _save("person", filled)


def _household_page(book: dict[str, Any], filled: Filled) -> Answer:
    view = register_household_view(book, filled, now_ms(), t)
    return answer_page("field/register.html", "households", view, book)


def _person_page(book: dict[str, Any], household: str, category: str, filled: Filled) -> Answer:
    view = register_person_view(book, household, category, filled, now_ms(), t)
    return answer_page("field/register.html", "households", view, book)


def _save(kind: str, filled: Filled) -> Answer:
    made = new_id()
    [status] = apply_changes([set_fields(kind, filled["area"], made, filled["body"])], current_caller())
    if status["status"] not in ("accepted", "duplicate"):
        return refused(t("没有存下"), t("请回到前一页再试一次。"))
    return redirect(f"{profile_path(kind, made)}?saved=server", 303)
