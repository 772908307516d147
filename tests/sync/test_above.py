"""The areas above the grids: read by the phones below them, written by those who answer for them, and never
with a word about a person.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event, insert, select, text, update

from sync import schema
from sync.database import MIGRATIONS, Store, open_store
from sync.errors import ProblemError
from sync.held import Accept, Decider, decide_held
from sync.moves import move_household
from sync.rows import rows_of
from sync.scope import GRACE, SYSTEM, load_caller
from sync.tombstones import Act
from sync.tree import grids_under, read_above, read_below
from tests.conftest import store_url
from tests.sync.test_exchange import ask, read_all
from tests.sync.test_grace import end_grants
from tests.world import NOW
from webapp.forms.catalogue import build_catalogue
from webapp.ledger.commands import ensure_area

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World

DAY = 24 * 3600 * 1000


def post(world: World, area: str = "青禾村", **body: Any) -> dict[str, Any]:
    """A post at an area: 王支书 heads the station, unless something else is said."""
    said = {"name": "王支书", "role": "station_head", "phone": "13800138007", "from": "2025-01-01"} | body
    return world.change("set", "post", world.id(), area, said)


def give(world: World, login: str, area: str, role: str) -> None:
    held = {"area_id": world.areas[area], "account_id": world.accounts[login], "role": role, "since": 0}
    with world.store.write() as tx:
        tx.execute(insert(schema.access), [held])


def posts(world: World, login: str) -> set[str]:
    seen, _ = read_all(world, login)
    return {row["fields"]["name"] for row in seen.values() if row["kind"] == "post"}


# -- who reads -----------------------------------------------------------------------------------------


def test_a_village_s_post_reaches_the_phones_of_its_grids_and_of_no_other_village(world: World) -> None:
    give(world, "ben", "二组", "volunteer")
    [status] = world.fold("chen", post(world))
    assert status["status"] == "accepted"
    assert posts(world, "asha") == posts(world, "ben") == posts(world, "chen") == {"王支书"}
    assert posts(world, "ding") == set()


def test_a_township_is_read_by_all_below_it_through_every_level(world: World) -> None:
    with world.store.write() as tx:
        county = ensure_area(tx, "county", "青山县", None)
        world.areas["柳林镇"] = ensure_area(tx, "township", "柳林镇", county)
        moved = update(schema.area).where(schema.area.c.area_id == world.areas["青禾村"])
        tx.execute(moved.values(parent_id=world.areas["柳林镇"]))
    give(world, "chen", "柳林镇", "supervisor")
    world.fold("chen", post(world, "柳林镇", name="镇网格长", role="grid_head"))
    assert posts(world, "asha") == {"镇网格长"}
    assert posts(world, "ding") == set()
    assert world.caller("asha").above == {county, world.areas["柳林镇"], world.areas["青禾村"]}


def test_a_phone_never_receives_another_grid_s_rows_through_the_village_they_share(world: World) -> None:
    world.fold("chen", post(world), world.visit("liu", note="二组的话"))
    seen, cursors = read_all(world, "asha")
    assert {row["area"] for row in seen.values()} == {world.areas["一组"], world.areas["青禾村"]}
    shared = world.areas["青禾村"]
    stolen = cursors | {world.areas["二组"]: cursors[shared]}
    answer = ask(
        world,
        "asha",
        cursors=stolen,
        asks=[],
        digests={world.areas["二组"]: {"count": 0, "digest": "0" * 16}},
        parts={shared: {world.people["liu"]: "0" * 16}, world.areas["二组"]: {"": "0" * 16}},
    )
    told = json.dumps(answer, ensure_ascii=False)
    assert "二组的话" not in told
    assert "刘春梅" not in told
    assert answer["areas"]["lost"] == [world.areas["二组"]]


def test_losing_the_last_grid_under_a_village_loses_the_village_too(world: World) -> None:
    give(world, "asha", "二组", "volunteer")
    _, cursors = read_all(world, "asha")
    mine = schema.access.c.account_id == world.accounts["asha"]
    for grid, lost in (("一组", ["一组"]), ("二组", ["一组", "二组", "青禾村"])):
        with world.store.write() as tx:
            here = schema.access.c.area_id == world.areas[grid]
            tx.execute(update(schema.access).where(mine, here).values(until=NOW + 1))
        answer = ask(world, "asha", now=NOW + 2, cursors=cursors)
        assert answer["areas"]["lost"] == sorted(world.areas[name] for name in lost)
    world.fold("chen", post(world, name="后来的站长"))
    answer = ask(world, "asha", now=NOW + 3, cursors=cursors)
    assert (answer["news"], answer["areas"]["granted"]) == ([], [])


# -- who writes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["teacher", "cadre", "grid_head", "supervisor"])
def test_a_role_in_a_grid_does_not_reach_up_to_the_village(world: World, role: str) -> None:
    give(world, "ben", "一组", role)
    [status] = world.fold("ben", post(world))
    assert (status["status"], status["code"]) == ("quarantined", "not_allowed")
    assert posts(world, "ben") == set()


def test_a_volunteer_of_a_whole_village_does_not_decide_who_holds_which_post(world: World) -> None:
    give(world, "asha", "青禾村", "volunteer")
    [status] = world.fold("asha", post(world))
    assert (status["status"], status["code"]) == ("quarantined", "not_allowed")


def test_a_supervisor_writes_neither_another_village_nor_the_township_above(world: World) -> None:
    with world.store.write() as tx:
        world.areas["柳林镇"] = ensure_area(tx, "township", "柳林镇", None)
        moved = update(schema.area).where(schema.area.c.area_id == world.areas["青禾村"])
        tx.execute(moved.values(parent_id=world.areas["柳林镇"]))
    statuses = world.fold("chen", post(world, "柳河村"), post(world, "柳林镇"))
    assert [status["code"] for status in statuses] == ["foreign_area", "not_allowed"]


def test_a_change_for_a_village_counts_for_seven_days_after_the_grant_as_for_a_grid(world: World) -> None:
    _, cursors = read_all(world, "chen")
    end_grants(world, "chen", NOW + 1)
    early, late = post(world, name="在任时写的"), post(world, name="太晚到的")
    assert world.fold("chen", early, now=NOW + DAY)[0]["status"] == "accepted"
    assert world.fold("chen", late, now=NOW + GRACE + 2)[0]["code"] == "foreign_area"
    answer = ask(world, "chen", now=NOW + DAY, cursors=cursors, changes=[early])
    assert [status["status"] for status in answer["statuses"]] == ["duplicate"]
    assert answer["news"] == []


# -- what is never there -------------------------------------------------------------------------------


def misplaced(world: World) -> list[dict[str, Any]]:
    """A new person, a household, a fact, a card, a post that names a person; all of them for the village."""
    fact = world.visit(note="金丝雀") | {"area": world.areas["青禾村"]}
    person = {"name": "金丝雀", "category": "child", "household": world.households["wang"]}
    return [
        world.change("set", "person", world.id(), "青禾村", person),
        world.change("set", "household", world.id(), "青禾村", {"title": "金丝雀"}),
        fact,
        world.change("set", "pairing", world.id(), "青禾村", {"person": world.people["grandma"]}),
        post(world, person=world.people["grandma"]),
        post(world) | {"household": world.households["wang"]},
    ]


@pytest.mark.parametrize("login", ["asha", "chen"])
def test_nothing_about_a_person_is_ever_in_a_village(world: World, login: str) -> None:
    statuses = world.fold(login, *misplaced(world))
    assert [status.get("code") for status in statuses] == ["wrong_level"] * len(statuses)
    with world.store.write() as tx:
        found = rows_of(tx, world.store.catalogue, [world.areas["青禾村"]])
    assert found == []
    assert "金丝雀" not in json.dumps(ask(world, "ben"), ensure_ascii=False)


def test_not_even_who_may_do_everything_puts_a_person_there(world: World) -> None:
    from sync.records import fold_changes

    with world.store.write() as tx:
        statuses = fold_changes(tx, world.store.catalogue, SYSTEM, misplaced(world), NOW)
        act = Act(world.id(), SYSTEM.account, None, misplaced(world)[0]["stamp"], NOW)
        there = {"source": world.areas["一组"], "target": world.areas["青禾村"]}
        with pytest.raises(ProblemError, match="wrong_level"):
            move_household(tx, SYSTEM, act, world.households["wang"], **there)
    assert {status["code"] for status in statuses} == {"wrong_level"}


def test_what_is_accepted_goes_to_the_grid_of_whom_it_is_about_and_else_nowhere(world: World) -> None:
    person, household, fact, *_ = misplaced(world)
    world.fold("asha", person, household, fact)
    caller, village, outcomes = world.caller("chen"), world.areas["青禾村"], []
    with world.store.write() as tx:
        for number, change in enumerate((person, household, fact)):
            decider = Decider(caller, tuple(caller.roles), NOW, bytes([number]) * 10)
            key = village, change["id"]
            outcomes.append(decide_held(tx, world.store.catalogue, decider, key, Accept()))
        ids = [change["record"] for change in (person, household, fact)]
        rows = rows_of(tx, world.store.catalogue, world.areas.values(), ids=ids)
    assert [outcome.status for outcome in outcomes] == ["accepted", "refused", "accepted"]
    assert outcomes[1].code == "wrong_level"
    assert {row["id"]: row["area"] for row in rows} == dict.fromkeys((ids[0], ids[2]), world.areas["一组"])


def test_what_belongs_above_does_not_stand_in_a_grid_where_its_kind_does_not_live(world: World) -> None:
    kinds = [kind for kind in world.store.catalogue if kind.lives == "above"]
    statuses = world.fold("chen", *(world.change("set", k.name, world.id(), "一组", {}) for k in kinds))
    assert [status["code"] for status in statuses] == ["wrong_level"] * len(kinds)


# -- the tree ------------------------------------------------------------------------------------------


def test_the_tree_is_read_by_branches_and_a_ring_in_it_comes_to_an_end(world: World) -> None:
    village, grids = world.areas["青禾村"], [world.areas["一组"], world.areas["二组"]]
    with world.store.write() as tx:
        county = ensure_area(tx, "county", "青山县", None)
        under = update(schema.area).where(schema.area.c.area_id == village)
        tx.execute(under.values(parent_id=county))
        assert grids_under(tx, [county]) == sorted(grids)
        assert read_above(tx, grids) == {village, county}
        assert read_above(tx, [county]) == read_above(tx, []) == frozenset()
        ring = update(schema.area).where(schema.area.c.area_id == county)
        tx.execute(ring.values(parent_id=village))
        assert grids_under(tx, [county]) == sorted(grids)
        assert read_above(tx, [grids[0]]) == {village, county}
        assert {place.area for place in read_below(tx, [village])} == {village, county, *grids}


def test_a_caller_is_loaded_by_as_many_statements_however_many_areas_there_are(world: World) -> None:
    seen: list[str] = []

    def listen(*given: Any) -> None:
        seen.append(given[2])

    with world.store.write() as tx:
        for number in range(60):
            village = ensure_area(tx, "village", f"{number}村", None)
            ensure_area(tx, "grid", f"{number}村一组", village)
    event.listen(world.store.engine, "before_cursor_execute", listen)
    with world.store.read() as tx:
        found = load_caller(tx, world.accounts["asha"], None, NOW)
    event.remove(world.store.engine, "before_cursor_execute", listen)
    assert found is not None
    assert len(found.roles) == 1
    assert len(seen) <= 6
    assert not [statement for statement in seen if "FROM area" in statement and "WHERE" not in statement]


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A database as the build before this one left it: only its grids have logs."""
    fresh = f"sqlite:///{tmp_path / 'old.db'}"
    opened = open_store(
        fresh if request.param == "sqlite" else store_url(request, tmp_path), build_catalogue()
    )
    if request.param == "postgresql":
        with opened.write() as tx:
            tx.execute(text("DROP SCHEMA public CASCADE"))
            tx.execute(text("CREATE SCHEMA public"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with opened.write() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "0004")
        for area, level in (("v", "village"), ("g", "grid"), ("h", "village")):
            values = {"area_id": area, "level": level, "name": area, "position": 0}
            tx.execute(text("INSERT INTO area VALUES (:area_id, NULL, :level, :name, :position)"), values)
        tx.execute(text("INSERT INTO area_log (area_id, head) VALUES ('g', 7), ('h', 2)"))
    return opened


def test_an_old_database_gets_a_log_for_every_area_that_had_none(old_store: Store) -> None:
    old_store.upgrade()
    with old_store.read() as tx:
        rows = tx.execute(select(schema.area_log).order_by(schema.area_log.c.area_id)).all()
    assert [tuple(row) for row in rows] == [("g", 7, 0, 0, 0), ("h", 2, 0, 0, 1), ("v", 0, 0, 0, 1)]
    old_store.close()
