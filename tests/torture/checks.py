"""What must be true when all is quiet: what phones were told, held against what the database holds.

Invariants checked: every acknowledged change has one receipt with its hash, its rows and its entries of the
log, once; every area's log is numbered 1, 2, 3, … to its head; no phone holds another area's row or lacks one
of its own; every outbox is empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from sync.change import parse_change
from sync.database import Store
from sync.schema import area_log, log, quarantine, receipt, record
from tests.torture.phone import Phone


@dataclass
class Harm:
    """What went wrong, in words; the counts go to the report."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """``{"lost", "duplicated", "leaked", "stuck"}``."""
        return {word: len(found) for word, found in vars(self).items()}

    def some(self) -> dict[str, list[str]]:
        """The first few of each, to be read."""
        return {word: found[:5] for word, found in vars(self).items() if found}

    def add(self, other: Harm) -> None:
        """Take over what another check found."""
        for word, found in vars(self).items():
            found.extend(getattr(other, word))

    def __bool__(self) -> bool:
        return any(vars(self).values())


def check_all(store: Store, phones: Iterable[Phone]) -> Harm:
    """Hold every phone against the store; call when phones are drained."""
    harm, held = Harm(), _Held(store)
    _check_logs(held, harm)
    for phone in phones:
        check_told(held, phone, harm)
        _check_rows(held, phone, harm)
        harm.stuck.extend(f"{phone.login}: {change}" for change in phone.waiting)
        harm.lost.extend(f"{phone.login} refused: {status}" for status in phone.refused)
    return harm


def check_acknowledged(store: Store, phones: Iterable[Phone]) -> Harm:
    """Hold only what was acknowledged against the store; may be called at any moment."""
    harm, held = Harm(), _Held(store)
    _check_logs(held, harm)
    for phone in phones:
        check_told(held, phone, harm)
    return harm


class _Held:
    """All that the database holds, read in one snapshot."""

    def __init__(self, store: Store) -> None:
        with store.engine.connect() as tx:
            if not store.is_sqlite:  # a transaction whose client was killed may still commit meanwhile
                tx.execution_options(isolation_level="REPEATABLE READ")
            self.heads = {row.area_id: row.head for row in tx.execute(select(area_log))}
            self.receipts: dict[str, list[Any]] = {}
            for row in tx.execute(select(receipt)):
                self.receipts.setdefault(row.change_id, []).append(row)
            columns = (log.c.area_id, log.c.seq, log.c.record_id, log.c.change_id)
            self.entries = tx.execute(select(*columns).order_by(log.c.area_id, log.c.seq)).all()
            columns = (record.c.area_id, record.c.record_id, record.c.seq, record.c.state)
            self.records = {(row.area_id, row.record_id): row for row in tx.execute(select(*columns))}
            self.quarantined = set(tx.scalars(select(quarantine.c.change_id)))
        self.effects = Counter((entry.change_id, entry.record_id) for entry in self.entries)


def check_told(held: _Held, phone: Phone, harm: Harm) -> None:
    """Every change this phone was told of is there, with its hash and its effect, once."""
    for change_id, status in phone.told.items():
        change = parse_change(phone.kept.get(change_id) or phone.waiting[change_id])
        receipts = held.receipts.get(change_id, [])
        name = f"{phone.login} {status} {change.op} {change_id}"
        if not receipts or receipts[0].hash != change.digest:
            harm.lost.append(f"{name}: no receipt of it")
            continue
        if len(receipts) > 1:
            harm.duplicated.append(f"{name}: {len(receipts)} receipts")
        if receipts[0].status == "quarantined":
            if change_id not in held.quarantined:
                harm.lost.append(f"{name}: not in quarantine")
            continue
        row = held.records.get((change.area, change.record))
        if row is None or not held.effects[change_id, change.record]:
            harm.lost.append(f"{name}: no row")
        elif change.op == "void" and row.state != "void":
            harm.lost.append(f"{name}: no effect")


def _check_logs(held: _Held, harm: Harm) -> None:
    reached = dict.fromkeys(held.heads, 0)
    latest: dict[tuple[str, str], int] = {}
    for entry in held.entries:
        if entry.seq != reached[entry.area_id] + 1:
            harm.lost.append(f"{entry.area_id}: {entry.seq} follows {reached[entry.area_id]}")
        reached[entry.area_id] = entry.seq
        latest[entry.area_id, entry.record_id] = entry.seq
    harm.lost.extend(
        f"{area}: head {held.heads[area]}, log {seq}"
        for area, seq in reached.items()
        if seq != held.heads[area]
    )
    harm.lost.extend(
        f"{key}: row {row.seq}, log {latest.get(key)}"
        for key, row in held.records.items()
        if row.seq != latest.get(key)
    )
    harm.duplicated.extend(f"{key}: {count} effects" for key, count in held.effects.items() if count > 1)


def _check_rows(held: _Held, phone: Phone, harm: Harm) -> None:
    """A drained phone holds exactly its areas' rows, each as it is now."""
    for row in phone.rows.values():
        if row["area"] not in phone.granted:
            harm.leaked.append(f"{phone.login} holds {row['id']} of {row['area']}")
    for (area, record_id), row in held.records.items():
        gone = row.state in ("left", "erased")
        if area in phone.granted and not gone and phone.rows.get(record_id, {}).get("seq") != row.seq:
            harm.lost.append(f"{phone.login} has not {record_id} as of {row.seq}")
