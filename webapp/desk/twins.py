"""可能登记了两次: pairs that may be one person or household, side by side; one file is made of two, or not.

Invariant: a merge is of what was seen (both numbers); "not the same" is remembered; each merge can be undone.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection, func, select

from sync.errors import PROBLEMS, ProblemError
from sync.merging import Merging, merge, unmerge
from sync.overlay import Row
from sync.rows import decode_row, is_standing
from sync.schema import account, record
from sync.twins import Pair, find_pair, pair_of, settle_pair, waiting_twins
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.desk.small_shelf import small_shelf
from webapp.desk.twin_views import SIDES, Edits, chosen_values, compare, side_view
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.ledger.commands import new_act, now_ms, set_fields

Answer = Any
MOST_SHOWN = 100


@blueprint.get("/twins")
@desk_required
def show_twins() -> Answer:
    """The pairs that wait for a decision."""
    return _list_page("")


@blueprint.get("/twins/<area>/<one>/<other>")
@desk_required
def show_pair(area: str, one: str, other: str) -> Answer:
    """Two files side by side."""
    return _pair_page(area, pair_of(one, other), "", 200)


@blueprint.post("/twins/<area>/<one>/<other>/different")
@desk_required
def keep_apart(area: str, one: str, other: str) -> Answer:
    """They are two: remembered."""
    caller = current_caller()
    with store_of(current_app).write() as tx:
        if area not in desk_areas(caller) or find_pair(tx, area, pair_of(one, other)) is None:
            abort(404)
        settle_pair(tx, area, pair_of(one, other), "different", (caller.account, now_ms()))
    return redirect(url_for("desk.show_twins", kept_apart="1"), 303)


@blueprint.post("/twins/<area>/<one>/<other>/merge")
@desk_required
def merge_pair(area: str, one: str, other: str) -> Answer:
    """Make one of the two, with the values that were chosen, and of those who live there."""
    pair, kept = pair_of(one, other), request.form.get("kept", "")
    if kept not in SIDES:
        return _pair_page(area, pair, _("请先选一个留下来的。"), 422)
    try:
        with store_of(current_app).write() as tx:
            rows, edits = _read_pair(tx, area, pair)
            if [str(rows[side]["seq"]) for side in SIDES] != request.form.getlist("seq"):
                raise ProblemError("stale_review")
            merge_id = _merge(tx, area, (rows, edits), kept, request.form.to_dict())
            for also in request.form.getlist("also"):
                theirs = _read_pair(tx, area, pair_of(*also.partition(":")[::2]))
                _merge(tx, area, theirs, _kept_of(tx, area, theirs[0]), {})
    except ProblemError as error:
        return _pair_page(area, pair, t(PROBLEMS[error.code].what), 409)
    return redirect(url_for("desk.show_twins", area=area, merged=merge_id), 303)


@blueprint.post("/merges/<area>/<merge_id>/undo")
@desk_required
def undo_merge(area: str, merge_id: str) -> Answer:
    """Part them again."""
    try:
        with store_of(current_app).write() as tx:
            unmerge(_work(tx), area, merge_id)
    except ProblemError as error:
        return _list_page(t(PROBLEMS[error.code].what)), 409
    return redirect(url_for("desk.show_twins", undone="1"), 303)


def _merge(
    tx: Connection, area: str, read: tuple[dict[str, Row], dict[str, Edits]], kept: str, form: Any
) -> str:
    """Merge one pair; the id by which it is undone."""
    rows, edits = read
    lost, work = "other" if kept == "one" else "one", _work(tx)
    values = chosen_values(rows, edits, kept, form)
    values.pop("household", None)  # who is kept stays at home
    merge(work, area, rows[kept]["id"], rows[lost]["id"], values)
    return work.act.change


def _work(tx: Connection) -> Merging:
    caller = current_caller()
    return Merging(tx, store_of(current_app).catalogue, caller, new_act(caller), set_fields)


def _read_pair(tx: Connection, area: str, pair: Pair) -> tuple[dict[str, Row], dict[str, Edits]]:
    """Both records of a pair of one's desk, and their edits, by side. Raises ProblemError."""
    if area not in desk_areas(current_caller()):
        raise ProblemError("not_allowed")
    here = record.c.area_id == area, record.c.record_id.in_(pair), is_standing()
    found = {each.record_id: each for each in tx.execute(select(record).where(*here))}
    if len(found) < len(SIDES):
        raise ProblemError("unknown_record" if pair[0] != pair[1] else "same_record")
    sides = dict(zip(SIDES, pair, strict=True))
    rows = {side: decode_row(found[each]) for side, each in sides.items()}
    return rows, {side: json.loads(found[each].edits or "{}") for side, each in sides.items()}


