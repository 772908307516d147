"""A person's or a household's whole file corrected at the desk: also what no phone may set (birth, sex).

Invariant: a correction is a ``set`` of what differs, with what was seen, through the fold.
"""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request

from sync.rows import rows_of
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.book import SHELVES
from webapp.field.rendering import t
from webapp.field.view_models.edit import edit_view, read_edit
from webapp.ledger.commands import apply_changes, now_ms, set_fields

Answer = Any
Row = dict[str, Any]
PLACES = {"people": "person", "households": "household"}


@blueprint.get("/<any(people, households):place>/<record_id>/edit")
@desk_required
def show_file_edit(place: str, record_id: str) -> Answer:
    """All that may be corrected."""
    return _edit_page(place, _own_row(place, record_id), {})


@blueprint.post("/<any(people, households):place>/<record_id>/edit")
@desk_required
def edit_file(place: str, record_id: str) -> Answer:
    """Take the corrected file in."""
    row = _own_row(place, record_id)
    filled = read_edit(PLACES[place], request.form.to_dict(flat=False), now_ms(), t, "desk")
    if filled["errors"]:
        return _edit_page(place, row, filled), 422
    if filled["body"]:
        change = set_fields(PLACES[place], row["area"], record_id, filled["body"], filled["base"])
        [status] = apply_changes([change], current_caller())
        if status["status"] not in ("accepted", "conflict"):
            abort(409)
    return redirect(f"/desk/{place}/{record_id}", 303)


def _edit_page(place: str, row: Row, filled: dict[str, Any]) -> str:
    book: dict[str, Any] = {shelf: [] for shelf in SHELVES.values()} | {"summaries": {}, place: [row]}
    view = edit_view(book, PLACES[place], row["id"], filled, now_ms(), t, "desk")
    return render_desk("desk/file_edit.html", "people", back=f"/desk/{place}/{row['id']}", **(view or {}))


def _own_row(place: str, record_id: str) -> Row:
    with store_of(current_app).read() as tx:
        rows = rows_of(
            tx,
            store_of(current_app).catalogue,
            desk_areas(current_caller()),
            kinds=[PLACES[place]],
            ids=[record_id],
        )
    if not rows:
        abort(404)
    return rows[0]
