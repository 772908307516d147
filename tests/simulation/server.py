"""The real application on a database of the simulation's own, with its clock, its crashes and its backups.

Invariant: a request goes through the whole WSGI application, token, coding and all. Only two things are not
as in a village: the clock, and that SQLite lies in memory without flushing (power loss is another layer's).
"""

from __future__ import annotations

import io
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, insert

from sync import schema
from sync.clock import Clock
from sync.database import Store, open_store
from tests.simulation.later import later_catalogue
from tests.simulation.ledger import Ledger
from tests.simulation.phone import Reply
from webapp import backups, create_app
from webapp.auth.devices import renew_token
from webapp.extensions import store_of
from webapp.forms.catalogue import build_catalogue
from webapp.ledger import commands

START = 1_900_000_000_000  # 2030: later than the clock of whoever runs this
SHARED_MEMORY = Path("/dev") / "shm"


class ServerKilledError(BaseException):
    """The server was killed just before its commit. No handler of the application may catch it."""


class Server:
    """One installation: ``now`` is its clock."""

    def __init__(self) -> None:
        base = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
        self._folder = tempfile.TemporaryDirectory(prefix="qiaomen-sim-", dir=base)
        self.folder = Path(self._folder.name)
        self.now = START
        self.villages: dict[int, Any] = {}
        self.kill_at_commit = False
        self._ledger: Ledger | None = None
        self.build = 0
        self.catalogues = build_catalogue(), later_catalogue()
        self.app: Flask = create_app(self.folder, {"CLOCK": lambda: self.now, "SECRET_KEY": "simulated" * 6})
        store_of(self.app).close()
        self._engine = self._make_engine()
        self._start()
        self.store.upgrade()
        shutil.copyfile(self._settled(), self.folder / "empty.db")

    @property
    def store(self) -> Store:
        """The store in use."""
        return store_of(self.app)

    @property
    def path(self) -> Path:
        """The database file."""
        return self.folder / "qiaomen.db"

    @property
    def ledger(self) -> Ledger:
        """The database file as the oracle reads it."""
        self._ledger = self._ledger or Ledger(self.path)
        return self._ledger

    def begin(self, template: str = "empty.db") -> None:
        """A new life: the database of a template, the clock at its start."""
        self._stop()
        self._remove()
        shutil.copyfile(self.folder / template, self.path)
        self.now, self.kill_at_commit, self.build = START, False, 0
        commands._clock = Clock(0, 0, "00000000")
        self._start()

    def keep(self, template: str) -> None:
        """Keep the database as it is now as a template to begin with."""
        shutil.copyfile(self._settled(), self.folder / template)
        self.restart()

    def restart(self) -> None:
        """Everything in memory is gone, but the statements that are compiled: they say the same each time."""
        self._stop()
        self._start()

    def back_up(self, name: str) -> None:
        """Copy the database as ``qiaomen backup`` does."""
        with (
            closing(sqlite3.connect(self.path)) as here,
            closing(sqlite3.connect(self.folder / name)) as there,
        ):
            here.backup(there)

    def problems_of(self, name: str) -> list[str]:
        """What the checks of ``qiaomen restore`` find wrong with a copy."""
        return backups.find_problems(self.folder / name)

    def restore(self, name: str, epoch: str) -> None:
        """Put a copy in place under another epoch."""
        self._stop()
        self._remove()
        shutil.copyfile(self.folder / name, self.path)
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE installation SET value = ? WHERE key = 'epoch'", [epoch])
        self._start()

    def post(self, body: bytes, headers: dict[str, str]) -> Reply:
        """One request to the exchange's address. Raises ServerKilledError where it is killed in it."""
        environ = _environ(body, headers)
        told: dict[str, Any] = {}

        def start_response(status: str, heads: list[tuple[str, str]], _info: Any = None) -> None:
            told.update(status=int(status[:3]), headers=dict(heads))

        data = b"".join(self.app(environ, start_response))
        return Reply(told["status"], told["headers"], data)

    def enrol(self, account: str, device: str, name: str) -> str:
        """Enrol a phone; return its first token."""
        values = {"device_id": device, "account_id": account, "name": name, "created_at": self.now}
        with self.store.write() as tx:
            tx.execute(insert(schema.device).values(values))
        return self.token_for(account, device)

    def token_for(self, account: str, device: str) -> str:
        """A token of a phone that is enrolled."""
        with self.app.app_context():
            return renew_token(account, device)

    def close(self) -> None:
        """Leave nothing behind."""
        self._stop()
        self._folder.cleanup()

    def _make_engine(self) -> Engine:
        engine = open_store(f"sqlite:///{self.path}", self.catalogues[0]).engine
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        event.listen(engine, "commit", self._on_commit)
        return engine

    def _start(self) -> None:
        self.app.extensions["qiaomen_store"] = Store(self._engine, self.catalogues[self.build])

    def _stop(self) -> None:
        self.store.close()
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def _on_commit(self, connection: Any) -> None:
        if self.kill_at_commit and connection.get_execution_options().get("qiaomen_writes"):
            self.kill_at_commit = False
            raise ServerKilledError

    def _settled(self) -> Path:
        self._stop()
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path

    def _remove(self) -> None:
        for suffix in backups.SUFFIXES:
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _environ(body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/sync/exchange",
        "QUERY_STRING": "",
        "SERVER_NAME": "simulation",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    return environ | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
