"""结对帮扶 at the desk: assigned in bulk by grid, shared out evenly, agreed to, ended. Part of the desk.

Invariant: nothing is assigned that was not shown before; what is there already is named and not made twice.
"""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from sqlalchemy import Connection

from webapp.auth.access import current_caller, desk_required
from webapp.care.dates import is_date, local_date
from webapp.desk.grids import grid_book, pick_grid
from webapp.desk.pairing_views import is_asked, members_of, pairings_view, span_words
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.shelf import Row, Shelf
from webapp.ledger.commands import fold_into, new_id, now_ms, set_fields
from webapp.ledger.pairings import spread

Answer = Any
Pair = tuple[str, str]


@blueprint.get("/pairings")
@desk_required
def show_pairings() -> Answer:
    """A grid's people with who is paired with them; tick, choose, look, assign."""
    with store_of(current_app).read() as tx:
        area, choices = pick_grid(tx)
        shelf = _shelf(tx, area)
    return _page(shelf, area, choices, "")


@blueprint.post("/pairings")
@desk_required
def assign_pairings() -> Answer:
    """Say what would be assigned, and assign it once that was seen."""
    store = store_of(current_app)
    with store.write() as tx:
        area, choices = pick_grid(tx)
        shelf = _shelf(tx, area)
        error = _error(shelf)
        if error:
            return _page(shelf, area, choices, error), 422
        pairs, left_out = _pairs(shelf)
        if request.form.get("sure"):
            statuses = fold_into(tx, store, [_change(area, pair) for pair in pairs], current_caller())
            made = sum(status["status"] == "accepted" for status in statuses)
            return redirect(url_for("desk.show_pairings", area=area, made=made), 303)
    return render_desk(
        "desk/pairings_preview.html",
        "pairings",
        area=area,
        grid=dict(choices)[area],
        rows=_rows(shelf, pairs),
        left_out=left_out,
        pairs=pairs,
        form=request.form,
        members=[each for each in members_of(shelf) if each["id"] in _chosen("member")],
    )


@blueprint.post("/pairings/<pairing>/decision")
@desk_required
def decide_pairing(pairing: str) -> Answer:
    """Agree to what somebody asked for, or not."""
    state = request.form.get("state", "")
    if state not in ("agreed", "declined"):
        abort(400)
    with store_of(current_app).write() as tx:
        area, _choices = pick_grid(tx)
        row = _row(_shelf(tx, area), pairing)
        if not is_asked(row):
            abort(409)
        change = set_fields("pairing", area, pairing, {"state": state}, {"state": "asked"})
        fold_into(tx, store_of(current_app), [change], current_caller())
    return redirect(url_for("desk.show_pairings", area=area), 303)


@blueprint.get("/pairings/<pairing>/end")
@desk_required
def show_pairing_end(pairing: str) -> Answer:
    """On which day a pairing ends, and why."""
    with store_of(current_app).read() as tx:
        area, _choices = pick_grid(tx)
        shelf = _shelf(tx, area)
    return _end_page(shelf, area, _row(shelf, pairing), "")


@blueprint.post("/pairings/<pairing>/end")
@desk_required
def end_pairing(pairing: str) -> Answer:
    """End it; its history stays."""
    until, why = request.form.get("until", "").strip(), request.form.get("why", "").strip()[:200]
    with store_of(current_app).write() as tx:
        area, _choices = pick_grid(tx)
        shelf = _shelf(tx, area)
        row = _row(shelf, pairing)
        error = _end_error(row, until)
        if error:
            return _end_page(shelf, area, row, error), 422
        body = {"until": until} | ({"why": why} if why else {})
        base = {key: row["fields"][key] for key in body if key in row["fields"]}
        change = set_fields("pairing", area, pairing, body, base)
        fold_into(tx, store_of(current_app), [change], current_caller())
    return redirect(url_for("desk.show_pairings", area=area), 303)


def _shelf(tx: Connection, area: str) -> Shelf:
    return Shelf(grid_book(tx, area), local_date(now_ms()))


