"""A phone's disk: a few stores, changed only by transactions that happen whole or not at all.

Invariant: what a killed phone finds again is what its committed transactions left, nothing else. ``fuse``
counts transactions down to the one at which the phone is killed, just before or just after its commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STORES = ("meta", "outbox", "cursors", "rows", "checks")


class PhoneKilledError(Exception):
    """The system ended the phone's app here; ``committed`` says whether the transaction was on disk."""

    def __init__(self, committed: bool) -> None:
        super().__init__("phone killed")
        self.committed = committed


class Disk:
    """``stores[name][key] = value``; rows lie by area and id. Values are never altered in place."""

    def __init__(self) -> None:
        self.stores: dict[str, dict[Any, Any]] = {name: {} for name in STORES}
        self.fuse: tuple[int, bool] | None = None

    @contextmanager
    def transaction(self) -> Iterator[Writing]:
        """One transaction; its writes are gathered and applied at its end."""
        writing = Writing()
        yield writing
        self._burn(committed=False)
        for write in writing.writes:
            self._apply(*write)
        self._burn(committed=True)

    def _burn(self, committed: bool) -> None:
        if self.fuse is None or self.fuse[1] is not committed:
            return
        left = self.fuse[0] - 1
        self.fuse = (left, committed) if left > 0 else None
        if left <= 0:
            raise PhoneKilledError(committed)

    def _apply(self, what: str, store: str, key: Any, value: Any) -> None:
        if what == "put":
            self.stores[store][key] = value
        elif what == "delete":
            self.stores[store].pop(key, None)
        elif what == "put_row":
            self.stores["rows"].setdefault(store, {})[key] = value
        else:
            self.stores["rows"].get(store, {}).pop(key, None)


class Writing:
    """The writes of one transaction."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, str, Any, Any]] = []

    def put(self, store: str, key: Any, value: Any) -> None:
        """Store a value."""
        self.writes.append(("put", store, key, value))

    def delete(self, store: str, key: Any) -> None:
        """Take a value away."""
        self.writes.append(("delete", store, key, None))

    def put_row(self, area: str, key: str, row: dict[str, Any]) -> None:
        """Store one row of an area."""
        self.writes.append(("put_row", area, key, row))

    def delete_row(self, area: str, key: str) -> None:
        """Take one row of an area away."""
        self.writes.append(("delete_row", area, key, None))
