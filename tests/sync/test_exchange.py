"""One round trip: pages without gaps, cursors nobody can forge, and nothing for an outsider."""

from __future__ import annotations

import gzip
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from sync import schema
from sync.database import open_store
from sync.errors import ProblemError
from sync.exchange import Session, exchange
from sync.packing import unpack
from sync.wire import BODY_LIMIT, decode_body
from tests.world import NOW

if TYPE_CHECKING:
    from sync.database import Store
    from tests.world import World


def ask(world: World, login: str, now: int = NOW, **request: Any) -> dict[str, Any]:
    session = Session(world.accounts[login], world.devices[login], b"secret", lambda *_: "renewed")
    return exchange(world.store, session, {"protocol": 1, **request}, now)


def pages_of(answer: dict[str, Any], area: str) -> list[dict[str, Any]]:
    """The pages of one area in an answer."""
    return [page for page in answer["news"] if page["area"] == area]


def read_all(world: World, login: str, size: int = 0) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Everything a phone gets, page by page, checking each page for gaps."""
    cursors: dict[str, str] = {}
    seen: dict[str, dict[str, Any]] = {}
    reached: dict[str, int] = {}
    for _ in range(200):
        answer = ask(world, login, cursors=cursors, bytes=size)
        for page in answer["news"]:
            rows = unpack(page["tables"], page["area"])
            assert page["from"] == reached.get(page["area"], 0)
            assert len(rows) + page["superseded"] == page["to"] - page["from"]
            reached[page["area"]] = page["to"]
            cursors[page["area"]] = page["cursor"]
            seen |= {row["id"]: row for row in rows}
        if not answer["more"]:
            return seen, cursors
    raise AssertionError("the pages never end")


def test_a_phone_gets_all_of_its_own_grid_in_pages_and_nothing_of_another(world: World) -> None:
    for _ in range(8):
        world.fold("asha", *(world.visit(note="字" * 200) for _ in range(60)))
    seen, _ = read_all(world, "asha")
    assert {row["area"] for row in seen.values()} == {world.areas["一组"]}
    assert sum(row["kind"] == "visit" for row in seen.values()) == 480


def test_the_outsider_sees_nothing_of_the_village(world: World) -> None:
    visit = world.visit(note="只给一组看")
    world.fold("asha", visit)
    seen, cursors = read_all(world, "ding")
    assert {row["area"] for row in seen.values()} == {world.areas["柳河一组"]}
    _, mine = read_all(world, "asha")
    answer = ask(world, "ding", cursors=cursors | mine)
    assert answer["areas"]["lost"] == sorted([world.areas["一组"], world.areas["青禾村"]])
    assert "只给一组看" not in json.dumps(answer, ensure_ascii=False)


def test_a_forged_or_foreign_cursor_starts_the_area_afresh(world: World) -> None:
    _, cursors = read_all(world, "asha")
    area, cursor = world.areas["一组"], cursors[world.areas["一组"]]
    for forged in ("", "rubbish", cursor[:-2] + "AA", "OTk5OQ." + cursor.split(".")[1], "x" * 5000, "é.é"):
        [page] = ask(world, "asha", cursors=cursors | {area: forged})["news"]
        assert (page["from"], page["fresh"]) == (0, True)
    assert ask(world, "asha", cursors=cursors)["news"] == []


def test_statuses_and_ones_own_change_come_back_in_the_same_round_trip(world: World) -> None:
    _, cursors = read_all(world, "asha")
    visit = world.visit()
    answer = ask(world, "asha", cursors=cursors, changes=[visit, world.visit("qian")])
    assert [s["status"] for s in answer["statuses"]] == ["accepted", "quarantined"]
    [page] = answer["news"]
    assert [row["id"] for row in unpack(page["tables"], page["area"])] == [visit["id"]]


def test_a_supervisor_with_a_phone_gets_every_grid_of_the_village(world: World) -> None:
    seen, _ = read_all(world, "chen")
    assert {row["area"] for row in seen.values()} == {world.areas["一组"], world.areas["二组"]}


def test_a_whole_request_is_refused_with_a_stable_code(world: World) -> None:
    for request, code in (
        ({"protocol": 9}, "unknown_protocol"),
        ({"changes": [world.visit() for _ in range(101)]}, "too_many_changes"),
        ({"changes": "many"}, "broken_body"),
    ):
        with pytest.raises(ProblemError) as raised:
            ask(world, "asha", **request)
        assert raised.value.code == code


def test_somebody_elses_phone_and_one_that_was_never_enrolled_are_refused(world: World) -> None:
    for device in (world.devices["asha"], world.id()):
        session = Session(world.accounts["ding"], device, b"secret", lambda *_: "")
        with pytest.raises(ProblemError, match="device_revoked"):
            exchange(world.store, session, {"protocol": 1, "changes": [world.visit("qian")]}, NOW)
    with world.store.read() as tx:
        assert tx.execute(schema.quarantine.select()).all() == []


def test_a_grant_that_ended_quarantines_what_was_written_meanwhile(world: World) -> None:
    with world.store.write() as tx:
        ended = update(schema.access).where(schema.access.c.account_id == world.accounts["asha"])
        tx.execute(ended.values(until=NOW))
    answer = ask(world, "asha", changes=[world.visit()], cursors={world.areas["一组"]: "x"})
    assert answer["statuses"][0]["code"] == "foreign_area"
    assert answer["areas"] == {"granted": [], "lost": [world.areas["一组"]]}
    assert answer["news"] == []


def test_what_was_acknowledged_is_there_after_the_store_is_opened_again(world: World) -> None:
    visit = world.visit()
    ask(world, "asha", changes=[visit])
    again = open_store(world.store.engine.url.render_as_string(hide_password=False), world.store.catalogue)
    again.upgrade()
    world.store = again
    seen, _ = read_all(world, "asha")
    assert visit["id"] in seen
    again.close()


def test_eight_writers_at_once_leave_no_gap_and_a_reader_misses_nothing(world: World) -> None:
    seen: dict[str, Any] = {}
    failures: list[BaseException] = []

    def write(login: str) -> None:
        try:
            for _ in range(6):
                world.fold(login, *(batch.pop() for _ in range(5)))
        except BaseException as error:
            failures.append(error)

    batch = [world.visit() for _ in range(240)]
    written = {change["id"] for change in batch}
    threads = [threading.Thread(target=write, args=(login,)) for login in ("asha", "ben") * 4]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen |= read_all(world, "asha", size=32 * 1024)[0]
    for thread in threads:
        thread.join(60)
    seen |= read_all(world, "asha")[0]
    assert not failures
    assert written <= seen.keys()


@pytest.mark.parametrize("coding", ["gzip", None])
def test_broken_bodies_are_refused(coding: str | None) -> None:
    def pack(data: bytes) -> bytes:
        return gzip.compress(data) if coding else data

    for data in (b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000):
        with pytest.raises(ProblemError, match="broken_body"):
            decode_body(pack(data), coding)


def test_a_truncated_gzip_body_is_refused_at_every_length() -> None:
    whole = gzip.compress(json.dumps({"note": "敲门" * 300}).encode())
    for length in range(len(whole)):
        with pytest.raises(ProblemError, match="broken_body"):
            decode_body(whole[:length], "gzip")
    assert decode_body(whole, "gzip")["note"].startswith("敲门")


def test_a_gzip_bomb_of_200_megabytes_is_refused_without_being_unpacked() -> None:
    import tracemalloc

    bomb = gzip.compress(b"0" * 200_000_000, 1)
    tracemalloc.start()
    with pytest.raises(ProblemError, match="body_too_large"):
        decode_body(bomb, "gzip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * BODY_LIMIT


def test_the_engine_is_set_so_that_an_acknowledged_write_is_on_disk(store: Store) -> None:
    with store.read() as tx:
        if store.is_sqlite:
            assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        else:
            assert tx.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
