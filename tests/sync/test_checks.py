"""Digests: a phone that holds something else than the server is told so, and what, and gets it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from sync import checks, schema
from sync.cursor import Cursor, write_cursor
from sync.digest import digest_rows
from sync.errors import ProblemError
from sync.packing import unpack
from sync.wire import encode_body
from tests.sync.test_exchange import ask, read_all
from tests.sync.test_moves import move
from tests.world import NOW

if TYPE_CHECKING:
    from tests.world import World


class Phone:
    """阿莎's phone, level with the server: rows by id, and the digests it would send."""

    def __init__(self, world: World, login: str = "asha", area: str = "一组") -> None:
        self.world, self.login, self.area = world, login, world.areas[area]
        seen, self.cursors = read_all(world, login)
        self.rows = {row["id"]: row for row in seen.values() if row["area"] == self.area}

    def parts(self) -> dict[str, str]:
        by_part: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows.values():
            by_part.setdefault(row.get("person", ""), []).append(row)
        return {name: digest_rows(rows)["digest"] for name, rows in by_part.items()}

    def digest(self) -> dict[str, Any]:
        return digest_rows(list(self.rows.values()))

    def check(self, **more: Any) -> str | None:
        answer = ask(self.world, self.login, cursors=self.cursors, digests={self.area: self.digest()}, **more)
        return answer["checks"].get(self.area)

    def repair(self, parts: dict[str, str] | None = None) -> list[str]:
        """Ask with the parts' digests and take what comes; return the parts named."""
        claimed = {self.area: self.parts() if parts is None else parts}
        named = []
        for repair in ask(self.world, self.login, cursors=self.cursors, parts=claimed)["repairs"]:
            assert repair["area"] == self.area
            named += repair["parts"]
            kept = {i: row for i, row in self.rows.items() if row.get("person", "") not in repair["parts"]}
            self.rows = kept | {row["id"]: row for row in unpack(repair["tables"], self.area)}
        return named


@pytest.fixture
def phone(world: World) -> Phone:
    for person in ("xiaoming", "grandma", "huang"):
        world.fold("asha", *(world.visit(person) for _ in range(4)))
    return Phone(world)


def facts_of(phone: Phone, person: str) -> list[dict[str, Any]]:
    return [row for row in phone.rows.values() if row.get("person") == phone.world.people[person]]


def test_a_phone_that_holds_the_same_is_told_so(phone: Phone) -> None:
    assert phone.check() == "same"
    asked = {phone.area: phone.parts() | {"": phone.parts()[""], phone.world.id(): "0" * 16}}
    [repair] = ask(phone.world, "asha", cursors=phone.cursors, parts=asked)["repairs"]
    assert repair == {"area": phone.area, "parts": [], "tables": {}}


def test_a_lost_row_is_noticed_named_and_repaired(phone: Phone) -> None:
    whole = dict(phone.rows)
    phone.rows.pop(facts_of(phone, "xiaoming")[1]["id"])
    assert phone.check() == "differs"
    assert phone.repair() == [phone.world.people["xiaoming"]]
    assert phone.check() == "same"
    assert phone.rows == whole


def test_a_stale_row_one_too_many_and_a_person_the_server_does_not_know_are_repaired(phone: Phone) -> None:
    whole = dict(phone.rows)
    stale = facts_of(phone, "grandma")[0]
    phone.rows[stale["id"]] = stale | {"seq": stale["seq"] - 1, "fields": {"how": "unwell"}}
    invented = facts_of(phone, "huang")[0] | {"id": phone.world.id()}
    stranger = invented | {"id": phone.world.id(), "person": phone.world.id()}
    phone.rows |= {invented["id"]: invented, stranger["id"]: stranger}
    assert phone.check() == "differs"
    wanted = [phone.world.people["grandma"], phone.world.people["huang"], stranger["person"]]
    assert phone.repair() == sorted(wanted)
    assert phone.rows == whole
    assert phone.check() == "same"


def test_lost_profiles_and_an_empty_phone_come_back_whole(phone: Phone) -> None:
    whole = dict(phone.rows)
    phone.rows = {i: row for i, row in whole.items() if "person" in row}
    assert phone.repair() == [""]
    assert phone.rows == whole
    phone.rows = {}
    assert phone.check() == "differs"
    phone.repair()
    assert phone.rows == whole


