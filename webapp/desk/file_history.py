"""档案的来历: who changed what, when, from what to what; and the file as it was on any day.

Invariant: told from the edits that the fold keeps, those of merged records among them, so that a conflict
that was resolved, and a value that was outdone, are there too. A day ends at midnight in the village; an edit
counts from when its author wrote it (their clock, clamped to its arrival).
"""

from __future__ import annotations

import json
from typing import Any

from flask import abort, current_app, request
from sqlalchemy import Connection, select

from sync.clock import parse_stamp
from sync.merge import current_fields
from sync.rows import MERGED, decode_row, is_standing
from sync.schema import account, record
from sync.tombstones import read_merged
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.care.dates import DAY, instant_at, is_date, local_date
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.desk.small_shelf import small_shelf
from webapp.desk.twin_views import Edits, value_line
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.edit import profile_name
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import moment_words
from webapp.forms.engine import load_profile
from webapp.ledger.commands import now_ms

Answer = Any


@blueprint.get("/people/<record_id>/history")
@desk_required
def show_person_history(record_id: str) -> Answer:
    """A person's file through time."""
    return _history_page("person", record_id)


@blueprint.get("/households/<record_id>/history")
@desk_required
def show_household_history(record_id: str) -> Answer:
    """A household's file through time."""
    return _history_page("household", record_id)


def fields_at(edits: Edits, before: int) -> dict[str, Any]:
    """The fields as they were shown by what had been written before an instant (ms)."""
    past = {
        name: [edit for edit in history if parse_stamp(edit["stamp"]).millis < before]
        for name, history in edits.items()
    }
    return current_fields({name: history for name, history in past.items() if history})


def list_edits(edits: Edits) -> list[dict[str, Any]]:
    """Every edit, latest first: ``{"name", "stamp", "author", "before", "after"}``."""
    told = []
    for name, history in edits.items():
        before = None
        for edit in sorted(history, key=lambda each: (each["stamp"], each["change"])):
            told.append({"name": name, "before": before, "after": edit["value"]} | _who(edit))
            before = edit["value"]
    return sorted(told, key=lambda each: (each["stamp"], each["name"]), reverse=True)


def _who(edit: dict[str, Any]) -> dict[str, Any]:
    return {"stamp": edit["stamp"], "author": edit["author"]}


def _history_page(kind: str, record_id: str) -> Answer:
    today = local_date(now_ms())
    asked = request.args.get("at", "")
    at = asked if is_date(asked) and asked <= today else today
    with store_of(current_app).read() as tx:
        found = _read(tx, kind, record_id)
        shelf = small_shelf(tx, [decode_row(each) for each in found])
        names = {row.account_id: row.name for row in tx.execute(select(account.c.account_id, account.c.name))}
    main = next(each for each in found if each.record_id == record_id)
    edits = {each.record_id: json.loads(each.edits or "{}") for each in found}
    then = fields_at(edits[record_id], instant_at(at, 0, 0) + DAY)
    lines = [
        line | {"merged": each.record_id != record_id}
        for each in found
        for line in _edit_lines(shelf, names, kind, edits[each.record_id])
    ]
    return render_desk(
        "desk/file_history.html",
        "people",
        name=profile_name({"fields": json.loads(main.body)}),
        back=f"/desk/{'people' if kind == 'person' else 'households'}/{record_id}",
        at=at,
        today=today,
        wrong=bool(asked) and asked != at,
        then=_field_lines(shelf, kind, then),
        merges=_merges(found, record_id),
        lines=sorted(lines, key=lambda line: str(line["stamp"]), reverse=True),
    )


def _read(tx: Connection, kind: str, record_id: str) -> list[Any]:
    """The record, of one's desk, and those that were merged into it, with their edits."""
    areas = desk_areas(current_caller())
    mine = record.c.area_id.in_(areas), record.c.kind == kind
    here = tx.execute(select(record).where(*mine, record.c.record_id == record_id, is_standing())).all()
    if not here:
        abort(404)
    merged = record.c.record_id.in_(sorted(read_merged(tx, {record_id}))), record.c.state == MERGED
    return [*here, *tx.execute(select(record).where(*mine, *merged)).all()]


def _merges(found: list[Any], record_id: str) -> list[dict[str, str]]:
    """What was merged straight into this record, and how to undo it."""
    rows = [decode_row(each) for each in found]
    return [
        {"area": row["area"], "id": row["merge"], "name": profile_name(row)}
        for row in rows
        if row.get("merged_into") == record_id
    ]


def _field_lines(shelf: Shelf, kind: str, fields: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"label": t(field["label"]), "text": value_line(shelf, field, fields[field["key"]])}
        for field in load_profile(kind)["fields"]
        if not field.get("derived") and fields.get(field["key"]) is not None
    ]


def _edit_lines(shelf: Shelf, names: dict[str, str], kind: str, edits: Edits) -> list[dict[str, Any]]:
    form = {field["key"]: field for field in load_profile(kind)["fields"]}
    return [
        {
            "stamp": edit["stamp"],
            "when": moment_words(parse_stamp(edit["stamp"]).millis, shelf.today, t),
            "who": names.get(edit["author"], t("系统")),
            "label": t(form[edit["name"]]["label"]),
            "before": value_line(shelf, form[edit["name"]], edit["before"]),
            "after": value_line(shelf, form[edit["name"]], edit["after"]),
        }
        for edit in list_edits(edits)
        if edit["name"] in form and not form[edit["name"]].get("derived")
    ]
