"""A snapshot and the log after it are the whole area: in whatever pages, whatever happens between them."""

from __future__ import annotations

import dataclasses
import gzip
import json
import shutil
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from sync import news, prepared, schema, shelf, snapshot
from sync.cells import read_cell
from sync.cursor import Cursor, write_cursor
from sync.database import open_store
from sync.erasure import erase_person
from sync.errors import ProblemError
from sync.log import logs_of
from sync.merging import merge, unmerge
from sync.moves import move_household
from sync.packing import pack, unpack
from sync.prepared import load_prepared, prepare_areas, store_prepared
from sync.records import fold_changes
from sync.request import CELLS, TABLES, Asked
from sync.rows import GONE, READ, decode_row, pack_records, rows_of, without_private
from sync.scope import SYSTEM
from sync.shelf import Shelf
from sync.tombstones import Act
from sync.wire import encode_body
from tests.sync.test_exchange import ask, pages_of
from tests.sync.test_merging import work_of
from tests.world import HOUSEHOLDS, NOW, PEOPLE, build_world
from webapp.forms.catalogue import build_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

SECRET = b"secret"
DAY = 86_400_000
MOST_PAGES = 400


class Reader:
    """A phone's meaning: rows by area and id, and a cursor for each area."""

    def __init__(self, world: World, areas: list[str], *, snapshots: int = CELLS) -> None:
        self.world = world
        self.snapshots = snapshots
        self.areas = areas
        self.cursors: dict[str, str] = {}
        self.rows: dict[str, dict[str, dict[str, Any]]] = {}
        self.stages: list[tuple[str, str]] = []
        self.left: dict[str, int] = {}
        self.usable = False

    def read(self, budget: int = 1) -> bool:
        """Take one answer of about ``budget`` bytes; whether there is more to come."""
        store = self.world.store
        asked = Asked(cursors=self.cursors, budget=budget, snapshots=self.snapshots)
        cursors = news.read_cursors(SECRET, store.epoch(), frozenset(self.areas), asked)
        with store.read() as tx:
            answer = news.read_news(tx, store, SECRET, asked, cursors)
        for page in answer["news"]:
            if "tables" not in page:
                page["rows"] = read_cell(answer["cell"].read(), page["area"])
            self.take(page)
        self.usable = answer["usable"]
        assert answer["news"] or not answer["more"]
        return bool(answer["more"])

    def take(self, page: dict[str, Any]) -> None:
        """Take a page in, as sync/README.md says."""
        area = page["area"]
        assert area in self.areas
        rows = page["rows"] if "rows" in page else unpack(page["tables"], area)
        if page.get("first") or page.get("fresh"):
            self.rows[area] = {}
        if "snapshot" in page:
            self.stages.append((area, page["stage"]))
            assert all(row.get("state") not in GONE and row["seq"] <= page["snapshot"] for row in rows)
            assert page["last"] == (page["left"] == 0)
        else:
            assert len(rows) + page["superseded"] == page["to"] - page["from"]
        self.cursors[area] = page["cursor"]
        held = self.rows[area]
        for row in rows:
            if row.get("state") in GONE:
                held.pop(row["id"], None)
            elif row["seq"] >= held.get(row["id"], row)["seq"]:
                held[row["id"]] = row

    def read_all(self, budget: int = 1) -> Reader:
        """Answers until there is nothing more."""
        for _ in range(MOST_PAGES):
            if not self.read(budget):
                return self
        raise AssertionError("the pages never end")


def grids(world: World) -> list[str]:
    return [world.areas[name] for name in ("一组", "二组")]


def stored(world: World, areas: list[str]) -> dict[str, dict[str, Any]]:
    """What the database holds of these areas, as phones may see it."""
    with world.store.read() as tx:
        rows = rows_of(tx, world.store.catalogue, areas)
    return {area: {row["id"]: row for row in rows if row["area"] == area} for area in areas}


def held_by(reader: Reader) -> dict[str, dict[str, Any]]:
    return {area: reader.rows.get(area, {}) for area in reader.areas}


