"""Contact cards: the public page a scan opens, the desk page, and the sheet to print.

Invariant: the public page says nothing about the family, and looks the same for every code that is not in
use, whether it never was, was withdrawn, or is nonsense.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from sync.rows import rows_of
from sync.schema import area as area_table
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.cards.issue import cards_of, ensure_cards, find_by_code, find_card, is_issued, withdraw_card
from webapp.cards.qr import card_url, draw_qr
from webapp.desk.rendering import render_desk
from webapp.extensions import store_of
from webapp.field.view_models.words import phone_words
from webapp.ledger.commands import fold_into, set_fields

blueprint = Blueprint("cards", __name__)
Answer = Any
PER_SHEET = 8
DETAILS = (
    "station_name",
    "station_address",
    "clinic_name",
    "clinic_phone",
    "police_name",
    "police_phone",
)


@blueprint.get("/C/<token>")
@blueprint.get("/c/<token>")
def show_card(token: str) -> Answer:
    """What a scan opens: whom to call."""
    with store_of(current_app).read() as tx:
        return _public_page(tx, find_card(tx, store_of(current_app), token[:64]))


@blueprint.get("/C")
@blueprint.get("/c")
def type_code() -> Answer:
    """Where the short code of a card is typed; what it opens is the same page that a scan opens."""
    typed = request.args.get("code", "")[:40]
    if typed:
        with store_of(current_app).read() as tx:
            return _public_page(tx, find_by_code(tx, store_of(current_app), typed))
    with force_locale(_language()):
        return render_template("cards/type_code.html", language=_language())


@blueprint.get("/cards/sheets/<area>")
@desk_required
def show_sheet(area: str) -> Answer:
    """A4 sheets of eight cards for a grid."""
    _own(area)
    store = store_of(current_app)
    with store.read() as tx:
        cards = cards_of(tx, store, area)
        contact = _contact(tx, store, area)
        households = rows_of(tx, store.catalogue, [area], kinds=["household"])
    households.sort(key=lambda row: (row["fields"].get("number", 0), row["fields"].get("door", "")))
    drawn = [_drawn(row, cards[row["id"]]) for row in households if row["id"] in cards]
    sheets = [drawn[start : start + PER_SHEET] for start in range(0, len(drawn), PER_SHEET)]
    host = current_app.config["PUBLIC_URL"].partition("://")[2]
    return render_template("cards/sheet.html", sheets=sheets, contact=contact, area=area, host=host)


@blueprint.get("/desk/cards")
@desk_required
def show_cards() -> Answer:
    """Every grid with its cards, and the details printed on them."""
    store = store_of(current_app)
    areas = desk_areas(current_caller())
    with store.read() as tx:
        grids = [_grid_view(tx, store, area) for area in areas]
    grids.sort(key=lambda grid: (grid["position"], grid["name"]))
    chosen = next((grid for grid in grids if grid["id"] == request.args.get("area")), None) or grids[0]
    return render_desk("cards/desk.html", "cards", grids=grids, chosen=chosen, labels=_labels())


@blueprint.post("/desk/cards/<area>/issue")
@desk_required
def issue(area: str) -> Answer:
    """Issue a card to every household that has none."""
    _own(area)
    store = store_of(current_app)
    with store.write() as tx:
        ensure_cards(tx, store, area, current_caller())
    return redirect(url_for("cards.show_cards", area=area), 303)


@blueprint.post("/desk/cards/<area>/details")
@desk_required
def set_details(area: str) -> Answer:
    """Change what is printed: station, clinic, police, who is responsible."""
    _own(area)
    store = store_of(current_app)
    with store.write() as tx:
        [grid] = rows_of(tx, store.catalogue, [area], kinds=["grid"])
        wanted = {key: request.form.get(key, "").strip()[:80] or None for key in (*DETAILS, "responsible")}
        seen = grid["fields"]
        altered = {key: value for key, value in wanted.items() if seen.get(key) != value}
        if altered:
            base = {key: seen[key] for key in altered if key in seen}
            fold_into(tx, store, [set_fields("grid", area, grid["id"], altered, base)], current_caller())
    return redirect(url_for("cards.show_cards", area=area), 303)


@blueprint.post("/desk/cards/<area>/<household>/reissue")
@desk_required
def reissue(area: str, household: str) -> Answer:
    """Withdraw a household's card and issue another (asked again on a page of its own first)."""
    _own(area)
    store = store_of(current_app)
    with store.write() as tx:
        card = cards_of(tx, store, area).get(household)
        if card is None:
            abort(404)
        if not request.form.get("sure"):
            return render_desk(
                "cards/reissue.html", "cards", area=area, household=household, code=card["fields"]["code"]
            )
        withdraw_card(tx, store, card, current_caller())
        ensure_cards(tx, store, area, current_caller())
    return redirect(url_for("cards.show_cards", area=area), 303)


