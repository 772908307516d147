"""One exchange: the numbered steps of one round trip.

The numbers are those of sync/README.md, which is normative. What is written, and what it is judged by, is one
transaction; the news is read after it, in one of its own: nobody waits to write while pages are packed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from sync.asks import answer_asks
from sync.checks import check_areas
from sync.cursor import Cursor
from sync.database import Store
from sync.errors import ProblemError
from sync.holdings import note_holdings
from sync.news import read_cursors, read_news, refuse_if_behind
from sync.parcel import public_part
from sync.records import fold_changes
from sync.request import PROTOCOL, Asked, read_request
from sync.schema import device
from sync.scope import Caller, load_caller, stopped_caller

SEEN_EVERY = 5 * 60 * 1000
_DEVICE = select(device).where(device.c.device_id == bindparam("device"))


@dataclass(frozen=True)
class Session:
    """Who the bearer token says this is, how to renew it, and the secret that signs cursors."""

    account: str
    device: str
    secret: bytes
    renew: Callable[[str, str], str]


@dataclass(frozen=True)
class Taken:
    """What the writing transaction came to."""

    epoch: str
    caller: Caller
    cursors: dict[str, Cursor | None]
    statuses: list[dict[str, Any]]
    verdicts: list[dict[str, Any]]
    areas: dict[str, list[str]]


def exchange(store: Store, session: Session, request: dict[str, Any], now: int) -> dict[str, Any]:
    """Answer one request (shapes in docs/architecture.md, section 3).

    Raises ProblemError for the whole request: ``unknown_protocol``, ``too_many_changes``,
    ``device_revoked``, ``broken_body``, ``server_behind``, ``busy``. Nothing is acknowledged unless it is
    committed. What a revoked phone or a closed account still has to say is held; nothing comes down to it,
    but ``flags.wipe``.
    """
    asked = read_request(request)  # 1
    taken = store.transact(lambda tx: _take(tx, store, session, asked, now))
    with store.read() as tx:
        news = read_news(tx, store, session.secret, asked, taken.cursors)  # 7
        checked = check_areas(tx, store, asked, taken.cursors)  # 8
        key = {"file_key": public_part(store.file_key(tx))} if asked.file_key else {}
    caller = taken.caller
    return {  # 9
        "protocol": PROTOCOL,
        "epoch": taken.epoch,
        "time": now,
        "token": session.renew(session.account, session.device),
        "me": {"id": caller.account, "name": caller.name, "role": caller.role},
        "statuses": taken.statuses,
        "verdicts": taken.verdicts,
        "areas": taken.areas,
        **news,
        **checked,
        **key,
        "flags": {"wipe": bool(caller.stopped), "min_build": None, "retry_after": None},
    }


def _take(tx: Connection, store: Store, session: Session, asked: Asked, now: int) -> Taken:
    """Steps 2 to 6; done again, from the start, where the transaction lost a race to another process."""
    epoch = store.epoch(tx)
    stopped = _check_device(tx, session, asked, now)  # 2
    caller = _load_caller(tx, session, stopped, now)  # 3
    cursors = read_cursors(session.secret, epoch, caller.readable, asked)
    refuse_if_behind(tx, cursors)  # 4
    statuses = fold_changes(tx, store.catalogue, caller, asked.changes, now)  # 5
    verdicts = answer_asks(tx, caller, asked.asks)
    areas = _areas(caller, asked)  # 6
    note_holdings(tx, caller, given=caller.readable, kept=asked.cursors, purged=asked.purged, now=now)
    return Taken(epoch, caller, cursors, statuses, verdicts, areas)


def _check_device(tx: Connection, session: Session, asked: Asked, now: int) -> bool:
    """Refuse a phone that is another account's; say whether it was revoked; note when it was last seen."""
    row = tx.execute(_DEVICE, {"device": session.device}).one_or_none()
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
        "granted": sorted((caller.readable & asked.only or caller.readable) - asked.cursors.keys()),
        "lost": sorted(asked.cursors.keys() - caller.readable),
    }