def log_of_visits(world: World, count: int = 40) -> None:
    """Visits of three people, by day, with a health check among them."""
    people = ("xiaoming", "grandma", "huang")
    visits = [
        world.visit(people[number % 3], at=NOW - (number % 17) * DAY, note=f"第{number}次")
        for number in range(count)
    ]
    statuses = world.fold("asha", *visits)
    assert all(status["status"] == "accepted" for status in statuses)


# -- the shape ------------------------------------------------------------------------------------------


def test_people_come_first_then_what_is_recent_of_everybody_and_then_the_rest(world: World) -> None:
    log_of_visits(world)
    with small_cells(400):
        reader = Reader(world, grids(world)).read_all()
    stages = [stage for _, stage in reader.stages]
    first_older = stages.index("older")
    assert "older" in stages
    assert set(stages[first_older:]) == {"older"}
    assert {area for area, _ in reader.stages[:first_older]} == set(grids(world))
    assert held_by(reader) == stored(world, grids(world))


def test_today_works_before_the_older_facts_have_come(world: World) -> None:
    log_of_visits(world)
    returned = world.visit(at=NOW - 400 * DAY)
    world.fold("asha", returned)
    world.fold("chen", world.change("review", "visit", returned["id"], "一组", {"verdict": "returned"}))
    area = world.areas["一组"]
    reader = Reader(world, [area])
    with small_cells(400):
        while not reader.usable:
            assert reader.read()
        people = {row["id"] for row in reader.rows[area].values() if row["kind"] == "person"}
        facts = [row for row in reader.rows[area].values() if row["kind"] == "visit"]
        assert len(people) == 3
        assert all(sum(row["person"] == person for row in facts) >= 3 for person in people)
        assert returned["id"] in reader.rows[area]
        assert len(facts) < 41
        reader.read_all()
    assert held_by(reader) == stored(world, [area])


def test_an_empty_area_and_one_of_profiles_only_are_done_at_once(world: World) -> None:
    empty = world.id()
    for areas, kinds in (([empty], 0), ([world.areas["二组"]], 3), ([world.areas["一组"]], 6)):
        reader = Reader(world, areas)
        assert reader.read() is False
        assert reader.usable
        assert len(held_by(reader)[areas[0]]) >= kinds
        assert held_by(reader) == stored(world, areas)
        assert reader.read() is False


def test_an_area_of_a_single_row_is_one_page(world: World) -> None:
    area = world.id()
    with world.store.write() as tx:
        tx.execute(schema.area_log.insert().values(area_id=area, head=0))
    change = world.change("set", "grid", world.areas["一组"], "一组", {"name": "新组"})
    with world.store.write() as tx:
        change |= {"area": area, "record": area}
        assert fold_changes(tx, world.store.catalogue, SYSTEM, [change], NOW)[0]["status"] == "accepted"
    reader = Reader(world, [area])
    assert reader.read() is False
    assert [row["fields"]["name"] for row in reader.rows[area].values()] == ["新组"]


def test_an_exchange_holds_one_cell_or_for_builds_from_before_cells_as_many_as_its_wish(world: World) -> None:
    log_of_visits(world, 100)
    area = world.areas["一组"]
    with small_cells(300), mock.patch.object(news, "FEW", 0):
        one, several = Reader(world, [area]), Reader(world, [area], snapshots=TABLES)
        least = Reader(world, [area], snapshots=TABLES)
        one.read(2000)
        least.read(1)
        several.read(2000)
        assert (len(one.stages), len(least.stages)) == (1, 1)
        assert len(several.stages) > 2
        assert held_by(one.read_all()) == held_by(several.read_all()) == stored(world, [area])


def test_a_phone_on_a_poor_line_gets_a_cell_in_parts_that_its_wish_holds(world: World) -> None:
    log_of_visits(world, 100)
    area = world.areas["一组"]
    for form in (CELLS, TABLES):
        reader = Reader(world, [area], snapshots=form)
        with mock.patch.object(news, "SMALLEST_PAGE", 300):
            reader.read_all()
        whole = Reader(world, [area]).read_all()
        assert len(reader.stages) > len(whole.stages) + 3
        assert held_by(reader) == stored(world, [area])


