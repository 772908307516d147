"""The queue: which logs wait, most urgent first, and the other lists a desk filters.

Invariant: every query names the areas of the caller's desk; what lies outside is as if it were not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from sync.held import held_for
from sync.rows import IN_CONFLICT, RANKS, decode_row, is_standing
from sync.schema import quarantine, record
from sync.twins import count_twins
from webapp.care.dates import add_days, instant_at
from webapp.forms.catalogue import PROFILES
from webapp.forms.kinds import FACTS

PAGE = 50
FEW_AREAS = 32
MOST_DISPUTED = 500
STATES = ("pending", "returned", "approved", "all")


@dataclass(frozen=True)
class Filters:
    """What the desk asked for; empty means any. ``since`` and ``until`` are local dates, both included."""

    state: str = "pending"
    attention: str = ""
    area: str = ""
    kind: str = ""
    author: str = ""
    since: str = ""
    until: str = ""

    def as_query(self) -> dict[str, str]:
        """The filters that differ from the default, for links."""
        default = Filters()
        return {key: value for key, value in vars(self).items() if value != getattr(default, key)}


def read_filters(given: dict[str, str], state: str = "pending", attention: str = "") -> Filters:
    """Filters out of a query string; what makes no sense is left out."""
    date = {key: given[key] for key in ("since", "until") if _is_date(given.get(key, ""))}
    kind = given.get("kind", "")
    wanted = given.get("state", state)
    return Filters(
        state=wanted if wanted in STATES else state,
        attention=given.get("attention", attention),
        area=given.get("area", "")[:36],
        kind=kind if kind in FACTS else "",
        author=given.get("author", "")[:36],
        **date,
    )


def list_logs(
    tx: Connection, areas: list[str], filters: Filters, after: str = "", limit: int = PAGE
) -> tuple[list[dict[str, Any]], str]:
    """Logs and the mark to go on after, "" at the end.

    What waits: urgent ones first, then by arrival. What was decided: the latest first.
    """
    query = select(record).where(*_conditions(areas, filters))
    mark = _read_mark(after)
    if mark:
        query = query.where(_beyond(mark) if filters.state == "pending" else _before(mark))
    query = query.order_by(*_order(filters))
    found = tx.execute(query.limit(limit + 1)).all()
    more = ""
    if len(found) > limit:
        last = found[limit - 1]
        more = f"{last.attention_rank}.{last.received_at}.{last.record_id}"
        if filters.state != "pending":
            more = f"0.{last.occurred_at}.{last.record_id}"
    return [decode_row(row) for row in found[:limit]], more


def count_logs(tx: Connection, areas: list[str], filters: Filters) -> int:
    """How many logs match."""
    return int(tx.scalar(select(func.count()).where(*_conditions(areas, filters))) or 0)


def next_log(tx: Connection, areas: list[str], filters: Filters, not_this: str) -> str:
    """The first log of the queue other than ``not_this``; "" where nothing waits."""
    query = select(record.c.record_id).where(*_conditions(areas, filters), record.c.record_id != not_this)
    order = query.order_by(record.c.attention_rank, record.c.received_at, record.c.record_id)
    return str(tx.scalar(order.limit(1)) or "")


def count_waiting(tx: Connection, areas: list[str]) -> dict[str, int]:
    """``{"pending", "decide", "held", "conflicts", "twins"}`` for the nav."""
    query = select(record.c.attention_rank, func.count()).where(*_conditions(areas, Filters()))
    counts: dict[int, int] = {row[0]: row[1] for row in tx.execute(query.group_by(record.c.attention_rank))}
    held = tx.scalar(select(func.count()).where(*_held_conditions(areas)))
    disputed = record.c.kind.in_(PROFILES), record.c.state == _literally(IN_CONFLICT)
    conflicts = tx.scalar(select(func.count()).where(in_areas(record.c.area_id, areas), *disputed))
    decide = counts.get(RANKS["urgent"], 0) + counts.get(RANKS["watch"], 0)
    told = {"pending": sum(counts.values()), "decide": decide}
    told |= {"held": int(held or 0), "conflicts": int(conflicts or 0)}
    return told | {"twins": count_twins(tx, areas)}


def in_areas(column: ColumnElement[str], areas: list[str]) -> ColumnElement[bool]:
    """That a row lies in one of these areas; of many areas as a test on each row, not as a search for each.

    The indexes that are in order of urgency or time are read until a page is full, which no index by area
    can give.
    """
    return column.in_(areas) if len(areas) <= FEW_AREAS else (column + "").in_(areas)


def list_disputed(tx: Connection, areas: list[str]) -> list[tuple[str, str]]:
    """(area, id) of the profiles that two people wrote differently."""
    disputed = record.c.state == _literally(IN_CONFLICT), record.c.kind.in_(PROFILES)
    query = select(record.c.area_id, record.c.record_id).where(in_areas(record.c.area_id, areas), *disputed)
    return [(row.area_id, row.record_id) for row in tx.execute(query.limit(MOST_DISPUTED))]


def _literally(state: str) -> ColumnElement[str]:
    """A state written into the statement: a partial index is found by nothing else."""
    return bindparam(None, state, literal_execute=True)


def list_held(tx: Connection, areas: list[str]) -> list[Any]:
    """What waits for this desk's decision, newest first."""
    query = select(quarantine).where(*_held_conditions(areas)).order_by(quarantine.c.received_at.desc())
    return list(tx.execute(query.limit(200)))


