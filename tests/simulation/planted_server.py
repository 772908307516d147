"""More bugs planted in the server: of snapshots, compaction, and what is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from sync import held, news, snapshot
from sync.tombstones import Gone
from tests.simulation.phone import Phone

Bug = Callable[[], AbstractContextManager[type[Phone]]]


@contextmanager
def snapshot_misses_rows() -> Iterator[type[Phone]]:
    """A prepared snapshot leaves the oldest row out."""
    place_rows = snapshot.place_rows

    def careless(found: Any, at: int) -> Any:
        return place_rows(found, at)[:-1]

    with patch.object(snapshot, "place_rows", careless):
        yield Phone


@contextmanager
def floor_not_looked_at() -> Iterator[type[Phone]]:
    """A phone that has missed tombstones which are gone is sent on from where it was."""
    place_of = news._place_of

    def trusting(area: str, log: Any, *more: Any) -> Any:
        return place_of(area, replace(log, floor=0), *more)

    with patch.object(news, "_place_of", trusting):
        yield Phone


@contextmanager
def erased_person_comes_back() -> Iterator[type[Phone]]:
    """What comes about somebody who was erased is taken as if nobody had ever known them."""
    how = Gone.how

    def forgetful(gone: Gone, change: Any) -> str:
        found = how(gone, change)
        return "" if found == "erased" else found

    with patch.object(Gone, "how", forgetful):
        yield Phone


@contextmanager
def decided_as_often_as_asked() -> Iterator[type[Phone]]:
    """A decision is made without looking whether somebody has made one."""

    def take(tx: Any, key: Any) -> Any:
        return tx.execute(held.select(held.quarantine).where(*held._at(key))).one_or_none()

    with patch.object(held, "_take", take):
        yield Phone


@contextmanager
def decision_not_told() -> Iterator[type[Phone]]:
    """What was accepted keeps the receipt of something held: its author never hears a number."""
    with patch.object(held, "_tell_receipt", lambda *_arguments: None):
        yield Phone


@contextmanager
def follower_left_waiting() -> Iterator[type[Phone]]:
    """A visit is accepted, and that its author had taken it back stays in the quarantine."""
    with patch.object(held, "_fold_followers", lambda *_arguments: None):
        yield Phone


MORE_SERVER_BUGS: tuple[Bug, ...] = (
    snapshot_misses_rows,
    floor_not_looked_at,
    erased_person_comes_back,
    decided_as_often_as_asked,
    decision_not_told,
    follower_left_waiting,
)
