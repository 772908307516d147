"""先放着的: what came and could not be counted in, readable, with why; and the decisions on it.

Invariant: a desk finds only what ``sync.held`` shows it; every decision is asked twice and made there.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection, select

from sync.errors import PROBLEMS
from sync.held import (
    LONGEST_REASON,
    Accept,
    Decider,
    Decision,
    Decline,
    Reassign,
    decide_held,
    find_held,
    may_accept,
    may_reassign,
)
from sync.rows import rows_of
from sync.schema import account
from webapp.auth.access import current_caller, desk_areas, desk_places, desk_required
from webapp.desk.people import find_rows
from webapp.desk.places import find_row, shelf_for
from webapp.desk.queue import list_decided, list_held
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.households import squash
from webapp.field.view_models.shelf import Shelf
from webapp.field.view_models.words import join_words, kind_words, moment_words, who_words
from webapp.forms.engine import describe, load_form
from webapp.forms.kinds import FACTS
from webapp.ledger.commands import now_ms

Answer = Any
MONTH = 30 * 86_400_000
MOST_FOUND = 20


@blueprint.get("/quarantine")
@desk_required
def show_quarantine() -> Answer:
    """What waits for a decision, and what was decided within thirty days."""
    areas = desk_places(current_caller())
    with store_of(current_app).read() as tx:
        waiting, decided = list_held(tx, areas), list_decided(tx, areas, now_ms() - MONTH)
        shelf, names = _shelf(tx, [*waiting, *decided]), _names(tx, [*waiting, *decided])
    return render_desk(
        "desk/quarantine.html",
        "quarantine",
        entries=[_held_view(shelf, names, row) for row in waiting],
        decided=[_held_view(shelf, names, row) for row in decided],
    )


def held_entries(tx: Connection) -> list[dict[str, Any]]:
    """What waits for a decision, as the page shows it."""
    waiting = list_held(tx, desk_places(current_caller()))
    shelf, names = _shelf(tx, waiting), _names(tx, waiting)
    return [_held_view(shelf, names, row) for row in waiting]


@blueprint.get("/quarantine/<area>/<change>")
@desk_required
def show_held(area: str, change: str) -> Answer:
    """One of them, with what can be done about it, and people to give it to."""
    return _show_held((area, change), "")


@blueprint.post("/quarantine/<area>/<change>/decision")
@desk_required
def decide(area: str, change: str) -> Answer:
    """Accept, give to another person, or decline with a reason: after asking once more."""
    store, caller, key = store_of(current_app), current_caller(), (area, change)
    decision = _read_decision()
    if isinstance(decision, Decline) and not decision.reason:
        return _show_held(key, _("不收要写明原因，写的人才知道为什么。")), 422
    if not request.form.get("sure"):
        return _ask_again(key, decision)
    decider = Decider(caller, tuple(desk_places(caller)), now_ms(), secrets.token_bytes(10))
    with store.write() as tx:
        outcome = decide_held(tx, store.catalogue, decider, key, decision)
    if outcome.status == "refused":
        return _show_held(key, t(PROBLEMS[outcome.code].what)), 409
    return redirect(url_for("desk.show_quarantine"), 303)


def _read_decision() -> Decision:
    chosen, person = request.form.get("decision", ""), request.form.get("person", "")[:36]
    if chosen == "accept":
        return Accept()
    if chosen == "reassign" and person:
        return Reassign(person)
    if chosen == "decline":
        return Decline(request.form.get("reason", "").strip()[:LONGEST_REASON])
    abort(400)


def _ask_again(key: tuple[str, str], decision: Decision) -> Answer:
    entry, shelf = _find(key, decision.person if isinstance(decision, Reassign) else "")
    person = shelf.people.get(decision.person) if isinstance(decision, Reassign) else None
    if isinstance(decision, Reassign) and person is None:
        abort(404)
    return render_desk(
        "desk/decide.html",
        "quarantine",
        entry=entry,
        decision=request.form["decision"],
        person=_person_view(shelf, person) if person else None,
        reason=decision.reason if isinstance(decision, Decline) else "",
    )


def _show_held(key: tuple[str, str], error: str) -> Answer:
    entry, _ = _find(key)
    query = request.args.get("q", "")[:80].strip()
    wanted = squash(query)
    with store_of(current_app).read() as tx:
        areas = desk_areas(current_caller())
        people = find_rows(tx, areas, wanted, ("person",)) if wanted else []
        shelf = shelf_for(tx, people)
    people.sort(key=shelf.walk_key)
    return render_desk(
        "desk/held.html",
        "quarantine",
        entry=entry,
        error=error,
        query=query,
        found=[_person_view(shelf, row) for row in people[:MOST_FOUND]],
        typed=request.form.get("reason", ""),
    )


def _find(key: tuple[str, str], person: str = "") -> tuple[dict[str, Any], Shelf]:
    with store_of(current_app).read() as tx:
        row = find_held(tx, desk_places(current_caller()), key)
        if row is None:
            abort(404)
        shelf = _shelf(tx, [row])
        found = find_row(tx, "person", person) if person else None
        if found is not None:
            shelf = shelf_for(tx, [found])
        return _held_view(shelf, _names(tx, [row]), row), shelf


def _shelf(tx: Connection, entries: list[Any]) -> Shelf:
    """The people of one's desk that these are about."""
    ids = {str(json.loads(each.change).get("person", "")) for each in entries}
    store, areas = store_of(current_app), desk_areas(current_caller())
    return shelf_for(tx, rows_of(tx, store.catalogue, areas, kinds=["person"], ids=ids) if ids else [])


def _names(tx: Connection, entries: list[Any]) -> dict[str, str]:
    """Who wrote and who decided, by account: also of those who work elsewhere."""
    ids = {i for each in entries for i in (each.author_id, each.decided_by) if i}
    found = select(account.c.account_id, account.c.name).where(account.c.account_id.in_(sorted(ids)))
    return {row.account_id: row.name for row in tx.execute(found)}


def _person_view(shelf: Shelf, row: dict[str, Any]) -> dict[str, str]:
    place = f"{shelf.grid_name(row)} {shelf.door_of(row)}".strip()
    name = row["fields"].get("name", "")
    return {"id": row["id"], "name": name, "detail": join_words([who_words(row, shelf.today, t), place])}


def _held_view(shelf: Shelf, names: dict[str, str], held: Any) -> dict[str, Any]:
    change = json.loads(held.change)
    kind = str(change.get("kind", ""))
    person = shelf.people.get(str(change.get("person", "")))
    states = {"accepted": t("已收下"), "declined": t("没有收")}
    decided = moment_words(held.decided_at, shelf.today, t) if held.decided_at else ""
    return {
        "area": held.area_id,
        "id": held.change_id,
        "waiting": held.state == "waiting",
        "what": kind_words(kind, t) if kind in FACTS else kind,
        "person": person["fields"].get("name", "") if person else t("不在你网格里的人"),
        "author": names.get(held.author_id or "", t("不认识的人")),
        "when": moment_words(held.received_at, shelf.today, t),
        "why": t(PROBLEMS[held.code].what),
        "lines": _lines(kind, change.get("body")),
        "may_accept": may_accept(change, held.code),
        "may_reassign": may_reassign(change, held.code),
        "decided": join_words([states.get(held.state, ""), names.get(held.decided_by or "", ""), decided]),
        "reason": held.reason or "",
    }


def _lines(kind: str, body: Any) -> list[dict[str, str]]:
    if not isinstance(body, dict):
        return []
    if kind in FACTS:
        return describe(load_form(kind), body, t)
    return [{"label": str(key), "text": str(value)[:200]} for key, value in body.items()]