def test_the_news_of_one_area_alone_speak_of_no_other(world: World) -> None:
    mine, other = grids(world)
    answer = ask(world, "asha", snapshots=CELLS, only=[mine])
    assert {page["area"] for page in answer["news"]} == {mine}
    assert answer["areas"]["granted"] == [mine]
    assert answer["more"] is False
    foreign = ask(world, "ding", snapshots=CELLS, only=[mine, other])
    assert foreign["news"] == []
    assert "cell" not in foreign
    assert not {mine, other} & set(foreign["areas"]["granted"])


def test_an_answer_with_a_cell_reads_the_same_in_every_coding(world: World) -> None:
    log_of_visits(world)
    answer = ask(world, "asha", snapshots=CELLS)
    plain = json.loads(encode_body(answer, "")[0])
    assert {row["kind"] for row in read_cell(plain["cell"], "g")} >= {"person", "visit"}
    assert plain["protocol"] == 1
    for accepted, decompress in (("br, gzip", brotli.decompress), ("gzip", gzip.decompress)):
        data, coding = encode_body(answer, accepted)
        assert coding == accepted.split(",")[0]
        assert json.loads(decompress(data)) == plain


def test_what_never_leaves_the_server_is_not_in_a_snapshot(world: World) -> None:
    body = {"household": world.households["wang"], "code": "AB12", "state": "issued", "token": "金丝雀"}
    card = world.change("set", "card", world.id(), "一组", body)
    with world.store.write() as tx:
        assert fold_changes(tx, world.store.catalogue, SYSTEM, [card], NOW)[0]["status"] == "accepted"
    answer = ask(world, "asha", snapshots=2)
    text = encode_body(answer, "")[0].decode()
    assert "AB12" in text
    assert "金丝雀" not in text
    assert world.people["qian"] not in text
    assert json.loads(text)["news"][0]["first"] is True


def test_a_phone_of_before_snapshots_gets_the_log_from_its_first_number(world: World) -> None:
    log_of_visits(world)
    for request in ({}, {"snapshots": 0}, {"snapshots": "yes"}):
        [page] = pages_of(ask(world, "asha", **request), world.areas["一组"])
        assert (page["from"], page["fresh"], "snapshot" in page) == (0, True, False)
    area = world.areas["一组"]
    inside = write_cursor(SECRET, area, world.store.epoch(), Cursor(3, "older::-5:x"))
    [page] = pages_of(ask(world, "asha", cursors={area: inside}), area)
    assert (page["from"], page["fresh"]) == (0, True)


# -- cursors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "position", ["older", "older::x:y", "elder::-5:x", "people:person:0", ":::", "a:b:c:d:e"]
)
def test_a_position_of_another_build_starts_the_area_afresh(world: World, position: str) -> None:
    area = world.areas["一组"]
    cursor = write_cursor(b"secret", area, world.store.epoch(), Cursor(3, position))
    [page] = pages_of(ask(world, "asha", snapshots=2, cursors={area: cursor}), area)
    assert page["first"] is True


def test_a_cursor_in_a_snapshot_cannot_be_forged_or_carried_to_another_area(world: World) -> None:
    area, other = world.areas["一组"], world.areas["二组"]
    epoch = world.store.epoch()
    for forged in (
        write_cursor(b"guess", area, epoch, Cursor(3, "older::-5:x")),
        write_cursor(b"secret", other, epoch, Cursor(3, "older::-5:x")),
        write_cursor(b"secret", area, "another", Cursor(3, "older::-5:x")),
    ):
        [page] = pages_of(ask(world, "asha", snapshots=2, cursors={area: forged}), area)
        assert page["first"] is True


