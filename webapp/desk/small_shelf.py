"""The part of a book that a few rows speak of: a page of a desk over a county reads no more than it shows."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import Connection

from sync.rows import rows_of
from webapp.care.dates import local_date
from webapp.extensions import store_of
from webapp.field.view_models.shelf import Shelf
from webapp.ledger.commands import now_ms

Row = dict[str, Any]


def small_shelf(tx: Connection, rows: list[Row]) -> Shelf:
    """Whom these rows are about, where they live, their grids and who works there; the needs among them."""
    catalogue, areas = store_of(current_app).catalogue, sorted({row["area"] for row in rows})
    people = _named(rows, "person") | {row["person"] for row in rows if "person" in row}
    people |= {row["id"] for row in rows if row["kind"] == "person"}
    book: dict[str, list[Row]] = {"people": rows_of(tx, catalogue, areas, kinds=["person"], ids=people)}
    homes = _named(rows, "household") | _named(book["people"], "household")
    book["households"] = rows_of(tx, catalogue, areas, kinds=["household"], ids=homes)
    around = rows_of(tx, catalogue, areas, kinds=["grid", "member"])
    for shelf, kind in (("grids", "grid"), ("members", "member")):
        book[shelf] = [row for row in around if row["kind"] == kind]
    needs = [row for row in rows if row["kind"] == "need"]
    empty: dict[str, Any] = {"pairings": [], "cards": [], "rhythms": [], "summaries": {}}
    return Shelf(book | {"needs": needs} | empty, local_date(now_ms()))


def _named(rows: list[Row], key: str) -> set[str]:
    return {row["fields"][key] for row in rows if row["fields"].get(key)}
