"""Who is due, and who has nobody, read grid by grid from the database by the phone's own rules.

Invariant: what is counted here is what Today shows: the same pure functions over the same rows; only the
texts of facts are left unread, which no rule asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from sync.database import Store
from sync.rows import rows_of
from sync.schema import area as area_table
from sync.schema import record
from sync.tree import read_above
from webapp.care.dates import local_date
from webapp.care.rhythm import needs_today
from webapp.care.summary import COUNTED, Summary, empty_summary
from webapp.field.book import SHELVES
from webapp.field.view_models.shelf import Book, Shelf
from webapp.forms.kinds import FACTS

ABOVE = ("place", "rhythm")
ASKED = ("grid", "household", "person", "member", "pairing", "rhythm")


def count_needs(tx: Connection, store: Store, now: int, areas: Iterable[str] | None = None) -> dict[str, int]:
    """``{"unpaired_people", "due_today"}`` of these grids, or all: active people, counted one by one.

    ``due_today`` are those for whom something is due by now; ``unpaired_people`` have no pairing in force.
    """
    unpaired = due = 0
    grids = tx.scalars(select(area_table.c.area_id).where(area_table.c.level == "grid").order_by("area_id"))
    for area in grids.all() if areas is None else areas:
        shelf = light_shelf(tx, store, area, now)
        active = [row for row in shelf.people.values() if row["fields"].get("state", "active") == "active"]
        unpaired += sum(not shelf.paired_with(row) for row in active)
        due += sum(needs_today(shelf.dues_of(row)) for row in active)
    return {"unpaired_people": unpaired, "due_today": due}


def light_shelf(tx: Connection, store: Store, area: str, now: int) -> Shelf:
    """A grid's people with what is known of each, without reading what their facts say."""
    book: Book = {shelf: [] for shelf in SHELVES.values()}
    rows = rows_of(tx, store.catalogue, [area], kinds=ASKED)
    for row in [*rows, *rows_of(tx, store.catalogue, read_above(tx, [area]), kinds=ABOVE)]:
        book[SHELVES[row["kind"]]].append(row)
    return Shelf(book | {"summaries": read_summaries(tx, area)}, local_date(now))


def read_summaries(tx: Connection, area: str) -> dict[str, Summary]:
    """The summaries of a grid's people as far as rules ask: who came when, how it was, what was agreed."""
    counted = record.c.area_id == area, record.c.kind.in_(FACTS), record.c.state.in_(sorted(COUNTED))
    columns = record.c.person_id, record.c.kind, record.c.occurred_at, record.c.record_id
    summaries: dict[str, Summary] = {}
    for person, kind, at, fact, attention in tx.execute(select(*columns, record.c.attention).where(*counted)):
        summary = summaries.setdefault(person, empty_summary())
        known = summary["last"].get(kind)
        if known is None or (at, fact) > (known["at"], known["id"]):
            summary["last"][kind] = {"id": fact, "at": at, "attention": attention or "well", "reasons": []}
    for summary in summaries.values():
        kind, latest = max(summary["last"].items(), key=lambda each: (each[1]["at"], each[1]["id"]))
        summary["latest"], summary["last_at"] = latest | {"kind": kind}, latest["at"]
    agreed = select(*columns, record.c.body).where(*counted, record.c.body.contains('"next_date"'))
    for person, kind, at, fact, body in tx.execute(agreed):
        date = json.loads(body).get("next_date")
        if date:
            summaries[person]["follow_ups"].append({"date": date, "kind": kind, "id": fact, "at": at})
    for summary in summaries.values():
        _leave_open(summary)
    return summaries


def _leave_open(summary: Summary) -> None:
    """Drop what was kept: somebody came on that day or later, after it was agreed."""
    last = summary["last_at"]
    found: list[dict[str, Any]] = summary["follow_ups"]
    summary["follow_ups"] = sorted(
        (item for item in found if not (last > item["at"] and local_date(last) >= item["date"])),
        key=lambda item: (item["date"], item["id"]),
    )
