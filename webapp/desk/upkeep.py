"""Moving a household to another grid, and erasing a person: each asked twice. Part of the desk."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection, select

from sync.erasure import ERASERS, REASONS, erase_person
from sync.errors import ProblemError
from sync.moves import move_household
from sync.rows import rows_of
from sync.schema import area as area_table
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.ledger.commands import new_act
from webapp.ledger.lookup import erasure_trace

Answer = Any
Row = dict[str, Any]
WORDS = {
    "own_request": "本人要求",
    "guardian_request": "监护人要求",
    "wrong_entry": "登记错了",
    "no_purpose": "不再需要",
}


@blueprint.get("/households/<household>/move")
@desk_required
def show_move(household: str) -> Answer:
    """Where a household could move to."""
    with store_of(current_app).read() as tx:
        row = _own_row(tx, "household", household)
        return _move_page(row, _targets(tx, row["area"]), "")


@blueprint.post("/households/<household>/move")
@desk_required
def move(household: str) -> Answer:
    """Move a household, after asking."""
    caller, store = current_caller(), store_of(current_app)
    with store.write() as tx:
        row = _own_row(tx, "household", household)
        targets = _targets(tx, row["area"])
        target = request.form.get("area", "")
        if target not in dict(targets):
            abort(404)
        if not request.form.get("sure"):
            return _move_page(row, targets, target)
        try:
            move_household(tx, caller, new_act(caller), household, source=row["area"], target=target)
        except ProblemError as error:
            current_app.logger.info("move refused: %s", error)
            abort(409)
    return redirect(url_for("desk.show_household", household=household), 303)


@blueprint.get("/people/<person>/erase")
@desk_required
def show_erasure(person: str) -> Answer:
    """What erasing means, and the name to type for it."""
    with store_of(current_app).read() as tx:
        return _erase_page(_erasable(tx, person), "")


@blueprint.post("/people/<person>/erase")
@desk_required
def erase(person: str) -> Answer:
    """Erase a person, where their name was typed and a reason chosen."""
    caller = current_caller()
    with store_of(current_app).write() as tx:
        row = _erasable(tx, person)
        reason = request.form.get("reason", "")
        if reason not in REASONS:
            return _erase_page(row, _("请选一个原因。")), 422
        if request.form.get("name", "").strip() != row["fields"].get("name", ""):
            return _erase_page(row, _("名字和登记的不一样，没有删除。")), 422
        fields = row["fields"]
        trace = erasure_trace(
            current_app.config["SECRET_KEY"], fields.get("name", ""), fields.get("birth", "")
        )
        erase_person(tx, caller, person, reason, new_act(caller), trace=trace)
    return redirect(url_for("desk.show_people"), 303)


def may_erase(area: str) -> bool:
    """Whether whoever is signed in may erase people of this grid."""
    return bool(current_caller().roles.get(area, frozenset()) & ERASERS)


def _own_row(tx: Connection, kind: str, record: str) -> Row:
    rows = rows_of(
        tx, store_of(current_app).catalogue, desk_areas(current_caller()), kinds=[kind], ids=[record]
    )
    if not rows:
        abort(404)
    return rows[0]


def _erasable(tx: Connection, person: str) -> Row:
    row = _own_row(tx, "person", person)
    if not may_erase(row["area"]):
        abort(403)
    return row


def _targets(tx: Connection, source: str) -> list[tuple[str, str]]:
    """(id, name) of the other grids of one's desk, in their order."""
    others = [area for area in desk_areas(current_caller()) if area != source]
    query = select(area_table).where(area_table.c.area_id.in_(others))
    rows = tx.execute(query.order_by(area_table.c.position, area_table.c.name))
    return [(row.area_id, row.name) for row in rows]


def _move_page(row: Row, targets: list[tuple[str, str]], chosen: str) -> Answer:
    name = dict(targets).get(chosen, "")
    return render_desk("desk/move.html", "people", household=row, targets=targets, chosen=chosen, name=name)


def _erase_page(row: Row, error: str) -> Answer:
    reasons = [(code, t(WORDS[code])) for code in REASONS]
    return render_desk("desk/erase.html", "people", person=row, reasons=reasons, error=error)
