"""Who is responsible for a household, and the station: without a worker (else static/worker/grid.js)."""

from __future__ import annotations

from typing import Any

from webapp.auth.access import sign_in_required
from webapp.field.rendering import t
from webapp.field.routes import answer_page, blueprint, read_book
from webapp.field.view_models.responsible import responsible_view
from webapp.field.view_models.station import station_view
from webapp.ledger.commands import now_ms

Answer = Any


@blueprint.get("/households/<household>/responsible")
@sign_in_required
def show_responsible(household: str) -> Answer:
    """谁负责这一户: pairings, the grid, and what lies above it, each with a number to call."""
    book = read_book()
    view = responsible_view(book, household, now_ms(), t)
    return answer_page("field/responsible.html", "households", view, book)


@blueprint.get("/stations/<area>")
@sign_in_required
def show_station(area: str) -> Answer:
    """The station of an area with its rooms and hours."""
    book = read_book()
    return answer_page("field/station.html", "households", station_view(book, area, now_ms(), t), book)
