"""The book of a person without a worker: what a phone would hold, read from the database.

Invariant: only grids of the caller's grants and the areas above them, as at the exchange.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from sync.database import Store
from sync.rows import rows_of
from sync.scope import Caller
from webapp.care.summary import empty_summary, merge_summary
from webapp.forms.kinds import FACTS

SHELVES = {
    "grid": "grids",
    "household": "households",
    "person": "people",
    "member": "members",
    "pairing": "pairings",
    "card": "cards",
    "rhythm": "rhythms",
    "need": "needs",
    "care_plan": "plans",
    "plan_step": "plan_steps",
    "session": "sessions",
    "post": "posts",
    "place": "above",
    "station": "stations",
    "room": "rooms",
}


def load_book(tx: Connection, store: Store, caller: Caller) -> dict[str, Any]:
    """The caller's book: rows by shelf (``SHELVES``), and ``summaries`` by person's id."""
    book: dict[str, Any] = {shelf: [] for shelf in SHELVES.values()}
    summaries: dict[str, Any] = {}
    for row in rows_of(tx, store.catalogue, caller.readable):
        if row["kind"] in SHELVES:
            book[SHELVES[row["kind"]]].append(row)
        elif row["kind"] in FACTS:
            known = summaries.get(row["person"]) or empty_summary()
            summaries[row["person"]] = merge_summary(known, row)
    return book | {"summaries": summaries}


def facts_of(tx: Connection, store: Store, caller: Caller, **wanted: Any) -> list[dict[str, Any]]:
    """Facts of a person or household (``person=``, ``household=``, ``ids=``), each with its place."""
    rows = rows_of(tx, store.catalogue, caller.areas, kinds=FACTS, **wanted)
    return [row | {"place": "needs" if row["state"] == "returned" else "uploaded"} for row in rows]
