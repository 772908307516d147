"""Bugs planted on purpose, in the server or in the phone: if the oracle misses one, the oracle is wrong.

Each is a context manager that gives the phones' class to run with; the server's are patches of the real code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import delete, select

from sync import exchange, records, scope
from sync import moves as sync_moves
from sync.catalogue import Kind
from sync.clock import AHEAD_LIMIT, clamp
from sync.database import Store
from sync.errors import ProblemError
from sync.log import take_numbers
from sync.schema import area, record
from tests.simulation.phone import Phone
from tests.simulation.planted_phones import PHONES
from tests.simulation.planted_server import MORE_SERVER_BUGS
from tests.simulation.run import begin_world, run_seed, the_server
from tests.simulation.server import ServerKilledError

Bug = Callable[[], AbstractContextManager[type[Phone]]]
SIZE = {"phones": 10, "operations": 120}
SEEDS = range(100, 112)


def catch(bug: Bug, seeds: range = SEEDS) -> int | None:
    """The first seed at which the oracle catches a bug; None where none of ``seeds`` does."""
    begin_world(the_server(), 0, SIZE["phones"])  # the village is built by code without the bug
    with bug() as phone_class:
        for seed in seeds:
            if run_seed(seed, **SIZE, phone_class=phone_class, busy=True).violations:
                return seed
    return None


@contextmanager
def no_bug() -> Iterator[type[Phone]]:
    """The code as it is."""
    yield Phone


@contextmanager
def acknowledged_before_commit() -> Iterator[type[Phone]]:
    """The answer goes out although the commit did not happen."""
    write = Store.write

    @contextmanager
    def careless(store: Store) -> Iterator[Any]:
        try:
            with write(store) as tx:
                yield tx
        except ServerKilledError:
            return

    with patch.object(Store, "write", careless):
        yield Phone


@contextmanager
def duplicate_numbered_again() -> Iterator[type[Phone]]:
    """A change that comes again is counted again."""
    fold_one = records._fold_one

    def again(folding: Any, change: Any) -> Any:
        known = folding.receipts.pop(change.id, None)
        status = fold_one(folding, change)
        if known is not None:
            folding.new_receipts[:] = [
                each for each in folding.new_receipts if each["change_id"] != change.id
            ]
            folding.held[:] = [each for each in folding.held if each["change_id"] != change.id]
        return status

    with patch.object(records, "_fold_one", again):
        yield Phone


@contextmanager
def no_dedup() -> Iterator[type[Phone]]:
    """Nobody looks whether a change is known."""
    prefetch = records._prefetch

    def forgetful(*arguments: Any) -> Any:
        folding = prefetch(*arguments)
        folding.receipts.clear()
        return folding

    with patch.object(records, "_prefetch", forgetful):
        yield Phone


@contextmanager
def id_reuse_accepted() -> Iterator[type[Phone]]:
    """A known id is enough; nobody compares the hash."""

    def trusting(change: Any, _earlier: Any, _digest: str) -> Any:
        return {"id": change.id, "status": "duplicate"}

    with patch.object(records, "_answer_again", trusting):
        yield Phone


@contextmanager
def one_bad_change_blocks_the_batch() -> Iterator[type[Phone]]:
    """What cannot be read refuses the whole request."""
    parse = records._parse

    def strict(*arguments: Any) -> Any:
        parsed = parse(*arguments)
        if isinstance(parsed, dict):
            raise ProblemError("malformed")
        return parsed

    with patch.object(records, "_parse", strict):
        yield Phone


@contextmanager
def conflict_order_dependent() -> Iterator[type[Phone]]:
    """Whoever comes last wins."""
    merge = records._merge_profile

    def latest_arrival(folding: Any, change: Any, stamp: str) -> Any:
        [row], conflicts = merge(folding, change, stamp)
        row["fields"] = row["fields"] | change.body
        return [row], conflicts

    with patch.object(records, "_merge_profile", latest_arrival):
        yield Phone


@contextmanager
def clock_refuses() -> Iterator[type[Phone]]:
    """A clock that runs ahead is a reason to refuse."""

    def strict(clock: Any, now: int) -> Any:
        if clock.millis > now + AHEAD_LIMIT:
            raise ProblemError("malformed")
        return clamp(clock, now)

    with patch.object(records, "clamp", strict):
        yield Phone


@contextmanager
def areas_not_read_again() -> Iterator[type[Phone]]:
    """Grants are remembered from the first exchange."""
    load, known = exchange.load_caller, {}

    def remembered(tx: Any, account: str, device: str, now: int) -> Any:
        if device not in known:
            known[device] = load(tx, account, device, now)
        return known[device]

    with patch.object(exchange, "load_caller", remembered):
        yield Phone


@contextmanager
def every_village_is_above() -> Iterator[type[Phone]]:
    """Phones read what belongs to villages that are not over their grids."""

    def all_of_them(tx: Any, _areas: Any) -> Any:
        return frozenset(tx.scalars(select(area.c.area_id).where(area.c.level == "village")))

    with patch.object(scope, "read_above", all_of_them):
        yield Phone


@contextmanager
def people_above_the_grids() -> Iterator[type[Phone]]:
    """A person may be written into a village."""
    careless = patch("sync.verdicts._is_about_somebody", lambda _change: False)
    with careless, patch.object(Kind, "may_live", lambda *_: True):
        yield Phone


@contextmanager
def tombstone_not_sent() -> Iterator[type[Phone]]:
    """A record that moved away is deleted, and nobody is told."""
    bury = sync_moves.bury

    def forget(tx: Any, area: str, gone: Any, act: Any, *, to: str | None) -> None:
        bury(tx, area, gone, act, to=to)
        ids = [each.record_id for each in gone]
        tx.execute(delete(record).where(record.c.area_id == area, record.c.record_id.in_(ids)))

    with patch.object(sync_moves, "bury", forget):
        yield Phone


@contextmanager
def moved_household_stays() -> Iterator[type[Phone]]:
    """A household enters the new area and does not leave the old one."""
    with patch.object(sync_moves, "bury", lambda *_arguments, **_more: None):
        yield Phone


@contextmanager
def erased_text_kept() -> Iterator[type[Phone]]:
    """An erased person's words stay in the receipts."""
    with patch("sync.erasure._empty_texts", lambda *_arguments: None):
        yield Phone


