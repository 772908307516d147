"""The commands that make changes on the server: for the desk, the importer and pages without a worker.

Invariant: nothing here writes a record; changes go through the same fold as a phone's.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from flask import current_app
from sqlalchemy import Connection, insert, select

from sync.clock import Clock, format_stamp, tick
from sync.database import Store
from sync.ids import uuid7
from sync.log import ensure_log
from sync.records import Status, fold_changes
from sync.schema import area
from sync.scope import Caller
from sync.tombstones import Act
from webapp.extensions import store_of

NODE = secrets.token_hex(4)
_clock = Clock(0, 0, NODE)


def now_ms() -> int:
    """This moment, in milliseconds since 1970 UTC, by the app's ``CLOCK`` where it has one of its own."""
    clock = current_app.config.get("CLOCK") if current_app else None
    return clock() if clock else int(time.time() * 1000)


def new_id(now: int | None = None) -> str:
    """A new record id (UUIDv7); like a phone's, it ends with the digits of whoever makes it."""
    return uuid7(now_ms() if now is None else now, secrets.token_bytes(6) + bytes.fromhex(NODE))


def new_stamp() -> str:
    """The next stamp of this process's clock."""
    global _clock  # noqa: PLW0603  # one clock a process is what a hybrid logical clock is
    _clock = tick(_clock, now_ms())
    return format_stamp(_clock)


def new_act(caller: Caller) -> Act:
    """A new act (a move, an erasure) of a caller's, at this moment."""
    return Act(new_id(), caller.account, caller.device, new_stamp(), now_ms())


def apply_changes(changes: list[dict[str, Any]], caller: Caller) -> list[Status]:
    """Fold changes in one transaction of the app's store; return a status for each."""
    store = store_of(current_app)
    with store.write() as tx:
        return fold_into(tx, store, changes, caller)


def fold_into(tx: Connection, store: Store, changes: list[dict[str, Any]], caller: Caller) -> list[Status]:
    """Fold changes in a transaction that is already open."""
    return fold_changes(tx, store.catalogue, caller, changes, now_ms())


def set_fields(
    kind: str, area_id: str, record: str, body: dict[str, Any], base: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A ``set`` change on a profile; ``base`` holds the values that were seen."""
    return _change(kind, area_id, "set", record, body) | {"base": base or {}}


def record_fact(
    kind: str, person: dict[str, Any], body: dict[str, Any], occurred_at: int, amends: str | None = None
) -> dict[str, Any]:
    """A ``record`` change (``amend`` where it corrects a fact) about a person's row."""
    made = new_id()
    change = _change(kind, person["area"], "amend" if amends else "record", made, body)
    change |= {"id": made, "form": f"{kind}/1", "person": person["id"], "occurred_at": occurred_at}
    change["household"] = person["fields"]["household"]
    return change | ({"amends": amends} if amends else {})


def void_fact(row: dict[str, Any], reason: str) -> dict[str, Any]:
    """A ``void`` change on a fact's row."""
    return _change(row["kind"], row["area"], "void", row["id"], {"reason": reason})


def review_fact(row: dict[str, Any], verdict: str, reason: str | None = None) -> dict[str, Any]:
    """A ``review`` change on a fact's row: ``approved``, or ``returned`` with a reason."""
    body = {"verdict": verdict} | ({"reason": reason} if reason else {})
    return _change(row["kind"], row["area"], "review", row["id"], body)


def ensure_area(tx: Connection, level: str, name: str, parent: str | None, position: int = 0) -> str:
    """The area of this level and name under ``parent``, made where it is missing; its id."""
    found = tx.scalar(
        select(area.c.area_id).where(area.c.level == level, area.c.name == name, area.c.parent_id == parent)
        if parent
        else select(area.c.area_id).where(
            area.c.level == level, area.c.name == name, area.c.parent_id.is_(None)
        )
    )
    if found is None:
        found = new_id()
        values = {"area_id": found, "parent_id": parent, "level": level, "name": name, "position": position}
        tx.execute(insert(area).values(values))
    ensure_log(tx, found, level)
    return str(found)


def _change(kind: str, area_id: str, op: str, record: str, body: dict[str, Any]) -> dict[str, Any]:
    change = {"id": new_id(), "area": area_id, "kind": kind, "op": op, "record": record}
    return change | {"stamp": new_stamp(), "body": body}