def test_a_cursor_below_the_floor_starts_afresh_and_one_at_the_floor_goes_on(world: World) -> None:
    log_of_visits(world)
    area = world.areas["一组"]
    reader = Reader(world, [area, world.areas["青禾村"]]).read_all()
    early = write_cursor(SECRET, area, world.store.epoch(), Cursor(9))
    inside = write_cursor(SECRET, area, world.store.epoch(), Cursor(9, "people:person:0:x"))
    with world.store.write() as tx:
        raised = update(schema.area_log).where(schema.area_log.c.area_id == area)
        tx.execute(raised.values(floor=10))
    for cursor in (early, inside):
        [page, *_] = pages_of(ask(world, "asha", snapshots=2, cursors={area: cursor}), area)
        assert page["first"] is True
    [page] = pages_of(ask(world, "asha", cursors={area: early}), area)
    assert page["fresh"] is True
    at_floor = write_cursor(SECRET, area, world.store.epoch(), Cursor(10))
    [page] = pages_of(ask(world, "asha", snapshots=2, cursors={area: at_floor}), area)
    assert (page["from"], "fresh" in page) == (10, False)
    assert ask(world, "asha", snapshots=2, cursors=reader.cursors)["news"] == []


@pytest.mark.parametrize("position", ["", "older::-5:x"])
def test_a_server_behind_a_cursor_refuses_and_takes_nothing(world: World, position: str) -> None:
    area = world.areas["一组"]
    with world.store.read() as tx:
        head = news.logs_of(tx, [area])[area].head
    visit = world.visit()
    ahead = write_cursor(b"secret", area, world.store.epoch(), Cursor(head + 1, position))
    with pytest.raises(ProblemError, match="server_behind"):
        ask(world, "asha", snapshots=2, cursors={area: ahead}, changes=[visit])
    assert visit["id"] not in stored(world, [area])[area]
    level = write_cursor(b"secret", area, world.store.epoch(), Cursor(head))
    assert ask(world, "asha", cursors={area: level}, changes=[visit])["statuses"][0]["status"] == "accepted"


# -- the shelf ------------------------------------------------------------------------------------------


def test_a_snapshot_is_prepared_once_for_many_phones_and_not_anew_for_each_change(world: World) -> None:
    log_of_visits(world)
    area = world.areas["一组"]
    with mock.patch.object(shelf, "prepare", wraps=snapshot.prepare) as prepare:
        for _ in range(3):
            reader = Reader(world, [area]).read_all()
            world.fold("asha", world.visit())
            assert held_by(reader.read_all()) == stored(world, [area])
        assert prepare.call_count == 1
        with mock.patch.object(shelf, "LAG", 0):
            Reader(world, [area]).read_all()
        assert prepare.call_count == 2


def test_the_shelf_is_bounded_and_gives_up_what_was_not_asked_for_longest(world: World) -> None:
    log_of_visits(world)
    areas = grids(world)
    for area in areas:
        Reader(world, [area]).read_all()
    whole = world.store.shelf.size
    world.store.shelf = Shelf(whole - 1)
    for area in (*areas, areas[0]):
        Reader(world, [area]).read_all()
        assert 0 < world.store.shelf.size < whole
    world.store.shelf = Shelf(10)
    assert held_by(Reader(world, areas).read_all()) == stored(world, areas)
    assert world.store.shelf.size == 0


@pytest.mark.parametrize("leaving", ["erase", "move"])
def test_a_prepared_snapshot_is_not_sent_once_somebody_left(world: World, leaving: str) -> None:
    world.fold("asha", *(world.visit(note="金丝雀") for _ in range(5)))
    area = world.areas["一组"]
    begun = Reader(world, [area])
    with small_cells(200):
        begun.read()
    if leaving == "erase":
        erase(world, "xiaoming")
    else:
        move(world, "wang", "一组", "二组")
    late = Reader(world, [area])
    with mock.patch.object(Reader, "take", refuse_canary(Reader.take)):
        late.read_all()
        begun.read_all()
    assert held_by(late) == held_by(begun) == stored(world, [area])


