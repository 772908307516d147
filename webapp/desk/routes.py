"""The supervisor's desk: the queue, a log with its history, verdicts, people and phones.

Every page works with the keyboard and without JavaScript. A verdict is a change through the fold.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask_babel import gettext as _

from sync.erasure import ERASERS
from sync.rows import rows_of
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.care.dates import local_date
from webapp.desk.need_entries import urgent_needs
from webapp.desk.places import (
    Place,
    area_book,
    area_choices,
    area_shelf,
    authors_of,
    choose_areas,
    facts_about,
    find_row,
    read_places,
    shelf_for,
)
from webapp.desk.queue import Filters, count_logs, list_logs, next_log, read_filters
from webapp.desk.rendering import render_desk
from webapp.desk.views import log_view, queue_entry
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.household import person_calls
from webapp.field.view_models.person import person_view
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import kind_words
from webapp.forms.kinds import FACTS
from webapp.ledger.commands import apply_changes, now_ms, review_fact

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
Answer = Any


@blueprint.get("/")
@desk_required
def show_queue() -> Answer:
    """What needs a decision: urgent and out-of-limit logs first."""
    return _show_list(read_filters(request.args.to_dict(), attention="decide"), "decide")


@blueprint.get("/logs")
@desk_required
def show_logs() -> Answer:
    """All logs, filtered."""
    return _show_list(read_filters(request.args.to_dict()), "queue")


@blueprint.get("/logs/<log>")
@desk_required
def show_log(log: str) -> Answer:
    """A log with its person's history beside it, and the queue it stands in."""
    return _show_log(log, "")


@blueprint.post("/logs/<log>/review")
@desk_required
def review(log: str) -> Answer:
    """Approve a log, or return it with a reason; then go on to the next."""
    store, areas, caller = store_of(current_app), desk_areas(current_caller()), current_caller()
    filters = read_filters(request.args.to_dict())
    with store.read() as tx:
        rows = rows_of(tx, store.catalogue, areas, kinds=FACTS, ids=[log])
    if not rows:
        abort(404)
    verdict, reason = request.form.get("verdict", ""), request.form.get("reason", "").strip()[:500]
    if verdict not in ("approved", "returned"):
        abort(400)
    if verdict == "returned" and not reason:
        return _show_log(log, _("退回要写明原因，写的人才知道改哪里。")), 422
    if str(rows[0]["seq"]) != request.form.get("seq"):
        return _show_log(log, _("你看的时候，这条记录有了变化。请再看一眼，再定。")), 409
    [status] = apply_changes([review_fact(rows[0], verdict, reason or None)], caller)
    if status["status"] != "accepted":
        return _show_log(log, _("这条记录已经有人处理过。")), 409
    with store.read() as tx:
        following = next_log(tx, areas, filters, log)
    done: dict[str, Any] = filters.as_query() | {"done": log, "verdict": verdict}
    if following:
        return redirect(url_for("desk.show_log", log=following, **done), 303)
    return redirect(url_for("desk.show_logs", **done), 303)


@blueprint.get("/approve-rest")
@desk_required
def show_rest() -> Answer:
    """The logs that look normal, to look over before approving them together."""
    store, areas = store_of(current_app), desk_areas(current_caller())
    filters = read_filters(request.args.to_dict() | {"state": "pending", "attention": "well"})
    with store.read() as tx:
        rows, more = list_logs(tx, areas, filters, limit=100)
        shelf = shelf_for(tx, rows)
    entries = [queue_entry(shelf, row) | {"seq": row["seq"]} for row in rows]
    return render_desk("desk/rest.html", "queue", entries=entries, has_more=bool(more))


@blueprint.post("/approve-rest")
@desk_required
def approve_rest() -> Answer:
    """Approve the logs that were listed and chosen, each only as it was seen."""
    store, areas, caller = store_of(current_app), desk_areas(current_caller()), current_caller()
    chosen = dict(item.rpartition(":")[::2] for item in request.form.getlist("log")[:100])
    with store.read() as tx:
        rows = rows_of(tx, store.catalogue, areas, kinds=FACTS, ids=list(chosen), states=["pending"])
    seen = [row for row in rows if chosen.get(row["id"]) == str(row["seq"])]
    statuses = apply_changes([review_fact(row, "approved") for row in seen], caller) if seen else []
    approved = sum(status["status"] == "accepted" for status in statuses)
    return redirect(url_for("desk.show_logs", approved=approved), 303)


