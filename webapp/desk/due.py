"""今天要去看的人: by grid, who needs somebody and whom to ask. Part of the desk.

It is a list of people, as Today on the phone; nobody's work is counted here.
"""

from __future__ import annotations

from typing import Any

from flask import current_app

from webapp.auth.access import desk_required
from webapp.care.dates import local_date
from webapp.care.rhythm import needs_today
from webapp.desk.grids import Choice, grid_book, pick_grid
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.shelf import Row, Shelf
from webapp.field.view_models.today import today_view
from webapp.field.view_models.words import join_words, phone_words
from webapp.ledger.commands import now_ms
from webapp.ledger.due_today import light_shelf

MOST_COUNTED = 24  # grids whose numbers are shown beside their names


@blueprint.get("/due")
@desk_required
def show_due() -> Any:
    """Who needs somebody today in a grid, in the order one walks."""
    now = now_ms()
    with store_of(current_app).read() as tx:
        area, choices = pick_grid(tx)
        book = grid_book(tx, area)
        counts = _counts(tx, choices, now)
    shelf = Shelf(book, local_date(now))
    view = today_view(book, {"id": "", "role": ""}, now, t, most=len(book["people"]))
    for section in view["sections"]:
        section["entries"] = [_entry(shelf, item) for item in section["entries"]]
    away = [_away(shelf, row) for row in sorted(shelf.people.values(), key=shelf.walk_key)]
    return render_desk(
        "desk/due.html",
        "due",
        area=area,
        choices=choices,
        counts=counts,
        away=[each for each in away if each],
        **view,
    )


def _counts(tx: Any, choices: list[Choice], now: int) -> dict[str, int]:
    """How many people need somebody today, by grid; nothing where the grids are too many to read."""
    if len(choices) > MOST_COUNTED:
        return {}
    store = store_of(current_app)
    shelves = {area: light_shelf(tx, store, area, now) for area, _name in choices}
    return {
        area: sum(needs_today(shelf.dues_of(row)) for row in shelf.people.values())
        for area, shelf in shelves.items()
    }


def _entry(shelf: Shelf, item: dict[str, Any]) -> dict[str, Any]:
    """A person as on the phone, and whom to ask: those paired with them, else who is responsible."""
    person = shelf.people[item["href"].rpartition("/")[2]]
    paired = [shelf.members.get(row["fields"].get("member", "")) for row in shelf.paired_with(person)]
    known = [member for member in paired if member]
    responsible = shelf.responsible(person["area"])
    if not known and responsible:
        known = [responsible]
    return item | {"href": item["href"].replace("/field/", "/desk/"), "who": [_who(row) for row in known]}


def _who(member: Row) -> dict[str, str]:
    fields = member["fields"]
    phone = fields.get("phone", "")
    return {
        "name": fields.get("name", ""),
        "number": phone_words(phone),
        "href": f"tel:{phone}" if phone else "",
    }


def _away(shelf: Shelf, person: Row) -> dict[str, str] | None:
    """Somebody who is away today: from when, until when, why."""
    fields = person["fields"]
    begins, until = fields.get("away_from", ""), fields.get("away_until", "")
    if not begins or begins > shelf.today or (until and until < shelf.today):
        return None
    span = f"{begins} – {until}" if until else t("%(day)s 起，没说哪天回来", day=begins)
    detail = join_words([shelf.door_of(person), span, fields.get("away_why", "")])
    return {"name": fields.get("name", ""), "detail": detail, "href": f"/desk/people/{person['id']}/pause"}
