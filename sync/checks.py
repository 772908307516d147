"""Checks: whether a phone that has read an area's log to its head holds what the server holds, and repairs.

Invariant: rows are read of the caller's own areas only; whatever a phone names, what it gets is what this
area holds under that name, which may be nothing. In two steps: an area's digest, and where it differs the
digests of its parts (``""`` the rows that are about no person, else the rows about one person).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, or_, select

from sync.cursor import Cursor
from sync.digest import digest_rows
from sync.ids import is_id
from sync.log import logs_of
from sync.request import Asked
from sync.rows import READ, is_standing, pack_records
from sync.schema import record

if TYPE_CHECKING:
    from sync.database import Store

MOST_KEPT = 400  # areas whose parts are remembered
MOST_PARTS = 200  # of one repair
MOST_ROWS = 2000  # of one repair, if it has more than one part; what differs in more is better sent afresh


@dataclass(frozen=True)
class Part:
    """The rows of one part of an area, told by their digest."""

    count: int
    digest: str


Parts = dict[str, Part]
_NO_ROWS = Part(**digest_rows([]))


class Digests:
    """The parts of areas by number of the log, remembered: nothing is hashed twice while nothing changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], Parts] = OrderedDict()
        self._touching = threading.Lock()

    def take(self, tx: Connection, area: str, head: int) -> Parts:
        """The parts of an area whose log stands at ``head``, in this transaction."""
        with self._touching:
            known = self._kept.get((area, head))
            if known is not None:
                self._kept.move_to_end((area, head))
                return known
        made = read_parts(tx, area)
        with self._touching:
            self._kept[area, head] = made
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made


def check_areas(
    tx: Connection, store: Store, asked: Asked, cursors: dict[str, Cursor | None]
) -> dict[str, Any]:
    """The answer's ``checks`` of the digests asked about and ``repairs`` of the parts that differ."""
    if not asked.digests and not asked.parts:
        return {"checks": {}, "repairs": []}
    logs = logs_of(tx, list(cursors))
    level = {area for area, cursor in cursors.items() if cursor == Cursor(logs[area].head)}
    checks = {}
    for area in sorted(asked.digests.keys() & cursors.keys()):
        if area not in level:
            checks[area] = "behind"
            continue
        same = _is_same(store.digests.take(tx, area, logs[area].head), asked.digests[area])
        checks[area] = "same" if same else "differs"
    repairs = []
    for area in sorted(asked.parts.keys() & level):
        names = _differing(store.digests.take(tx, area, logs[area].head), asked.parts[area])
        repairs.append({"area": area, "parts": names, "tables": _tables(tx, store, area, names)})
    return {"checks": checks, "repairs": repairs}


def read_parts(tx: Connection, area: str) -> Parts:
    """The parts of an area: tombstones count in none."""
    rows: dict[str, list[dict[str, Any]]] = {}
    query = select(record.c.person_id, record.c.record_id, record.c.seq)
    for person, record_id, seq in tx.execute(query.where(record.c.area_id == area, is_standing())):
        rows.setdefault(person or "", []).append({"id": record_id, "seq": seq})
    return {name: Part(**digest_rows(each)) for name, each in rows.items()}


def _is_same(parts: Parts, claimed: dict[str, Any]) -> bool:
    count = digest = 0
    for part in parts.values():
        count, digest = count + part.count, digest ^ int(part.digest, 16)
    return claimed == {"count": count, "digest": f"{digest:016x}"}


def _differing(parts: Parts, claimed: dict[str, Any]) -> list[str]:
    """Names of parts that differ, as many as one repair holds; what the phone says is only compared."""
    names: list[str] = []
    rows = 0
    for name in sorted(parts.keys() | claimed.keys()):
        part = parts.get(name, _NO_ROWS)
        if claimed.get(name, _NO_ROWS.digest) == part.digest or not (is_id(name) or name == ""):
            continue
        rows += part.count
        if names and (rows > MOST_ROWS or len(names) == MOST_PARTS):
            break
        names.append(name)
    return names


def _tables(tx: Connection, store: Store, area: str, names: list[str]) -> dict[str, Any]:
    wanted = [record.c.person_id.in_([name for name in names if name])]
    if "" in names:
        wanted.append(record.c.person_id.is_(None))
    query = select(*READ).where(record.c.area_id == area, or_(*wanted), is_standing())
    return pack_records(tx.execute(query.order_by(record.c.seq)).all(), store.catalogue)
