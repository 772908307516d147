"""Accepted changes per second, batches of 50, against a bare ``executemany``, on SQLite and on PostgreSQL.

The peer replays the very statements and rows that the fold wrote (records, log, receipts, with their indexes)
through the plain driver into a second database of the same schema, with the same durability, by turns in one
run, so that a noisy machine disturbs both alike. A single table of two columns is measured beside it.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event

from sync.database import Store, open_store
from sync.ids import uuid7
from sync.records import fold_changes
from tests.conftest import administer, database_url
from tests.postgres import running_postgres
from tests.world import NOW, build_world
from webapp.forms.catalogue import build_catalogue

BATCH = 50
ROUNDS = 60
Written = list[tuple[str, Any]]


@dataclass(frozen=True)
class Databases:
    """Ours and its twin by URL, and plain connections: to the twin, and to an empty database."""

    name: str
    url: str
    twin_url: str
    connect: Callable[[str], Any]
    insert: str


def measure() -> list[dict[str, Any]]:
    """For each engine: ours against the bare write of the same rows (budget: half), and of one table."""
    entries: list[dict[str, Any]] = []
    for databases in (_sqlite(), _postgres()):
        with databases as each:
            entries += _measure(each)
    return entries


def _measure(databases: Databases) -> list[dict[str, Any]]:
    store = open_store(databases.url, build_catalogue())
    store.upgrade()
    world = build_world(store)
    twin = open_store(databases.twin_url, build_catalogue())
    twin.upgrade()
    build_world(twin)
    twin.close()
    same, bare = databases.connect("twin"), databases.connect("bare")
    for area in world.areas.values():  # the twin's own have other ids
        same.execute(f"INSERT INTO area_log (area_id, head) VALUES ('{area}', 0)")  # noqa: S608  # an id
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
        plainest.append(replay(bare, [(databases.insert, rows)]))
    store.close()
    same.close()
    bare.close()
    rate, bare_rate, plain_rate = (BATCH / statistics.median(times) for times in (ours, theirs, plainest))
    start = f"accepted changes, {databases.name}, batches of {BATCH}"
    return [
        {
            "name": f"{start}, against a bare executemany of the same rows",
            "ours": round(rate / bare_rate, 3),
            "limit": 0.5,
            "unit": "of the bare rate",
        },
        {
            "name": f"{start}, the peer being a bare executemany",
            "ours": round(rate),
            "peer": round(bare_rate),
            "unit": "changes/s",
        },
        {
            "name": f"{start}, against a bare executemany into one table of id and body",
            "ours": round(rate / plain_rate, 3),
            "unit": "of the bare rate",
        },
    ]


@contextmanager
def _sqlite() -> Iterator[Databases]:
    with tempfile.TemporaryDirectory() as folder:
        urls = (f"sqlite:///{folder}/{name}.db" for name in ("ours", "twin"))

        def connect(name: str) -> Any:
            return open_plain(Path(folder) / f"{name}.db")

        yield Databases("SQLite", *urls, connect, "INSERT INTO visit VALUES (?, ?)")


@contextmanager
def _postgres() -> Iterator[Databases]:
    """A PostgreSQL of our own, with fsync on; SQLAlchemy's URL names the database and its socket folder."""
    with running_postgres(durable=True) as folder:
        administer(folder, *(f"CREATE DATABASE {name}" for name in ("ours", "twin", "bare")))
        urls = [database_url(folder, name) for name in ("ours", "twin", "bare")]

        def connect(name: str) -> Any:
            plain = psycopg.connect(host=folder, user="postgres", dbname=name, autocommit=True)
            return plain.cursor()

        yield Databases("PostgreSQL", urls[0], urls[1], connect, "INSERT INTO visit VALUES (%s, %s)")


def open_plain(path: Path) -> sqlite3.Connection:
    """The plain driver with the same durability."""
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode=WAL")
    plain.execute("PRAGMA synchronous=FULL")
    return plain


def listen(store: Store) -> Written:
    """A list that fills with the batched writes of this store, as they reach the driver."""
    written: Written = []

    @event.listens_for(store.engine, "before_cursor_execute")
    def keep(_connection: Any, _cursor: Any, statement: str, rows: Any, _context: Any, many: bool) -> None:
        if many:
            written.append((statement, list(rows)))

    return written


def replay(plain: Any, written: Written) -> float:
    """Write batches in one transaction; return the seconds it took."""
    started = time.perf_counter()
    plain.execute("BEGIN")
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
