"""Needs where there is no worker (else static/worker/needs.js answers): raised, listed, taken step by step.

Invariant: a step carries what was seen, and is judged by the fold as a phone's.
"""

from __future__ import annotations

from typing import Any

from flask import request

from sync.ids import is_id
from webapp.auth.access import current_caller, sign_in_required
from webapp.care.dates import local_date
from webapp.field.edits import save_edit
from webapp.field.rendering import t
from webapp.field.routes import answer_page, blueprint, facts_about, not_found, read_book
from webapp.field.view_models.need import (
    asking,
    need_view,
    raise_form,
    raise_need,
    raising,
    step_form,
    take_step,
)
from webapp.field.view_models.needs import needs_view
from webapp.forms.engine import check_form, read_form
from webapp.ledger.commands import new_id, now_ms, set_fields

Answer = Any


@blueprint.get("/needs")
@sign_in_required
def show_needs() -> Answer:
    """帮忙的事."""
    book = read_book()
    view = needs_view(book, current_caller().account, now_ms(), t)
    return answer_page("field/needs.html", "today", view, book)


@blueprint.get("/needs/<need>")
@sign_in_required
def show_need(need: str) -> Answer:
    """One need."""
    book, saved = read_book(), request.args.get("saved", "")
    view = need_view(book, need, current_caller().account, saved, now_ms(), t)
    return answer_page("field/need.html", "today", view, book)


@blueprint.get("/people/<person>/needs/new")
@sign_in_required
def show_raising(person: str) -> Answer:
    """The form by which a need is raised; ``?fact=`` is the visit that told of it."""
    return _show_raising(person, _told_by(person), [])


@blueprint.post("/people/<person>/needs/new")
@sign_in_required
def raise_it(person: str) -> Answer:
    """Take a new need in."""
    row = next((row for row in read_book()["people"] if row["id"] == person), None)
    if row is None:
        return not_found()
    now, told = now_ms(), _told_by(person)
    typed = read_form(raising(), request.form.to_dict(flat=False))
    errors = check_form(raising(), typed, t, local_date(now))
    if errors:
        return _show_raising(person, told | typed, errors)
    fact = {"fact": told["fact"]} if "fact" in told else {}
    made, need = raise_need(row, typed | fact, "visit", now), new_id()
    change = set_fields("need", row["area"], need, made["body"], made["base"])
    return save_edit(change | {"person": person}, f"/field/needs/{need}?saved=server")


@blueprint.get("/needs/<need>/<step>")
@sign_in_required
def show_step(need: str, step: str) -> Answer:
    """The form of a step."""
    row = _need(need)
    return _show_step(need, step, row["fields"] if row and step != "reopened" else {}, [])


@blueprint.post("/needs/<need>/<step>")
@sign_in_required
def step_on(need: str, step: str) -> Answer:
    """Take a step in."""
    row, now = _need(need), now_ms()
    if row is None or step_form(read_book(), need, step, {}, [], now, t) is None:
        return not_found()
    typed = read_form(asking(step), request.form.to_dict(flat=False))
    errors = check_form(asking(step), typed, t, local_date(now))
    if errors:
        return _show_step(need, step, typed, errors)
    made = take_step(row, step, typed, current_caller().account)
    change = set_fields("need", row["area"], need, made["body"], made["base"])
    person = row["fields"].get("person")
    return save_edit(change | ({"person": person} if person else {}), f"/field/needs/{need}?saved=server")


def _show_raising(person: str, filled: dict[str, Any], errors: list[dict[str, str]]) -> Answer:
    book = read_book()
    return _answer(raise_form(book, person, filled, errors, now_ms(), t), book, errors)


def _show_step(need: str, step: str, filled: dict[str, Any], errors: list[dict[str, str]]) -> Answer:
    book = read_book()
    return _answer(step_form(book, need, step, filled, errors, now_ms(), t), book, errors)


def _answer(view: dict[str, Any] | None, book: dict[str, Any], errors: list[dict[str, str]]) -> Answer:
    answer = answer_page("field/form.html", "today", view, book)
    return (answer, 422) if errors and not isinstance(answer, tuple) else answer


def _told_by(person: str) -> dict[str, Any]:
    """The visit that told of a need, and what it says is needed."""
    fact = request.args.get("fact", "")
    rows = facts_about(person=person, ids=[fact]) if is_id(fact) else []
    said = rows[0]["fields"].get("needs") if rows else None
    return ({"fact": fact} if rows else {}) | ({"what": said} if said else {})


def _need(need: str) -> dict[str, Any] | None:
    return next((row for row in read_book()["needs"] if row["id"] == need), None)
