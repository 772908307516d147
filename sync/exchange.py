"""One exchange: the numbered steps of one round trip, all of them in one database transaction.

The numbers are those of sync/README.md, which is normative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from sync.cursor import read_cursor, write_cursor
from sync.database import Store
from sync.errors import ProblemError
from sync.holdings import note_holdings
from sync.ids import is_id
from sync.log import heads_of
from sync.records import fold_changes
from sync.rows import read_page, rows_after
from sync.schema import device
from sync.scope import Caller, load_caller, stopped_caller

PROTOCOL = 1
MAX_CHANGES = 100
SMALLEST_PAGE = 32 * 1024
LARGEST_PAGE = 256 * 1024
DEFAULT_PAGE = 64 * 1024
SEEN_EVERY = 5 * 60 * 1000


@dataclass(frozen=True)
class Session:
    """Who the bearer token says this is, how to renew it, and the secret that signs cursors."""

    account: str
    device: str
    secret: bytes
    renew: Callable[[str, str], str]


@dataclass(frozen=True)
class Asked:
    """A request, read by an allow-list."""

    changes: list[Any]
    cursors: dict[str, str]
    epoch: str | None
    budget: int
    build: str | None
    purged: frozenset[str] = frozenset()


def exchange(store: Store, session: Session, request: dict[str, Any], now: int) -> dict[str, Any]:
    """Answer one request (shapes in docs/architecture.md, section 3).

    Raises ProblemError for the whole request: ``unknown_protocol``, ``too_many_changes``,
    ``device_revoked``, ``broken_body``. Nothing is acknowledged unless it is committed. What a revoked phone
    or a closed account still has to say is held; nothing comes down to it, but ``flags.wipe``.
    """
    asked = read_request(request)  # 1
    epoch = store.epoch()
    with store.write() as tx:
        stopped = _check_device(tx, session, asked, now)  # 2
        caller = _load_caller(tx, session, stopped, now)  # 3
        statuses = fold_changes(tx, store.catalogue, caller, asked.changes, now)  # 4
        areas = _areas(caller, asked)  # 5
        news, remaining = _read_news(tx, store, session, caller, asked)  # 6
        given = {page["area"] for page in news}
        note_holdings(tx, caller, given=given, kept=asked.cursors, purged=asked.purged, now=now)
    return {  # 7
        "protocol": PROTOCOL,
        "epoch": epoch,
        "time": now,
        "token": session.renew(session.account, session.device),
        "me": {"id": caller.account, "name": caller.name, "role": caller.role},
        "statuses": statuses,
        "areas": areas,
        "news": news,
        "remaining": remaining,
        "more": remaining["rows"] > 0,
        "flags": {"wipe": bool(caller.stopped), "min_build": None, "retry_after": None},
    }


def read_request(request: dict[str, Any]) -> Asked:
    """Read a request's parts; raises ProblemError where the whole of it cannot be taken."""
    if request.get("protocol") != PROTOCOL:
        raise ProblemError("unknown_protocol")
    changes, cursors = request.get("changes", []), request.get("cursors", {})
    if not isinstance(changes, list) or not isinstance(cursors, dict):
        raise ProblemError("broken_body", "changes or cursors")
    if len(changes) > MAX_CHANGES:
        raise ProblemError("too_many_changes")
    purged = request.get("purged", [])
    if not isinstance(purged, list):
        raise ProblemError("broken_body", "purged")
    wish, epoch, build = request.get("bytes"), request.get("epoch"), request.get("build")
    budget = wish if isinstance(wish, int) else DEFAULT_PAGE
    return Asked(
        changes=changes,
        cursors={a: c for a, c in cursors.items() if isinstance(c, str)},
        epoch=epoch if isinstance(epoch, str) else None,
        budget=min(max(budget, SMALLEST_PAGE), LARGEST_PAGE),
        build=build[:40] if isinstance(build, str) else None,
        purged=frozenset(area for area in purged if is_id(area)),
    )


def _check_device(tx: Connection, session: Session, asked: Asked, now: int) -> bool:
    """Refuse a phone that is another account's; say whether it was revoked; note when it was last seen."""
    query = select(device).where(device.c.device_id == session.device)
    row = tx.execute(query).one_or_none()
    if row is None or row.account_id != session.account:
        raise ProblemError("device_revoked")
    if (row.last_seen_at or 0) + SEEN_EVERY < now or row.build != asked.build:
        seen = update(device).where(device.c.device_id == session.device)
        tx.execute(seen.values(last_seen_at=now, build=asked.build))
    return row.revoked_at is not None


def _load_caller(tx: Connection, session: Session, stopped: bool, now: int) -> Caller:
    """Who asks; of a revoked phone or a closed account only what it says is taken, and held."""
    caller = None if stopped else load_caller(tx, session.account, session.device, now)
    return caller or stopped_caller(session.account, session.device)


def _areas(caller: Caller, asked: Asked) -> dict[str, list[str]]:
    return {
        "granted": sorted(caller.areas - asked.cursors.keys()),
        "lost": sorted(asked.cursors.keys() - caller.areas),
    }


def _read_news(
    tx: Connection, store: Store, session: Session, caller: Caller, asked: Asked
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """One page: areas in order until the budget is used up, and what remains after it."""
    epoch, areas = store.epoch(), sorted(caller.areas)
    heads = heads_of(tx, areas)
    left, sent, news = asked.budget, 0, []
    positions: dict[str, int] = {}
    for area in areas:
        cursor = asked.cursors.get(area)
        known = read_cursor(session.secret, area, epoch, cursor) if cursor else None
        positions[area] = known or 0
        fresh = known is None
        if left <= 0 or (not fresh and heads.get(area, 0) <= positions[area]):
            continue
        page, size = read_page(tx, store.catalogue, area, positions[area], left)
        left -= size
        sent += sum(table["count"] for table in page["tables"].values())
        positions[area] = page["to"]
        page |= {"cursor": write_cursor(session.secret, area, epoch, page["to"])}
        news.append(page | ({"fresh": True} if fresh else {}))
    behind = {area: seq for area, seq in positions.items() if seq < heads.get(area, 0)}
    rows = rows_after(tx, behind)
    return news, {"rows": rows, "bytes": rows * (asked.budget - left) // max(sent, 1)}
