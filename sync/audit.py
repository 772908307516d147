"""The audit: one row for each action that somebody took on what others wrote or may see.

Invariant: ids and codes only, nothing that describes a person, so that it outlives an erasure. An action and
its row are one transaction.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, insert

from sync.schema import audit


def note(
    tx: Connection,
    *,
    area: str,
    actor: str | None,
    device: str | None,
    action: str,
    subject: str,
    detail: dict[str, Any] | None,
    now: int,
    id: str,
) -> None:
    """Add one row: who did what (``action``) to which id (``subject``) where, and when."""
    values = {"area_id": area, "audit_id": id, "at": now, "actor_id": actor, "device_id": device}
    values |= {"action": action, "subject": subject}
    tx.execute(insert(audit).values(values | {"detail": json.dumps(detail) if detail else None}))
