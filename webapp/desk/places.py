"""The areas of a desk in their order, and a book of no more than a page needs.

Invariant: only grids whose records the caller decides on; what a page does not show is not read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app
from sqlalchemy import Connection, select

from sync.rows import rows_of
from sync.schema import access, account, area
from webapp.auth.access import current_caller, desk_areas
from webapp.care.dates import local_date
from webapp.care.summary import empty_summary, merge_summary
from webapp.extensions import store_of
from webapp.field.book import SHELVES
from webapp.field.view_models.shelf import Shelf
from webapp.forms.kinds import FACTS
from webapp.ledger.commands import now_ms

Row = dict[str, Any]
MANY = 200  # more choices than this are no list any more: the level above is offered first
PEOPLE = ("household", "person")


@dataclass(frozen=True)
class Place:
    """An area with the names above it: ``path`` is ("柳林镇", "青禾村", "青禾村一组")."""

    id: str
    level: str
    name: str
    path: tuple[str, ...]
    above: tuple[str, ...]
    order: tuple[tuple[int, str], ...]


def read_places(tx: Connection) -> dict[str, Place]:
    """Every area with its place in the tree, by id."""
    rows = {row.area_id: row for row in tx.execute(select(area))}
    found: dict[str, Place] = {}
    for row in rows.values():
        chain = [row]
        while (above := rows.get(chain[-1].parent_id)) is not None and len(chain) < 8:
            chain.append(above)
        chain.reverse()
        found[row.area_id] = Place(
            row.area_id,
            row.level,
            row.name,
            tuple(each.name for each in chain),
            tuple(each.area_id for each in chain),
            tuple((each.position, each.name) for each in chain),
        )
    return found


def in_order(places: dict[str, Place], areas: Iterable[str]) -> list[Place]:
    """These grids as one walks the tree."""
    return sorted((places[each] for each in areas if each in places), key=lambda place: place.order)


def choose_areas(places: dict[str, Place], areas: Collection[str], chosen: str) -> list[str]:
    """Of the grids of a desk those at or below an area; all of them where none is chosen."""
    if not chosen:
        return list(areas)
    return [each for each in areas if each in places and chosen in places[each].above]


def area_choices(places: dict[str, Place], areas: Collection[str], chosen: str) -> list[tuple[str, str]]:
    """What a filter offers: the grids; of too many what lies above them, and those around the choice."""
    grids = in_order(places, areas)
    if len(grids) <= MANY:
        return [(place.id, place.name) for place in grids]
    above = {each: places[each] for place in grids for each in place.above[:-1]}
    around = places[chosen].above if chosen in places else ()
    near = {place.id: place for place in grids if set(place.above) & set(around[-2:])} if around else {}
    shown = sorted({**above, **near}.values(), key=lambda place: place.order)
    return [(place.id, " ".join(place.path[-2:])) for place in shown[: 10 * MANY]]


def shelf_for(tx: Connection, rows: Collection[Row], also: Collection[str] = ()) -> Shelf:
    """What a list of these rows says of people, homes, grids and authors, and ``also`` these ids, no more."""
    store = store_of(current_app)
    areas = sorted({row["area"] for row in rows})
    ids = {row[key] for row in rows for key in ("person", "household") if row.get(key)}
    ids |= {row["id"] for row in rows} | set(areas) | set(also)
    found = rows_of(tx, store.catalogue, areas, ids=ids, kinds=(*PEOPLE, "grid")) if areas else []
    homes = {row["fields"].get("household", "") for row in found if row["kind"] == "person"} - ids
    if homes:
        found += rows_of(tx, store.catalogue, areas, ids=homes, kinds=["household"])
    return Shelf(_book(found) | {"members": _members(tx, rows)}, local_date(now_ms()))


def area_shelf(tx: Connection, area_id: str, facts: Collection[Row] = ()) -> Shelf:
    """The whole book of one grid of the desk's, with what is known from these facts."""
    return Shelf(area_book(tx, area_id, facts), local_date(now_ms()))


def area_book(tx: Connection, area_id: str, facts: Collection[Row] = ()) -> dict[str, Any]:
    """The profiles of one grid of the desk's as a phone's book, and summaries of these facts."""
    store, caller = store_of(current_app), current_caller()
    above = [each for each in read_places(tx)[area_id].above if each in caller.readable]
    areas = [area_id, *above] if area_id in desk_areas(caller) else []
    summaries: dict[str, Any] = {}
    for fact in facts:
        known = summaries.get(fact["person"]) or empty_summary()
        summaries[fact["person"]] = merge_summary(known, fact)
    return _book(rows_of(tx, store.catalogue, areas, kinds=list(SHELVES))) | {"summaries": summaries}


def find_row(tx: Connection, kind: str, record_id: str) -> Row | None:
    """A profile of the desk's grids by its id; None where there is none."""
    store = store_of(current_app)
    rows = rows_of(tx, store.catalogue, desk_areas(current_caller()), kinds=[kind], ids=[record_id])
    return rows[0] if rows else None


def need_row(tx: Connection, kind: str, record_id: str) -> Row:
    """A profile of the desk's grids by its id; 404 where there is none."""
    return find_row(tx, kind, record_id) or abort(404)


def facts_about(tx: Connection, person: Row) -> list[Row]:
    """The facts of a person."""
    store = store_of(current_app)
    return rows_of(tx, store.catalogue, [person["area"]], kinds=FACTS, person=person["id"])


def authors_of(tx: Connection, places: dict[str, Place], areas: Collection[str]) -> list[tuple[str, str]]:
    """(account, name) of whoever holds or held a role at or above these grids, by name; none of too many."""
    if len(areas) > MANY:
        return []
    around = {each for place in in_order(places, areas) for each in place.above}
    query = (
        select(account.c.account_id, account.c.name)
        .join(access, access.c.account_id == account.c.account_id)
        .where(access.c.area_id.in_(sorted(around)))
        .distinct()
    )
    return sorted(((row.account_id, row.name) for row in tx.execute(query)), key=lambda each: each[1])


def _book(rows: Iterable[Row]) -> dict[str, Any]:
    book: dict[str, Any] = {shelf: [] for shelf in SHELVES.values()} | {"summaries": {}}
    for row in rows:
        if row["kind"] in SHELVES:
            book[SHELVES[row["kind"]]].append(row)
    return book


def _members(tx: Connection, rows: Collection[Row]) -> list[Row]:
    """Who wrote or reviewed these rows, as members: their names."""
    ids = {row[key] for row in rows for key in ("author", "reviewer") if row.get(key)}
    query = select(account.c.account_id, account.c.name).where(account.c.account_id.in_(sorted(ids)))
    return [
        {"id": row.account_id, "kind": "member", "area": "", "fields": {"name": row.name}}
        for row in tx.execute(query)
    ]
