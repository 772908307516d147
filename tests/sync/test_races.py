"""Several writers on PostgreSQL: who loses a race does it again; who loses them all says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from sync.database import TRIES, Store, open_store
from sync.errors import ProblemError
from sync.schema import area_log
from tests.conftest import administer, database_url
from tests.world import World, build_world
from webapp.forms.catalogue import build_catalogue


@pytest.fixture
def shared(postgres: str) -> Iterator[World]:
    """The small world on PostgreSQL."""
    administer(postgres, "DROP DATABASE IF EXISTS races WITH (FORCE)", "CREATE DATABASE races TEMPLATE model")
    opened = open_store(database_url(postgres, "races"), build_catalogue())
    yield build_world(opened)
    opened.close()


def at_once(*works: Callable[[], object]) -> None:
    """Run works in threads of their own; raise what any of them raised."""
    failed: list[BaseException] = []

    def attempt(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # it is raised below, in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=attempt, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failed:
        raise failed[0]


def add_one(tx: Connection, area: str) -> None:
    tx.execute(update(area_log).where(area_log.c.area_id == area).values(floor=area_log.c.floor + 1))


def floors(store: Store) -> list[int]:
    with store.read() as tx:
        return sorted(tx.scalars(select(area_log.c.floor).where(area_log.c.floor > 0)))


def test_a_deadlock_is_broken_and_the_loser_does_it_again(shared: World) -> None:
    met, tries = threading.Barrier(2, timeout=30), []

    def work_in(order: list[str]) -> Callable[[Connection], None]:
        mine: list[int] = []

        def work(tx: Connection) -> None:
            mine.append(1)
            tries.append(1)
            add_one(tx, order[0])
            if len(mine) == 1:
                met.wait()
            add_one(tx, order[1])

        return work

    pair = [shared.areas["一组"], shared.areas["二组"]]
    at_once(lambda: shared.store.transact(work_in(pair)), lambda: shared.store.transact(work_in(pair[::-1])))
    assert floors(shared.store) == [2, 2]
    assert len(tries) > 2


def test_a_serialization_failure_is_done_again(shared: World) -> None:
    met, tries = threading.Barrier(2, timeout=30), []

    def work_once() -> Callable[[Connection], None]:
        mine: list[int] = []

        def work(tx: Connection) -> None:
            mine.append(1)
            tries.append(1)
            tx.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
            tx.execute(select(area_log)).all()
            if len(mine) == 1:
                met.wait()
            add_one(tx, shared.areas["一组"])

        return work

    at_once(lambda: shared.store.transact(work_once()), lambda: shared.store.transact(work_once()))
    assert floors(shared.store) == [2]
    assert len(tries) > 2


def test_the_same_held_change_by_two_processes_at_once_is_held_once(shared: World) -> None:
    for _ in range(20):
        foreign = shared.visit("qian")
        told: list[str] = []

        def say(change: dict[str, object] = foreign, heard: list[str] = told) -> None:
            caller = shared.caller("asha")
            heard.append(
                shared.store.transact(
                    lambda tx: fold(tx, shared, caller, change)  # called at once
                )
            )

        at_once(say, say, say)
        assert told == ["quarantined"] * 3


def fold(tx: Connection, world: World, caller: object, change: dict[str, object]) -> str:
    from sync.records import fold_changes
    from sync.scope import Caller
    from tests.world import NOW

    assert isinstance(caller, Caller)
    [status] = fold_changes(tx, world.store.catalogue, caller, [change], NOW)
    return str(status["status"])


def test_who_loses_every_race_is_told_busy_and_not_for_ever(shared: World) -> None:
    tries = []

    def lose(tx: Connection) -> None:
        tries.append(1)
        tx.execute(text("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(ProblemError) as told:
        shared.store.transact(lose)
    assert (told.value.code, len(tries)) == ("busy", TRIES)


def test_a_mistake_is_not_tried_again(shared: World) -> None:
    tries = []

    def mistake(tx: Connection) -> None:
        tries.append(1)
        tx.execute(text("INSERT INTO area_log (area_id, head) VALUES (NULL, 0)"))

    with pytest.raises(IntegrityError):
        shared.store.transact(mistake)
    assert len(tries) == 1


def test_a_connection_that_was_ended_is_busy_and_the_next_one_works(shared: World) -> None:
    def end(tx: Connection) -> None:
        add_one(tx, shared.areas["一组"])
        mine = tx.scalar(text("SELECT pg_backend_pid()"))
        other = create_engine(shared.store.engine.url)
        with other.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
        other.dispose()
        add_one(tx, shared.areas["一组"])

    with pytest.raises(ProblemError, match="busy"):
        shared.store.transact(end)
    assert floors(shared.store) == []
    shared.store.transact(lambda tx: add_one(tx, shared.areas["一组"]))
    assert floors(shared.store) == [1]


def test_a_locked_or_full_sqlite_is_busy(tmp_path: Path) -> None:
    opened = open_store(f"sqlite:///{tmp_path / 'qiaomen.db'}", build_catalogue())
    opened.upgrade()
    other = open_store(f"sqlite:///{tmp_path / 'qiaomen.db'}", build_catalogue())

    def write_long(tx: Connection) -> None:
        tx.execute(text("PRAGMA max_page_count=1"))
        for number in range(2000):
            tx.execute(
                text("INSERT INTO installation VALUES (:key, :value)"),
                {"key": f"{number}", "value": "x" * 2000},
            )

    with pytest.raises(ProblemError, match="busy") as told:
        opened.transact(write_long)
    assert isinstance(told.value.__cause__, DBAPIError)
    assert other.epoch() == opened.epoch()
    opened.close()
    other.close()


def test_a_new_epoch_is_seen_at_once_by_every_process(store: Store) -> None:
    other = open_store(store.engine.url.render_as_string(hide_password=False), build_catalogue())
    before = other.epoch()
    assert store.renew_epoch() == other.epoch() != before
    other.close()
