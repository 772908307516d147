"""Kept counts: how many records of a kind an area has, and of what sort, without reading them.

Invariant: a tally is a function of the area's standing records and of the catalogue's facets. The fold counts
an area again where it wrote a counted kind; what moves or is erased takes its tally away
(``forget_tallies``), and whoever reads one that is missing counts it (``read_tallies``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from sync.bulk import execute_many
from sync.catalogue import Catalogue
from sync.rows import is_standing
from sync.schema import record, tally

MOST_AREAS = 500  # of one statement


@dataclass
class Tally:
    """``total`` records of a kind; by facet and value how many, as ``{"category": {"child": 12}}``."""

    total: int = 0
    facets: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count another area's in."""
        self.total += other.total
        for name, values in other.facets.items():
            mine = self.facets.setdefault(name, Counter())
            mine.update(values.keys())  # each once, and then those that are there more often: most are not
            for value, number in values.items():
                if number > 1:
                    mine[value] += number - 1


def count_again(tx: Connection, catalogue: Catalogue, areas: Collection[str]) -> None:
    """Write the tallies of these areas anew. Whoever calls holds their logs."""
    if not areas:
        return
    forget_tallies(tx, areas)
    counted = _count(tx, catalogue, areas)
    rows = [
        {
            "area_id": area,
            "kind": kind,
            "total": found.total,
            "body": _dump(found.facets),
        }
        for (area, kind), found in counted.items()
    ]
    execute_many(tx, insert(tally), rows)


def forget_tallies(tx: Connection, areas: Collection[str]) -> None:
    """Take the tallies of these areas away: they are counted again when somebody reads or writes there."""
    tx.execute(delete(tally).where(tally.c.area_id.in_(sorted(areas))))


def read_tallies(
    tx: Connection, catalogue: Catalogue, areas: Collection[str], kinds: Collection[str]
) -> dict[tuple[str, str], Tally]:
    """The tally of each of these areas and kinds: ``(area, kind) -> Tally``."""
    found: dict[tuple[str, str], Tally] = {}
    for some in _batches(areas):
        query = select(tally).where(tally.c.area_id.in_(some), tally.c.kind.in_(sorted(kinds)))
        for row in tx.execute(query):
            facets = {name: Counter(values) for name, values in json.loads(row.body).items()}
            found[row.area_id, row.kind] = Tally(row.total, facets)
    known = {area for area, _ in found}
    missing = [area for area in areas if area not in known]
    counted = _count(tx, catalogue, missing) if missing else {}
    return found | {key: each for key, each in counted.items() if key[1] in kinds}


def read_totals(tx: Connection, catalogue: Catalogue, areas: Collection[str]) -> Counter[str]:
    """How many records of each counted kind these areas have together."""
    totals: Counter[str] = Counter()
    known: set[str] = set()
    for some in _batches(areas):
        for row in tx.execute(
            select(tally.c.area_id, tally.c.kind, tally.c.total).where(tally.c.area_id.in_(some))
        ):
            totals[row.kind] += row.total
            known.add(row.area_id)
    missing = [area for area in areas if area not in known]
    for (_area, kind), found in (_count(tx, catalogue, missing) if missing else {}).items():
        totals[kind] += found.total
    return totals


def counted_kinds(catalogue: Catalogue) -> frozenset[str]:
    """The kinds that are counted."""
    return frozenset(kind.name for kind in catalogue if kind.facets is not None)


def tally_of(catalogue: Catalogue, rows: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Tally]:
    """The tallies of these records, given as (kind, fields): a tally of every counted kind."""
    counted = {name: Tally() for name in counted_kinds(catalogue)}
    for name, fields in rows:
        facets = catalogue[name].facets
        counted[name].total += 1
        for facet, value in facets(fields) if facets else ():
            counted[name].facets.setdefault(facet, Counter())[value] += 1
    return counted


def _count(tx: Connection, catalogue: Catalogue, areas: Collection[str]) -> dict[tuple[str, str], Tally]:
    counted: dict[tuple[str, str], Tally] = {}
    for area in areas:
        query = select(record.c.kind, record.c.body).where(
            record.c.area_id == area, record.c.kind.in_(sorted(counted_kinds(catalogue))), is_standing()
        )
        rows = ((row.kind, json.loads(row.body)) for row in tx.execute(query))
        counted |= {(area, kind): found for kind, found in tally_of(catalogue, rows).items()}
    return counted


def _dump(facets: dict[str, Counter[str]]) -> str:
    return json.dumps(facets, ensure_ascii=False, sort_keys=True)


def _batches(areas: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(areas)
    for place in range(0, len(ordered), MOST_AREAS):
        yield ordered[place : place + MOST_AREAS]
