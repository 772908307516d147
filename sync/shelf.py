"""The shelf of prepared snapshots: one of each process, bounded by bytes, the least used given up first.

Invariant: nothing is taken from it that holds a row which has since left its area or was erased. What is not
here is looked for in the database (sync/prepared.py), else prepared anew, quickly (sync/snapshot.py); a shelf
is never needed for being right, only for being fast.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from sqlalchemy import Connection

from sync.catalogue import Catalogue
from sync.log import Log
from sync.prepared import LAG, has_left, load_prepared
from sync.snapshot import Snapshot, prepare

LIMIT = 64 * 1024 * 1024


class Shelf:
    """Prepared snapshots by area and number."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()
        self._size = 0
        self._touching = threading.Lock()
        self._preparing = threading.Lock()

    @property
    def size(self) -> int:
        """The bytes it holds."""
        return self._size

    def clear(self) -> None:
        """Forget all, as a restart does."""
        with self._touching:
            self._kept.clear()
            self._size = 0

    def take(
        self, tx: Connection, catalogue: Catalogue, area: str, log: Log, at: int | None = None
    ) -> Snapshot:
        """An area's snapshot at the number ``at``, or, without one, at a number not far behind its head.

        One is prepared at a time: phones that ask for the same at once wait for the first, and find it.
        """
        found = self._find(tx, area, log, at)
        if found is None:
            with self._preparing:
                found = self._find(tx, area, log, at) or self._load(tx, area, log, at)
                if found is None:
                    found = prepare(tx, catalogue, area, at=log.head if at is None else at, head=log.head)
                    self.keep(found)
        return found

    def _find(self, tx: Connection, area: str, log: Log, at: int | None) -> Snapshot | None:
        with self._touching:
            near = [number for held, number in self._kept if held == area and number + LAG >= log.head]
            number = max(near, default=None) if at is None else at
            found = self._kept.get((area, number)) if number is not None else None
            if found is not None:
                self._kept.move_to_end((area, found.at))
        if found is not None and has_left(tx, found, log):
            self._drop(found)
            return None
        return found

    def _load(self, tx: Connection, area: str, log: Log, at: int | None) -> Snapshot | None:
        stored = load_prepared(tx, area)
        if stored is None or has_left(tx, stored, log):
            return None
        if stored.at != at if at is not None else stored.at + LAG < log.head:
            return None
        self.keep(stored)
        return stored

    def _drop(self, snapshot: Snapshot) -> None:
        with self._touching:
            if self._kept.get((snapshot.area, snapshot.at)) is snapshot:
                self._size -= self._kept.pop((snapshot.area, snapshot.at)).size

    def keep(self, snapshot: Snapshot) -> None:
        """Have a snapshot at hand, in the place of one at the same number."""
        if snapshot.size > self._limit:
            return
        with self._touching:
            key = snapshot.area, snapshot.at
            self._size += snapshot.size - (self._kept.pop(key).size if key in self._kept else 0)
            self._kept[key] = snapshot
            while self._size > self._limit:
                self._size -= self._kept.popitem(last=False)[1].size
