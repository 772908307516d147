"""Who of a roster is known already: living elsewhere by now, erased, or a pupil whose home is on record.

Invariant: what a caller may not see is not named to them; of who was erased nothing is known but a keyed
digest (``erasure_trace``), which tells that a line is about them and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from sync.database import Store
from sync.rows import rows_of
from sync.schema import area, record
from webapp.ledger.lookup import erasure_trace, squeeze

Row = dict[str, Any]


@dataclass
class Gone:
    """Who is not where a roster says: people by (grid, name), and the traces of who was erased by grid."""

    left: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    erased: set[tuple[str, str]] = field(default_factory=set)
    secret: str = ""

    def where(self, grid: str, name: str, birth: str) -> str:
        """The area in which somebody lives now who once lived in ``grid``; "" where there is none."""
        return next(
            (row["area"] for row in self.left.get((grid, squeeze(name)), ()) if is_same_birth(row, birth)), ""
        )

    def is_erased(self, grid: str, name: str, birth: str) -> bool:
        """Whether somebody of this name and birth was erased in ``grid``."""
        return bool(self.erased) and (grid, erasure_trace(self.secret, name, birth)) in self.erased


def read_gone_people(tx: Connection, store: Store, grids: Collection[str], secret: str) -> Gone:
    """Who left these grids or was erased in them."""
    query = select(record.c.area_id, record.c.record_id, record.c.state, record.c.lookup).where(
        record.c.area_id.in_(sorted(grids)), record.c.kind == "person", record.c.state.in_(("left", "erased"))
    )
    found = tx.execute(query).all()
    gone = Gone(secret=secret)
    gone.erased = {
        (each.area_id, each.lookup.removeprefix("erased:"))
        for each in found
        if each.state == "erased" and each.lookup
    }
    left = {each.record_id: each.area_id for each in found if each.state == "left"}
    if left:
        everywhere = tx.scalars(select(area.c.area_id)).all()
        for row in rows_of(tx, store.catalogue, everywhere, kinds=["person"], ids=list(left)):
            key = left[row["id"]], squeeze(row["fields"].get("name", ""))
            gone.left.setdefault(key, []).append(row)
    return gone


def by_name(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """People by their name."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(squeeze(row["fields"].get("name", "")), []).append(row)
    return found


def is_same_birth(row: Row, birth: str) -> bool:
    """Whether a person may be born on ``birth``: a year or month fits every day in it, none fits all."""
    known = str(row["fields"].get("birth", ""))
    return known.startswith(birth) or birth.startswith(known)
