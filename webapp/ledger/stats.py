"""Counting what the ledger holds, from the records themselves."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Connection

from sync.database import Store
from sync.rows import rows_of
from webapp.care.dates import local_date
from webapp.ledger.commands import now_ms
from webapp.ledger.grid import count_by_area, find_headless, path_names, read_tree


def count_ledger(tx: Connection, store: Store, areas: list[str] | None = None) -> dict[str, Any]:
    """Counts of the households and people of these grids, or all.

    ``{"households", "people", "by_kind", "children_by_parents_away", "by_absence", "by_grid", "by_area",
    "areas_without_head"}``: ``by_grid`` counts households by the grid's name, ``by_absence`` the children;
    ``by_area`` every area of the tree by its path of names; the others by value of the field.
    """
    tree = read_tree(tx)
    names = {each: row.name for each, row in tree.items() if row.level == "grid"}
    wanted = names if areas is None else {key: name for key, name in names.items() if key in areas}
    rows = rows_of(tx, store.catalogue, wanted, kinds=["household", "person"])
    households = [row for row in rows if row["kind"] == "household"]
    people = [row["fields"] for row in rows if row["kind"] == "person"]
    looked = sorted(tree if areas is None else areas)
    without = find_headless(tx, store, tree, looked, local_date(now_ms()))
    children = [fields for fields in people if fields.get("category") == "child"]
    return {
        "households": len(households),
        "people": len(people),
        "by_kind": _sorted(Counter(fields.get("category", "unknown") for fields in people)),
        "children_by_parents_away": _sorted(Counter(f.get("absence", "unknown") for f in children)),
        "by_absence": _sorted(Counter(f.get("absence", "unknown") for f in children)),
        "by_grid": _sorted(Counter(wanted[row["area"]] for row in households)),
        "by_area": count_by_area(tree, rows, looked),
        "areas_without_head": ["/".join(path_names(tree, each)) for each in without],
    }


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
