"""两种说法: fields that two people wrote differently, each with who and when; one tap chooses.

Invariant: a choice is a ``set`` that resolves what was shown, through the same fold; what came meanwhile
stays a conflict.
"""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection, select

from sync.clock import parse_stamp
from sync.ids import is_id
from sync.overlay import Row
from sync.rows import rows_of
from sync.schema import account
from webapp.auth.access import current_caller, desk_places, desk_required
from webapp.desk.places import shelf_for
from webapp.desk.queue import list_disputed
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.edit import profile_name
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import join_words, moment_words
from webapp.forms.engine import load_profile, value_text
from webapp.ledger.commands import apply_changes, set_fields

Answer = Any


@blueprint.get("/conflicts")
@desk_required
def show_conflicts() -> Answer:
    """Every field of one's grids that two people wrote differently."""
    return _show_conflicts("")


@blueprint.post("/conflicts/<record>/<name>")
@desk_required
def choose(record: str, name: str) -> Answer:
    """Let one of them stand, as they were seen."""
    with store_of(current_app).read() as tx:
        row = next((each for each in _rows(tx) if each["id"] == record), None)
    heads = row["conflicts"].get(name, []) if row else []
    chosen = next((head for head in heads if head["change"] == request.form.get("change")), None)
    if row is None or not heads:
        abort(404)
    if chosen is None or request.form.get("seq") != str(row["seq"]):
        return _show_conflicts(_("你看的时候，这条记录有了变化。请再看一眼，再定。")), 409
    base = {name: row["fields"].get(name)}
    change = set_fields(row["kind"], row["area"], record, {name: chosen["value"]}, base)
    apply_changes([change | {"resolves": [head["change"] for head in heads]}], current_caller())
    return redirect(url_for("desk.show_conflicts"), 303)


def _show_conflicts(error: str) -> Answer:
    with store_of(current_app).read() as tx:
        entries = conflict_entries(tx)
    return render_desk("desk/conflicts.html", "conflicts", entries=entries, error=error)


def conflict_entries(tx: Connection) -> list[dict[str, Any]]:
    """Every disputed field of one's grids with its voices."""
    rows = _rows(tx)
    values = (head["value"] for row in rows for heads in row["conflicts"].values() for head in heads)
    shelf = shelf_for(tx, rows, [value for value in values if isinstance(value, str) and is_id(value)])
    names = {row.account_id: row.name for row in tx.execute(select(account.c.account_id, account.c.name))}
    return [_entry(shelf, names, row, name) for row in rows for name in sorted(row["conflicts"])]


def _rows(tx: Connection) -> list[Row]:
    found = list_disputed(tx, desk_places(current_caller()))
    areas, ids = {area for area, _ in found}, [each for _, each in found]
    rows = rows_of(tx, store_of(current_app).catalogue, areas, ids=ids) if found else []
    return [row for row in rows if row.get("conflicts")]


def _entry(shelf: Shelf, names: dict[str, str], row: Row, name: str) -> dict[str, Any]:
    form = load_profile(row["kind"])
    field = next((each for each in form["fields"] if each["key"] == name), None)
    heads, called = row["conflicts"][name], profile_name(row)
    return {
        "id": row["id"],
        "name": name,
        "seq": row["seq"],
        "what": join_words([str(called), t(field["label"]) if field else name]),
        "grid": shelf.grid_name(row),
        "voices": [
            {
                "change": head["change"],
                "text": _text(shelf, field, head["value"]),
                "author": names.get(head["author"], t("系统")),
                "when": moment_words(parse_stamp(head["stamp"]).millis, shelf.today, t),
                "shown": head is heads[-1],
            }
            for head in heads
        ],
    }


def _text(shelf: Shelf, field: dict[str, Any] | None, value: Any) -> str:
    if value is None:
        return t("（空着）")
    if field is not None and field["type"] == "household":
        row = shelf.households.get(str(value))
        return join_words([row["fields"].get("door", ""), row["fields"].get("title", "")]) if row else ""
    if field is not None and field["type"] == "member":
        return shelf.member_name(str(value)) or t("别人")
    if isinstance(value, list):
        return t("、").join(str(each) for each in value)
    return value_text(field, value, t) if field is not None else str(value)
