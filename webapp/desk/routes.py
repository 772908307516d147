"""The supervisor's desk: the queue, a log with its history, verdicts, people and phones.

Every page works with the keyboard and without JavaScript. A verdict is a change through the fold.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from sync.erasure import ERASERS
from sync.rows import rows_of
from sync.schema import area as area_table
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.care.dates import local_date
from webapp.desk.need_entries import urgent_needs
from webapp.desk.queue import Filters, count_logs, list_logs, next_log, read_filters
from webapp.desk.rendering import render_desk
from webapp.desk.views import log_view, queue_entry
from webapp.extensions import store_of
from webapp.field.book import load_book
from webapp.field.rendering import t
from webapp.field.view_models.household import person_calls
from webapp.field.view_models.households import households_view
from webapp.field.view_models.person import person_view
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import kind_words
from webapp.forms.catalogue import FACTS
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
        shelf = desk_shelf(tx)
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


@blueprint.get("/people")
@desk_required
def show_people() -> Answer:
    """Households and people by grid, with a search."""
    book = _book()
    view = households_view(book, request.args.get("q", "")[:80], now_ms(), t)
    return render_desk("desk/people.html", "people", **view, people_count=len(book["people"]))


@blueprint.get("/households/<household>")
@desk_required
def show_household(household: str) -> Answer:
    """The people of a household."""
    shelf = Shelf(_book(), local_date(now_ms()))
    row = shelf.households.get(household)
    if row is None:
        abort(404)
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
    book, store = _book(), store_of(current_app)
    with store.read() as tx:
        areas = desk_areas(current_caller())
        facts = rows_of(tx, store.catalogue, areas, kinds=FACTS, person=person)
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
        rows, more = list_logs(tx, areas, filters, request.args.get("after", ""))
        total = count_logs(tx, areas, filters)
        normal = count_logs(tx, areas, Filters(attention="well"))
        shelf = desk_shelf(tx)
        choices = _choices(tx, shelf, areas)
        done = _done(tx, shelf)
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
        facts = rows_of(tx, store.catalogue, areas, kinds=FACTS, person=rows[0]["person"])
        listed, more = list_logs(tx, areas, filters, limit=30)
        shelf = desk_shelf(tx)
        done = _done(tx, shelf)
    return render_desk(
        "desk/log.html",
        "queue",
        entries=[queue_entry(shelf, row) for row in listed],
        more=more,
        query=filters.as_query(),
        done=done,
        log=log_view(shelf, rows[0], facts, now),
        error=error,
        typed=request.form.get("reason", ""),
    )


def _done(tx: Any, shelf: Shelf) -> dict[str, str] | None:
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
    entry = queue_entry(shelf, rows[0])
    return {"text": f"{words[verdict]}：{entry['person']} · {kind_words(rows[0]['kind'], t)}", "log": log}


def _choices(tx: Any, shelf: Shelf, areas: list[str]) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer."""
    names = {row.area_id: row.name for row in tx.execute(select(area_table))}
    return {
        "area": [(grid["id"], names.get(grid["id"], "")) for grid in shelf.grids if grid["id"] in areas],
        "kind": [(kind, kind_words(kind, t)) for kind in FACTS],
        "author": sorted(
            ((row["id"], row["fields"]["name"]) for row in shelf.members.values()), key=lambda x: x[1]
        ),
        "state": [
            ("pending", t("待审核")),
            ("returned", t("已退回")),
            ("approved", t("已批准")),
            ("all", t("全部")),
        ],
    }


def _book() -> dict[str, Any]:
    store = store_of(current_app)
    with store.read() as tx:
        return _limited(load_book(tx, store, current_caller()))


def desk_shelf(tx: Any) -> Shelf:
    """The book of one's desk, indexed for a page."""
    book = _limited(load_book(tx, store_of(current_app), current_caller()))
    return Shelf(book, local_date(now_ms()))


def _limited(book: dict[str, Any]) -> dict[str, Any]:
    """Only what lies in grids they review; a role without review shows nothing here."""
    areas = set(desk_areas(current_caller()))
    return {
        name: [row for row in rows if row["area"] in areas] if isinstance(rows, list) else rows
        for name, rows in book.items()
    }