def refuse_canary(take: Any) -> Any:
    def taking(self: Reader, page: dict[str, Any]) -> None:
        assert "金丝雀" not in encode_body(page, "")[0].decode()
        take(self, page)

    return taking


# -- prepared in the database ---------------------------------------------------------------------------


def prepared_rows(world: World, area: str) -> list[Any]:
    with world.store.read() as tx:
        return list(tx.execute(select(schema.prepared).where(schema.prepared.c.area_id == area)))


def test_what_was_prepared_serves_after_a_restart_and_is_prepared_anew_only_when_it_is_old(
    world: World,
) -> None:
    log_of_visits(world)
    assert prepare_areas(world.store) == 3
    assert prepare_areas(world.store) == 0
    world.fold("asha", world.visit())
    world.store.shelf.clear()
    with mock.patch.object(shelf, "prepare", side_effect=AssertionError("prepared anew")):
        reader = Reader(world, grids(world)).read_all()
    assert held_by(reader) == stored(world, grids(world))
    with mock.patch.object(prepared, "LAG", 0):
        assert prepare_areas(world.store) == 1
    assert prepare_areas(world.store) == 0


def test_nothing_is_prepared_after_a_stop(world: World) -> None:
    log_of_visits(world)
    stop = threading.Event()
    stop.set()
    assert prepare_areas(world.store, stop) == 0


@pytest.mark.parametrize("leaving", ["erase", "move"])
def test_what_was_prepared_goes_in_the_transaction_that_buries_somebody(world: World, leaving: str) -> None:
    world.fold("asha", *(world.visit(note="金丝雀") for _ in range(5)))
    area = world.areas["一组"]
    prepare_areas(world.store)
    assert any("金丝雀" in json.dumps(cell.read(), ensure_ascii=False) for cell in loaded(world, area).cells)
    if leaving == "erase":
        erase(world, "xiaoming")
    else:
        move(world, "wang", "一组", "二组")
    assert prepared_rows(world, area) == []
    world.store.shelf.clear()
    late = Reader(world, [area])
    with mock.patch.object(Reader, "take", refuse_canary(Reader.take)):
        late.read_all()
    assert held_by(late) == stored(world, [area])


def loaded(world: World, area: str) -> snapshot.Snapshot:
    with world.store.read() as tx:
        found = load_prepared(tx, area)
    assert found is not None
    return found


def test_a_snapshot_that_holds_who_left_while_it_was_compressed_is_not_stored(world: World) -> None:
    world.fold("asha", *(world.visit() for _ in range(5)))
    area = world.areas["一组"]
    with world.store.read() as tx:
        head = news.logs_of(tx, [area])[area].head
        made = snapshot.prepare(tx, world.store.catalogue, area, at=head, head=head)
    erase(world, "xiaoming")
    with world.store.write() as tx:
        assert store_prepared(tx, made) is False
    assert prepared_rows(world, area) == []


def test_what_another_build_prepared_in_another_form_is_not_read(world: World) -> None:
    log_of_visits(world)
    area = world.areas["一组"]
    prepare_areas(world.store)
    with world.store.write() as tx:
        tx.execute(update(schema.prepared).values(form=4, packed=b"something else"))
    world.store.shelf.clear()
    assert held_by(Reader(world, [area]).read_all()) == stored(world, [area])
    assert prepare_areas(world.store) == 3
    assert {row.form for row in prepared_rows(world, area)} == {prepared.FORM}


def test_a_log_taken_back_between_pages_of_two_processes_lifts_none_past_the_phone(world: World) -> None:
    visits = [world.visit(at=NOW - number * DAY) for number in range(8)]
    world.fold("asha", *visits, *(world.visit("huang", at=NOW - number * DAY) for number in range(8)))
    assert world.people["xiaoming"] < world.people["huang"]  # the phone has passed him in ``recent``
    area = world.areas["一组"]
    reader = Reader(world, [area])
    with small_cells(150):
        while not reader.usable:
            reader.read()
        world.fold("asha", world.change("void", "visit", visits[0]["id"], "一组", {"reason": "记错了"}))
        world.store.shelf.clear()
        reader.read_all()
    assert held_by(reader) == stored(world, [area])


