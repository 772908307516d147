"""How often one address may guess codes, and ask for help: counted in a window, never locked out for good.

Invariant: a card that was scanned always opens, with the numbers to call; only typing codes, scans that fail
and asking by the page are slowed.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from sync.schema import public_attempt
from webapp.ledger.commands import new_id

WINDOW = 15 * 60 * 1000
GUESS, ASK = "guess", "ask"
ALLOWED = {GUESS: 20, ASK: 12}  # of one address within the window


def is_over(tx: Connection, action: str, address: str, now: int) -> bool:
    """Whether this address did this too often within the last 15 minutes."""
    mine = public_attempt.c.action == action, public_attempt.c.address == address
    query = select(func.count()).where(*mine, public_attempt.c.at > now - WINDOW)
    return int(tx.scalar(query) or 0) >= ALLOWED[action]


def note_attempt(tx: Connection, action: str, address: str, now: int) -> None:
    """Count one; forget those that no longer matter."""
    tx.execute(delete(public_attempt).where(public_attempt.c.at <= now - WINDOW))
    values = {"attempt_id": new_id(now), "action": action, "address": address, "at": now}
    tx.execute(insert(public_attempt).values(values))
