"""One grid at a time: pages of the desk that are about people ask for no more than a grid's book."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, current_app, request
from sqlalchemy import Connection, select

from sync.schema import area as area_table
from webapp.auth.access import current_caller, desk_areas
from webapp.extensions import store_of
from webapp.field.book import load_book

Choice = tuple[str, str]


def pick_grid(tx: Connection) -> tuple[str, list[Choice]]:
    """The grid that a page is about, of one's desk, and all it could be about: ``(id, [(id, name)])``."""
    areas = desk_areas(current_caller())
    query = select(area_table).where(area_table.c.area_id.in_(areas))
    rows = tx.execute(query.order_by(area_table.c.position, area_table.c.name)).all()
    wanted = request.values.get("area", "")
    if not rows or (wanted and wanted not in areas):
        abort(404)
    return wanted or str(rows[0].area_id), [(row.area_id, row.name) for row in rows]


def village_of(tx: Connection, area: str) -> tuple[str, str, list[str]] | None:
    """The village of a grid that is of one's desk, ``(id, name, ids of its grids)``; None where it is not."""
    parent = tx.scalar(select(area_table.c.parent_id).where(area_table.c.area_id == area))
    if parent is None or not current_caller().may_review(parent):
        return None
    name = tx.scalar(select(area_table.c.name).where(area_table.c.area_id == parent))
    grids = select(area_table.c.area_id).where(area_table.c.parent_id == parent, area_table.c.level == "grid")
    return parent, str(name), list(tx.scalars(grids.order_by(area_table.c.area_id)))


def grid_book(tx: Connection, area: str) -> dict[str, Any]:
    """What a phone of this grid alone would hold."""
    caller = replace(current_caller(), areas=frozenset({area}))
    return load_book(tx, store_of(current_app), caller)
