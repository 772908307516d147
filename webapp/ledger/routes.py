"""Importing a ledger at the desk: upload, look at it, import; correct or skip what was held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask_babel import gettext as _

from webapp.auth.access import current_caller, desk_required
from webapp.care.dates import local_date
from webapp.desk.rendering import render_desk
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.words import moment_words
from webapp.ledger.commands import new_id, now_ms
from webapp.ledger.roster.cells import read_number, read_text
from webapp.ledger.roster.judging import (
    LONGEST_NAME,
    LONGEST_TEXT,
    PHONES,
    REASONS,
    judge_line,
    read_lines,
    who_is,
)
from webapp.ledger.roster.lines import LABELS, Line, choose_category
from webapp.ledger.roster.workbook import RosterRefusedError, read_sheets
from webapp.ledger.roster_import import Outcome, import_lines
from webapp.ledger.staging import Staged, forget_old, list_imports, save_import

blueprint = Blueprint("ledger", __name__, url_prefix="/desk/roster")
Answer = Any
EDITABLE = ("grid", "address", "name", "sex", "birth", "absence", *PHONES)
NEEDED = ("grid", "address", "name", "birth")


@blueprint.get("")
@desk_required
def show_roster() -> Answer:
    """Choose a file; what was uploaded before."""
    return _roster_page("")


@blueprint.post("")
@desk_required
def upload() -> Answer:
    """Read a file and stage it; nothing is imported yet."""
    file = request.files.get("file")
    name = (file.filename or "") if file else ""
    try:
        lines = read_lines(read_sheets(file.read() if file else b"", name), local_date(now_ms()))
    except RosterRefusedError as error:
        return _roster_page(t(str(error))), 422
    forget_old(_folder(), now_ms())
    import_id = new_id()
    about = {"id": import_id, "name": name[:120], "account": current_caller().account}
    save_import(_folder(), about | {"created_at": now_ms()}, lines)
    return redirect(url_for("ledger.show_import", import_id=import_id), 303)


@blueprint.get("/<import_id>")
@desk_required
def show_import(import_id: str) -> Answer:
    """What the file holds, what would be added, and what is held with its reason."""
    staged = _open(import_id)
    try:
        lines = staged.lines()
        outcome = import_lines(
            store_of(current_app), lines, current_caller(), secret=_secret(), rehearse=True
        )
        return render_desk("desk/import.html", "roster", **_import_view(staged.about, lines, outcome))
    finally:
        staged.close()


@blueprint.post("/<import_id>/import")
@desk_required
def carry_out(import_id: str) -> Answer:
    """Import the accepted lines, all in one transaction."""
    staged = _open(import_id)
    try:
        lines = staged.lines()
        import_lines(store_of(current_app), lines, current_caller(), secret=_secret())
        staged.save_lines(lines)
        staged.mark_imported()
    finally:
        staged.close()
    return redirect(url_for("ledger.show_import", import_id=import_id), 303)


@blueprint.post("/<import_id>/lines/<int:place>")
@desk_required
def mend(import_id: str, place: int) -> Answer:
    """Correct a held line, or skip it."""
    staged = _open(import_id)
    try:
        lines = staged.lines()
        line = lines[place] if place < len(lines) else None
        if line is None or line.fate != "held":
            abort(404)
        if request.form.get("skip"):
            line.fate = "skipped"
        else:
            _correct(line)
            others = {who_is(other) for other in lines if other.fate == "accepted" and other is not line}
            judge_line(line, local_date(now_ms()), others)
            if line.fate == "accepted" and staged.about["state"] == "imported":
                import_lines(store_of(current_app), [line], current_caller(), secret=_secret())
        staged.save_line(place, line)
    finally:
        staged.close()
    return redirect(url_for("ledger.show_import", import_id=import_id, _anchor="held"), 303)


def _correct(line: Line) -> None:
    """Put what was typed into a line's cells."""
    typed = {key: read_text(text)[: LONGEST_TEXT + 1] for key, text in request.form.items() if key in LABELS}
    line.category = choose_category(typed.pop("category", "")) or line.category
    line.cells = {key: text for key, text in (line.cells | typed).items() if text}


def _roster_page(error: str) -> str:
    today = local_date(now_ms())
    imports = list_imports(_folder(), current_caller().account)
    for each in imports:
        each["when"] = moment_words(each["created_at"], today, t)
    return render_desk("desk/roster.html", "roster", error=error, imports=imports)


def _import_view(about: dict[str, Any], lines: list[Line], outcome: Outcome) -> dict[str, Any]:
    held = [
        {
            "place": place,
            "sheet": line.sheet,
            "row": line.row,
            "reason": t(REASONS[line.code], bad=line.bad),
            "code": line.code,
            "cells": [
                {"key": key, "label": t(LABELS[key]), "value": line.cells.get(key, "")}
                for key in _shown(line)
            ],
        }
        for place, line in enumerate(lines)
        if line.fate == "held"
    ]
    kinds = {"child": _("留守儿童"), "woman": _("留守妇女"), "elder": _("留守老人")}
    return {
        "about": about,
        "imported": about["state"] == "imported",
        "outcome": outcome,
        "kinds": [(label, outcome.by_kind.get(kind, 0)) for kind, label in kinds.items()],
        "grids": sorted(outcome.by_grid.items(), key=lambda item: (read_number(item[0]), item[0])),
        "held": held,
        "skipped": sum(line.fate == "skipped" for line in lines),
    }


def _shown(line: Line) -> list[str]:
    """The fields to correct: the usual ones, and the one that is at fault."""
    shown = [key for key in EDITABLE if key in line.cells or key in NEEDED]
    shown += [key for key, text in line.cells.items() if len(text) > LONGEST_NAME and key not in shown]
    return ["category", *shown] if line.code == "no_category" else shown


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])


def _folder() -> Path:
    return Path(current_app.instance_path) / "imports"


def _open(import_id: str) -> Staged:
    try:
        return Staged(_folder(), import_id, current_caller().account)
    except LookupError:
        abort(404)
