"""Backups are whole or not there; a drill restores yesterday's copy, phones come back, nothing is missing."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from sync.database import Store, open_store
from sync.exchange import Session, exchange
from sync.packing import unpack
from sync.parcel import open_parcel, public_part, read_parcel
from tests.parcels import seal
from tests.world import NOW, World, build_world
from webapp.backups import BackupError, back_up, find_problems, restore
from webapp.cli import main
from webapp.forms.catalogue import build_catalogue
from webapp.server import ServerRunningError, hold_instance

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def live(tmp_path: Path) -> Iterator[World]:
    opened = open_at(tmp_path / "qiaomen.db")
    world = build_world(opened)
    yield world
    world.store.close()


def open_at(path: Path) -> Store:
    store = open_store(f"sqlite:///{path}", build_catalogue())
    store.upgrade()
    return store


class Phone:
    """A phone as the protocol sees it: what it wrote and keeps, its cursors, its epoch, its rows."""

    def __init__(self, world: World, login: str) -> None:
        self.world, self.login = world, login
        self.kept: list[dict[str, Any]] = []
        self.waiting: list[dict[str, Any]] = []
        self.cursors: dict[str, str] = {}
        self.rows: dict[str, dict[str, Any]] = {}
        self.epoch: str | None = None

    def write(self, **body: Any) -> None:
        self.waiting.append(self.world.visit(**body))

    def sync(self) -> None:
        while True:
            answer = self._ask()
            if self.epoch not in (None, answer["epoch"]):
                self.waiting = [*self.kept, *self.waiting]
                self.kept = []
            self.epoch = answer["epoch"]
            done = {status["id"] for status in answer["statuses"]}
            self.kept += [change for change in self.waiting if change["id"] in done]
            self.waiting = [change for change in self.waiting if change["id"] not in done]
            for page in answer["news"]:
                if page.get("fresh"):
                    self.rows = {k: row for k, row in self.rows.items() if row["area"] != page["area"]}
                self.cursors[page["area"]] = page["cursor"]
                self.rows |= {row["id"]: row for row in unpack(page["tables"], page["area"])}
            if not self.waiting and not answer["more"]:
                return

    def _ask(self) -> dict[str, Any]:
        world = self.world
        session = Session(world.accounts[self.login], world.devices[self.login], b"secret", lambda *_: "")
        request = {"protocol": 1, "changes": self.waiting[:100], "cursors": self.cursors, "epoch": self.epoch}
        return exchange(world.store, session, json.loads(json.dumps(request)), NOW)


def test_the_drill_yesterdays_copy_is_restored_and_nothing_is_missing(live: World, tmp_path: Path) -> None:
    asha, ben = Phone(live, "asha"), Phone(live, "ben")
    for number in range(5):
        asha.write(note=f"昨天 {number}")
        ben.write(note=f"本 昨天 {number}")
    asha.sync()
    ben.sync()
    back_up(tmp_path / "qiaomen.db", tmp_path / "copy.db")
    for number in range(7):
        asha.write(note=f"今天 {number}")
    asha.sync()
    ben.sync()
    before = {row["id"]: row["fields"] for row in ben.rows.values() if row["kind"] == "visit"}
    ben.write(note="还没传")
    live.store.close()
    kept = restore(tmp_path / "copy.db", tmp_path / "qiaomen.db", "now")
    assert kept is not None
    assert find_problems(kept) == []
    live.store = open_at(tmp_path / "qiaomen.db")
    asha.sync()
    ben.sync()
    asha.sync()
    for phone in (asha, ben):
        after = {row["id"]: row["fields"] for row in phone.rows.values() if row["kind"] == "visit"}
        assert before.items() <= after.items()
        assert len(after) == len(before) + 1
        assert not phone.waiting
    assert find_problems(tmp_path / "qiaomen.db") == []


def test_a_copy_made_while_others_write_is_whole(live: World, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            live.fold("asha", live.visit(), live.visit())

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            back_up(tmp_path / "qiaomen.db", tmp_path / f"{number}.db")
    finally:
        stop.set()
        thread.join(30)
    assert all(find_problems(tmp_path / f"{number}.db") == [] for number in range(5))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("DELETE FROM log WHERE seq = 3", "编号不连续"),
        ("UPDATE area_log SET head = head + 1", "编号不连续"),
        ("UPDATE record SET seq = 9999 WHERE kind = 'visit'", "超过了日志"),
        ("DELETE FROM record WHERE kind = 'visit'", "不见了"),
        ("UPDATE record SET seq = 2 WHERE kind = 'visit'", "不是它自己的"),
        ("UPDATE record SET state = 'left' WHERE kind = 'visit'", "还留着内容"),
        ("UPDATE area_log SET floor = head + 1", "界限"),
        ("UPDATE log SET change_id = 'another' WHERE op = 'record'", "不在日志里"),
    ],
)
def test_a_copy_that_lost_something_is_noticed(live: World, tmp_path: Path, damage: str, words: str) -> None:
    live.fold("asha", live.visit())
    back_up(tmp_path / "qiaomen.db", tmp_path / "copy.db")
    database = sqlite3.connect(tmp_path / "copy.db")
    database.execute(damage)
    database.commit()
    database.close()
    assert words in "；".join(find_problems(tmp_path / "copy.db"))
    with pytest.raises(BackupError, match="不能用"):
        restore(tmp_path / "copy.db", tmp_path / "qiaomen.db", "now")
    assert find_problems(tmp_path / "qiaomen.db") == []


def test_a_file_cut_short_or_of_something_else_is_refused(live: World, tmp_path: Path) -> None:
    back_up(tmp_path / "qiaomen.db", tmp_path / "copy.db")
    whole = (tmp_path / "copy.db").read_bytes()
    for name, data in (("cut", whole[: len(whole) // 2]), ("text", b"hello " * 900), ("empty", b"")):
        (tmp_path / name).write_bytes(data)
        assert find_problems(tmp_path / name), name
    assert live


def test_the_commands_and_one_server_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIAOMEN_INSTANCE", str(tmp_path))
    runner = CliRunner()
    assert "没有数据库" in runner.invoke(main, ["backup"]).output
    runner.invoke(main, ["stats"])
    copy = tmp_path / "copy.db"
    assert "已备份" in runner.invoke(main, ["backup", str(copy)]).output
    assert "完好" in runner.invoke(main, ["verify", str(copy)]).output
    assert "已压实" in runner.invoke(main, ["compact"]).output
    with hold_instance(tmp_path):
        assert "正在运行" in runner.invoke(main, ["compact"]).output
        refused = runner.invoke(main, ["restore", str(copy), "--yes"])
        assert (refused.exit_code, "正在运行" in refused.output) == (1, True)
        with pytest.raises(ServerRunningError), hold_instance(tmp_path):
            pass
    assert "已恢复" in runner.invoke(main, ["restore", str(copy), "--yes"]).output
    assert runner.invoke(main, ["stats", "--json"]).exit_code == 0


def test_a_backup_carries_the_key_that_opens_what_phones_exported(live: World, tmp_path: Path) -> None:
    with live.store.read() as tx:
        key = public_part(live.store.file_key(tx))
    file = seal(key, live.devices["asha"], {"token": "x", "changes": [live.visit()], "drafts": []})
    back_up(tmp_path / "qiaomen.db", tmp_path / "copy.db")
    live.store.close()
    restore(tmp_path / "copy.db", tmp_path / "qiaomen.db", "now")
    store = open_at(tmp_path / "qiaomen.db")
    with store.read() as tx:
        opened = open_parcel(store.file_key(tx), read_parcel(file))
    store.close()
    assert len(opened.changes) == 1
