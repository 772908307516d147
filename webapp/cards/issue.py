"""The life of contact cards: issued, handed over, lost, withdrawn. ``card`` profiles, made through the fold.

Invariant: a card answers from the day it is issued until it is lost or withdrawn, whoever is responsible
meanwhile; a token leaves the server only in print. A household may have several cards.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, select

from sync.database import Store
from sync.rows import row_found, rows_of
from sync.schema import area as area_table
from sync.schema import record
from sync.scope import Caller
from webapp.cards.codes import digest, make_code, make_token, read_code, read_token
from webapp.care.dates import local_date
from webapp.ledger.commands import fold_into, new_id, now_ms, set_fields

Row = dict[str, Any]
ENDS = ("lost", "withdrawn")
DRAWN = 500  # short codes looked up at once


def ensure_cards(tx: Connection, store: Store, area: str, caller: Caller) -> int:
    """Issue a card for every household of a grid that has none in use; return how many."""
    rows = rows_of(tx, store.catalogue, [area], kinds=["household", "card"])
    carded = {row["fields"]["household"] for row in rows if is_issued(row)}
    bare = [row["id"] for row in rows if row["kind"] == "household" and row["id"] not in carded]
    issue_cards(tx, store, area, bare, caller)
    return len(bare)


def issue_cards(
    tx: Connection, store: Store, area: str, households: Iterable[str], caller: Caller
) -> list[str]:
    """Issue one more card to each of these households of a grid; return the cards' ids."""
    wanted = list(households)
    codes = _free_codes(tx, len(wanted))
    changes = [_new_card(area, household, code) for household, code in zip(wanted, codes, strict=True)]
    if changes:
        fold_into(tx, store, changes, caller)
    return [change["record"] for change in changes]


def end_card(tx: Connection, store: Store, card: Row, state: str, caller: Caller) -> None:
    """Stop a card: ``lost`` or ``withdrawn``. Whoever scans it from now on gets the constant page."""
    if state not in ENDS:
        raise ValueError(f"no end of a card: {state}")
    _alter(tx, store, card, {"state": state, "ended_on": local_date(now_ms())}, caller)


def hand_over(tx: Connection, store: Store, card: Row, caller: Caller) -> None:
    """Note that a card came into the household's hands today, by whom."""
    _alter(tx, store, card, {"handed_on": local_date(now_ms()), "handed_by": caller.account}, caller)


def cards_of(tx: Connection, store: Store, area: str) -> list[Row]:
    """The cards in use of a grid, tokens included, oldest first."""
    rows = rows_of(tx, store.catalogue, [area], kinds=["card"], private=True)
    return sorted((row for row in rows if is_issued(row)), key=lambda row: str(row["id"]))


def find_card(tx: Connection, store: Store, text: str) -> Row | None:
    """The card in use of a scanned token; None for anything else, after the same one look-up."""
    token = read_token(text)
    row = row_found(tx, store.catalogue, "card", f"card:{digest(token or '')}")
    return row if token and row and is_issued(row) else None


def find_by_code(tx: Connection, store: Store, text: str) -> Row | None:
    """The card in use of a short code that somebody typed; None for anything else."""
    code = read_code(text)
    if code is None:
        return None
    found = tx.execute(_with_codes({code}).limit(1)).one_or_none()
    if found is None:
        return None
    [row] = rows_of(tx, store.catalogue, [found.area_id], kinds=["card"], ids=[found.record_id])
    return row if is_issued(row) else None


def is_issued(row: Row) -> bool:
    """Whether this is a card in use."""
    return bool(row["kind"] == "card" and row["fields"].get("state") == "issued")


def _alter(tx: Connection, store: Store, card: Row, body: Row, caller: Caller) -> None:
    base = {key: card["fields"][key] for key in body if key in card["fields"]}
    fold_into(tx, store, [set_fields("card", card["area"], card["id"], body, base)], caller)


def _free_codes(tx: Connection, count: int) -> list[str]:
    """That many short codes that no card in use of this installation has."""
    free: set[str] = set()
    while len(free) < count:
        drawn = {make_code(secrets.token_bytes(4)) for _ in range(min(count - len(free), DRAWN))} - {None}
        taken = {found.words.strip() for found in tx.execute(_with_codes({code for code in drawn if code}))}
        free |= {code for code in drawn if code and code not in taken}
    return sorted(free)[:count]


def _with_codes(codes: set[str]) -> Select[Any]:
    """The cards in use with these short codes, wherever they are."""
    grids = select(area_table.c.area_id).where(area_table.c.level == "grid")
    return select(record.c.area_id, record.c.record_id, record.c.words).where(
        record.c.area_id.in_(grids),
        record.c.kind == "card",
        record.c.words.in_([f" {code}" for code in sorted(codes)]),
    )


def _new_card(area: str, household: str, code: str) -> Row:
    token = make_token(secrets.token_bytes(16))
    body = {"household": household, "code": code, "digest": digest(token), "state": "issued", "token": token}
    body["issued_on"] = local_date(now_ms())
    return set_fields("card", area, new_id(), body)
