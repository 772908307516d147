"""The phone's pages answered by Flask, where there is no worker (first visit, WeChat on iOS).

The worker answers the same addresses from the phone (static/worker/routes.js); the pages are the same.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for

from sync.edits import lost_edits
from sync.rows import rows_of
from webapp.auth import access
from webapp.auth.access import current_caller, sign_in_required
from webapp.care.dates import local_date
from webapp.care.summary import COUNTED
from webapp.extensions import LANGUAGES, choose_language, store_of
from webapp.field.book import facts_of, load_book
from webapp.field.rendering import connection_of, message_view, render_field, t
from webapp.field.view_models.fact import fact_view
from webapp.field.view_models.form import form_view
from webapp.field.view_models.household import household_view
from webapp.field.view_models.households import households_view
from webapp.field.view_models.me import me_view
from webapp.field.view_models.outbox import outbox_view
from webapp.field.view_models.person import person_view
from webapp.field.view_models.today import today_view
from webapp.forms.engine import check_form, load_form, read_form
from webapp.forms.kinds import FACTS
from webapp.ledger.commands import apply_changes, now_ms, record_fact, void_fact

blueprint = Blueprint("field", __name__, url_prefix="/field")
Answer = Any


@blueprint.get("/welcome")
@sign_in_required
def show_welcome() -> Answer:
    """Install the worker and make the first sync; always this page, never the worker's."""
    caller = current_caller()
    return render_template("auth/welcome.html", name=caller.name, account=caller.account)


@blueprint.get("/today")
@sign_in_required
def show_today() -> Answer:
    """今天."""
    book, caller = read_book(), current_caller()
    me = {"id": caller.account, "role": caller.role}
    return answer_page("field/today.html", "today", today_view(book, me, now_ms(), t), book)


@blueprint.get("/households")
@sign_in_required
def show_households() -> Answer:
    """住户, or what a search finds."""
    book = read_book()
    view = households_view(book, request.args.get("q", "")[:80], now_ms(), t)
    return answer_page("field/households.html", "households", view, book)


@blueprint.get("/households/<household>")
@sign_in_required
def show_household(household: str) -> Answer:
    """One household."""
    book = read_book()
    saved = request.args.get("saved", "")
    view = household_view(book, household, facts_about(household=household), now_ms(), t, saved)
    return answer_page("field/household.html", "households", view, book)


@blueprint.get("/people/<person>")
@sign_in_required
def show_person(person: str) -> Answer:
    """One person."""
    book, saved = read_book(), request.args.get("saved", "")
    facts, me = facts_about(person=person), current_caller().account
    view = person_view(book, person, facts, saved, now_ms(), t, me=me)
    return answer_page("field/person.html", "households", view, book)


@blueprint.get("/people/<person>/<kind>/new")
@sign_in_required
def show_form(person: str, kind: str) -> Answer:
    """An empty form."""
    if kind not in FACTS:
        return not_found()
    book, now = read_book(), now_ms()
    view = form_view(book, kind, person, {"occurred_at": now} | _named_in(kind), [], now, t)
    return answer_page("field/form.html", "households", view, book)


@blueprint.post("/people/<person>/<kind>/new")
@sign_in_required
def record(person: str, kind: str) -> Answer:
    """Take a form in; show it again with what is wrong."""
    if kind not in FACTS:
        return not_found()
    return _take_form(person, kind, None)


@blueprint.post("/people/<person>/visit/well")
@sign_in_required
def record_well(person: str) -> Answer:
    """一切正常, in one tap."""
    return _store_fact(person, "visit", {"how": "well"}, now_ms(), None)


@blueprint.get("/people/<person>/facts/<fact>")
@sign_in_required
def show_fact(person: str, fact: str) -> Answer:
    """One log with its receipt."""
    rows = facts_about(person=person, ids=[fact])
    book = read_book()
    view = fact_view(book, rows[0], current_caller().account, now_ms(), t) if rows else None
    return answer_page("field/fact.html", "households", view, book)


@blueprint.get("/people/<person>/facts/<fact>/amend")
@sign_in_required
def show_amendment(person: str, fact: str) -> Answer:
    """The form of a log that is corrected."""
    rows = facts_about(person=person, ids=[fact])
    if not rows:
        return not_found()
    row, book = rows[0], read_book()
    body = row["fields"] | {"occurred_at": row["occurred_at"]}
    view = form_view(book, row["kind"], row["person"], body, [], now_ms(), t, amends=row)
    return answer_page("field/form.html", "households", view, book)


@blueprint.post("/people/<person>/facts/<fact>/amend")
@sign_in_required
def amend(person: str, fact: str) -> Answer:
    """Take the corrected form in."""
    rows = facts_about(person=person, ids=[fact])
    return _take_form(rows[0]["person"], rows[0]["kind"], rows[0]) if rows else not_found()


@blueprint.post("/people/<person>/facts/<fact>/void")
@sign_in_required
def void(person: str, fact: str) -> Answer:
    """Take a log back."""
    rows = facts_about(person=person, ids=[fact])
    if not rows:
        return not_found()
    [status] = apply_changes([void_fact(rows[0], "本人收回")], current_caller())
    if status["status"] not in ("accepted", "duplicate"):
        return refused(t("没有收回"), t("只有写的人和督导员能收回。请找督导员看一下。"))
    return redirect(url_for("field.show_person", person=rows[0]["person"]), 303)


