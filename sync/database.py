"""The database: one code path for SQLite (embedded default) and PostgreSQL (by URL).

Invariants: every write happens in ``Store.write``; on SQLite that is BEGIN IMMEDIATE under WAL with
``synchronous=FULL`` (a power-loss simulation lost 21,573 of 76,185 acknowledged rows with NORMAL and none
with FULL), one writer at a time in this process, which also keeps clear of the WAL-reset race of SQLite
3.7.0–3.51.2: no two of our connections ever write or checkpoint at once. On PostgreSQL several processes may
write at once: ``Store.transact`` does again what lost a race (40001, 40P01, 23505).
"""

from __future__ import annotations

import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from sync.catalogue import Catalogue
from sync.checks import Digests
from sync.derived import derive_again
from sync.errors import ProblemError
from sync.parcel import make_file_key
from sync.schema import installation
from sync.shelf import Shelf

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT = 30_000
TRIES = 8
LONGEST_PAUSE = 0.4  # seconds; drawn at random below a bound that doubles from 0.01
# serialization_failure, deadlock_detected; unique_violation: another process brought the same change;
# duplicate_table: another process is just making the schema
LOST_RACES = frozenset({"40001", "40P01", "23505", "42P07"})
_OUT_OF_ORDER = ("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_LOCKED")
_LOG = logging.getLogger("qiaomen.store")
_KEPT = select(installation.c.value).where(installation.c.key == bindparam("kept"))
_MADE_ONCE: dict[str, Callable[[], str]] = {"epoch": lambda: uuid.uuid4().hex, "file_key": make_file_key}
T = TypeVar("T")


class Store:
    """The database of one installation, the catalogue its records follow, and its prepared snapshots."""

    def __init__(self, engine: Engine, catalogue: Catalogue) -> None:
        self.engine = engine
        self.catalogue = catalogue
        self.shelf = Shelf()
        self.digests = Digests()
        self._writing = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded default."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot; nothing may be written in it."""
        try:
            with self.engine.connect() as connection:
                if not self.is_sqlite:
                    connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            if _is_out_of_order(error):
                raise ProblemError("busy", "database") from error
            raise

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One writing transaction: committed on leaving, rolled back where it raises."""
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        with self._writing, self.engine.connect() as connection:
            connection.execution_options(qiaomen_writes=True)
            with connection.begin():
                yield connection

    def transact(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns, from one writing transaction that is committed.

        ``work`` is done again, from its start, where the transaction lost a race: at most TRIES times. Raises
        ProblemError ``busy`` where it lost them all, or where the database is out of order (locked, full, I/O
        error, connection lost): then nobody knows whether it was committed, and the caller says it again.
        """
        lost: DBAPIError | None = None
        for attempt in range(1, TRIES + 1):
            try:
                with self.write() as tx:
                    return work(tx)
            except DBAPIError as error:
                if _is_out_of_order(error):
                    _LOG.exception("the database is out of order")
                    raise ProblemError("busy", "database") from error
                if not _is_lost_race(error):
                    raise
                lost = error
                _LOG.info("try %d lost a race: %s", attempt, error.orig)
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.01 * 2**attempt)))  # noqa: S311  # jitter
        raise ProblemError("busy", f"{TRIES} tries lost a race") from lost

    @contextmanager
    def rehearse(self) -> Iterator[Connection]:
        """A writing transaction of which nothing stays: to see what a command would do."""
        with self.write() as tx, tx.begin_nested() as savepoint:
            yield tx
            savepoint.rollback()

    def upgrade(self) -> None:
        """Bring the schema to this build's (Alembic) and make epoch and file key where there are none."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))

        def work(tx: Connection) -> None:
            config.attributes["connection"] = tx
            command.upgrade(config, "head")
            known = set(tx.scalars(select(installation.c.key)))
            for key, make in _MADE_ONCE.items():
                if key not in known:
                    tx.execute(insert(installation).values(key=key, value=make()))

        self.transact(work)
        self.transact(self._derive_again)

    def _derive_again(self, tx: Connection) -> None:
        """Where this build derives lookups, words and facets by other rules, derive them all anew."""
        made = tx.scalar(select(installation.c.value).where(installation.c.key == "derived"))
        if made != self.catalogue.derived:
            derive_again(tx, self.catalogue)
            tx.execute(delete(installation).where(installation.c.key == "derived"))
            tx.execute(insert(installation).values(key="derived", value=self.catalogue.derived))

    def epoch(self, tx: Connection | None = None) -> str:
        """The installation's epoch: another one after a restored backup or a failover."""
        if tx is None:
            with self.read() as fresh:
                return self.epoch(fresh)
        return self._kept(tx, "epoch")

    def file_key(self, tx: Connection) -> str:
        """The private key (PEM) that opens parcels: in the database, so that every backup has it."""
        return self._kept(tx, "file_key")

    def renew_epoch(self) -> str:
        """A new epoch: every phone then offers again what it was told is stored. Returns it."""
        epoch = uuid.uuid4().hex
        with self.write() as tx:
            tx.execute(update(installation).where(installation.c.key == "epoch").values(value=epoch))
        return epoch

    def _kept(self, tx: Connection, key: str) -> str:
        return str(tx.scalars(_KEPT, {"kept": key}).one())

    def pack_files(self) -> None:
        """SQLite: rewrite the file without what was deleted, and empty the write-ahead log into it.

        Nobody may be reading meanwhile (raises RuntimeError). PostgreSQL does this by itself (VACUUM).
        """
        if not self.is_sqlite:
            return
        with self._writing:
            self.engine.dispose()  # so that no connection of ours holds on to the log
            raw = self.engine.raw_connection()
            try:
                raw.execute("VACUUM")
                busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                raw.close()
            if busy:
                raise RuntimeError("somebody reads the database")

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def open_store(url: str, catalogue: Catalogue) -> Store:
    """Open the store at an SQLAlchemy ``url`` (``sqlite:///file`` or ``postgresql+psycopg://…``)."""
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
    return Store(engine, catalogue)


def _is_lost_race(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in LOST_RACES


def _is_out_of_order(error: DBAPIError) -> bool:
    name = getattr(error.orig, "sqlite_errorname", "")
    return error.connection_invalidated or name.startswith(_OUT_OF_ORDER)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, below
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("qiaomen_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
