"""人员与住户: households by grid in the order one walks, a page at a time; one search over the whole desk.

Invariant: a page reads the grids it shows, and a search what its index finds, never the whole book.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import current_app, request
from sqlalchemy import Connection, case, false, func, select

from sync.rows import is_standing, rows_of
from sync.schema import record
from sync.tallies import read_totals
from webapp.auth.access import current_caller, desk_areas, desk_required
from webapp.desk.places import PEOPLE, Place, area_choices, choose_areas, in_order, read_places
from webapp.desk.queue import FEW_AREAS, in_areas
from webapp.desk.rendering import render_desk
from webapp.desk.routes import blueprint
from webapp.extensions import store_of
from webapp.field.rendering import t
from webapp.field.view_models.households import households_view, matches_person, matches_place, squash
from webapp.ledger.commands import now_ms

Answer = Any
Row = dict[str, Any]
PAGE = 60  # households, and what is left of the last grid
MOST_FOUND = 100
MOST_READ = 400  # of what the index finds, since it finds more than what is meant


@blueprint.get("/people")
@desk_required
def show_people() -> Answer:
    """Households and people by grid, with a search."""
    query, chosen = request.args.get("q", "")[:80], request.args.get("area", "")[:36]
    with store_of(current_app).read() as tx:
        areas, places = desk_areas(current_caller()), read_places(tx)
        wanted = choose_areas(places, areas, chosen)
        if squash(query):
            book, after = search_book(tx, wanted, query), ""
        else:
            book, after = _page_of(tx, in_order(places, wanted), request.args.get("after", "")[:36])
        totals = read_totals(tx, store_of(current_app).catalogue, wanted)
        choices = area_choices(places, areas, chosen)
    view = households_view(book, query, now_ms(), t)
    if not squash(query):
        view["head"] |= {"sub": t("共 %(n)s 户", n=str(totals["household"]))}
    view["nobody_here"] = not totals["household"]
    view["nothing_found"] = bool(squash(query)) and not view["groups"]
    context = {"people_count": totals["person"], "choices": choices, "chosen": chosen, "after": after}
    return render_desk("desk/people.html", "people", **view, **context)


def search_book(tx: Connection, areas: Sequence[str], query: str) -> dict[str, Any]:
    """A book of the households in which somebody or something matches, with all who live there."""
    store, wanted = store_of(current_app), squash(query)
    hits = find_rows(tx, areas, wanted)
    homes = {row["fields"].get("household", "") if row["kind"] == "person" else row["id"] for row in hits}
    homes = set(sorted(homes)[:MOST_FOUND])
    around = sorted({row["area"] for row in hits})
    households = rows_of(tx, store.catalogue, around, kinds=["household"], ids=homes) if around else []
    return _book(households, _living(tx, around, homes), _grids(tx, around))


def find_rows(tx: Connection, areas: Sequence[str], wanted: str, kinds: Sequence[str] = PEOPLE) -> list[Row]:
    """The people and households of these grids that a squashed query means, by the index of their words."""
    store = store_of(current_app)
    number = re.fullmatch(r"([0-9]{1,2})号|([0-9]{1,2})", wanted)
    pattern = f" #{int(number[1] or number[2])} " if number else wanted
    words = record.c.words + " "
    # Without LIKE, which folds case anew for every record; words are in one case already.
    find = func.instr if store.is_sqlite else func.strpos
    said = find(words, pattern) > 0
    here = in_areas(record.c.area_id, list(areas))
    # Of many areas the words are tried first: few records have them, and every record is in some area.
    both = (said, here) if len(areas) <= FEW_AREAS else (case((said, here), else_=false()),)
    query = select(record.c.area_id, record.c.record_id).where(
        record.c.kind.in_(kinds), record.c.words.is_not(None), *both
    )
    found = tx.execute(query.limit(MOST_READ)).all()
    around, ids = {each.area_id for each in found}, [each.record_id for each in found]
    rows = rows_of(tx, store.catalogue, around, kinds=kinds, ids=ids) if ids else []
    matches = {"person": matches_person, "household": matches_place}
    return [row for row in rows if matches[row["kind"]](row["fields"], wanted)]


def _page_of(tx: Connection, grids: list[Place], after: str) -> tuple[dict[str, Any], str]:
    """A book of the next grids with about a page of households, and the grid to go on with."""
    store = store_of(current_app)
    place = next((number for number, grid in enumerate(grids) if grid.id == after), 0)
    households: list[Row] = []
    people: list[Row] = []
    shown: list[str] = []
    while place < len(grids) and len(households) < PAGE:
        rows = rows_of(tx, store.catalogue, [grids[place].id], kinds=PEOPLE)
        households += [row for row in rows if row["kind"] == "household"]
        people += [row for row in rows if row["kind"] == "person"]
        shown.append(grids[place].id)
        place += 1
    return _book(households, people, _grids(tx, shown)), grids[place].id if place < len(grids) else ""


def _living(tx: Connection, areas: Sequence[str], homes: set[str]) -> list[Row]:
    store = store_of(current_app)
    query = select(record.c.record_id).where(
        record.c.area_id.in_(areas), record.c.subject_id.in_(sorted(homes)), record.c.kind == "person"
    )
    ids = list(tx.scalars(query.where(is_standing()))) if homes else []
    return rows_of(tx, store.catalogue, areas, kinds=["person"], ids=ids) if ids else []


def _grids(tx: Connection, areas: Sequence[str]) -> list[Row]:
    return (
        rows_of(tx, store_of(current_app).catalogue, areas, kinds=["grid"], ids=list(areas)) if areas else []
    )


def _book(households: list[Row], people: list[Row], grids: list[Row]) -> dict[str, Any]:
    return {
        "grids": grids,
        "households": households,
        "people": people,
        "members": [],
        "pairings": [],
        "cards": [],
        "summaries": {},
    }
