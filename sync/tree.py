"""The tree of areas (county, township, village, grid): what lies below an area, and above it.

Invariant: only the branches that are asked about are read, by one recursive query each way, never the whole
table; one that was tied into a ring still comes to an end (``UNION`` leaves out what was found before).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select

from sync.schema import area

LEVELS = ("county", "township", "village", "grid")


class Place(NamedTuple):
    """An area by its id and whether it is a grid, where people live; ``root`` is what was asked about."""

    root: str
    area: str
    is_grid: bool


def read_below(tx: Connection, areas: Collection[str]) -> list[Place]:
    """Each of these areas and all below it, with the one it was reached from."""
    child = area.alias("child")
    down = (
        select(area.c.area_id.label("root"), area.c.area_id, area.c.level)
        .where(area.c.area_id.in_(sorted(areas)))
        .cte("down", recursive=True)
    )
    below = select(down.c.root, child.c.area_id, child.c.level)
    down = down.union(below.where(child.c.parent_id == down.c.area_id))
    return [Place(root, found, level == "grid") for root, found, level in tx.execute(select(down)).all()]


def read_above(tx: Connection, areas: Collection[str]) -> frozenset[str]:
    """The areas above these, up to the top; none of these themselves, unless it lies above another."""
    parent = area.alias("parent")
    up = (
        select(area.c.parent_id.label("area_id"))
        .where(area.c.area_id.in_(sorted(areas)), area.c.parent_id.is_not(None))
        .cte("up", recursive=True)
    )
    above = select(parent.c.parent_id).where(parent.c.area_id == up.c.area_id)
    up = up.union(above.where(parent.c.parent_id.is_not(None)))
    return frozenset(tx.scalars(select(up)))


def grids_under(tx: Connection, areas: Collection[str]) -> list[str]:
    """The grids at or below these areas, sorted."""
    return sorted({place.area for place in read_below(tx, areas) if place.is_grid})