def _row(shelf: Shelf, pairing: str) -> Row:
    rows = [row for found in shelf.pairings.values() for row in found if row["id"] == pairing]
    if not rows:
        abort(404)
    return rows[0]


def _chosen(name: str) -> list[str]:
    return list(dict.fromkeys(request.form.getlist(name)))


def _error(shelf: Shelf) -> str:
    """What is wrong with what was chosen, in words; "" where it can be shared out."""
    people, members = _chosen("person"), _chosen("member")
    begins, until = request.form.get("from", ""), request.form.get("until", "")
    if not people:
        return t("先在名单里勾上要结对的人。")
    if not members:
        return t("再选由谁结对。")
    if any(person not in shelf.people for person in people):
        return t("勾上的人里有不在这个网格的，请回到那个网格去安排。")
    if any(member not in shelf.members for member in members):
        return t("选的结对人不在这个网格。先在“手机与志愿者”里给他这个网格。")
    if not is_date(begins) or (until and not is_date(until)):
        return t("日子没有写对。")
    return t("结束的日子比开始还早。") if until and until < begins else ""


def _pairs(shelf: Shelf) -> tuple[list[Pair], list[dict[str, str]]]:
    """Who would be paired with whom, and those that are already."""
    chosen = [shelf.people[person] for person in _chosen("person")]
    members = _chosen("member")
    if request.form.get("how") == "each":
        wanted = [(row["id"], member) for row in chosen for member in members]
    else:
        homes: dict[str, list[str]] = {}
        for row in sorted(chosen, key=shelf.walk_key):
            homes.setdefault(row["fields"].get("household", row["id"]), []).append(row["id"])
        load = {each["id"]: each["load"] for each in members_of(shelf)}
        wanted = list(spread(list(homes.values()), members, load).items())
    twice = [pair for pair in wanted if shelf.is_paired_with(shelf.people[pair[0]], pair[1])]
    return [pair for pair in wanted if pair not in twice], _rows(shelf, twice)


def _rows(shelf: Shelf, pairs: list[Pair]) -> list[dict[str, str]]:
    ordered = sorted(pairs, key=lambda pair: shelf.walk_key(shelf.people[pair[0]]))
    return [
        {
            "name": shelf.people[person]["fields"].get("name", ""),
            "door": shelf.door_of(shelf.people[person]),
            "member": shelf.member_name(member),
        }
        for person, member in ordered
    ]


def _change(area: str, pair: Pair) -> dict[str, Any]:
    body = {"person": pair[0], "member": pair[1], "state": "agreed", "from": request.form["from"]}
    for key in ("role", "until"):
        typed = request.form.get(key, "").strip()[:40]
        if typed:
            body[key] = typed
    return set_fields("pairing", area, new_id(), body)


def _page(shelf: Shelf, area: str, choices: list[Pair], error: str) -> str:
    made = request.args.get("made", "")
    ticked = set(_chosen("person")) | set(_chosen("member"))
    view = pairings_view(shelf) | {"error": error, "ticked": ticked, "form": request.form}
    done = t("安排了 %(n)s 对", n=made) if made.isdecimal() else ""
    return render_desk("desk/pairings.html", "pairings", area=area, choices=choices, done=done, **view)


def _end_error(row: Row, until: str) -> str:
    if not is_date(until):
        return t("写哪一天结束。")
    return t("结束的日子比开始还早。") if until < str(row["fields"].get("from", "")) else ""


def _end_page(shelf: Shelf, area: str, row: Row, error: str) -> str:
    person = shelf.people.get(row["fields"].get("person", ""))
    return render_desk(
        "desk/pairing_end.html",
        "pairings",
        area=area,
        pairing=row["id"],
        name=person["fields"].get("name", "") if person else "",
        member=shelf.member_name(row["fields"].get("member")),
        span=span_words(shelf, row),
        until=request.form.get("until", shelf.today),
        why=request.form.get("why", ""),
        error=error,
    )
