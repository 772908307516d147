"""需求 at the desk: which wait, one with its whole history, and its steps; raised from a person's page.

Invariant: a step is a ``set`` through the fold, with the base that the page showed.
"""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

from sync.errors import PROBLEMS
from sync.rows import rows_of
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.care.dates import local_date
from webapp.care.needs import STEPS, next_steps
from webapp.desk.need_entries import need_entries
from webapp.desk.places import in_order, read_places
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.desk.small_shelf import small_shelf
from webapp.desk.views import queue_entry
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.need import (
    TOLD,
    asking,
    need_lines,
    raise_need,
    raising,
    take_step,
    value_words,
)
from webapp.field.view_models.need_items import need_field, need_tag, whose_need
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import join_words, moment_words
from webapp.forms.engine import check_form, form_fields, read_form
from webapp.ledger.commands import apply_changes, new_id, now_ms, set_fields
from webapp.ledger.needs import STATES, NeedFilters, count_needs, list_needs, need_history

Answer = Any
Row = dict[str, Any]
SAID = frozenset({"what", "urgency", "state", *TOLD}) - {"opened_at"}  # of what a step of the history tells


@blueprint.get("/needs")
@desk_required
def show_needs() -> Answer:
    """Needs, late and urgent ones first."""
    areas, filters = desk_areas(current_caller()), _read_filters()
    page = int(request.args.get("page", "0")[:4]) if request.args.get("page", "0").isdecimal() else 0
    with store_of(current_app).read() as tx:
        rows, more = list_needs(tx, areas, filters, local_date(now_ms()), page)
        total, shelf = count_needs(tx, areas, filters), small_shelf(tx, rows)
        choices = _choices(tx, areas)
    return render_desk(
        "desk/needs.html",
        "needs",
        entries=need_entries(shelf, rows),
        total=total,
        filters=filters,
        choices=choices,
        query=filters.as_query(),
        more_page=page + 1 if more else 0,
    )


@blueprint.get("/needs/<need>")
@desk_required
def show_need(need: str) -> Answer:
    """One need: what it is, what was done, and what may come next."""
    return _show_need(need, "", {}, [], "")


@blueprint.post("/needs/<need>/<step>")
@desk_required
def step_need(need: str, step: str) -> Answer:
    """Take a step: hand over, note the answer, close, reopen."""
    with store_of(current_app).read() as tx:
        row = _find(tx, need)
    if step not in STEPS or step == "open":
        abort(404)
    typed = read_form(asking(step), request.form.to_dict(flat=False))
    errors = check_form(asking(step), typed, t, local_date(now_ms()))
    if errors:
        return _show_need(need, step, typed, errors, ""), 422
    if request.form.get("seq") != str(row["seq"]):
        return _show_need(need, step, typed, [], _("你看的时候，这件事有了变化。请再看一眼，再定。")), 409
    made = take_step(row, step, typed, current_caller().account)
    change = set_fields("need", row["area"], need, made["body"], made["base"])
    [status] = apply_changes([change], current_caller())
    if status["status"] not in ("accepted", "conflict", "duplicate"):
        return _show_need(need, step, typed, [], t(PROBLEMS[status["code"]].what)), 409
    return redirect(url_for("desk.show_need", need=need), 303)


@blueprint.get("/people/<person>/needs/new")
@desk_required
def show_raising(person: str) -> Answer:
    """The form by which a need is raised at the desk."""
    return _raising_page(person, {}, [])


@blueprint.post("/people/<person>/needs/new")
@desk_required
def raise_at_desk(person: str) -> Answer:
    """Take a new need in."""
    with store_of(current_app).read() as tx:
        row = _person(tx, person)
    typed = read_form(raising(), request.form.to_dict(flat=False))
    errors = check_form(raising(), typed, t, local_date(now_ms()))
    if errors:
        return _raising_page(person, typed, errors), 422
    made, need = raise_need(row, typed, "desk", now_ms()), new_id()
    change = set_fields("need", row["area"], need, made["body"], made["base"])
    [status] = apply_changes([change], current_caller())
    if status["status"] not in ("accepted", "duplicate"):
        abort(409)
    return redirect(url_for("desk.show_need", need=need), 303)


