"""Who printed which cards when: one row of the audit for each batch.

Invariant: a batch names cards by their ids and nothing else; printing it again makes the same sheets, but for
cards that have ended since.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from sync import audit
from sync.schema import audit as audit_table
from sync.scope import Caller
from webapp.ledger.commands import new_id, now_ms

PRINT = "print"
SHOWN = 20


def note_batch(tx: Connection, area: str, form: str, cards: list[str], caller: Caller) -> str:
    """Note a batch of cards of a grid that is being printed; return its id."""
    batch, now = new_id(), now_ms()
    who = {"actor": caller.account, "device": caller.device}
    detail = {"format": form, "cards": cards}
    audit.note(tx, area=area, **who, action=PRINT, subject=batch, detail=detail, now=now, id=batch)
    return batch


def batches_of(tx: Connection, area: str) -> list[dict[str, Any]]:
    """The latest batches of a grid: ``{"id", "at", "member", "format", "cards"}``, newest first."""
    query = select(audit_table).where(*_printed(area)).order_by(audit_table.c.at.desc()).limit(SHOWN)
    return [_batch(row) for row in tx.execute(query)]


def printed_cards(tx: Connection, area: str) -> set[str]:
    """The cards of a grid that were in any batch, however long ago."""
    details = tx.scalars(select(audit_table.c.detail).where(*_printed(area)))
    return {card for detail in details for card in json.loads(detail)["cards"]}


def find_batch(tx: Connection, area: str, batch: str) -> dict[str, Any] | None:
    """A batch of a grid by its id."""
    query = select(audit_table).where(*_printed(area), audit_table.c.audit_id == batch)
    row = tx.execute(query).one_or_none()
    return _batch(row) if row else None


def _printed(area: str) -> tuple[ColumnElement[bool], ...]:
    return audit_table.c.area_id == area, audit_table.c.action == PRINT


def _batch(row: Any) -> dict[str, Any]:
    return {"id": row.audit_id, "at": row.at, "member": row.actor_id, **json.loads(row.detail)}
