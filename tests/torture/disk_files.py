"""A virtual file system that writes down every write, truncation and sync, and fails where it is told to.

Below it lie real files; what a power loss leaves of them is worked out from what was written down
(``tests/torture/power.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import apsw
from sqlalchemy import create_engine, event
from sqlalchemy.pool import QueuePool

from sync.database import Store, _begin_sqlite, _prepare_sqlite
from tests.torture.apsw_driver import ApswConnection
from webapp.forms.catalogue import build_catalogue

VFS = "qiaomen-torture"
PAGES_TO_CHECKPOINT = 60


@dataclass
class Recorder:
    """``ops`` in order: ``("write", file, offset, bytes)``, ``("truncate", file, size)``, ``("sync", file)``,
    and what the test adds. The ``fail_at``-th operation raises ``failure``, and so does each by ``chance``.
    """

    ops: list[tuple[Any, ...]] = field(default_factory=list)
    count: int = 0
    fail_at: int | None = None
    failure: type[apsw.Error] = apsw.IOError
    failed: int = 0
    chance: float = 0.0
    random: Random = field(default_factory=lambda: Random(0))  # a scenario that can be told again

    def step(self) -> None:
        """One operation of the disk begins."""
        self.count += 1
        if self.count == self.fail_at or self.random.random() < self.chance:
            self.failed += 1
            raise self.failure(f"operation {self.count}")


class RecordingFile(apsw.VFSFile):
    """A real file whose writes are written down."""

    def __init__(self, recorder: Recorder, name: Any, flags: list[int]) -> None:
        self._recorder = recorder
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "temporary").name
        super().__init__("", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        self._recorder.step()
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._recorder.step()
        super().xWrite(data, offset)
        self._recorder.ops.append(("write", self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        self._recorder.step()
        super().xTruncate(size)
        self._recorder.ops.append(("truncate", self._name, size))

    def xSync(self, flags: int) -> None:
        self._recorder.step()
        super().xSync(flags)
        self._recorder.ops.append(("sync", self._name))

    def xLock(self, level: int) -> None:
        self._recorder.step()
        super().xLock(level)


class RecordingVFS(apsw.VFS):
    """Hands out recording files."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        super().__init__(VFS, "")

    def xOpen(self, name: Any, flags: list[int]) -> RecordingFile:
        return RecordingFile(self._recorder, name, flags)


def open_recorded(path: Path, *pragmas: str) -> Store:
    """The product's store over the VFS, prepared as it prepares itself; ``pragmas`` plant a mistake."""
    engine = create_engine(
        f"sqlite:///{path}", creator=lambda: ApswConnection(str(path), VFS), poolclass=QueuePool
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)

    def plant(connection: Any, _record: Any) -> None:
        for pragma in (f"wal_autocheckpoint={PAGES_TO_CHECKPOINT}", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", plant)
    return Store(engine, build_catalogue())
