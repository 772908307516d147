"""What a desk asks of needs: which wait, in what order, and how one came to be as it is.

Invariant: every query names its areas; the order (late, urgent, by when) is the database's, by columns.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from sync.clock import parse_stamp
from sync.rows import IN_CONFLICT, decode_row, is_standing
from sync.schema import record
from webapp.care.needs import RULES, STEPS

PAGE = 50
OPEN = tuple(state for state in STEPS if state != "closed")
STATES = ("waiting", *STEPS, "all")
RANKS = {urgency: rank for rank, urgency in enumerate(RULES["urgency"])}
Row = dict[str, Any]


@dataclass(frozen=True)
class NeedFilters:
    """What the desk asked for; "" is any, and of ``state`` "waiting" all that is not closed."""

    state: str = "waiting"
    urgency: str = ""
    department: str = ""
    area: str = ""

    def as_query(self) -> dict[str, str]:
        """The filters that differ from the default, for links."""
        default = NeedFilters()
        return {key: value for key, value in vars(self).items() if value != getattr(default, key)}


def list_needs(
    tx: Connection, areas: list[str], filters: NeedFilters, today: str, page: int = 0
) -> tuple[list[Row], bool]:
    """A page of needs, late ones first, then urgent ones, then by when; and whether there are more."""
    late = case((record.c.lookup < f"need:{today}", 0), else_=1)
    order = late, record.c.attention_rank, record.c.lookup, record.c.received_at, record.c.record_id
    query = _matching(select(record), areas, filters).order_by(*order)
    found = tx.execute(query.limit(PAGE + 1).offset(page * PAGE)).all()
    return [decode_row(each) for each in found[:PAGE]], len(found) > PAGE


def count_needs(tx: Connection, areas: list[str], filters: NeedFilters) -> int:
    """How many needs match."""
    return int(tx.scalar(_matching(select(func.count()), areas, filters)) or 0)


def need_history(tx: Connection, area: str, need: str) -> list[dict[str, Any]]:
    """What was said of a need, step by step, latest first: ``{"author", "at", "said"}``, ``at`` in ms.

    Out of the edits, which go along when its household moves to another grid.
    """
    here = record.c.area_id == area, record.c.record_id == need
    edits = json.loads(tx.scalar(select(record.c.edits).where(*here)) or "{}")
    steps: dict[str, dict[str, Any]] = {}
    for name, history in edits.items():
        for edit in history:
            at = parse_stamp(edit["stamp"]).millis
            step = steps.setdefault(edit["change"], {"author": edit["author"], "at": at, "said": {}})
            step["said"][name] = edit["value"]
    return sorted(steps.values(), key=lambda step: (-step["at"], step["author"]))


def _matching(query: Select[Any], areas: list[str], filters: NeedFilters) -> Select[Any]:
    wanted = [filters.area] if filters.area in areas else [] if filters.area else areas
    found: list[ColumnElement[bool]] = [record.c.area_id.in_(wanted), record.c.kind == "need", is_standing()]
    if filters.state == "waiting":
        found.append(record.c.state.in_((*OPEN, IN_CONFLICT)))
    elif filters.state != "all":
        found.append(record.c.state == filters.state)
    if filters.urgency:
        found.append(record.c.attention_rank == RANKS.get(filters.urgency, len(RANKS)))
    if filters.department:  # a quote inside a text is written \", so that no text looks alike
        said = json.dumps(filters.department)
        found.append(record.c.body.contains(f'"department":{said}', autoescape=True))
    return query.where(*found)
