"""What became of what was held: a phone asks by id, and hears only of its own account's changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, select

from sync.schema import quarantine, receipt
from sync.scope import Caller


def answer_asks(tx: Connection, caller: Caller, ids: tuple[str, ...]) -> list[dict[str, Any]]:
    """``{"id", "state": waiting|accepted|declined, "code"?, "reason"?, "seq"?}`` for each that is theirs.

    The code ``erased_person`` tells a phone to forget what it wrote: where no tombstone can, because the area
    never knew the person. A stopped phone may be in anybody's hands and hears nothing.
    """
    if not ids or caller.stopped:
        return []
    known = and_(receipt.c.change_id == quarantine.c.change_id, receipt.c.author_id == caller.account)
    query = (
        select(
            quarantine.c.change_id, quarantine.c.state, quarantine.c.code, quarantine.c.reason, receipt.c.seq
        )
        .select_from(quarantine.outerjoin(receipt, known))
        .where(quarantine.c.author_id == caller.account, quarantine.c.change_id.in_(sorted(set(ids))))
    )
    told: dict[str, dict[str, Any]] = {}
    for row in tx.execute(query.order_by(quarantine.c.decided_at)):
        erased = row.code if row.code == "erased_person" else None
        optional = {"code": erased, "reason": row.reason, "seq": row.seq}
        verdict = {"id": row.change_id, "state": row.state}
        told[row.change_id] = verdict | {key: value for key, value in optional.items() if value is not None}
    return [told[each] for each in dict.fromkeys(ids) if each in told]
