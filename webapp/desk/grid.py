"""网格: the tree with who holds which role, the station with its rooms, and what is without anybody.

Invariant: posts, stations and rooms are changes through the fold, as a phone's are; the tree itself is
changed by ``webapp.ledger.areas``. An area that one does not decide on is as if it were not there.
"""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection

from sync.rows import rows_of
from webapp.auth.access import current_caller, desk_required
from webapp.care.dates import is_date, local_date
from webapp.desk.grid_views import area_view
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.forms.engine import load_profile
from webapp.forms.profile import check_required, check_typed, read_typed
from webapp.ledger.areas import add_area, may_keep, move_area, rename_area
from webapp.ledger.commands import fold_into, new_id, now_ms, set_fields
from webapp.ledger.grid import path_names, read_tree
from webapp.ledger.posts import read_hours

Answer = Any
POST_FIELDS = ("name", "role", "phone", "from", "until")


@blueprint.get("/grid")
@desk_required
def show_grid() -> Answer:
    """The places at the top of what one decides on; one alone opens at once."""
    caller = current_caller()
    with store_of(current_app).read() as tx:
        tree = read_tree(tx)
    mine = [each for each in caller.roles if caller.may_review(each) and each in tree]
    tops = [each for each in mine if tree[each].parent_id not in mine]
    if len(tops) == 1:
        return redirect(url_for("desk.show_area", area_id=tops[0]), 303)
    places = sorted((" ".join(path_names(tree, each)), each) for each in tops)
    return render_desk("desk/grid_tops.html", "grid", places=places)


@blueprint.get("/grid/<area_id>")
@desk_required
def show_area(area_id: str) -> Answer:
    """One area."""
    return _page(area_id, [])


@blueprint.post("/grid/<area_id>/posts")
@desk_required
def add_post(area_id: str) -> Answer:
    """Somebody takes on a role here, from a day on."""
    form = load_profile("post")
    fields = [field for field in form["fields"] if field["key"] in POST_FIELDS]
    typed = read_typed(fields, request.form.to_dict(flat=False))
    errors = _faults(form, fields, typed)
    if errors:
        return _page(area_id, errors, typed)
    return _save(area_id, "post", new_id(), typed, {})


@blueprint.post("/grid/<area_id>/posts/<post>/end")
@desk_required
def end_post(area_id: str, post: str) -> Answer:
    """Somebody gives a role up, today or on the day that was chosen; what was stays readable."""
    until = request.form.get("until", "") or local_date(now_ms())
    seen = _stored(area_id, "post", post)
    if not is_date(until):
        return _page(area_id, [_("请写清楚哪一天结束。")])
    if seen.get("from") and until < seen["from"]:
        return _page(area_id, [_("结束的日子不能比开始还早。")])
    return _save(area_id, "post", post, {"until": until}, seen)


@blueprint.post("/grid/<area_id>/station")
@desk_required
def save_station(area_id: str) -> Answer:
    """The station of this place: registered, or corrected."""
    form = load_profile("station")
    typed = read_typed(form["fields"], request.form.to_dict(flat=False))
    errors = _faults(form, form["fields"], typed)
    if errors:
        return _page(area_id, errors)
    known = request.form.get("station", "")
    seen = _stored(area_id, "station", known) if known else {}
    return _save(area_id, "station", known or new_id(), typed, seen)


@blueprint.post("/grid/<area_id>/rooms")
@desk_required
def save_room(area_id: str) -> Answer:
    """An activity room of the station, with its hours."""
    form = load_profile("room")
    fields = [field for field in form["fields"] if field["key"] in ("name", "for", "address")]
    typed = read_typed(fields, request.form.to_dict(flat=False))
    hours, wrong = read_hours(request.form.get("hours", "")[:500])
    errors = _faults(form, fields, typed)
    errors += [
        t("看不懂这一行开放时间：%(line)s。请写成 1-5 16:00-18:00。", line=line[:40]) for line in wrong
    ]
    if errors:
        return _page(area_id, errors)
    known = request.form.get("room", "")
    seen = _stored(area_id, "room", known) if known else {}
    body = typed | {"hours": hours}
    if not known:
        body["station"] = request.form.get("station", "")[:36]
        _stored(area_id, "station", body["station"])
    return _save(area_id, "room", known or new_id(), body, seen)


