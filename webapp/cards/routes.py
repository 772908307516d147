"""The desk's pages about contact cards: issue, print, hand over, stop, and what is printed on them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection, select

from sync.rows import rows_of
from sync.schema import area as area_table
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.cards.batches import batches_of, find_batch, note_batch, printed_cards
from webapp.cards.contact import DETAILS
from webapp.cards.issue import cards_of, end_card, ensure_cards, hand_over, is_issued, issue_cards
from webapp.cards.sheets import FORMATS, sheets_of
from webapp.care.dates import local_date
from webapp.desk.rendering import render_desk
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.words import day_words, moment_words, phone_words
from webapp.ledger.commands import fold_into, now_ms, set_fields

blueprint = Blueprint("cards", __name__)
Answer = Any
PRINTED = (*DETAILS, "second_line", "responsible")


@blueprint.get("/desk/cards")
@desk_required
def show_cards() -> Answer:
    """A grid's cards, the batches that were printed, and the details printed on them."""
    areas = desk_areas(current_caller())
    with store_of(current_app).read() as tx:
        grids = _grids(tx, areas)
        asked = request.args.get("area")
        chosen = next((grid for grid in grids if grid["id"] == asked), grids[0] if grids else None)
        view = _grid_view(tx, chosen["id"]) if chosen else {}
    pages = {"grids": grids, "chosen": (chosen or {}) | view, "labels": _labels(), "formats": _formats()}
    return render_desk("cards/desk.html", "cards", **pages)


@blueprint.post("/desk/cards/<area>/issue")
@desk_required
def issue(area: str) -> Answer:
    """Issue a card to every household that has none, or one more to the household named."""
    _own(area)
    store, household = store_of(current_app), request.form.get("household", "")
    with store.write() as tx:
        if not household:
            ensure_cards(tx, store, area, current_caller())
        elif rows_of(tx, store.catalogue, [area], kinds=["household"], ids=[household]):
            issue_cards(tx, store, area, [household], current_caller())
        else:
            abort(404)
    return _back(area)


@blueprint.post("/desk/cards/<area>/details")
@desk_required
def set_details(area: str) -> Answer:
    """Change what is printed: station, clinic, police, who is responsible, a line in another language."""
    _own(area)
    store = store_of(current_app)
    with store.write() as tx:
        [grid] = rows_of(tx, store.catalogue, [area], kinds=["grid"])
        given = [key for key in PRINTED if key in request.form]
        wanted = {key: request.form[key].strip()[:80] or None for key in given}
        seen = grid["fields"]
        altered = {key: value for key, value in wanted.items() if seen.get(key) != value}
        if altered:
            base = {key: seen[key] for key in altered if key in seen}
            fold_into(tx, store, [set_fields("grid", area, grid["id"], altered, base)], current_caller())
    return _back(area)


@blueprint.post("/desk/cards/<area>/batches")
@desk_required
def print_batch(area: str) -> Answer:
    """Note a batch of cards to print, all or those not printed yet, and go on to its sheets."""
    _own(area)
    store, form = store_of(current_app), request.form.get("format", "")
    if form not in FORMATS:
        abort(400)
    with store.write() as tx:
        cards = {row["id"] for row in cards_of(tx, store, area)}
        if request.form.get("which") == "new":
            cards -= printed_cards(tx, area)
        if not cards:
            return _back(area)
        batch = note_batch(tx, area, form, sorted(cards), current_caller())
    pinyin = "yes" if request.form.get("pinyin") else None
    return redirect(url_for("cards.show_sheet", area=area, batch=batch, pinyin=pinyin), 303)


@blueprint.get("/cards/sheets/<area>")
@desk_required
def show_sheet(area: str) -> Answer:
    """The sheets of a batch, or of every card in use of a grid in the format asked for."""
    _own(area)
    store, form, only = store_of(current_app), request.args.get("format", "a4"), None
    with store.read() as tx:
        if "batch" in request.args:
            batch = find_batch(tx, area, request.args["batch"][:36])
            if batch is None:
                abort(404)
            form, only = batch["format"], frozenset(batch["cards"])
        if form not in FORMATS:
            abort(404)
        sheets = sheets_of(tx, store, area, current_app.config["PUBLIC_URL"], form=form, only=only)
    pinyin = request.args.get("pinyin") == "yes"
    return render_template("cards/sheet.html", **sheets, area=area, pinyin=pinyin, about=_formats()[form])


@blueprint.post("/desk/cards/<area>/<card>/handed")
@desk_required
def note_handed(area: str, card: str) -> Answer:
    """Note that a card is with its household."""
    _own(area)
    store = store_of(current_app)
    with store.write() as tx:
        hand_over(tx, store, _card(tx, area, card), current_caller())
    return _back(area)