@blueprint.get("/households/<household>")
@desk_required
def show_household(household: str) -> Answer:
    """The people of a household."""
    with store_of(current_app).read() as tx:
        row = find_row(tx, "household", household)
        if row is None:
            abort(404)
        shelf = area_shelf(tx, row["area"])
    people = shelf.living.get(household, [])
    if len(people) == 1:
        return redirect(url_for("desk.show_person", person=people[0]["id"]), 303)
    return render_desk(
        "desk/household.html", "people", household=row, people=people, grid=shelf.grid_name(row)
    )


@blueprint.get("/people/<person>")
@desk_required
def show_person(person: str) -> Answer:
    """A person's file and history."""
    with store_of(current_app).read() as tx:
        found = find_row(tx, "person", person)
        if found is None:
            abort(404)
        facts = facts_about(tx, found)
        book = area_book(tx, found["area"], facts)
    view = person_view(book, person, facts, "", now_ms(), t)
    if view is None:
        abort(404)
    shelf = Shelf(book, local_date(now_ms()))
    entries = [queue_entry(shelf, row) for row in sorted(facts, key=lambda row: -row["occurred_at"])]
    row = shelf.people[person]
    return render_desk(
        "desk/person.html",
        "people",
        view=view,
        entries=entries,
        calls=person_calls(row["fields"], t),
        row=row,
        may_erase=bool(current_caller().roles.get(row["area"], frozenset()) & ERASERS),
    )


def _show_list(filters: Filters, active: str) -> Answer:
    store, areas = store_of(current_app), desk_areas(current_caller())
    with store.read() as tx:
        places = read_places(tx)
        wanted = choose_areas(places, areas, filters.area)
        rows, more = list_logs(tx, wanted, filters, request.args.get("after", ""))
        total = count_logs(tx, wanted, filters)
        normal = count_logs(tx, areas, Filters(attention="well"))
        shelf = shelf_for(tx, rows)
        choices = _choices(tx, places, areas, filters)
        done = _done(tx)
        urgent = urgent_needs(tx, areas) if active == "decide" else []
    return render_desk(
        "desk/queue.html",
        active,
        urgent_needs=urgent,
        entries=[queue_entry(shelf, row) for row in rows],
        total=total,
        normal=normal,
        more=more,
        filters=filters,
        query=filters.as_query(),
        choices=choices,
        done=done,
        log=None,
        endpoint="desk.show_queue" if active == "decide" else "desk.show_logs",
    )


def _show_log(log: str, error: str) -> Answer:
    store, areas, now = store_of(current_app), desk_areas(current_caller()), now_ms()
    filters = read_filters(request.args.to_dict())
    with store.read() as tx:
        rows = rows_of(tx, store.catalogue, areas, kinds=FACTS, ids=[log])
        if not rows:
            abort(404)
        facts = rows_of(tx, store.catalogue, [rows[0]["area"]], kinds=FACTS, person=rows[0]["person"])
        wanted = choose_areas(read_places(tx), areas, filters.area)
        listed, more = list_logs(tx, wanted, filters, limit=30)
        beside, shelf = shelf_for(tx, [*listed, *facts]), area_shelf(tx, rows[0]["area"], facts)
        shelf.members |= beside.members
        done = _done(tx)
    return render_desk(
        "desk/log.html",
        "queue",
        entries=[queue_entry(beside, row) for row in listed],
        more=more,
        query=filters.as_query(),
        done=done,
        log=log_view(shelf, rows[0], facts, now),
        error=error,
        typed=request.form.get("reason", ""),
    )


def _done(tx: Any) -> dict[str, str] | None:
    """What was decided just now, said with a way back."""
    verdict, log = request.args.get("verdict", ""), request.args.get("done", "")
    if request.args.get("approved", "").isdecimal():
        return {"text": t("已批准 %(n)s 条", n=request.args["approved"]), "log": ""}
    words = {"approved": t("已批准"), "returned": t("已退回")}
    if verdict not in words:
        return None
    store = store_of(current_app)
    rows = rows_of(tx, store.catalogue, desk_areas(current_caller()), kinds=FACTS, ids=[log])
    if not rows:
        return None
    entry = queue_entry(shelf_for(tx, rows), rows[0])
    return {"text": f"{words[verdict]}：{entry['person']} · {kind_words(rows[0]['kind'], t)}", "log": log}


def _choices(
    tx: Any, places: dict[str, Place], areas: list[str], filters: Filters
) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer."""
    return {
        "area": area_choices(places, areas, filters.area),
        "kind": [(kind, kind_words(kind, t)) for kind in FACTS],
        "author": authors_of(tx, places, choose_areas(places, areas, filters.area)),
        "state": [
            ("pending", t("待审核")),
            ("returned", t("已退回")),
            ("approved", t("已批准")),
            ("all", t("全部")),
        ],
    }
