"""What a household asks for by its card: a need in the ledger, and what became of it.

Invariants: whoever scans learns only that something was asked and how far it is, never what or for whom; what
is asked for again while it stands is the same need, so that no card can flood a desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from sync.database import Store
from sync.rows import rows_of
from sync.scope import SYSTEM
from webapp.care.dates import local_date
from webapp.care.needs import is_open
from webapp.ledger.commands import fold_into, new_id, now_ms, set_fields

Row = dict[str, Any]
DAY = 24 * 3600 * 1000
PER_DAY = 6  # needs that one card may raise in a day
SHOWN = 30 * DAY  # how long the card's page tells of something that was asked for


@dataclass(frozen=True)
class Choice:
    """One thing to ask for: the category of the six that it belongs to, and how urgent it is taken to be."""

    category: str
    urgency: str
    words: str


CHOICES = {
    "unwell": Choice("health", "urgent", "身体不舒服"),
    "hardship": Choice("relief", "soon", "家里有困难"),
    "talk": Choice("comfort", "soon", "想找人说话"),
    "other": Choice("living", "soon", "别的事"),
    "call": Choice("comfort", "soon", "请给家里回个电话"),
}


def ask(tx: Connection, store: Store, card: Row, choice: str, *, note: str = "", phone: str = "") -> str:
    """Raise a need by a card: ``asked``; or ``again`` (it stands already), ``too_many``: nothing is written.

    Raises KeyError for an unknown choice.
    """
    wanted, now = CHOICES[choice], now_ms()
    asked = asked_by(tx, store, card)
    if any(row["fields"]["what"].startswith(wanted.words) and is_open(row["fields"]) for row in asked):
        return "again"
    if sum(row["fields"]["opened_at"] > now - DAY for row in asked) >= PER_DAY:
        return "too_many"
    what = wanted.words + (f"：{note}" if note else "") + (f"（回电 {phone}）" if phone else "")
    body = {"household": card["fields"]["household"], "category": wanted.category, "urgency": wanted.urgency}
    body |= {"what": what, "source": "card", "state": "open", "opened_at": now}
    fold_into(tx, store, [set_fields("need", card["area"], new_id(), body)], SYSTEM)
    return "asked"


def asked_by(tx: Connection, store: Store, card: Row) -> list[Row]:
    """The needs that this card's household raised by its card in the last 30 days, newest first."""
    household = card["fields"]["household"]
    rows = rows_of(tx, store.catalogue, [card["area"]], kinds=["need"], subject=household)
    since = now_ms() - SHOWN
    asked = [
        row for row in rows if row["fields"].get("source") == "card" and row["fields"]["opened_at"] > since
    ]
    return sorted(asked, key=lambda row: -row["fields"]["opened_at"])


def stage_of(row: Row) -> tuple[str, str]:
    """How far a need is, and the day that goes with it: ``received``, ``coming`` (by when) or ``done``."""
    fields = row["fields"]
    if not is_open(fields):
        return "done", ""
    if fields["state"] in ("taken", "handed", "answered"):
        return "coming", fields.get("due", "")
    return "received", local_date(fields["opened_at"])
