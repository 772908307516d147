"""A person's own rhythm: away for a while, knocked at and called at more or less. Part of the desk."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for

from webapp.auth.access import current_caller, desk_required
from webapp.care.dates import is_date, local_date
from webapp.desk.places import need_row
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.forms.engine import load_profile
from webapp.ledger.commands import apply_changes, now_ms, set_fields

Answer = Any
Row = dict[str, Any]
OWN = ("away_from", "away_until", "away_why", "rhythm_knock", "rhythm_call")


@blueprint.get("/people/<person>/pause")
@desk_required
def show_pause(person: str) -> Answer:
    """What is different for this person."""
    row = _person(person)
    return _page(row, {key: row["fields"].get(key, "") for key in OWN}, "")


@blueprint.post("/people/<person>/pause")
@desk_required
def pause(person: str) -> Answer:
    """Set it; a change of the rhythm counts from today."""
    row, today = _person(person), local_date(now_ms())
    typed = {key: request.form.get(key, "").strip()[:200] for key in OWN}
    error = _error(typed)
    if error:
        return _page(row, typed, error), 422
    seen = row["fields"]
    body: dict[str, Any] = {key: value or None for key, value in typed.items() if value != seen.get(key, "")}
    if any(key.startswith("rhythm_") for key in body):
        body["rhythm_from"] = today
    base = {key: seen[key] for key in body if key in seen}
    if body:
        apply_changes([set_fields("person", row["area"], person, body, base)], current_caller())
    return redirect(url_for("desk.show_person", person=person), 303)


def _person(person: str) -> Row:
    with store_of(current_app).read() as tx:
        return need_row(tx, "person", person)


def _error(typed: dict[str, str]) -> str:
    begins, until = typed["away_from"], typed["away_until"]
    if any(date and not is_date(date) for date in (begins, until)):
        return t("日子没有写对。")
    if until and not begins:
        return t("写了哪天回来，也要写从哪天不在家。")
    if until and until < begins:
        return t("回来的日子比离开还早。")
    choices = {
        key: {each["value"] for each in _choices(key)} | {""} for key in OWN if key.startswith("rhythm_")
    }
    if any(typed[key] not in known for key, known in choices.items()):
        abort(400)
    return ""


def _choices(key: str) -> list[dict[str, str]]:
    fields = {field["key"]: field for field in load_profile("person")["fields"]}
    return [{"value": each["value"], "label": t(each["label"])} for each in fields[key]["choices"]]


def _page(row: Row, typed: dict[str, str], error: str) -> str:
    choices = {key: _choices(key) for key in OWN if key.startswith("rhythm_")}
    return render_desk("desk/pause.html", "people", person=row, typed=typed, choices=choices, error=error)