@blueprint.post("/desk/cards/<area>/<card>/end")
@desk_required
def end(area: str, card: str) -> Answer:
    """Stop a card, lost or withdrawn, with another one instead if wanted (asked again on a page first)."""
    _own(area)
    store, state = store_of(current_app), request.form.get("state", "")
    with store.write() as tx:
        row = _card(tx, area, card)
        if state not in ("lost", "withdrawn"):
            return render_desk("cards/end.html", "cards", area=area, card=card, code=row["fields"]["code"])
        end_card(tx, store, row, state, current_caller())
        if request.form.get("again"):
            issue_cards(tx, store, area, [row["fields"]["household"]], current_caller())
    return _back(area)


def _back(area: str) -> Answer:
    return redirect(url_for("cards.show_cards", area=area), 303)


def _own(area: str) -> None:
    if area not in desk_areas(current_caller()):
        abort(404)


def _card(tx: Connection, area: str, card: str) -> dict[str, Any]:
    rows = rows_of(tx, store_of(current_app).catalogue, [area], kinds=["card"], ids=[card])
    return next(filter(is_issued, rows), None) or abort(404)


def _grids(tx: Connection, areas: list[str]) -> list[dict[str, Any]]:
    query = select(area_table).where(area_table.c.area_id.in_(areas))
    found = tx.execute(query.order_by(area_table.c.position, area_table.c.name))
    return [{"id": row.area_id, "name": row.name} for row in found]


def _grid_view(tx: Connection, area: str) -> dict[str, Any]:
    """A grid's households with their cards, its batches, and the details that are printed."""
    store, today = store_of(current_app), local_date(now_ms())
    rows = rows_of(tx, store.catalogue, [area], kinds=["grid", "household", "card", "member"])
    named: dict[str, Any] = next((row["fields"] for row in rows if row["kind"] == "grid"), {})
    members = {row["id"]: row["fields"] for row in rows if row["kind"] == "member"}
    batches = batches_of(tx, area)
    printed = printed_cards(tx, area)
    cards: dict[str, list[dict[str, Any]]] = {}
    for row in sorted((row for row in rows if is_issued(row)), key=lambda row: str(row["id"])):
        cards.setdefault(row["fields"]["household"], []).append(_card_view(row, printed, today))
    households = [row for row in rows if row["kind"] == "household"]
    households.sort(key=lambda row: (row["fields"].get("number", 0), row["fields"].get("door", "")))
    return {
        "fields": {key: named.get(key, "") for key in PRINTED},
        "members": [
            {"id": key, "name": who["name"], "phone": phone_words(who.get("phone", ""))}
            for key, who in members.items()
        ],
        "households": [_household_view(row, cards.get(row["id"], [])) for row in households],
        "cards": sum(len(each) for each in cards.values()),
        "new": sum(not card["printed"] for each in cards.values() for card in each),
        "missing": sum(row["id"] not in cards for row in households),
        "batches": [_batch_view(batch, members, today) for batch in batches],
    }


def _household_view(row: dict[str, Any], cards: list[dict[str, Any]]) -> dict[str, Any]:
    name = f"{row['fields'].get('door', '')} {row['fields'].get('title', '')}"
    return {"id": row["id"], "name": name, "cards": cards}


def _card_view(row: dict[str, Any], printed: set[str], today: str) -> dict[str, Any]:
    handed = row["fields"].get("handed_on", "")
    return {
        "id": row["id"],
        "code": row["fields"]["code"],
        "printed": row["id"] in printed,
        "handed": day_words(handed, today, t) if handed else "",
    }


def _batch_view(batch: dict[str, Any], members: dict[str, Any], today: str) -> dict[str, Any]:
    return {
        "id": batch["id"],
        "when": moment_words(batch["at"], today, t),
        "who": members.get(batch["member"], {}).get("name") or _("网格外的人"),
        "format": _formats()[batch["format"]],
        "count": len(batch["cards"]),
    }


def _formats() -> dict[str, str]:
    return {
        "a4": _("A4 纸，8 张，正反面"),
        "pocket": _("钱包大小，5 张，对折"),
        "wall": _("A6，一张，贴墙"),
        "labels": _("不干胶标签，24 张"),
    }


def _labels() -> dict[str, str]:
    return {
        "station_name": _("关爱服务站"),
        "station_address": _("服务站地址"),
        "clinic_name": _("卫生室"),
        "clinic_phone": _("卫生室电话"),
        "police_name": _("派出所"),
        "police_phone": _("派出所电话"),
        "second_line": _("第二种文字的一行"),
    }