@blueprint.get("/outbox")
@sign_in_required
def show_outbox() -> Answer:
    """待传: without a worker, what of one's own needs work and what arrived."""
    book, now = read_book(), now_ms()
    mine = facts_about(author=current_caller().account, since=now - 30 * 86_400_000)
    entries = [_entry(row) for row in sorted(mine, key=lambda row: -row["received_at"])[:40]]
    entries = _lost(book) + [entry for entry in entries if entry["row"]["state"] != "amended"]
    view = outbox_view(book, entries, connection_of(0), now, t)
    return answer_page("field/outbox.html", "outbox", view, book)


@blueprint.get("/strip")
@sign_in_required
def show_strip() -> Answer:
    """The strip alone."""
    return render_field("shared/strip.html", "", {}, _needs(read_book()))


@blueprint.get("/me")
@sign_in_required
def show_me() -> Answer:
    """我."""
    caller, book = current_caller(), read_book()
    size = "large" if request.cookies.get("text_size") == "large" else "normal"
    settings = {"language": choose_language(), "text_size": size, "storage": "", "persisted": True}
    me = {"id": caller.account, "name": caller.name, "role": caller.role}
    view = me_view(book, me, settings, connection_of(0), now_ms(), t)
    return answer_page("field/me.html", "me", view, book)


@blueprint.post("/me")
@sign_in_required
def choose() -> Answer:
    """Language, size of text, signing out."""
    if request.form.get("sign_out"):
        access.end_session()
        return redirect(url_for("auth.show_sign_in"), 303)
    response = redirect(url_for("field.show_me"), 303)
    for cookie, allowed in (("language", LANGUAGES), ("text_size", ("normal", "large"))):
        chosen = request.form.get(cookie, "")
        if chosen in allowed:
            response.set_cookie(cookie, chosen, max_age=400 * 86400, samesite="Lax")
    return response


def _named_in(kind: str) -> dict[str, str]:
    """What the address names for a form's references: the need that a service is for."""
    refs = (field["key"] for field in load_form(kind)["fields"] if field["type"] == "ref")
    return {key: request.args[key] for key in refs if key in request.args}


def _take_form(person: str, kind: str, amends: dict[str, Any] | None) -> Answer:
    now = now_ms()
    form = load_form(kind)
    body = read_form(form, request.form.to_dict(flat=False))
    errors = check_form(form, body, t, local_date(now))
    if errors:
        book = read_book()
        view = form_view(book, kind, person, body, errors, now, t, amends=amends)
        answer = answer_page("field/form.html", "households", view, book)
        return answer if isinstance(answer, tuple) else (answer, 422)
    occurred_at = body.pop("occurred_at", now)
    return _store_fact(person, kind, body, occurred_at, amends)


def _store_fact(
    person: str, kind: str, body: dict[str, Any], occurred_at: int, amends: dict[str, Any] | None
) -> Answer:
    row = next((row for row in read_book()["people"] if row["id"] == person), None)
    if row is None:
        return not_found()
    change = record_fact(kind, row, body, occurred_at, amends["id"] if amends else None)
    [status] = apply_changes([change], current_caller())
    if status["status"] not in ("accepted", "duplicate"):
        return refused(t("没有存下"), t("请回到前一页再试一次。"))
    return redirect(url_for("field.show_person", person=person, saved=change["id"]), 303)


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "record": row["id"],
        "kind": row["kind"],
        "op": "record",
        "person": row["person"],
        "state": "needs" if row["state"] == "returned" else "acknowledged",
        "code": "",
        "saved_at": row["received_at"],
        "acknowledged_at": row["received_at"],
        "row": row,
    }


def attendance_of(area: str) -> list[dict[str, Any]]:
    """Who came to what, of one of the caller's grids."""
    caller, store = current_caller(), store_of(current_app)
    areas = [area] if area in caller.areas else []
    with store.read() as tx:
        return rows_of(tx, store.catalogue, areas, kinds=["attendance"], states=COUNTED)


def read_book() -> dict[str, Any]:
    """What the caller's phone would hold."""
    store = store_of(current_app)
    with store.read() as tx:
        return load_book(tx, store, current_caller())


def facts_about(**wanted: Any) -> list[dict[str, Any]]:
    """Facts of the caller's grids, as ``facts_of`` finds them."""
    store = store_of(current_app)
    with store.read() as tx:
        return facts_of(tx, store, current_caller(), **wanted)


def _needs(book: dict[str, Any]) -> int:
    me = current_caller().account
    returned = (item for summary in book["summaries"].values() for item in summary["returned"])
    sent_back = [item for item in returned if item["author"] == me]
    return len(sent_back) + len(_lost(book))


def _lost(book: dict[str, Any]) -> list[dict[str, Any]]:
    lost = lost_edits(book["people"] + book["households"] + book["needs"], current_caller().account)
    return [each | {"op": "conflict", "state": "needs"} for each in lost]


def answer_page(template: str, active: str, view: dict[str, Any] | None, book: dict[str, Any]) -> Answer:
    """A page in its frame; not found where there is no view."""
    return not_found() if view is None else render_field(template, active, view, _needs(book))


def refused(message: str, advice: str) -> Answer:
    """A page that says why something was not done."""
    view = message_view(message, advice, url_for("field.show_today"), t("回到今天"))
    return answer_page("shared/message.html", "today", view, read_book()), 409


def not_found() -> Answer:
    """The page for what is not, or not the caller's."""
    view = message_view(
        t("这里没有这一页"), t("可能已经搬走，或不在你的网格。"), url_for("field.show_today"), t("回到今天")
    )
    return render_field("shared/message.html", "today", view, 0), 404
