"""Rows written in bulk: each value in its own column, whatever the order of a row's keys, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from sync.bulk import execute_many
from sync.schema import device

if TYPE_CHECKING:
    from sync.database import Store


def row(number: int) -> dict[str, object]:
    named = {"device_id": f"d{number}", "account_id": f"a{number}", "name": f"手机{number}", "build": None}
    return named | {"created_at": number, "last_seen_at": None, "revoked_at": None}


def test_values_land_in_their_columns_whatever_the_order_of_keys(store: Store) -> None:
    backwards = dict(reversed(row(2).items()))
    with store.write() as tx:
        execute_many(tx, insert(device), [row(1), backwards])
    with store.read() as tx:
        found = {r.device_id: r._asdict() for r in tx.execute(select(device))}
    assert found == {"d1": row(1), "d2": row(2)}


def test_a_row_that_lacks_a_key_is_refused_and_nothing_of_the_batch_stays(store: Store) -> None:
    lacking = row(2)
    del lacking["name"]
    with pytest.raises(Exception, match="name"), store.write() as tx:
        execute_many(tx, insert(device), [row(1), lacking])
    with store.read() as tx:
        assert tx.execute(select(device)).all() == []


def test_no_rows_are_no_statement(store: Store) -> None:
    with store.write() as tx:
        execute_many(tx, insert(device), [])
