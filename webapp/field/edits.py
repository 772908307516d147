"""A person's or a household's data corrected where there is no worker (else static/worker/edits.js answers).

Invariant: an edit carries what its author saw, and a choice resolves exactly what was seen, through the fold.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request

from sync.edits import lost_edits, settle_edit
from webapp.auth.access import current_caller, sign_in_required
from webapp.field.book import SHELVES
from webapp.field.rendering import t
from webapp.field.routes import answer_page, blueprint, not_found, read_book, refused
from webapp.field.view_models.edit import edit_view, profile_path, read_edit
from webapp.ledger.commands import apply_changes, now_ms, set_fields

Answer = Any


@blueprint.get("/people/<record>/edit")
@sign_in_required
def show_person_edit(record: str) -> Answer:
    """A person's data to correct."""
    return _show_edit("person", record, {})


@blueprint.get("/households/<record>/edit")
@sign_in_required
def show_household_edit(record: str) -> Answer:
    """A household's data to correct."""
    return _show_edit("household", record, {})


@blueprint.post("/people/<record>/edit")
@sign_in_required
def edit_person(record: str) -> Answer:
    """Take a person's corrected data in."""
    return _take_edit("person", record)


@blueprint.get("/people/<record>/state")
@sign_in_required
def show_state(record: str) -> Answer:
    """Whether somebody is on the ledger still."""
    return _show_edit("person", record, {}, "state")


@blueprint.post("/people/<record>/state")
@sign_in_required
def change_state(record: str) -> Answer:
    """They moved, died, their parents are back; or all that was a mistake."""
    return _take_edit("person", record, "state")


@blueprint.post("/households/<record>/edit")
@sign_in_required
def edit_household(record: str) -> Answer:
    """Take a household's corrected data in."""
    return _take_edit("household", record)


@blueprint.post("/people/<record>/conflicts/<name>")
@sign_in_required
def settle_person(record: str, name: str) -> Answer:
    """改回我写的 or 就用现在的, for a person's field."""
    return _settle("person", record, name)


@blueprint.post("/households/<record>/conflicts/<name>")
@sign_in_required
def settle_household(record: str, name: str) -> Answer:
    """改回我写的 or 就用现在的, for a household's field."""
    return _settle("household", record, name)


@blueprint.post("/needs/<record>/conflicts/<name>")
@sign_in_required
def settle_need(record: str, name: str) -> Answer:
    """改回我写的 or 就用现在的, for a need's field."""
    return _settle("need", record, name)


def _show_edit(kind: str, record: str, filled: dict[str, Any], part: str = "edit") -> Answer:
    book = read_book()
    view = edit_view(book, kind, record, filled, now_ms(), t, part)
    answer = answer_page("field/edit.html", "households", view, book)
    return (answer, 422) if filled and not isinstance(answer, tuple) else answer


def _take_edit(kind: str, record: str, part: str = "edit") -> Answer:
    row = _profile(kind, record)
    if row is None:
        return not_found()
    filled = read_edit(kind, request.form.to_dict(flat=False), now_ms(), t, part)
    if filled["errors"]:
        return _show_edit(kind, record, filled, part)
    if not filled["body"]:
        return redirect(profile_path(kind, record), 303)
    change = set_fields(kind, row["area"], record, filled["body"], filled["base"])
    return save_edit(change, f"{profile_path(kind, record)}?saved=server")


def _settle(kind: str, record: str, name: str) -> Answer:
    row = _profile(kind, record)
    found = lost_edits([row], current_caller().account) if row else []
    lost = next((each for each in found if each["name"] == name), None)
    keep = request.form.get("keep", "")
    if lost is None or lost["seen"] != request.form.get("seen") or keep not in ("mine", "shown"):
        return redirect("/field/outbox", 303)
    edit = settle_edit(lost, keep)
    change = set_fields(kind, lost["row"]["area"], record, edit["body"], edit["base"])
    return save_edit(change | {"resolves": edit["resolves"]}, "/field/outbox")


def _profile(kind: str, record: str) -> dict[str, Any] | None:
    rows = read_book()[SHELVES[kind]]
    return next((row for row in rows if row["id"] == record), None)


def save_edit(change: dict[str, Any], then: str) -> Answer:
    """Fold a change of a profile and go on, or say that it was refused."""
    [status] = apply_changes([change], current_caller())
    if status["status"] not in ("accepted", "conflict", "duplicate"):
        return refused(t("没有存下"), t("请回到前一页再试一次。"))
    return redirect(then, 303)
