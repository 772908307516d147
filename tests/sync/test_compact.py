"""Compaction: old tombstones go and the floor rises; what was erased is in none of the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from sync import schema
from sync.compact import KEEP, compact
from sync.packing import unpack
from sync.wire import encode_body
from tests.sync.test_erasure import CANARY, erase, everything, tell
from tests.sync.test_exchange import ask, read_all
from tests.sync.test_moves import furnish, move
from tests.world import NOW
from webapp.backups import back_up, find_problems

if TYPE_CHECKING:
    from tests.world import World

THEN = NOW + 1000  # when test_moves and test_erasure act


def files_of(world: World) -> dict[str, bytes]:
    database = Path(world.store.engine.url.database or "")
    return {path.name: path.read_bytes() for path in database.parent.glob(database.name + "*")}


def tombstones(world: World) -> list[tuple[str, str]]:
    with world.store.read() as tx:
        rows = tx.execute(select(schema.record).where(schema.record.c.state.in_(("left", "erased"))))
        return [(row.state, row.kind) for row in rows]


def floor_of(world: World, grid: str) -> tuple[int, int]:
    with world.store.read() as tx:
        row = tx.execute(select(schema.area_log).filter_by(area_id=world.areas[grid])).one()
    return row.floor, row.head


def test_tombstones_stay_400_days_and_then_go_and_the_floor_is_the_last_of_them(world: World) -> None:
    going = furnish(world)
    move(world)
    head = floor_of(world, "一组")[1]
    world.fold("asha", world.visit("huang"), now=THEN)
    assert compact(world.store, THEN + KEEP) == 0
    assert (len(tombstones(world)), floor_of(world, "一组")[0]) == (len(going), 0)
    assert compact(world.store, THEN + KEEP + 1) == len(going)
    assert (tombstones(world), floor_of(world, "一组")) == ([], (head, head + 1))
    assert floor_of(world, "二组")[0] == 0
    assert compact(world.store, THEN + KEEP + 1) == 0
    seen, _ = read_all(world, "asha")
    assert not going & seen.keys()


def test_a_build_from_before_snapshots_reads_a_log_beyond_its_floor_page_by_page(world: World) -> None:
    for _ in range(8):
        world.fold("asha", *(world.visit("huang", note="字" * 200) for _ in range(60)))
    furnish(world)
    [first] = [
        page for page in ask(world, "asha", bytes=32768)["news"] if page["area"] == world.areas["一组"]
    ]
    move(world)
    compact(world.store, THEN + KEEP + 1)
    assert 0 < first["to"] < floor_of(world, "一组")[0]
    seen, _ = read_all(world, "asha", 32768)
    assert sum(row["fields"].get("note") == "字" * 200 for row in seen.values()) == 480
    news = ask(world, "asha", cursors={world.areas["一组"]: first["cursor"]}, bytes=32768)["news"]
    [again] = [page for page in news if page["area"] == world.areas["一组"]]
    assert (again["from"], again.get("fresh")) == (0, True)  # it began before


def test_somebody_erased_stays_known_for_good_and_so_do_the_facts_that_came(world: World) -> None:
    changes = tell(world)
    erase(world)
    compact(world.store, THEN + 2 * KEEP)
    assert tombstones(world) == [("erased", "person")]
    late = [
        world.visit(note=CANARY),
        world.change("void", "visit", changes[0]["id"], "一组", {"reason": CANARY}),
        world.visit(note=CANARY) | {"op": "amend", "amends": changes[0]["id"]},
    ]
    statuses = world.fold("asha", *late, now=THEN + 2 * KEEP)
    assert {s["code"] for s in statuses} == {"erased_person"}
    assert CANARY not in everything(world)


def test_somebody_who_moved_long_ago_is_erased_in_the_old_area_too(world: World) -> None:
    tell(world)
    move(world)
    compact(world.store, THEN + 2 * KEEP)
    assert CANARY in everything(world)
    erase(world)
    assert CANARY not in everything(world)
    assert "王小明" not in everything(world)


def test_the_canary_is_in_none_of_the_files_nor_in_a_copy(world: World, tmp_path: Path) -> None:
    """On PostgreSQL its own VACUUM does this: there, that no table has it is all that is claimed."""
    tell(world)
    for _ in range(40):
        world.fold("asha", world.visit(note=CANARY * 300))
    erase(world)
    if not world.store.is_sqlite:
        compact(world.store, THEN)
        assert CANARY not in everything(world)
        return
    assert any(CANARY.encode() in data for data in files_of(world).values())
    back_up(Path(world.store.engine.url.database or ""), tmp_path / "copy.db")
    compact(world.store, THEN)
    for name, data in (files_of(world) | {"copy": (tmp_path / "copy.db").read_bytes()}).items():
        for word in (CANARY, "王小明", "wang xiao ming"):
            assert word.encode() not in data, name
            assert json.dumps(word).strip('"').encode() not in data, name


def test_verify_holds_after_moving_erasing_and_compacting(world: World, tmp_path: Path) -> None:
    furnish(world)
    tell(world)
    if not world.store.is_sqlite:
        assert compact(world.store, THEN + 2 * KEEP) == 0
        return
    path = Path(world.store.engine.url.database or "")
    for act in (lambda: move(world), lambda: erase(world), lambda: compact(world.store, THEN + 2 * KEEP)):
        act()
        back_up(path, tmp_path / "copy.db")
        assert find_problems(tmp_path / "copy.db") == []


def test_a_phone_away_longer_than_that_takes_the_area_afresh_and_is_rid_of_who_left(world: World) -> None:
    furnish(world)
    seen, cursors = read_all(world, "asha")
    assert world.people["xiaoming"] in seen
    move(world)
    now = THEN + KEEP + 1
    compact(world.store, now)
    for snapshots in (0, 1):
        answer = ask(world, "asha", now=now, cursors=cursors, snapshots=snapshots)
        answer = json.loads(encode_body(answer, "")[0])
        pages = [page for page in answer["news"] if page["area"] == world.areas["一组"]]
        assert pages[0].get("first") or pages[0].get("fresh")
        ids = {row["id"] for page in pages for row in unpack(page["tables"], page["area"])}
        assert world.people["huang"] in ids
        assert world.people["xiaoming"] not in ids


def test_a_cursor_at_the_floor_or_above_goes_on_from_there(world: World) -> None:
    furnish(world)
    move(world)
    _, cursors = read_all(world, "asha")
    compact(world.store, THEN + KEEP + 1)
    visit = world.visit("huang")
    world.fold("asha", visit)
    [page] = ask(world, "asha", cursors=cursors, snapshots=2)["news"]
    assert [row["id"] for row in unpack(page["tables"], page["area"])] == [visit["id"]]
    assert not page.get("first")
    assert not page.get("fresh")