def _show_need(need: str, step: str, typed: Row, errors: list[dict[str, str]], error: str) -> Answer:
    store = store_of(current_app)
    with store.read() as tx:
        row = _find(tx, need)
        person = row["fields"].get("person")
        facts = (
            rows_of(tx, store.catalogue, [row["area"]], kinds=["service"], person=person) if person else []
        )
        served = [fact for fact in facts if fact["fields"].get("need") == need and fact["state"] != "void"]
        history = need_history(tx, row["area"], need)
        shelf = small_shelf(tx, [row, *served])
    state = row["fields"].get("state", "")
    return render_desk(
        "desk/need.html",
        "needs",
        need=row,
        who=join_words([whose_need(shelf, row), shelf.grid_name(row)]),
        tag=need_tag(row["fields"], t),
        lines=need_lines(shelf, row, t),
        history=[_told(shelf, each) for each in history],
        services=[queue_entry(shelf, fact) for fact in served],
        steps=[_step_view(each, row, typed if each == step else None, errors) for each in next_steps(state)],
        conflict="conflicts" in row,
        error=error,
    )


def _step_view(step: str, row: Row, typed: Row | None, errors: list[dict[str, str]]) -> dict[str, Any]:
    """The form of a step: what was typed and is wrong, else what is known; a result is written anew."""
    seen = {} if step in ("closed", "reopened") else row["fields"]
    shown, wrong = (seen, []) if typed is None else (typed, errors)
    return {
        "step": step,
        "label": t(STEPS[step]["act"]),
        "fields": form_fields(asking(step), shown, wrong, t),
    }


def _told(shelf: Shelf, step: dict[str, Any]) -> dict[str, Any]:
    """A step of the history in words: who, when, and what they said."""
    return {
        "who": shelf.member_name(step["author"]) or t("督导台"),
        "when": moment_words(step["at"], shelf.today, t),
        "lines": [
            {"label": t(need_field(key)["label"]), "text": value_words(shelf, key, value, t)}
            for key, value in step["said"].items()
            if value is not None and key in SAID
        ],
    }


def _raising_page(person: str, typed: Row, errors: list[dict[str, str]]) -> Answer:
    with store_of(current_app).read() as tx:
        row = _person(tx, person)
    fields = form_fields(raising(), typed, errors, t)
    return render_desk("desk/raise.html", "needs", person=row, fields=fields)


def _find(tx: Connection, need: str) -> Row:
    rows = rows_of(
        tx, store_of(current_app).catalogue, desk_areas(current_caller()), kinds=["need"], ids=[need]
    )
    if not rows:
        abort(404)
    return rows[0]


def _person(tx: Connection, person: str) -> Row:
    rows = rows_of(
        tx, store_of(current_app).catalogue, desk_areas(current_caller()), kinds=["person"], ids=[person]
    )
    if not rows:
        abort(404)
    return rows[0]


def _read_filters() -> NeedFilters:
    state = request.args.get("state", "waiting")
    given = {key: request.args.get(key, "")[:36] for key in ("urgency", "department", "area")}
    return NeedFilters(state=state if state in STATES else "waiting", **given)


def _choices(tx: Connection, areas: list[str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What the filters offer: (key, label, [(value, words)])."""
    grids = in_order(read_places(tx), areas)
    states = [("waiting", t("没办好的")), *_of("state"), ("all", t("全部"))]
    return [
        ("state", t("状态"), states),
        ("urgency", t("急不急"), [("", t("全部")), *_of("urgency")]),
        ("department", t("部门"), [("", t("全部")), *_of("department")]),
        (
            "area",
            t("网格"),
            [("", t("全部")), *((grid.id, grid.name) for grid in grids)],
        ),
    ]


def _of(key: str) -> list[tuple[str, str]]:
    return [(choice["value"], t(choice["label"])) for choice in need_field(key)["choices"]]
