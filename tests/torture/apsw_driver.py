"""apsw as SQLAlchemy's pysqlite dialect expects a driver, to let the product's fold write through our VFS.

Errors become the standard library's, with their names, because that is what the product looks at.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import apsw


@contextmanager
def _as_sqlite3() -> Iterator[None]:
    try:
        yield
    except apsw.ConstraintError as error:
        raise sqlite3.IntegrityError(str(error)) from error
    except apsw.Error as error:
        told = sqlite3.OperationalError(str(error))
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__.removesuffix("Error"))
        told.sqlite_errorname = f"SQLITE_{ {'IO': 'IOERR'}.get(words, words.upper()) }"
        raise told from error


class ApswCursor:
    """A cursor whose rows are read at once, so that no statement stays open."""

    arraysize = 1
    lastrowid = None

    def __init__(self, database: apsw.Connection) -> None:
        self._database = database
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1

    def execute(self, sql: str, parameters: Any = ()) -> ApswCursor:
        self._run(lambda cursor: cursor.execute(sql, parameters))
        return self

    def executemany(self, sql: str, parameters: Any) -> ApswCursor:
        self._run(lambda cursor: cursor.executemany(sql, parameters))
        return self

    def _run(self, act: Callable[[apsw.Cursor], Any]) -> None:
        cursor = self._database.cursor()
        self.description = None
        cursor.exec_trace = self._describe
        before = self._database.total_changes()
        with _as_sqlite3():
            act(cursor)
            self._rows = list(cursor)
        self.rowcount = self._database.total_changes() - before

    def _describe(self, cursor: apsw.Cursor, _sql: str, _parameters: Any) -> bool:
        columns = cursor.get_description()
        self.description = [(name, *[None] * 6) for name, _ in columns] or None
        return True

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[Any]:
        return self.fetchmany(len(self._rows))

    def close(self) -> None:
        self._rows = []


class ApswConnection:
    """One connection through the VFS called ``vfs``."""

    isolation_level: Any = None

    def __init__(self, path: str, vfs: str) -> None:
        with _as_sqlite3():
            self._database = apsw.Connection(path, vfs=vfs)

    def cursor(self) -> ApswCursor:
        return ApswCursor(self._database)

    def execute(self, sql: str, parameters: Any = ()) -> ApswCursor:
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        if self._database.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self._database.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        with _as_sqlite3():
            self._database.close()

    def create_function(self, name: str, count: int, act: Any, **more: Any) -> None:
        self._database.create_scalar_function(name, act, count, **more)