def list_decided(tx: Connection, areas: list[str], since: int) -> list[Any]:
    """What was decided since then, latest first; of somebody erased nothing."""
    decided = quarantine.c.decided_at >= since, quarantine.c.code != "erased_person"
    query = select(quarantine).where(held_for(areas), quarantine.c.state != "waiting", *decided)
    return list(tx.execute(query.order_by(quarantine.c.decided_at.desc()).limit(100)))


def _held_conditions(areas: list[str]) -> tuple[ColumnElement[bool], ...]:
    return quarantine.c.state == "waiting", held_for(areas)


def _conditions(areas: list[str], filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        in_areas(record.c.area_id, areas),
        record.c.kind.in_([filters.kind] if filters.kind else FACTS),
        is_standing() if filters.state == "all" else record.c.state == _literally(filters.state),
    ]
    if filters.state != "pending":
        found.append(record.c.attention_rank.is_not(None))
    if filters.attention == "decide":
        found.append(record.c.attention_rank.in_((RANKS["urgent"], RANKS["watch"])))
    elif filters.attention:
        found.append(record.c.attention_rank == RANKS.get(filters.attention, -1))
    elif filters.state == "pending":
        found.append(record.c.attention_rank.in_(RANKS.values()))  # all, so that their index is found
    if filters.author:
        found.append(record.c.author_id == filters.author)
    if filters.since:
        found.append(record.c.occurred_at >= instant_at(filters.since, 0, 0))
    if filters.until:
        found.append(record.c.occurred_at < instant_at(add_days(filters.until, 1), 0, 0))
    return found


def _order(filters: Filters) -> tuple[ColumnElement[Any], ...]:
    if filters.state == "pending":
        return record.c.attention_rank, record.c.received_at, record.c.record_id
    return record.c.occurred_at.desc(), record.c.record_id.desc()


def _before(mark: tuple[int, int, str]) -> ColumnElement[bool]:
    _, occurred_at, record_id = mark
    same = and_(record.c.occurred_at == occurred_at, record.c.record_id < record_id)
    return or_(record.c.occurred_at < occurred_at, same)


def _beyond(mark: tuple[int, int, str]) -> ColumnElement[bool]:
    rank, received_at, record_id = mark
    return or_(
        record.c.attention_rank > rank,
        and_(record.c.attention_rank == rank, record.c.received_at > received_at),
        and_(
            record.c.attention_rank == rank,
            record.c.received_at == received_at,
            record.c.record_id > record_id,
        ),
    )


def _read_mark(after: str) -> tuple[int, int, str] | None:
    rank, _, rest = after.partition(".")
    received_at, _, record_id = rest.partition(".")
    if not (rank.isdecimal() and received_at.isdecimal() and len(rank) < 3 and len(received_at) < 16):
        return None
    return int(rank), int(received_at), record_id[:36]


def _is_date(text: str) -> bool:
    try:
        instant_at(text, 0, 0)
    except ValueError:
        return False
    return len(text) == 10
