"""The server killed under load, small: nothing acknowledged is missing; and a loss would be noticed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, update

from sync.schema import log, receipt
from tests.torture.checks import check_all
from tests.torture.installation import in_process
from tests.torture.kill import KILLS, kill_under_load
from tests.torture.phone import Phone

if TYPE_CHECKING:
    from tests.world import World


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_killed_under_load_nothing_acknowledged_is_missing(tmp_path: Path, engine: str) -> None:
    harm, acknowledged, broken = kill_under_load(tmp_path, engine, KILLS["small"], 1)
    assert not harm, harm.some()
    assert acknowledged > KILLS["small"]
    assert broken > 0


def drained(world: World) -> Phone:
    phone = in_process(world, "asha", 1)
    for _ in range(30):
        phone.write_something()
    phone.drain()
    return phone


def test_the_check_itself_notices_what_is_missing_doubled_leaked_or_stuck(world: World) -> None:
    phone = drained(world)
    assert not check_all(world.store, [phone])
    with world.store.write() as tx:
        tx.execute(update(receipt).where(receipt.c.change_id == next(iter(phone.told))).values(hash="0" * 64))
    assert len(check_all(world.store, [phone]).lost) == 1
    with world.store.write() as tx:
        tx.execute(delete(log).where(log.c.seq == 3))
    assert len(check_all(world.store, [phone]).lost) > 1
    phone.rows["x"] = {"id": "x", "area": world.areas["柳河一组"], "seq": 1}
    phone.write_something()
    found = check_all(world.store, [phone])
    assert len(found.leaked) == 1
    assert len(found.stuck) == 1
