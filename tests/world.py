"""The small world of all tests: 阿莎 Asha and 本 Ben (volunteers of one grid), 陈姐 Chen (supervisor of
its village), 丁 Ding (volunteer of another village, who must see nothing).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from sync import schema
from sync.clock import Clock, format_stamp
from sync.ids import uuid7
from sync.records import fold_changes
from sync.scope import SYSTEM, Caller, load_caller
from webapp.ledger.commands import ensure_area

if TYPE_CHECKING:
    from sync.database import Store

NOW = 1_763_980_000_000  # 2025-11-24 18:26:40 in the village, a Monday
PASSWORD = "敲门-123456"
HOUSEHOLDS = {
    "wang": ("一组", "4号", 4, "王家"),
    "huang": ("一组", "12号", 12, "黄家"),
    "liu": ("二组", "3号", 3, "刘家"),
    "qian": ("柳河一组", "1号", 1, "钱家"),
}
PEOPLE = {
    "xiaoming": ("wang", "王小明", "child", "male", "2014-11-04"),
    "grandma": ("wang", "王淑英", "elder", "female", "1949-03-02"),
    "huang": ("huang", "黄桂兰", "elder", "female", "1951-07-11"),
    "liu": ("liu", "刘春梅", "woman", "female", "1986-02-28"),
    "qian": ("qian", "钱福", "elder", "male", "1940-01-01"),
}
PINYIN = {"王小明": ("wang xiao ming", "wxm"), "黄桂兰": ("huang gui lan", "hgl")}


@dataclass
class World:
    """Ids by short name, and helpers that make changes the way a phone does."""

    store: Store
    areas: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    households: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    ticks: int = 0

    def id(self) -> str:
        """A new id, never random."""
        self.ticks += 1
        return uuid7(NOW + self.ticks, self.ticks.to_bytes(10, "big"))

    def caller(self, login: str, now: int = NOW) -> Caller:
        """The caller as the server derives it."""
        with self.store.read() as tx:
            found = load_caller(tx, self.accounts[login], self.devices[login], now)
        assert found is not None
        return found

    def visit(self, person: str = "xiaoming", *, at: int = NOW, **body: Any) -> dict[str, Any]:
        """A new visit's change."""
        household = self.households[PEOPLE[person][0]]
        made = self.id()
        return {
            "id": made,
            "area": self.areas[HOUSEHOLDS[PEOPLE[person][0]][0]],
            "kind": "visit",
            "op": "record",
            "record": made,
            "form": "visit/1",
            "stamp": format_stamp(Clock(at, self.ticks, "a1b2c3d4")),
            "person": self.people[person],
            "household": household,
            "occurred_at": at,
            "body": {"how": "well", **body},
        }

    def change(
        self, op: str, kind: str, record: str, area: str, body: dict[str, Any], **more: Any
    ) -> dict[str, Any]:
        """Any other change on a record in the grid called ``area``."""
        made = {"id": self.id(), "area": self.areas[area], "kind": kind, "op": op, "record": record}
        return made | {"stamp": format_stamp(Clock(NOW, self.ticks, "a1b2c3d4")), "body": body} | more

    def fold(self, login: str, *changes: Any, now: int = NOW) -> list[dict[str, Any]]:
        """Fold changes as somebody; return the statuses."""
        caller = self.caller(login, now)
        with self.store.write() as tx:
            return fold_changes(tx, self.store.catalogue, caller, list(changes), now)


def build_world(store: Store, password_hash: str = "!") -> World:
    """Make the small world in an empty store."""
    world = World(store)
    with store.write() as tx:
        for village, grids in (("青禾村", ("一组", "二组")), ("柳河村", ("柳河一组",))):
            world.areas[village] = ensure_area(tx, "village", village, None)
            for position, grid in enumerate(grids, 1):
                world.areas[grid] = ensure_area(tx, "grid", grid, world.areas[village], position)
        for login, name, role, area in (
            ("asha", "阿莎", "volunteer", "一组"),
            ("ben", "本", "volunteer", "一组"),
            ("chen", "陈姐", "supervisor", "青禾村"),
            ("ding", "丁", "volunteer", "柳河一组"),
        ):
            world.accounts[login], world.devices[login] = world.id(), world.id()
            account = {"account_id": world.accounts[login], "login": login, "name": name, "active": 1}
            account |= {"password_hash": password_hash, "created_at": NOW}
            access = {
                "area_id": world.areas[area],
                "account_id": world.accounts[login],
                "role": role,
                "since": 0,
            }
            phone = {"device_id": world.devices[login], "account_id": world.accounts[login], "name": "手机"}
            tx.execute(insert(schema.account), [account])
            tx.execute(insert(schema.access), [access])
            tx.execute(insert(schema.device), [phone | {"created_at": NOW}])
        statuses = fold_changes(tx, store.catalogue, SYSTEM, _profiles(world), NOW)
    assert all(status["status"] == "accepted" for status in statuses), statuses
    return world


def _profiles(world: World) -> list[dict[str, Any]]:
    changes = []
    for position, grid in enumerate(("一组", "二组", "柳河一组"), 1):
        village = "柳河村" if grid.startswith("柳河") else "青禾村"
        body = {
            "name": grid,
            "village": village,
            "position": position,
            "station_name": f"{village}关爱服务站",
        }
        changes.append(world.change("set", "grid", world.areas[grid], grid, body))
        for login, area in (("asha", "一组"), ("ben", "一组"), ("ding", "柳河一组")):
            if area == grid:
                name = {"asha": "阿莎", "ben": "本", "ding": "丁"}[login]
                body = {"name": name, "role": "volunteer", "phone": "13800138000"}
                changes.append(world.change("set", "member", world.accounts[login], grid, body))
    for short, (grid, door, number, title) in HOUSEHOLDS.items():
        world.households[short] = world.id()
        body = {"door": door, "number": number, "address": f"{grid}{door}", "title": title}
        changes.append(world.change("set", "household", world.households[short], grid, body))
    for short, (household, name, category, sex, birth) in PEOPLE.items():
        world.people[short] = world.id()
        body = {"name": name, "category": category, "sex": sex, "birth": birth}
        body |= {"household": world.households[household]}
        if name in PINYIN:
            body |= {"pinyin": [PINYIN[name][0]], "initials": [PINYIN[name][1]]}
        changes.append(world.change("set", "person", world.people[short], HOUSEHOLDS[household][0], body))
    return changes
