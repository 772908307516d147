"""义诊、讲座、普查 at the desk: planned for grids, who came, what was measured; the health ledger, to print.

Invariant: a session is one record in each of its grids, so that each phone has its own list; nothing about a
person is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

from sync.overlay import Row
from sync.rows import rows_of
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.care.dates import local_date
from webapp.care.summary import COUNTED
from webapp.care.thresholds import reason_text
from webapp.desk.places import need_row
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.desk.small_shelf import small_shelf
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import SHAPES, day_words, join_words, who_words
from webapp.forms.engine import Form, check_form, form_fields, load_form, load_profile, read_form, value_text
from webapp.ledger.commands import apply_changes, new_id, now_ms, set_fields

Answer = Any
NEEDED = ("title", "form", "date")
MEASURED = ("systolic", "diastolic", "pulse", "temperature", "glucose", "height", "weight", "bmi")


@blueprint.get("/sessions")
@desk_required
def show_sessions() -> Answer:
    """All sessions of one's grids, the latest first, and the form for another."""
    return _list({}, [])


@blueprint.post("/sessions")
@desk_required
def plan_session() -> Answer:
    """One session in each of the grids chosen."""
    body = read_form(_form(), request.form.to_dict(flat=False))
    grids = [area for area in request.form.getlist("grid") if area in desk_areas(current_caller())]
    errors = check_form(_form(), body, t)
    if not grids:
        errors.append({"key": "title", "code": "nothing", "message": _("请选网格。")})
    if errors:
        return _list(body, errors), 422
    changes = [set_fields("session", area, new_id(), body) for area in grids]
    apply_changes(changes, current_caller())
    return redirect(url_for("desk.show_sessions"), 303)


@blueprint.get("/sessions/<session>")
@desk_required
def show_session(session: str) -> Answer:
    """Who came, and what was measured that day."""
    with store_of(current_app).read() as tx:
        row = need_row(tx, "session", session)
        facts = _facts(tx, [row["area"]], ["attendance"])
        came = [fact for fact in facts if fact["fields"].get("session") == session]
        people = {fact["person"] for fact in came}
        checks = [fact for fact in _facts(tx, [row["area"]], ["health_check"]) if fact["person"] in people]
        checks = [fact for fact in checks if local_date(fact["occurred_at"]) == row["fields"].get("date")]
        shelf = small_shelf(tx, [row, *came])
    lines = [_line(shelf, person, _latest(checks, person)) for person in sorted(people, key=_walk(shelf))]
    return render_desk("desk/session.html", "sessions", session=row, lines=lines, about=_about(row))


@blueprint.get("/people/<person>/health")
@desk_required
def show_health(person: str) -> Answer:
    """A person's health ledger: every check, the latest first."""
    with store_of(current_app).read() as tx:
        row = need_row(tx, "person", person)
        catalogue = store_of(current_app).catalogue
        checks = rows_of(tx, catalogue, [row["area"]], kinds=["health_check"], person=person, states=COUNTED)
        shelf = small_shelf(tx, [row])
    checks.sort(key=lambda fact: -fact["occurred_at"])
    return render_desk(
        "desk/health.html",
        "people",
        person=row,
        who=join_words([who_words(row, shelf.today, t), shelf.grid_name(row)]),
        heads=_heads(),
        lines=[_check(fact) for fact in checks],
    )


@blueprint.get("/health")
@desk_required
def show_ledger() -> Answer:
    """The health ledger of a grid or a village: everybody with their latest check."""
    areas = desk_areas(current_caller())
    with store_of(current_app).read() as tx:
        places = _places(tx, areas)
        chosen = request.args.get("place", next(iter(places), ""))
        wanted = places.get(chosen, [])
        people = rows_of(tx, store_of(current_app).catalogue, wanted, kinds=["person"])
        checks = _facts(tx, wanted, ["health_check"])
        shelf = small_shelf(tx, people)
    latest: dict[str, Row] = {}
    for fact in sorted(checks, key=lambda fact: int(fact["occurred_at"])):
        latest[fact["person"]] = fact
    ids = sorted(shelf.people, key=_walk(shelf))
    lines = [_line(shelf, person, latest.get(person)) for person in ids]
    return render_desk(
        "desk/health_ledger.html", "sessions", places=list(places), chosen=chosen, heads=_heads(), lines=lines
    )


