"""Accepted changes per second on SQLite, batches of 50, against a bare ``executemany``.

The peer replays the very statements and rows that the fold wrote (records, log, receipts, with their indexes)
through the plain driver into a second file of the same schema, with the same durability, by turns in one run,
so that a noisy machine disturbs both alike. A single table of two columns is measured beside it.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import event

from sync.database import Store, open_store
from sync.ids import uuid7
from sync.records import fold_changes
from tests.world import NOW, build_world
from webapp.forms.catalogue import build_catalogue

BATCH = 50
ROUNDS = 60


def measure() -> list[dict[str, Any]]:
    """One entry: ours, the budget (half of the bare write), and the bare write as the peer."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/ours.db", build_catalogue())
        store.upgrade()
        world = build_world(store)
        twin = open_store(f"sqlite:///{folder}/twin.db", build_catalogue())
        twin.upgrade()
        build_world(twin)
        twin.close()
        same, bare = open_plain(Path(folder) / "twin.db"), open_plain(Path(folder) / "bare.db")
        bare.execute("CREATE TABLE visit (id TEXT PRIMARY KEY, body TEXT NOT NULL)")
        written, caller = listen(store), world.caller("asha")
        ours, theirs, plainest = [], [], []
        for number in range(ROUNDS):
            batch = [visit(world, number * BATCH + place) for place in range(BATCH)]
            written.clear()
            started = time.perf_counter()
            with store.write() as tx:
                statuses = fold_changes(tx, store.catalogue, caller, batch, NOW + number)
            ours.append(time.perf_counter() - started)
            assert all(status["status"] == "accepted" for status in statuses)
            theirs.append(replay(same, list(written)))
            rows = [(change["id"], json.dumps(change, ensure_ascii=False)) for change in batch]
            plainest.append(replay(bare, [("INSERT INTO visit VALUES (?, ?)", rows)]))
        store.close()
        same.close()
        bare.close()
    rate, bare_rate, plain_rate = (BATCH / statistics.median(times) for times in (ours, theirs, plainest))
    return [
        {
            "name": "accepted changes, SQLite, batches of 50, against a bare executemany of the same rows",
            "ours": round(rate / bare_rate, 3),
            "limit": 0.5,
            "unit": "of the bare rate",
        },
        {
            "name": "accepted changes per second, the peer being a bare executemany",
            "ours": round(rate),
            "peer": round(bare_rate),
            "unit": "changes/s",
        },
        {
            "name": "the same against a bare executemany into one table of id and body",
            "ours": round(rate / plain_rate, 3),
            "unit": "of the bare rate",
        },
    ]


def open_plain(path: Path) -> sqlite3.Connection:
    """The plain driver with the same durability."""
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode=WAL")
    plain.execute("PRAGMA synchronous=FULL")
    return plain


def listen(store: Store) -> list[tuple[str, Any]]:
    """A list that fills with the batched writes of this store, as they reach the driver."""
    written: list[tuple[str, Any]] = []

    @event.listens_for(store.engine, "before_cursor_execute")
    def keep(_connection: Any, _cursor: Any, statement: str, rows: Any, _context: Any, many: bool) -> None:
        if many:
            written.append((statement, list(rows)))

    return written


def replay(plain: sqlite3.Connection, written: list[tuple[str, Any]]) -> float:
    """Write batches in one transaction; return the seconds it took."""
    started = time.perf_counter()
    plain.execute("BEGIN IMMEDIATE")
    for statement, rows in written:
        plain.executemany(statement, rows)
    plain.execute("COMMIT")
    return time.perf_counter() - started


def visit(world: Any, number: int) -> dict[str, Any]:
    """A visit as a volunteer writes it."""
    change: dict[str, Any] = world.visit(
        how="well", met=["self", "family"], services=["comfort"], note=f"第{number}次，门口的雪扫过了，煤够用"
    )
    made = uuid7(NOW + number, (number + 1_000_000).to_bytes(10, "big"))
    return change | {"id": made, "record": made}