@blueprint.post("/grid/<area_id>/areas")
@desk_required
def add_below(area_id: str) -> Answer:
    """A new place below this one."""
    level, name = request.form.get("level", ""), request.form.get("name", "")
    return _change_tree(area_id, [area_id], lambda tx: _add(tx, area_id, level, name))


@blueprint.post("/grid/<area_id>/name")
@desk_required
def rename(area_id: str) -> Answer:
    """Another name."""
    store, caller = store_of(current_app), current_caller()
    name = request.form.get("name", "")
    return _change_tree(area_id, [area_id], lambda tx: rename_area(tx, store, caller, area_id, name))


@blueprint.post("/grid/<area_id>/parent")
@desk_required
def move_under(area_id: str) -> Answer:
    """Another place above it: one keeps both the old and the new one."""
    store, caller, parent = store_of(current_app), current_caller(), request.form.get("parent", "")
    with store.read() as tx:
        row = read_tree(tx).get(area_id)
    over = [parent, row.parent_id or ""] if row is not None else [parent]
    return _change_tree(area_id, over, lambda tx: move_area(tx, store, caller, area_id, parent))


def _add(tx: Connection, area_id: str, level: str, name: str) -> None:
    add_area(tx, store_of(current_app), current_caller(), parent=area_id, level=level, name=name)


def _change_tree(area_id: str, kept: list[str], change: Any) -> Answer:
    """Carry a change of the tree out where one keeps all of ``kept``; say plainly why where it cannot be."""
    if not all(may_keep(current_caller(), each) for each in kept):
        return _page(area_id, [_("改网格要督导员或管理员，而且管得到那里。")], status=403)
    try:
        with store_of(current_app).write() as tx:
            change(tx)
    except ValueError as error:
        return _page(area_id, [t(str(error))])
    return redirect(url_for("desk.show_area", area_id=area_id), 303)


def _page(
    area_id: str, errors: list[str], typed: dict[str, Any] | None = None, status: int | None = None
) -> Answer:
    caller = current_caller()
    with store_of(current_app).read() as tx:
        tree = read_tree(tx)
        if area_id not in tree or not caller.may_review(area_id):
            abort(404)
        today = local_date(now_ms())
        view = area_view(tx, store_of(current_app), caller, tree, area_id=area_id, today=today)
    page = render_desk("desk/grid.html", "grid", errors=errors, typed=typed or {}, **view)
    return page, status or (422 if errors else 200)


def _faults(form: dict[str, Any], fields: list[dict[str, Any]], typed: dict[str, Any]) -> list[str]:
    """What is wrong with what was typed, each in its own words."""
    given = {key: value for key, value in typed.items() if value is not None}
    found = check_required(fields, typed, t) + check_typed(form, typed, given, t, local_date(now_ms()))
    return [error["message"] for error in found]


def _stored(area_id: str, kind: str, record: str) -> dict[str, Any]:
    """The fields of a record of this area that one decides on; 404 where there is none."""
    if not current_caller().may_review(area_id):
        abort(404)
    store = store_of(current_app)
    with store.read() as tx:
        rows = rows_of(tx, store.catalogue, [area_id], kinds=[kind], ids=[record])
    if not rows:
        abort(404)
    fields: dict[str, Any] = rows[0]["fields"]
    return fields


def _save(area_id: str, kind: str, record: str, body: dict[str, Any], seen: dict[str, Any]) -> Answer:
    """Set what differs from what was seen, as whoever is signed in."""
    caller, store = current_caller(), store_of(current_app)
    altered = {key: value for key, value in body.items() if seen.get(key) != value}
    if not caller.may_review(area_id):
        abort(404)
    if altered:
        base = {key: seen[key] for key in altered if key in seen}
        with store.write() as tx:
            change = set_fields(kind, area_id, record, altered, base)
            [status] = fold_into(tx, store, [change], caller)
        if status["status"] not in ("accepted", "conflict"):
            return _page(area_id, [_("没有存下：这一级不能这样登记。")])
    return redirect(url_for("desk.show_area", area_id=area_id), 303)
