"""Profiles about a person or a household go where these go, whatever their kind: their definition says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text

from sync import schema
from sync.database import MIGRATIONS
from tests.sync.test_erasure import erase, everything
from tests.sync.test_moves import move, standing
from webapp.forms.catalogue import PROFILES
from webapp.forms.engine import load_profile

if TYPE_CHECKING:
    from tests.world import World

CANARY = "金丝雀"
OPENING: dict[str, dict[str, Any]] = {  # what a kind needs to say beside its texts when it is made
    "need": {"state": "open", "category": "relief", "urgency": "soon", "source": "visit", "opened_at": 1}
}


def about(kind: str) -> list[tuple[str, str]]:
    """The fields of a profile that name a person or a household, as its definition says: (key, type)."""
    fields = load_profile(kind)["fields"]
    return [(field["key"], field["type"]) for field in fields if field["type"] in ("person", "household")]


ABOUT = [kind for kind in PROFILES if about(kind)]
PERSONAL = [kind for kind in ABOUT if ("person", "person") in about(kind)]


def write_about(world: World, kind: str, login: str = "chen", **names: str) -> str:
    """A profile of ``kind`` with the canary in every text it has; its id."""
    fields = load_profile(kind)["fields"]
    body: dict[str, Any] = {field["key"]: CANARY for field in fields if field["type"] == "text"}
    body |= OPENING.get(kind, {})
    record = world.id()
    change = world.change("set", kind, record, "一组", body | names) | names
    [status] = world.fold(login, change)
    assert status["status"] == "accepted", status
    return record


@pytest.mark.parametrize("kind", ABOUT)
def test_a_profile_about_somebody_moves_with_their_household(world: World, kind: str) -> None:
    subject = {"person": world.people["xiaoming"], "household": world.households["wang"]}
    other = {"person": world.people["huang"], "household": world.households["huang"]}
    keys = [key for key, _ in about(kind)]
    going = write_about(world, kind, **{key: subject[key] for key in keys})
    staying = write_about(world, kind, **{key: other[key] for key in keys})
    before = standing(world, "一组")[going]
    move(world)
    assert staying in standing(world, "一组")
    assert going not in standing(world, "一组")
    assert standing(world, "二组")[going]["fields"] == before["fields"]


@pytest.mark.parametrize("kind", PERSONAL)
def test_a_profile_about_an_erased_person_is_nowhere_also_where_they_moved_before(
    world: World, kind: str
) -> None:
    record = write_about(world, kind, person=world.people["xiaoming"])
    move(world)
    assert CANARY in everything(world)
    erase(world)
    assert CANARY not in everything(world)
    with world.store.read() as tx:
        states = set(tx.scalars(select(schema.record.c.state).where(schema.record.c.record_id == record)))
    assert states == {"erased"}


@pytest.mark.parametrize("kind", PERSONAL)
def test_nothing_brings_a_profile_about_an_erased_person_back(world: World, kind: str) -> None:
    record = write_about(world, kind, person=world.people["xiaoming"])
    erase(world)
    late = [
        world.change("set", kind, record, "一组", {"role": CANARY}),
        world.change("set", kind, world.id(), "一组", {"person": world.people["xiaoming"], "role": CANARY}),
    ]
    for change in late:
        [status] = world.fold("chen", change)
        assert (status["status"], status["code"]) == ("rejected", "erased_person")
    assert CANARY not in everything(world)


def test_the_subject_of_what_was_stored_before_is_filled_in(world: World) -> None:
    write_about(world, "pairing", person=world.people["xiaoming"])
    write_about(world, "card", household=world.households["wang"])
    before = subjects(world)
    assert {world.people["xiaoming"], world.households["wang"], None} <= set(before.values())
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with world.store.write() as tx:
        for statement in UNDO:
            tx.execute(text(statement))
        config.attributes["connection"] = tx
        command.upgrade(config, "0003")
    assert subjects(world) == before


UNDO = (
    "DROP INDEX ix_record_area_id_subject_id",
    "ALTER TABLE record DROP COLUMN subject_id",
    "UPDATE alembic_version SET version_num = '0002'",
)


def subjects(world: World) -> dict[str, str | None]:
    """Whom each record is about, as its column says."""
    with world.store.read() as tx:
        return {row.record_id: row.subject_id for row in tx.execute(select(schema.record))}