def _list(typed: dict[str, Any], errors: list[dict[str, str]]) -> Answer:
    areas, catalogue = desk_areas(current_caller()), store_of(current_app).catalogue
    with store_of(current_app).read() as tx:
        rows = rows_of(tx, catalogue, areas, kinds=["session", "grid"])
    grids = {row["id"]: row["fields"].get("name", "") for row in rows if row["kind"] == "grid"}
    sessions = [row for row in rows if row["kind"] == "session"]
    sessions.sort(key=lambda row: (row["fields"].get("date", ""), row["id"]), reverse=True)
    return render_desk(
        "desk/sessions.html",
        "sessions",
        entries=[_entry(row, grids) for row in sessions],
        fields=form_fields(_form(), typed, errors, t),
        grids=grids,
        chosen=request.form.getlist("grid"),
        errors=errors,
    )


def _entry(row: Row, grids: dict[str, str]) -> dict[str, str]:
    title, grid = row["fields"].get("title", ""), grids.get(row["area"], "")
    return {"id": row["id"], "title": title, "about": _about(row), "grid": grid}


def _places(tx: Connection, areas: list[str]) -> dict[str, list[str]]:
    """The grids of each village and each grid by its name, villages first."""
    grids = rows_of(tx, store_of(current_app).catalogue, areas, kinds=["grid"])
    villages: dict[str, list[str]] = {}
    for row in grids:
        villages.setdefault(row["fields"].get("village", ""), []).append(row["area"])
    villages.pop("", None)
    return villages | {row["fields"].get("name", ""): [row["area"]] for row in grids}


def _facts(tx: Connection, areas: list[str], kinds: list[str]) -> list[Row]:
    return rows_of(tx, store_of(current_app).catalogue, areas, kinds=kinds, states=COUNTED)


def _latest(checks: list[Row], person: str) -> Row | None:
    mine = [fact for fact in checks if fact["person"] == person]
    return max(mine, key=lambda fact: int(fact["occurred_at"]), default=None)


def _line(shelf: Shelf, person: str, check: Row | None) -> dict[str, Any]:
    """One person in a table, with a check where there is one."""
    row = shelf.people.get(person)
    fields = row["fields"] if row else {}
    about = {"id": person, "name": fields.get("name", ""), "door": shelf.door_of(row) if row else ""}
    about["who"] = who_words(row, shelf.today, t) if row else ""
    empty = {"day": "", "values": ["" for _ in MEASURED], "attention": "well", "reasons": ""}
    return about | {"check": _check(check) if check else empty, "has_check": check is not None}


def _check(fact: Row) -> dict[str, Any]:
    """A check as a line of a table."""
    known = {field["key"]: field for field in load_form("health_check")["fields"]}
    fields = fact["fields"]
    said = [value_text(known[key], fields[key], t) if key in fields else "" for key in MEASURED]
    attention = fact.get("attention", "well")
    return {
        "day": local_date(fact["occurred_at"]),
        "values": said,
        "attention": attention,
        "shape": SHAPES.get(attention, "●"),
        "reasons": t("、").join(reason_text(code, t) for code in fact.get("reasons", [])),
    }


def _heads() -> list[str]:
    known = {field["key"]: field for field in load_form("health_check")["fields"]}
    return [t(known[key]["label"]) for key in MEASURED]


def _walk(shelf: Shelf) -> Callable[[str], tuple[Any, ...]]:
    """The order one walks in, of people by id; who is not here any more comes last."""

    def key(person: str) -> tuple[Any, ...]:
        row = shelf.people.get(person)
        return (0, *shelf.walk_key(row)) if row else (1, person)

    return key


def _about(row: Row) -> str:
    fields, form = row["fields"], next(f for f in load_profile("session")["fields"] if f["key"] == "form")
    day = day_words(fields["date"], local_date(now_ms()), t) if fields.get("date") else ""
    kind = value_text(form, fields["form"], t) if fields.get("form") else ""
    return join_words([kind, day, fields.get("place", ""), fields.get("organiser", "")])


def _form() -> Form:
    fields = load_profile("session")["fields"]
    return {"fields": [field | {"required": field["key"] in NEEDED} for field in fields]}