def test_packed_straight_from_records_is_what_packing_makes_of_rows(world: World) -> None:
    log_of_visits(world)
    world.fold("chen", world.change("set", "person", world.people["huang"], "一组", {"living": "独居"}))
    with world.store.read() as tx:
        query = select(*READ).where(schema.record.c.area_id.in_(grids(world)))
        found = tx.execute(query.order_by(schema.record.c.seq)).all()
    rows = [without_private(decode_row(values), world.store.catalogue) for values in found]
    assert pack_records(found, world.store.catalogue) == pack(rows)
    assert pack_records([], world.store.catalogue) == {}


# -- the property ---------------------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("visit"), st.sampled_from(sorted(PEOPLE)), st.integers(0, 40)),
        st.tuples(st.just("void"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("return"), st.integers(0, 99), st.just(0)),
        st.tuples(st.just("rename"), st.sampled_from(sorted(PEOPLE)), st.integers(0, 9)),
        st.tuples(st.just("move"), st.sampled_from(["wang", "huang", "liu"]), st.just(0)),
        st.tuples(st.just("merge"), st.sampled_from(sorted(PEOPLE)), st.integers(0, 4)),
        st.tuples(st.just("part"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("erase"), st.sampled_from(["xiaoming", "huang"]), st.just(0)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
        st.tuples(st.just("prepare"), st.just(0), st.just(0)),
        st.tuples(st.just("poor"), st.sampled_from([200, 32_768]), st.just(0)),
        st.tuples(st.just("cells"), st.sampled_from([150, 400, 3000]), st.just(0)),
        st.tuples(st.just("page"), st.sampled_from([1, 300, 900, 5000]), st.just(0)),
        st.tuples(st.just("page"), st.sampled_from([1, 300, 900, 5000]), st.just(0)),
        st.tuples(st.just("page"), st.sampled_from([1, 300, 900, 5000]), st.just(0)),
    ),
    min_size=5,
    max_size=30,
)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A village with a few months of visits, on the embedded engine, copied for each example."""
    path = tmp_path_factory.mktemp("village") / "village.db"
    opened = open_store(f"sqlite:///{path}", build_catalogue())
    opened.upgrade()
    world = build_world(opened)
    log_of_visits(world, 45)
    world.fold("chen", *(world.visit("liu", at=NOW - number * DAY) for number in range(8)))
    opened.close()
    yield world


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.sampled_from([CELLS, TABLES]))
def test_a_snapshot_and_the_log_after_it_are_the_log_from_zero(
    village: World, steps: list[Any], form: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = copy_world(village, Path(folder) / "copy.db")
        reader = Reader(world, grids(world), snapshots=form)
        size, smallest = 400, 32_768
        for step, first, second in steps:
            with small_cells(size), mock.patch.object(news, "SMALLEST_PAGE", smallest):
                if step == "cells":
                    size = first
                elif step == "poor":
                    smallest = first
                elif step == "prepare":
                    prepare_areas(world.store)
                elif step == "restart":
                    world.store.shelf.clear()
                elif step == "page":
                    reader.read(first)
                else:
                    act_on(world, step, first, second)
        with small_cells(size):
            reader.read_all()
        whole = Reader(world, grids(world), snapshots=0).read_all(50_000)
        assert held_by(reader) == held_by(whole) == stored(world, grids(world))
        world.store.close()


def act_on(world: World, step: str, first: Any, second: int) -> None:
    """One thing that people do; what is not allowed meanwhile is answered and leaves nothing behind."""
    if step == "visit":
        world.fold("asha", world.visit(first, at=NOW - second * DAY))
        world.fold("chen", world.visit(first, at=NOW - second * DAY))
    elif step == "rename":
        change = {"name": f"新名{second}"}
        world.fold("chen", world.change("set", "person", world.people[first], home_of(first), change))
    elif step == "move":
        area = "一组" if world.households[first] in stored(world, grids(world))[grids(world)[0]] else "二组"
        move(world, first, area, "二组" if area == "一组" else "一组")
    elif step == "erase":
        erase(world, first)
    elif step == "merge":
        merge_two(world, first, sorted(PEOPLE)[second])
    elif step == "part":
        part_two(world, first)
    else:
        rows = [row for area in stored(world, grids(world)).values() for row in area.values()]
        visits = [row for row in rows if row["kind"] == "visit" and row["state"] != "void"]
        visits.sort(key=lambda row: (-row["occurred_at"], row["id"]))
        if visits:
            judge(world, visits[first % len(visits)], step)


def judge(world: World, row: dict[str, Any], step: str) -> None:
    area = next(name for name, area in world.areas.items() if area == row["area"])
    body = {"reason": "记错了"} | ({} if step == "void" else {"verdict": "returned"})
    op = "void" if step == "void" else "review"
    world.fold("chen", world.change(op, "visit", row["id"], area, body))


def home_of(person: str) -> str:
    return HOUSEHOLDS[PEOPLE[person][0]][0]


def move(world: World, household: str, source: str, target: str) -> None:
    caller, act = world.caller("chen"), act_of(world)
    areas = {"source": world.areas[source], "target": world.areas[target]}
    with world.store.write() as tx:
        move_household(tx, caller, act, world.households[household], **areas)


def erase(world: World, person: str) -> None:
    caller, act = world.caller("chen"), act_of(world)
    try:
        with world.store.write() as tx:
            erase_person(tx, caller, world.people[person], "own_request", act)
    except ProblemError as error:
        assert error.code == "unknown_person"  # erased before


def merge_two(world: World, kept: str, lost: str) -> None:
    area = next(
        (area for area, found in stored(world, grids(world)).items() if world.people[kept] in found), ""
    )
    with suppress(ProblemError), world.store.write() as tx:  # one person, or not both in one grid
        work = work_of(world, tx, act_of(world))
        merge(work, area, world.people[kept], world.people[lost], {"name": f"合{world.ticks}"})


def part_two(world: World, place: int) -> None:
    with world.store.read() as tx:
        lost = tx.execute(select(schema.record).where(schema.record.c.state == "merged")).all()
    if lost:
        found = sorted(lost, key=lambda each: each.record_id)[place % len(lost)]
        with (
            suppress(ProblemError),
            world.store.write() as tx,
        ):  # merged on, or whom it was merged into is gone
            unmerge(work_of(world, tx, act_of(world)), found.area_id, json.loads(found.extra)["merge"])


def act_of(world: World) -> Act:
    return Act(world.id(), world.accounts["chen"], None, f"{NOW + 1000:016d}-0000-5e6f7a8b", NOW + 1000)


def copy_world(world: World, path: Path) -> World:
    shutil.copy(str(world.store.engine.url.database), path)
    return dataclasses.replace(world, store=open_store(f"sqlite:///{path}", world.store.catalogue))


@contextmanager
def small_cells(size: int) -> Iterator[None]:
    """Cells of this many compressed bytes, so that a small village has many."""
    with mock.patch.object(snapshot, "CELL", size):
        yield


def test_a_phone_is_sent_on_where_a_snapshot_holds_older_facts_alone(world: World) -> None:
    """Found by the simulation: everybody in the area had been changed since the snapshot was made."""
    world.fold("asha", *(world.visit("huang") for _ in range(12)))
    area = world.areas["一组"]
    with world.store.read() as tx:
        made = world.store.shelf.take(tx, world.store.catalogue, area, logs_of(tx, [area])[area])
    older = tuple(cell for cell in made.cells if cell.stage == "older")
    assert older
    world.store.shelf.clear()
    world.store.shelf.keep(dataclasses.replace(made, cells=older))
    news = ask(world, "asha", snapshots=2)["news"]
    [page] = [page for page in news if page["area"] == area and "snapshot" in page]
    assert (page["first"], page["stage"]) == (True, "older")
