"""The grid read: who heads which area, what is without anybody, and counts by every area of the tree.

Source of the gaps: the fourth plan, “实现‘事事有人办理、户户有人服务’” and “三级格长抓落实”.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from sync.database import Store
from sync.overlay import Row
from sync.rows import rows_of
from sync.schema import access, account, area
from webapp.care.pairing import is_in_force
from webapp.care.posts import is_serving
from webapp.ledger.posts import HEADED

Tree = dict[str, Any]  # rows of the table ``area`` by id


def read_tree(tx: Connection) -> Tree:
    """Every area by its id."""
    return {row.area_id: row for row in tx.execute(select(area))}


def path_names(tree: Tree, area_id: str) -> list[str]:
    """The names from the top down to an area; a ring is left where it closes."""
    names: list[str] = []
    seen: set[str] = set()
    row = tree.get(area_id)
    while row is not None and row.area_id not in seen:
        seen.add(row.area_id)
        names.insert(0, row.name)
        row = tree.get(row.parent_id)
    return names


def headed_areas(tx: Connection, store: Store, areas: Collection[str], today: str) -> set[str]:
    """Of these areas, those that somebody heads today.

    By a post of ``grid_head`` in force, by an account's grant of that role on just this area, or, of a grid,
    by the ``responsible`` that its own data names.
    """
    posts = rows_of(tx, store.catalogue, areas, kinds=["post"], lookup=["post:grid_head"])
    found = {row["area"] for row in posts if is_serving(row["fields"], today)}
    granted = (
        select(access.c.area_id)
        .join(account, account.c.account_id == access.c.account_id)
        .where(access.c.role == "grid_head", access.c.until.is_(None), account.c.active == 1)
    )
    found |= set(tx.scalars(granted)) & set(areas)
    grids = rows_of(tx, store.catalogue, areas, kinds=["grid"])
    return found | {row["area"] for row in grids if row["fields"].get("responsible")}


def find_headless(tx: Connection, store: Store, tree: Tree, areas: Collection[str], today: str) -> list[str]:
    """Of these areas the grids, villages and townships that nobody heads today, in order of their paths."""
    levels = {each for each in areas if each in tree and tree[each].level in HEADED}
    without = levels - headed_areas(tx, store, sorted(levels), today)
    return sorted(without, key=lambda each: path_names(tree, each))


def households_unserved(tx: Connection, store: Store, grid: str, today: str) -> list[Row]:
    """The households of a grid without anybody responsible: it has no head, and none of theirs is paired."""
    if headed_areas(tx, store, [grid], today):
        return []
    rows = rows_of(tx, store.catalogue, [grid], kinds=["household", "person", "pairing"])
    pairings = [row["fields"] for row in rows if row["kind"] == "pairing"]
    paired = {fields.get("person") for fields in pairings if is_in_force(fields, today)}
    served = {
        row["fields"].get("household") for row in rows if row["kind"] == "person" and row["id"] in paired
    }
    return [row for row in rows if row["kind"] == "household" and row["id"] not in served]


def count_by_area(tree: Tree, rows: Collection[Row], only: Collection[str]) -> dict[str, dict[str, Any]]:
    """Households, people and people by kind of each of these areas, itself and all below it, by its path.

    ``rows`` are households and people; the path is the names from the top, joined by "/".
    """
    counts = {each: {"households": 0, "people": 0, "by_kind": {}} for each in tree}
    for row in rows:
        for above in _line(tree, row["area"]):
            told: dict[str, Any] = counts[above]
            if row["kind"] == "household":
                told["households"] += 1
                continue
            kind = row["fields"].get("category", "unknown")
            told["people"] += 1
            told["by_kind"][kind] = told["by_kind"].get(kind, 0) + 1
    paths = sorted((path_names(tree, each), each) for each in only)
    return {"/".join(path): counts[each] for path, each in paths}


def _line(tree: Tree, area_id: str) -> list[str]:
    """An area and those above it."""
    found: list[str] = []
    row = tree.get(area_id)
    while row is not None and row.area_id not in found:
        found.append(row.area_id)
        row = tree.get(row.parent_id)
    return found
