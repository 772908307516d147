"""What a phone holds is known until it confirms that it forgot; a stopped phone is heard and told nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select, update

from sync import schema
from tests.sync.test_exchange import ask, read_all
from tests.sync.test_grace import end_grants
from tests.world import NOW

if TYPE_CHECKING:
    from tests.world import World


def held(world: World, login: str) -> dict[str, tuple[int, int | None, int | None]]:
    names = {area: name for name, area in world.areas.items()}
    query = select(schema.device_area).filter_by(device_id=world.devices[login])
    with world.store.read() as tx:
        return {names[row.area_id]: (row.given_at, row.lost_at, row.purged_at) for row in tx.execute(query)}


def audited(world: World) -> list[tuple[str, str]]:
    with world.store.read() as tx:
        rows = tx.execute(select(schema.audit)).all()
    return [(row.action, row.device_id) for row in rows]


def test_given_lost_purged_and_given_again(world: World) -> None:
    _, cursors = read_all(world, "asha")
    areas = sorted(world.areas[name] for name in ("一组", "青禾村"))
    assert held(world, "asha") == dict.fromkeys(("一组", "青禾村"), (NOW, None, None))
    end_grants(world, "asha", NOW + 10)
    answer = ask(world, "asha", now=NOW + 20, cursors=cursors)
    assert answer["areas"]["lost"] == areas
    assert held(world, "asha") == dict.fromkeys(("一组", "青禾村"), (NOW, NOW + 20, None))
    ask(world, "asha", now=NOW + 30, purged=areas)
    ask(world, "asha", now=NOW + 40, purged=areas)
    assert held(world, "asha") == dict.fromkeys(("一组", "青禾村"), (NOW, NOW + 20, NOW + 30))
    assert audited(world) == [("purge", world.devices["asha"])] * 2
    with world.store.write() as tx:
        mine = schema.access.c.account_id == world.accounts["asha"]
        tx.execute(update(schema.access).where(mine).values(until=None))
    ask(world, "asha", now=NOW + 50)
    assert held(world, "asha") == dict.fromkeys(("一组", "青禾村"), (NOW + 50, None, None))
    ask(world, "asha", now=NOW + 60, purged=areas)  # the same again, since the answers to it were lost
    assert held(world, "asha") == dict.fromkeys(("一组", "青禾村"), (NOW + 50, None, None))
    assert audited(world) == [("purge", world.devices["asha"])] * 2


def test_a_phone_from_before_is_noted_by_its_cursor_and_nobody_is_by_what_they_claim(world: World) -> None:
    _, cursors = read_all(world, "asha")
    with world.store.write() as tx:
        tx.execute(schema.device_area.delete())
    ask(world, "asha", cursors=cursors | {world.areas["柳河一组"]: "x"}, purged=[world.areas["柳河一组"]])
    assert held(world, "asha") == dict.fromkeys(("一组", "青禾村"), (NOW, None, None))
    assert audited(world) == []


def test_an_idle_exchange_reads_what_is_held_once_and_writes_nothing(world: World) -> None:
    _, cursors = read_all(world, "asha")
    ask(world, "asha", cursors=cursors)
    seen: list[str] = []

    def listen(*given: Any) -> None:
        seen.append(given[2])

    event.listen(world.store.engine, "before_cursor_execute", listen)
    ask(world, "asha", cursors=cursors)
    event.remove(world.store.engine, "before_cursor_execute", listen)
    assert sum("device_area" in statement for statement in seen) == 1
    assert not [statement for statement in seen if statement.startswith(("INSERT", "UPDATE", "DELETE"))]


@pytest.mark.parametrize("how", ["phone", "account", "both"])
def test_a_stopped_phone_is_heard_and_nothing_comes_down_to_it(world: World, how: str) -> None:
    known = world.visit(note="早就收下")
    world.fold("asha", known)
    _, cursors = read_all(world, "asha")
    secret = world.visit(note="金丝雀")
    world.fold("ben", secret)
    stop(world, how)
    late, bad = world.visit(note="停用前写的"), world.visit(how="splendid")
    answer = ask(world, "asha", now=NOW + 20, cursors=cursors, changes=[late, bad, {"id": 7}, known])
    assert [(s["status"], s.get("code")) for s in answer["statuses"]] == [
        ("quarantined", "device_revoked"),
        ("quarantined", "device_revoked"),
        ("rejected", "malformed"),
        ("duplicate", None),
    ]
    assert answer["flags"]["wipe"] is True
    assert answer["news"] == []
    assert answer["areas"] == {"granted": [], "lost": sorted(cursors)}
    told = json.dumps(answer, ensure_ascii=False)
    assert "金丝雀" not in told
    assert "阿莎" not in told
    with world.store.read() as tx:
        kept = {row.change_id: row.change for row in tx.execute(select(schema.quarantine))}
        folded = tx.scalars(select(schema.record.c.record_id).where(schema.record.c.kind == "visit")).all()
    assert kept.keys() == {late["id"], bad["id"]}
    assert "停用前写的" in kept[late["id"]]
    assert set(folded) == {known["id"], secret["id"]}
    ask(world, "asha", now=NOW + 30, purged=[world.areas["一组"]])
    assert held(world, "asha")["一组"][2] == NOW + 30


def stop(world: World, how: str) -> None:
    with world.store.write() as tx:
        if how != "account":
            mine = schema.device.c.device_id == world.devices["asha"]
            tx.execute(update(schema.device).where(mine).values(revoked_at=NOW))
        if how != "phone":
            account = schema.account.c.account_id == world.accounts["asha"]
            tx.execute(update(schema.account).where(account).values(active=0))


def test_a_stopped_phone_does_not_forget_whom_to_forget(world: World) -> None:
    """What a thief's phone says about somebody erased is not kept either."""
    from tests.sync.test_erasure import CANARY, erase, everything

    late = world.visit(note=CANARY)
    erase(world)
    stop(world, "phone")
    answer = ask(world, "asha", now=NOW + 2000, changes=[late])
    assert answer["statuses"] == [{"id": late["id"], "status": "rejected", "code": "erased_person"}]
    assert CANARY not in everything(world)


def test_purged_that_is_no_list_is_refused_and_rubbish_in_it_ignored(world: World) -> None:
    from sync.errors import ProblemError

    with pytest.raises(ProblemError, match="broken_body"):
        ask(world, "asha", purged="all")
    assert ask(world, "asha", purged=[None, 7, "x", {}, world.id()])["protocol"] == 1
