"""结对 where there is no worker (else static/worker/pairings.js answers): ending one's own, asking for one.

Invariant: what somebody may set is the fold's to say; a page only proposes it.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, request

from webapp.auth.access import current_caller, sign_in_required
from webapp.care.dates import local_date
from webapp.field.rendering import t
from webapp.field.routes import answer_page, blueprint, not_found, read_book, refused
from webapp.field.view_models.paired import own_pairing, paired_lines, pairing_view, read_end
from webapp.field.view_models.shelf import Shelf
from webapp.ledger.commands import apply_changes, new_id, now_ms, set_fields

Answer = Any


@blueprint.get("/people/<person>/pairings/<pairing>/end")
@sign_in_required
def show_end(person: str, pairing: str) -> Answer:
    """The page on which one ends a pairing of one's own."""
    return _show_end((person, pairing), {})


@blueprint.post("/people/<person>/pairings/<pairing>/end")
@sign_in_required
def end_pairing(person: str, pairing: str) -> Answer:
    """End it on a day, with a reason if there is one."""
    shelf = Shelf(read_book(), local_date(now_ms()))
    row = own_pairing(shelf, (person, pairing), current_caller().account)[1]
    if row is None:
        return not_found()
    filled = read_end(row, request.form.to_dict(flat=False), t)
    if filled["errors"]:
        return _show_end((person, pairing), filled)
    body = {"until": filled["until"]} | ({"why": filled["why"]} if filled["why"] else {})
    base = {key: row["fields"][key] for key in body if key in row["fields"]}
    return _save(set_fields("pairing", row["area"], pairing, body, base), person)


@blueprint.post("/people/<person>/pairings")
@sign_in_required
def ask_pairing(person: str) -> Answer:
    """Ask to be paired with somebody; a supervisor decides."""
    today, me = local_date(now_ms()), current_caller().account
    shelf = Shelf(read_book(), today)
    row = shelf.people.get(person)
    if row is None:
        return not_found()
    if not paired_lines(shelf, row, me, t)["can_ask"]:
        return redirect(f"/field/people/{person}#paired", 303)
    body = {"person": person, "member": me, "from": today, "state": "asked"}
    return _save(set_fields("pairing", row["area"], new_id(), body), person)


def _show_end(ids: tuple[str, str], filled: dict[str, Any]) -> Answer:
    book = read_book()
    view = pairing_view(book, ids, current_caller().account, filled, now_ms(), t)
    answer = answer_page("field/paired.html", "households", view, book)
    return (answer, 422) if filled and not isinstance(answer, tuple) else answer


def _save(change: dict[str, Any], person: str) -> Answer:
    [status] = apply_changes([change], current_caller())
    if status["status"] not in ("accepted", "conflict", "duplicate"):
        return refused(t("没有存下"), t("请回到前一页再试一次。"))
    return redirect(f"/field/people/{person}?saved=server", 303)
