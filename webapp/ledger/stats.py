"""Counting what the ledger holds, from the records themselves."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Connection, select

from sync.database import Store
from sync.rows import rows_of
from sync.schema import area


def count_ledger(tx: Connection, store: Store, areas: list[str] | None = None) -> dict[str, Any]:
    """Counts of the households and people of these grids, or all.

    ``{"households", "people", "by_kind", "children_by_parents_away", "by_absence", "by_grid"}``: ``by_grid``
    counts households by the grid's name, ``by_absence`` the children; the others by value of the field.
    """
    names = {row.area_id: row.name for row in tx.execute(select(area).where(area.c.level == "grid"))}
    wanted = names if areas is None else {key: name for key, name in names.items() if key in areas}
    rows = rows_of(tx, store.catalogue, wanted, kinds=["household", "person"])
    households = [row for row in rows if row["kind"] == "household"]
    people = [row["fields"] for row in rows if row["kind"] == "person"]
    children = [fields for fields in people if fields.get("category") == "child"]
    return {
        "households": len(households),
        "people": len(people),
        "by_kind": _sorted(Counter(fields.get("category", "unknown") for fields in people)),
        "children_by_parents_away": _sorted(Counter(f.get("absence", "unknown") for f in children)),
        "by_absence": _sorted(Counter(f.get("absence", "unknown") for f in children)),
        "by_grid": _sorted(Counter(wanted[row["area"]] for row in households)),
    }


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