@contextmanager
def numbers_with_gaps() -> Iterator[type[Phone]]:
    """Numbers as a database's sequence gives them: some are never used."""

    def leaky(tx: Any, area: str, count: int) -> int:
        return take_numbers(tx, area, count + 1)

    with patch.object(records, "take_numbers", leaky):
        yield Phone


@contextmanager
def quarantine_lost() -> Iterator[type[Phone]]:
    """What is held is acknowledged and kept nowhere."""
    hold = records._hold

    def careless(folding: Any, *arguments: Any) -> Any:
        status = hold(folding, *arguments)
        folding.held.clear()
        return status

    with patch.object(records, "_hold", careless):
        yield Phone


def _phone_bug(phone_class: type[Phone]) -> Bug:
    @contextmanager
    def bug() -> Iterator[type[Phone]]:
        yield phone_class

    return bug


SERVER_BUGS: tuple[Bug, ...] = (
    acknowledged_before_commit,
    duplicate_numbered_again,
    no_dedup,
    id_reuse_accepted,
    one_bad_change_blocks_the_batch,
    conflict_order_dependent,
    clock_refuses,
    areas_not_read_again,
    every_village_is_above,
    people_above_the_grids,
    tombstone_not_sent,
    moved_household_stays,
    erased_text_kept,
    numbers_with_gaps,
    quarantine_lost,
)
BUGS: dict[str, Bug] = {bug.__name__: bug for bug in (*SERVER_BUGS, *MORE_SERVER_BUGS)}  # type: ignore[attr-defined]  # functions
BUGS |= {name: _phone_bug(phone_class) for name, phone_class in PHONES.items()}