def test_a_repair_is_bounded_and_the_next_one_goes_on(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MOST_ROWS", 5)
    whole, phone.rows = dict(phone.rows), {}
    named = [phone.repair() for _ in range(4)]
    assert all(len(each) == 1 for each in named)
    assert phone.rows == whole
    assert phone.repair() == []


def test_a_cursor_that_is_not_at_the_head_is_behind_and_nothing_is_repaired(phone: Phone) -> None:
    phone.rows = {}
    phone.world.fold("ben", phone.world.visit())
    assert phone.check() == "behind"
    assert phone.repair() == []
    for cursor in (None, Cursor(3, "older::-5:x"), Cursor(1)):
        written = cursor and write_cursor(b"secret", phone.area, phone.world.store.epoch(), cursor)
        cursors = {phone.area: written} if written else {}
        answer = ask(phone.world, "asha", cursors=cursors, digests={phone.area: phone.digest()})
        assert answer["checks"] == {phone.area: "behind"}


def test_ones_own_changes_in_the_same_request_make_it_behind(phone: Phone) -> None:
    assert phone.check(changes=[phone.world.visit()]) == "behind"


def test_tombstones_count_in_no_digest(phone: Phone) -> None:
    move(phone.world)
    again = Phone(phone.world)
    again.rows = {i: row for i, row in again.rows.items() if row.get("state") != "left"}
    assert again.check() == "same"
    assert again.repair() == []
    assert not facts_of(again, "xiaoming")


def test_nothing_of_another_area_comes_whatever_a_phone_names(phone: Phone) -> None:
    world = phone.world
    world.fold("ding", world.visit("qian", note="金丝雀"))
    other, qian = world.areas["柳河一组"], world.people["qian"]
    theirs = Phone(world, "ding", "柳河一组")
    cursors = phone.cursors | theirs.cursors
    for parts in ({other: {qian: "0" * 16, "": "0" * 16}}, {phone.area: phone.parts() | {qian: "f" * 16}}):
        answer = ask(world, "asha", cursors=cursors, parts=parts, digests={other: theirs.digest()})
        assert answer["checks"] == {}
        assert "金丝雀" not in encode_body(answer, "")[0].decode()
        named = {"area": phone.area, "parts": [qian], "tables": {}}
        assert answer["repairs"] == ([named] if phone.area in parts else [])


def test_what_never_leaves_the_server_is_in_no_repair(phone: Phone) -> None:
    with phone.world.store.write() as tx:
        here = schema.record.c.record_id == phone.world.households["wang"]
        card = {"kind": "card", "body": json.dumps({"code": "AB12", "token": "金丝雀"})}
        tx.execute(update(schema.record).where(here).values(card))
    phone.rows = {}
    answer = ask(phone.world, "asha", cursors=phone.cursors, parts={phone.area: {}})
    text = encode_body(answer, "")[0].decode()
    assert "AB12" in text
    assert "金丝雀" not in text


def test_strange_digests_are_compared_or_refused_and_break_nothing(phone: Phone) -> None:
    for strange in ([], "many", 7):
        for key in ("digests", "parts"):
            with pytest.raises(ProblemError, match="broken_body"):
                ask(phone.world, "asha", cursors=phone.cursors, **{key: strange})
    for strange in ({}, {"count": "12"}, {"count": None, "digest": [1]}):
        answer = ask(phone.world, "asha", cursors=phone.cursors, digests={phone.area: strange})
        assert answer["checks"] == {phone.area: "differs"}
    assert ask(phone.world, "asha", cursors=phone.cursors, digests={phone.area: 5})["checks"] == {}
    names = {"__proto__": "x", "x" * 5000: "y", "'; DROP TABLE record": None}
    assert phone.repair(phone.parts() | names) == []
    [part] = phone.repair(phone.parts() | {phone.world.people["huang"]: ["list"]})
    assert part == phone.world.people["huang"]


def test_digests_are_read_once_while_nothing_changes(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def reading(tx: Any, area: str) -> Any:
        read.append(area)
        return real(tx, area)

    real = checks.read_parts
    monkeypatch.setattr(checks, "read_parts", reading)
    phone.world.store.digests = checks.Digests()
    assert {phone.check() for _ in range(3)} == {"same"}
    assert read == [phone.area]
    phone.world.fold("ben", phone.world.visit())
    assert Phone(phone.world).check(now=NOW + 1) == "same"
    assert read == [phone.area] * 2


def test_no_two_neighbouring_numbers_cancel_each_other() -> None:
    ids = [f"019ab0e1-7c00-7000-8000-{number:012x}" for number in range(300)]
    told = {
        digest_rows([{"id": first, "seq": 1}, {"id": second, "seq": 2}])["digest"]
        for first in ids
        for second in ids
        if first != second
    }
    assert len(told) == 300 * 299