def _facts_of(tx: Connection, area: str, rows: dict[str, Row]) -> dict[str, int]:
    about = record.c.area_id == area, is_standing()
    query = select(func.count()).select_from(record)
    return {
        side: int(tx.scalar(query.where(*about, record.c.person_id == rows[side]["id"])) or 0)
        for side in SIDES
    }


def _kept_of(tx: Connection, area: str, rows: dict[str, Row]) -> str:
    """Who is kept beforehand: the one with more logs, else the one that was registered first."""
    facts = _facts_of(tx, area, rows)
    return max(SIDES, key=lambda side: (facts[side], side == SIDES[0]))


def _pair_page(area: str, pair: Pair, error: str, status: int) -> Answer:
    with store_of(current_app).read() as tx:
        try:
            rows, edits = _read_pair(tx, area, pair)
        except ProblemError as problem:
            return _list_page(error or t(PROBLEMS[problem.code].what)), 404
        shelf, facts = small_shelf(tx, list(rows.values())), _facts_of(tx, area, rows)
        living = _living(tx, area, pair)
        names, kept = _names(tx), _kept_of(tx, area, rows)
        also = _people_of(tx, area, living)
    sides = [
        side_view(shelf, rows[side], edits[side], names)
        | {"side": side, "people": _names_of(living, rows[side]["id"])}
        | {"facts": t("%(n)s 条记录", n=str(facts[side])) if rows[side]["kind"] == "person" else ""}
        for side in SIDES
    ]
    page = render_desk(
        "desk/twin.html",
        "twins",
        area=area,
        pair=pair,
        sides=sides,
        kept=kept,
        lines=compare(shelf, rows, edits),
        also=also,
        is_household=rows["one"]["kind"] == "household",
        error=error,
    )
    return page, status


def _living(tx: Connection, area: str, homes: Collection[str]) -> list[Row]:
    """Who lives in these households."""
    here = record.c.area_id == area, record.c.subject_id.in_(sorted(homes)), record.c.kind == "person"
    return [decode_row(each) for each in tx.execute(select(record).where(*here, is_standing()))]


def _names_of(living: list[Row], home: str) -> list[str]:
    return [str(row["fields"].get("name", "")) for row in living if row["fields"].get("household") == home]


def _people_of(tx: Connection, area: str, living: list[Row]) -> list[dict[str, str]]:
    """The waiting pairs of people of whom one lives in each of two households."""
    people, found = {row["id"]: row["fields"] for row in living}, []
    for each in waiting_twins(tx, [area], MOST_SHOWN):
        both = [people.get(each.one_id), people.get(each.other_id)]
        if both[0] and both[1] and both[0].get("household") != both[1].get("household"):
            names = {"one": str(both[0].get("name", "")), "other": str(both[1].get("name", ""))}
            found.append({"value": f"{each.one_id}:{each.other_id}"} | names)
    return found


def _list_page(error: str) -> Answer:
    areas = desk_areas(current_caller())
    with store_of(current_app).read() as tx:
        entries = [
            entry for entry in (_entry(tx, each) for each in waiting_twins(tx, areas, MOST_SHOWN)) if entry
        ]
    done = {name: request.args.get(name, "") for name in ("area", "merged", "undone", "kept_apart")}
    return render_desk("desk/twins.html", "twins", entries=entries, done=done, error=error)


def _entry(tx: Connection, pair: Any) -> dict[str, Any] | None:
    """A pair in the list; None where one of them is not there any more."""
    try:
        rows, edits = _read_pair(tx, pair.area_id, (pair.one_id, pair.other_id))
    except ProblemError:
        return None
    shelf, names = small_shelf(tx, list(rows.values())), _names(tx)
    living = _living(tx, pair.area_id, (pair.one_id, pair.other_id))
    sides = [
        side_view(shelf, rows[side], edits[side], names) | {"people": _names_of(living, rows[side]["id"])}
        for side in SIDES
    ]
    kind = _("同一户？") if pair.kind == "household" else _("同一个人？")
    return {"area": pair.area_id, "one": pair.one_id, "other": pair.other_id, "kind": kind, "sides": sides}


def _names(tx: Connection) -> dict[str, str]:
    return {row.account_id: row.name for row in tx.execute(select(account.c.account_id, account.c.name))}
