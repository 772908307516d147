"""Kept counts are what counting would say, whatever was done; an older database is brought up to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from sync.erasure import erase_person
from sync.moves import move_household
from sync.rows import rows_of
from sync.schema import installation, record, tally
from sync.scope import SYSTEM
from sync.tallies import counted_kinds, read_tallies, read_totals, tally_of
from webapp.ledger.commands import new_act

if TYPE_CHECKING:
    from tests.world import World


def check(world: World) -> None:
    """What is kept, what is read, and what counting the rows says, are the same."""
    catalogue = world.store.catalogue
    grids = [world.areas[name] for name in ("一组", "二组", "柳河一组")]
    with world.store.read() as tx:
        kept = read_tallies(tx, catalogue, grids, counted_kinds(catalogue))
        for grid in grids:
            rows = rows_of(tx, catalogue, [grid], kinds=counted_kinds(catalogue))
            counted = tally_of(catalogue, [(row["kind"], row["fields"]) for row in rows])
            assert {kind: kept[grid, kind] for kind in counted} == counted
        totals = read_totals(tx, catalogue, grids)
        assert totals["person"] == sum(each.total for (_, kind), each in kept.items() if kind == "person")


def test_tallies_follow_every_fold_move_and_erasure(world: World) -> None:
    check(world)
    body = {"category": "child", "name": "王小丫", "absence": "one", "birth": "2016-01-01"}
    made = world.change("set", "person", world.id(), "一组", body | {"household": world.households["wang"]})
    moved = world.change("set", "person", world.people["xiaoming"], "一组", {"absence": "single"})
    world.fold("chen", made, moved, world.visit())
    check(world)
    with world.store.write() as tx:
        where = {"source": world.areas["一组"], "target": world.areas["二组"]}
        move_household(tx, SYSTEM, new_act(SYSTEM), world.households["huang"], **where)
    check(world)
    with world.store.write() as tx:
        erase_person(tx, SYSTEM, world.people["xiaoming"], "own_request", new_act(SYSTEM))
    check(world)
    gone = world.change("set", "person", world.people["grandma"], "一组", {"state": "deceased"})
    world.fold("chen", gone)
    check(world)
    with world.store.read() as tx:
        [kept] = tx.scalars(
            select(tally.c.body).where(tally.c.kind == "person", tally.c.area_id == world.areas["一组"])
        )
    assert '"state": {"active": 1, "deceased": 1}' in kept
    assert "1949" not in kept, "who is not on the register is counted by nothing but that"


def test_what_an_older_build_wrote_is_found_and_counted_after_the_upgrade(world: World) -> None:
    with world.store.write() as tx:
        tx.execute(update(record).values(words=None, lookup=None))
        tx.execute(delete(tally))
        tx.execute(update(installation).where(installation.c.key == "derived").values(value="older"))
        before = tx.execute(
            select(record.c.record_id, record.c.seq, record.c.edits).order_by(record.c.area_id, record.c.seq)
        ).all()
    world.store.upgrade()
    check(world)
    with world.store.read() as tx:
        words = tx.scalar(select(record.c.words).where(record.c.record_id == world.people["xiaoming"]))
        assert words == " 王小明 wangxiaoming wxm"
        assert (
            tx.execute(
                select(record.c.record_id, record.c.seq, record.c.edits).order_by(
                    record.c.area_id, record.c.seq
                )
            ).all()
            == before
        )
        assert tx.scalar(select(tally.c.total).where(tally.c.area_id == world.areas["二组"]).limit(1)) == 1
    with world.store.write() as tx:
        tx.execute(delete(tally))
    world.store.upgrade()
    with world.store.read() as tx:
        assert tx.execute(select(tally)).all() == [], "done once for each set of rules"
