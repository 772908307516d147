"""Needs in the desk's lists, in the order in which they were read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from webapp.care.dates import local_date
from webapp.desk.small_shelf import small_shelf
from webapp.field.rendering import t
from webapp.field.view_models.need_items import need_items
from webapp.field.view_models.shelf import Shelf
from webapp.ledger.commands import now_ms
from webapp.ledger.needs import NeedFilters, list_needs

Row = dict[str, Any]
MOST_URGENT = 5


def need_entries(shelf: Shelf, rows: list[Row]) -> list[dict[str, Any]]:
    """What desk/_need.html draws of each of these needs."""
    made = []
    for row in rows:
        [item] = need_items(shelf, [row], t)
        made.append(item | {"id": row["id"], "kind": item["tag"]["kind"], "grid": shelf.grid_name(row)})
    return made


def urgent_needs(tx: Connection, areas: list[str]) -> list[dict[str, Any]]:
    """The first of the urgent needs that wait: they stand above the logs."""
    rows, _more = list_needs(tx, areas, NeedFilters(urgency="urgent"), local_date(now_ms()))
    first = rows[:MOST_URGENT]
    return need_entries(small_shelf(tx, first), first)
