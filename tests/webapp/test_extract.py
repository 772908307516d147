"""The office extract: typed tables and views that read well, of the areas asked for, nothing confidential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner
from sqlite_utils import Database

from tests.world import build_world
from webapp import create_app
from webapp.cli import main
from webapp.extensions import store_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_an_extract_opens_as_tables_and_views_without_what_is_confidential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIAOMEN_INSTANCE", str(tmp_path / "instance"))
    store = store_of(create_app(tmp_path / "instance"))
    store.upgrade()
    world = build_world(store)
    check = world.visit("grandma") | {"kind": "health_check", "form": "health_check/1"}
    session = world.visit() | {"kind": "counselling", "form": "counselling/1"}
    session["body"] = {"topic": ["family"], "mood": "2", "risk": "low", "note": "夜里睡不着"}
    body = {"systolic": 150, "diastolic": 90, "temperature": "36.6"}
    statuses = world.fold("asha", check | {"body": body}, session, world.visit(note="煤够用"))
    assert {each["status"] for each in statuses} == {"accepted"}
    store.close()
    run = CliRunner().invoke
    done = run(main, ["extract", str(tmp_path / "office.db"), "--area", "青禾村", "--fts"])
    assert done.exit_code == 0, done.output
    made = Database(tmp_path / "office.db")
    assert made.table("health_check").columns_dict["systolic"] is int
    assert made.table("health_check").columns_dict["temperature"] is float
    people = {row["姓名"]: row for row in made.query('SELECT * FROM "人员一览"')}
    assert set(people) == {"王小明", "王淑英", "黄桂兰", "刘春梅"}
    assert people["黄桂兰"]["类别"] == "留守老人"
    assert people["黄桂兰"]["家庭住址"] == "一组12号"
    [visit] = made.query('SELECT * FROM "走访一览"')
    assert (visit["姓名"], visit["谁写的"]) == ("王小明", "阿莎")
    assert len(list(made.table("person").search("王小明"))) == 1
    made.close()
    assert "夜里睡不着" not in (tmp_path / "office.db").read_bytes().decode("utf-8", "replace")
    assert run(main, ["extract", str(tmp_path / "office.db")]).exit_code == 1
    assert run(main, ["extract", str(tmp_path / "x.db"), "--area", "没有"]).exit_code == 1
    asked = run(main, ["extract", str(tmp_path / "all.db"), "--sensitive"])
    assert asked.exit_code == 0, asked.output
    whole = Database(tmp_path / "all.db")
    assert [row["note"] for row in whole.table("counselling").rows] == ["夜里睡不着"]
    whole.close()
