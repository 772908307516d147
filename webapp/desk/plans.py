"""帮扶计划 at the desk: written, its steps added and done; prints as the table that the second plan asks for.

Invariant: each is a ``set`` through the fold; a step's plan and person stay as they were made.
"""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for

from sync.overlay import Row
from sync.rows import rows_of
from webapp.auth.access import current_caller, desk_required
from webapp.desk.places import need_row
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.plan import plan_view
from webapp.forms.engine import Form, check_form, form_fields, load_profile, read_form
from webapp.ledger.commands import apply_changes, new_id, now_ms, set_fields

Answer = Any
Errors = list[dict[str, str]]
PLAN = ("study", "situation", "aims", "from", "until")
STEP = ("what", "who", "due")
OUTCOME = ("done_on", "effect")
WHOLE = ("effect", "state")


@blueprint.get("/people/<person>/plan")
@desk_required
def show_plans(person: str) -> Answer:
    """A person's plans as tables, and the forms to go on."""
    return _show(person, {}, [])


@blueprint.post("/people/<person>/plan")
@desk_required
def write_plan(person: str) -> Answer:
    """A new plan."""
    row = _one("person", person)
    body, errors = _read(_form("care_plan", PLAN, "aims"))
    if errors:
        return _show(person, body, errors), 422
    return _save(person, row, "care_plan", new_id(), body | {"person": person, "state": "active"})


@blueprint.post("/plans/<plan>")
@desk_required
def end_plan(plan: str) -> Answer:
    """The effect on the whole, and whether it is done."""
    row = _one("care_plan", plan)
    return _set(row, "care_plan", WHOLE)


@blueprint.post("/plans/<plan>/steps")
@desk_required
def add_step(plan: str) -> Answer:
    """A new step of a plan."""
    row = _one("care_plan", plan)
    person = row["fields"].get("person", "")
    body, errors = _read(_form("plan_step", STEP, "what"))
    if errors:
        return _show(person, body, errors), 422
    return _save(person, row, "plan_step", new_id(), body | {"person": person, "plan": plan})


@blueprint.post("/plan-steps/<step>")
@desk_required
def note_step(step: str) -> Answer:
    """When a step was done and to what effect."""
    return _set(_one("plan_step", step), "plan_step", OUTCOME)


def _show(person: str, typed: dict[str, Any], errors: Errors) -> Answer:
    row = _one("person", person)
    catalogue = store_of(current_app).catalogue
    with store_of(current_app).read() as tx:
        about = rows_of(tx, catalogue, [row["area"]], kinds=["care_plan", "plan_step"])
    mine = [each for each in about if each["fields"].get("person") == person]
    book = {"people": [row]}
    for shelf, kind in (("plans", "care_plan"), ("plan_steps", "plan_step")):
        book[shelf] = [each for each in mine if each["kind"] == kind]
    view = plan_view(book, person, "", now_ms(), t)
    outcomes = {each["id"]: _draw("plan_step", OUTCOME, each["fields"]) for each in book["plan_steps"]}
    wholes = {each["id"]: _draw("care_plan", WHOLE, each["fields"]) for each in book["plans"]}
    return render_desk(
        "desk/plan.html",
        "people",
        person=row,
        view=view,
        outcomes=outcomes,
        wholes=wholes,
        plan_fields=form_fields(_form("care_plan", PLAN, "aims"), typed, errors, t),
        step_fields=_draw("plan_step", STEP, {}),
        errors=errors,
    )


def _set(row: Row, kind: str, keys: tuple[str, ...]) -> Answer:
    person = row["fields"].get("person", "")
    body, errors = _read(_form(kind, keys, ""))
    if errors:
        return _show(person, {}, errors), 422
    given = {key: body.get(key) for key in keys if body.get(key) != row["fields"].get(key)}
    return _save(person, row, kind, row["id"], given) if given else _back(person)


def _save(person: str, row: Row, kind: str, record: str, body: dict[str, Any]) -> Answer:
    known = row["fields"] if row["id"] == record else {}
    change = set_fields(kind, row["area"], record, body, {key: known.get(key) for key in body})
    [status] = apply_changes([change], current_caller())
    if status["status"] not in ("accepted", "conflict", "duplicate"):
        abort(409)
    return _back(person)


def _back(person: str) -> Answer:
    return redirect(url_for("desk.show_plans", person=person), 303)


def _read(form: Form) -> tuple[dict[str, Any], Errors]:
    body = read_form(form, request.form.to_dict(flat=False))
    return body, check_form(form, body, t)


def _draw(kind: str, keys: tuple[str, ...], values: dict[str, Any]) -> list[dict[str, Any]]:
    return form_fields(_form(kind, keys, ""), values, [], t)


def _form(kind: str, keys: tuple[str, ...], required: str) -> Form:
    fields = {field["key"]: field for field in load_profile(kind)["fields"]}
    return {"fields": [fields[key] | {"required": key == required} for key in keys]}


def _one(kind: str, record: str) -> Row:
    with store_of(current_app).read() as tx:
        return need_row(tx, kind, record)
