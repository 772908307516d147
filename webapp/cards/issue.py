"""Issuing and withdrawing contact cards: ``card`` profiles, made through the fold.

Invariant: a household has at most one card that is issued; a token leaves the server only in print.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, select

from sync.database import Store
from sync.rows import row_found, rows_of
from sync.schema import record
from sync.scope import Caller
from webapp.cards.codes import digest, make_code, make_token, read_code, read_token
from webapp.ledger.commands import fold_into, new_id, set_fields

Row = dict[str, Any]


def ensure_cards(tx: Connection, store: Store, area: str, caller: Caller) -> int:
    """Issue a card for every household of a grid that has none; return how many."""
    rows = rows_of(tx, store.catalogue, [area], kinds=["household", "card"])
    carded = {row["fields"]["household"] for row in rows if is_issued(row)}
    codes = {row["fields"]["code"] for row in rows if row["kind"] == "card"}
    changes = []
    for row in rows:
        if row["kind"] == "household" and row["id"] not in carded:
            changes.append(_new_card(area, row["id"], codes))
    if changes:
        fold_into(tx, store, changes, caller)
    return len(changes)


def withdraw_card(tx: Connection, store: Store, card: Row, caller: Caller) -> None:
    """Stop a card (lost, or the family moved); whoever scans it gets the constant page."""
    change = set_fields("card", card["area"], card["id"], {"state": "withdrawn"}, {"state": "issued"})
    fold_into(tx, store, [change], caller)


def cards_of(tx: Connection, store: Store, area: str) -> dict[str, Row]:
    """The issued card of each household of a grid, its token included."""
    rows = rows_of(tx, store.catalogue, [area], kinds=["card"], private=True)
    return {row["fields"]["household"]: row for row in rows if is_issued(row)}


def find_card(tx: Connection, store: Store, text: str) -> Row | None:
    """The issued card of a scanned token; None for anything else, after the same one look-up."""
    token = read_token(text)
    row = row_found(tx, store.catalogue, "card", f"card:{digest(token or '')}")
    return row if token and row and is_issued(row) else None


def find_by_code(tx: Connection, store: Store, text: str) -> Row | None:
    """The issued card of a short code that somebody typed; None for anything else."""
    code = read_code(text)
    if code is None:
        return None
    query = select(record.c.area_id, record.c.record_id).where(
        record.c.kind == "card", record.c.body.contains(f'"code":"{code}"', autoescape=True)
    )
    for found in tx.execute(query.limit(20)):
        [row] = rows_of(tx, store.catalogue, [found.area_id], ids=[found.record_id])
        if row["fields"].get("code") == code and is_issued(row):
            return row
    return None


def is_issued(row: Row) -> bool:
    """Whether this is a card in use."""
    return bool(row["kind"] == "card" and row["fields"].get("state") == "issued")


def _new_card(area: str, household: str, codes: set[str]) -> dict[str, Any]:
    code = make_code(secrets.token_bytes(4))
    while code is None or code in codes:
        code = make_code(secrets.token_bytes(4))
    codes.add(code)
    token = make_token(secrets.token_bytes(16))
    body = {"household": household, "code": code, "digest": digest(token), "state": "issued", "token": token}
    return set_fields("card", area, new_id(), body)
