"""What each phone holds: areas it was given, areas it lost, and that it has forgotten them.

Invariant: a phone counts as holding an area from the first page it was given until it has confirmed, after
losing it, that it holds nothing of it any more. Nothing is written where nothing changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sync.audit import note
from sync.ids import uuid7
from sync.schema import device_area
from sync.scope import Caller

_ANEW = {"lost_at": None, "purged_at": None}


def note_holdings(
    tx: Connection,
    caller: Caller,
    *,
    given: Collection[str],
    kept: Collection[str],
    purged: Collection[str],
    now: int,
) -> None:
    """Note what an exchange shows: areas ``given`` in its pages, ``kept`` from before, ``purged`` there."""
    query = select(device_area).where(device_area.c.device_id == caller.device)
    held: dict[str, Any] = {row.area_id: row for row in tx.execute(query)}
    again = caller.readable  # given again: whatever it has forgotten it is about to get
    confirmed = {each for each in purged if each in held and held[each].purged_at is None} - again
    for area in sorted(confirmed):
        _set(tx, caller, area, {"purged_at": now, "lost_at": held[area].lost_at or now})
        note(
            tx,
            area=area,
            actor=caller.account,
            device=caller.device,
            action="purge",
            subject=str(caller.device),
            detail=None,
            now=now,
            id=uuid7(now, hashlib.sha256(f"{area}{caller.device}".encode()).digest()[:10]),
        )
    for area in sorted(held.keys() - again - confirmed):
        if held[area].lost_at is None:
            _set(tx, caller, area, {"lost_at": now})
    for area in sorted(again & {*given, *kept}):
        if area not in held:
            values = {"area_id": area, "device_id": caller.device, "given_at": now}
            tx.execute(insert(device_area).values(values | _ANEW))
        elif area in given and (area in confirmed or held[area].lost_at is not None):
            _set(tx, caller, area, {"given_at": now} | _ANEW)


def areas_held(tx: Connection, devices: Collection[str]) -> dict[str, list[Any]]:
    """The rows of ``device_area`` of these phones, by device."""
    found: dict[str, list[Any]] = {}
    query = select(device_area).where(device_area.c.device_id.in_(sorted(devices)))
    for row in tx.execute(query.order_by(device_area.c.area_id)):
        found.setdefault(row.device_id, []).append(row)
    return found


def _set(tx: Connection, caller: Caller, area: str, values: dict[str, Any]) -> None:
    here = device_area.c.area_id == area, device_area.c.device_id == caller.device
    tx.execute(update(device_area).where(*here).values(values))