def _public_page(tx: Any, card: dict[str, Any] | None) -> Answer:
    """The page of a card in use, or the one page for everything else."""
    contact = _contact(tx, store_of(current_app), card["area"]) if card else None
    language = _language()
    headers = {"X-Robots-Tag": "noindex"}
    with force_locale(language):
        if card is None or contact is None:
            return render_template("cards/unknown.html", language=language), 404, headers
        code = card["fields"]["code"]
        return (
            render_template("cards/public.html", contact=contact, code=code, language=language),
            200,
            headers,
        )


def _language() -> str:
    return "en" if request.args.get("language") == "en" else "zh_Hans"


def _own(area: str) -> None:
    if area not in desk_areas(current_caller()):
        abort(404)


def _contact(tx: Any, store: Any, area: str) -> dict[str, Any]:
    """Whom to call for a grid, as strings; what is not known stays empty."""
    rows = rows_of(tx, store.catalogue, [area], kinds=["grid", "member"])
    grid: dict[str, Any] = next((row["fields"] for row in rows if row["kind"] == "grid"), {})
    members = {row["id"]: row["fields"] for row in rows if row["kind"] == "member"}
    who: dict[str, Any] = members.get(grid.get("responsible", ""), {})
    contact = {key: grid.get(key, "") for key in DETAILS} | {"grid": grid.get("name", "")}
    contact |= {"name": who.get("name", ""), "phone": who.get("phone", ""), "face": who.get("name", "")[:1]}
    for key in ("phone", "clinic_phone", "police_phone"):
        contact[f"{key}_words"] = phone_words(contact[key])
    return contact | {"responsible": grid.get("responsible", "")}


def _drawn(household: dict[str, Any], card: dict[str, Any]) -> dict[str, Any]:
    url = card_url(current_app.config["PUBLIC_URL"], card["fields"]["token"])
    return {
        "door": household["fields"].get("door", ""),
        "code": card["fields"]["code"],
        "qr": draw_qr(url, _("联系卡二维码")),
    }


def _grid_view(tx: Any, store: Any, area: str) -> dict[str, Any]:
    rows = rows_of(tx, store.catalogue, [area], kinds=["grid", "household", "card", "member"])
    named: dict[str, Any] = next((row["fields"] for row in rows if row["kind"] == "grid"), {})
    name = tx.scalar(select(area_table.c.name).where(area_table.c.area_id == area))
    cards = {row["fields"]["household"]: row["fields"]["code"] for row in rows if is_issued(row)}
    households = [row for row in rows if row["kind"] == "household"]
    households.sort(key=lambda row: (row["fields"].get("number", 0), row["fields"].get("door", "")))
    members = [
        {"id": row["id"], "name": row["fields"]["name"], "phone": phone_words(row["fields"].get("phone", ""))}
        for row in rows
        if row["kind"] == "member"
    ]
    return {
        "id": area,
        "name": name,
        "position": named.get("position", 0),
        "fields": {key: named.get(key, "") for key in (*DETAILS, "responsible")},
        "members": members,
        "households": [
            {
                "id": row["id"],
                "name": f"{row['fields'].get('door', '')} {row['fields'].get('title', '')}",
                "code": cards.get(row["id"], ""),
            }
            for row in households
        ],
        "cards": len(cards),
        "missing": len(households) - len(cards),
    }


def _labels() -> dict[str, str]:
    return {
        "station_name": _("关爱服务站"),
        "station_address": _("服务站地址"),
        "clinic_name": _("卫生室"),
        "clinic_phone": _("卫生室电话"),
        "police_name": _("派出所"),
        "police_phone": _("派出所电话"),
    }
