"""Slowing down who guesses passwords: after five failures each further try has to wait longer.

Nobody is locked out for good, and one address that guesses does not lock out another.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from sync.schema import sign_in_attempt
from webapp.ledger.commands import new_id

FREE = 5
WINDOW = 15 * 60 * 1000
FIRST_WAIT = 30 * 1000


def seconds_to_wait(tx: Connection, login: str, address: str, now: int) -> int:
    """How long until this login may be tried again from this address; 0 where it may be now."""
    query = select(func.count(), func.max(sign_in_attempt.c.at)).where(
        sign_in_attempt.c.login == login,
        sign_in_attempt.c.address == address,
        sign_in_attempt.c.at > now - WINDOW,
    )
    failures, latest = tx.execute(query).one()
    if failures < FREE:
        return 0
    wait = min(FIRST_WAIT * 2 ** (failures - FREE), WINDOW)
    left: int = latest + wait - now
    return max(0, -(-left // 1000))


def note_failure(tx: Connection, login: str, address: str, now: int) -> None:
    """Count one failure; forget those that no longer matter."""
    tx.execute(delete(sign_in_attempt).where(sign_in_attempt.c.at <= now - WINDOW))
    values = {"attempt_id": new_id(now), "login": login, "address": address, "at": now}
    tx.execute(insert(sign_in_attempt).values(values))


def forget_failures(tx: Connection, login: str, address: str) -> None:
    """Start counting anew after a success."""
    forgotten = delete(sign_in_attempt).where(
        sign_in_attempt.c.login == login, sign_in_attempt.c.address == address
    )
    tx.execute(forgotten)
