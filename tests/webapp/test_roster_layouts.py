"""Every layout an office or a class sends: its kinds, its columns, its header, its writings, its bad rows."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from click.testing import CliRunner

from sync.erasure import erase_person
from sync.moves import move_household
from sync.rows import rows_of
from sync.scope import SYSTEM
from webapp.cli import main
from webapp.ledger.commands import new_act
from webapp.ledger.lookup import erasure_trace
from webapp.ledger.roster.cells import CellError, read_birth
from webapp.ledger.roster.judging import read_lines
from webapp.ledger.roster.workbook import read_sheets
from webapp.ledger.roster_import import import_lines

if TYPE_CHECKING:
    from pathlib import Path

    from sync.database import Store
    from tests.world import World
    from webapp.ledger.roster.lines import Line

TODAY = "2026-11-24"
CLASS = [("父母均外出", 17), ("一方外出", 5), ("离异单亲", 4), ("父母都在家", 20), ("", 11)]


def lines_of(data: str | bytes, name: str = "台账.csv") -> list[Line]:
    return read_lines(read_sheets(data.encode() if isinstance(data, str) else data, name), TODAY)


def workbook(*rows: list[Any], title: str = "Sheet1", merges: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for merge in merges:
        sheet.merge_cells(merge)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def class_list(*, home: bool = False) -> str:
    header = "学号,姓名,性别,父母外出情况" + (",家庭住址" if home else "")
    rows = ["柳林镇中心小学七年级（2）班学生名册,,,", header]
    number = 0
    for words, count in CLASS:
        for _ in range(count):
            number += 1
            door = f",青禾村一组{number}号" if home else ""
            rows.append(f"{number},学生{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{number},男,{words}{door}")
    return "\n".join(rows) + "\n"


def dry_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, name: str, *more: str) -> Any:
    monkeypatch.setenv("QIAOMEN_INSTANCE", str(tmp_path / "instance"))
    (tmp_path / name).write_bytes(data)
    done = CliRunner().invoke(main, ["import-roster", str(tmp_path / name), "--json", *more])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_one_sheet_mixes_the_three_kinds_by_a_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook(
        ["青禾村三留守人员登记表"],
        ["填报单位：青禾村委会"],
        ["序号", "人员类别", "名字", "性别", "出生年月日", "联系方式", "村民小组", "住址", "外出情况"],
        [1, "留守儿童", "张　三", "M", "2012.3", "１３８００１３８０００", "一组", "4号", "父母都在外"],
        [2, "留守妇女", "李 四", "F", 31444, 13800138001, "一组", "5号", None],
        [3, "留守老人", "王五", "男性", "二〇〇一年三月", "138 0013 8002", "二组", "6号", None],
        [4, "空巢老人", "赵六", "女", "40年3月5日", None, "二组", "7号", None],
        [5, "", "钱七", "女", "1950", None, "二组", "8号", None],
        merges=("A1:I1",),
    )
    told = dry_run(tmp_path, monkeypatch, data, "登记表.xlsx", "--dry-run")
    assert told["would_import"] == {
        "households": 4,
        "people": 4,
        "by_kind": {"child": 1, "elder": 2, "woman": 1},
        "by_absence": {"both": 1},
    }
    assert [(each["sheet"], each["row"]) for each in told["held"]] == [("Sheet1", 8)]
    assert told["held"][0]["reason"].startswith("看不出是留守儿童")
    assert told["sheets"][0]["header_rows"] == [3, 3]
    first, second, _third, fourth, _fifth = lines_of(data, "登记表.xlsx")
    assert first.values["name"] == "张三"
    assert (first.values["sex"], first.values["birth"]) == ("male", "2012-03")
    assert second.values["birth"] == "1986-02-01"
    assert fourth.values["birth"] == "1940-03-05"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_class_list_counts_all_its_pupils_and_registers_those_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    told = dry_run(tmp_path, monkeypatch, class_list().encode(encoding), "名册.csv", "--dry-run")
    assert told["would_import"]["people"] == 26
    assert told["would_import"]["by_absence"] == {"both": 17, "one": 5, "single": 4}
    assert told["classes"] == [
        {"school": "柳林镇中心小学", "class": "七年级2班", "pupils": 57, "both": 17, "one": 5, "single": 4}
    ]
    assert told["held"] == []


def test_a_class_list_finds_the_children_whose_home_is_known_and_is_kept_once(world: World) -> None:
    text = "柳林镇中心小学三年级1班学生名册,,\n学号,姓名,父母外出情况\n"
    text += "1,王 小明,双方外出\n2,李新,单亲\n3,孙好,在家\n"
    for times in (1, 2):
        outcome = import_lines(world.store, lines_of(text), SYSTEM)
        assert outcome.added == ({"household": 1, "person": 1} if times == 1 else {})
    with world.store.read() as tx:
        areas = [*world.areas.values(), *_new_areas(tx, world)]
        [kept] = rows_of(tx, world.store.catalogue, areas, kinds=["class_list"])
        [known] = rows_of(tx, world.store.catalogue, areas, ids=[world.people["xiaoming"]])
    assert {key: kept["fields"][key] for key in ("pupils", "both", "one", "single")} == {
        "pupils": 3,
        "both": 1,
        "one": 0,
        "single": 1,
    }
    assert (known["area"], known["fields"]["absence"]) == (world.areas["一组"], "both")


def _new_areas(tx: Any, world: World) -> list[str]:
    from sqlalchemy import select

    from sync.schema import area

    return [each for each in tx.scalars(select(area.c.area_id)) if each not in world.areas.values()]


def test_a_header_of_two_rows_with_merged_groups_is_read_as_one() -> None:
    data = workbook(
        ["青禾村留守儿童登记表"],
        ["填报单位：青禾村委会"],
        ["序号", "基本情况", None, None, "家庭住址", "监护人情况", None, None, "父母外出情况", None],
        [None, "姓名", "性别", "出生年月", None, "姓名", "年龄", "联系电话", "均外出", "一方外出"],
        [1, "王小福", "男", 2014.5, "青禾村一组4号", "王大福", 61, 13800138000, None, "√"],
        [2, "李小福", "女", "14.5.6", "青禾村一组5号", "李大福", "16岁", 13800138000, "√", None],
        merges=("B3:D3", "F3:H3", "I3:J3", "A3:A4", "E3:E4"),
    )
    good, young = lines_of(data, "登记表.xlsx")
    assert (good.fate, good.values["name"], good.values["guardian_name"]) == ("accepted", "王小福", "王大福")
    assert (good.values["birth"], good.values["absence"]) == ("2014-05", "one")
    assert good.values["guardian_phone"] == "13800138000"
    assert (young.fate, young.code, young.bad) == ("held", "guardian_too_young", "16岁")


@pytest.mark.parametrize(
    ("written", "category", "read"),
    [
        ("2012.3", "child", "2012-03"),
        ("2012年3月5日", "child", "2012-03-05"),
        ("20120305", "child", "2012-03-05"),
        ("201203", "child", "2012-03"),
        ("40973", "child", "2012-03-05"),
        ("12.3.5", "child", "2012-03-05"),
        ("120305", "child", "2012-03-05"),
        ("38年7月", "elder", "1938-07"),
        ("85/3/5", "woman", "1985-03-05"),
        ("二〇一二年十二月二十三日", "child", "2012-12-23"),
        ("2012-03-05 00:00:00", "child", "2012-03-05"),
        ("1950年", "elder", "1950"),
        ("11010519491231002X", "elder", "1949-12-31"),
    ],
)
def test_a_birth_date_is_read_however_it_is_written(written: str, category: str, read: str) -> None:
    assert read_birth(written, TODAY, category) == read


@pytest.mark.parametrize(
    "written", ["2027-01-01", "12.3.5", "2012.13", "99999", "不详", "1899-01-01", "110105194912310021"]
)
def test_what_is_no_birth_date_or_could_be_two_is_not_guessed(written: str) -> None:
    with pytest.raises(CellError):
        read_birth(written, TODAY)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("长" * 200 + ",男,1940-1-1,一组4号", "too_long"),
        ("王福😀,男,1940-1-1,一组4号", "strange_character"),
        ("王\u202e福,男,1940-1-1,一组4号", "strange_character"),
        ("王福,男,2030-1-1,一组4号", "future_birth_date"),
        ("王福,妖,1940-1-1,一组4号", "unknown_sex"),
        ("王福,男,1940-2-30,一组4号", "impossible_birth_date"),
    ],
)
def test_a_bad_cell_holds_its_line_with_a_message_and_the_next_goes_in(cells: str, code: str) -> None:
    text = f"填报单位：青禾村,,,\n姓名,性别,出生年月,地址\n{cells}\n李福,女,1941-1-1,一组5号\n"
    bad, good = lines_of(text, "留守老人.csv")
    assert (bad.fate, bad.code, good.fate) == ("held", code, "accepted")
    assert bad.reason.endswith("。")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋"])
def test_a_cell_that_looks_like_a_formula_is_text(start: str) -> None:
    formula = f'{start}HYPERLINK("x")'
    data = workbook(
        ["姓名", "性别", "住址", "生活状况"], ["王福", "男", "青禾村一组4号", formula], title="留守老人"
    )
    [line] = lines_of(data, "a.xlsx")
    assert line.fate == "accepted"
    assert line.values["living"].endswith('HYPERLINK("x")')


def test_a_sheet_of_20000_rows_with_3000_bad_ones_names_each_and_keeps_the_rest() -> None:
    rows = ["填报单位：青禾村委会,,,,", "村民小组,家庭住址,姓名,出生日期,联系电话"]
    for number in range(20_000):
        birth = "1940-13-01" if number % 20 < 3 else f"19{40 + number % 20}-0{1 + number % 9}-1{number % 9}"
        rows.append(f"{number % 8}组,{number}号,王福{number},{birth},1380013{number % 10_000:04}")
    lines = lines_of("\n".join(rows), "留守老人.csv")
    held = [line for line in lines if line.fate == "held"]
    assert (len(lines), len(held)) == (20_000, 3_000)
    assert all(line.reason == "出生日期“1940-13-01”不对，请核对后改成如 1950-05-05。" for line in held)
    assert [line.row for line in held[:4]] == [3, 4, 5, 23]


OLD = (
    "填报单位：青禾村,,,\n组别,住址,姓名,出生日期\n一组,4号,王淑英,1949-03-02\n一组,12号,黄桂兰,1951-07-11\n"
)


def test_an_old_roster_makes_nobody_anew_who_moved_to_another_grid(world: World) -> None:
    with world.store.write() as tx:
        act = new_act(SYSTEM)
        source, target = world.areas["一组"], world.areas["二组"]
        move_household(tx, SYSTEM, act, world.households["huang"], source=source, target=target)
    stays, moved = lines_of(OLD, "留守老人.csv")
    outcome = import_lines(world.store, [stays, moved], SYSTEM)
    assert (stays.fate, outcome.added) == ("accepted", {})
    assert (moved.fate, moved.code, moved.bad) == ("held", "moved_away", "二组")
    with world.store.write() as tx:  # and back again: now the roster is right
        act = new_act(SYSTEM)
        move_household(tx, SYSTEM, act, world.households["huang"], source=target, target=source)
    again = import_lines(world.store, lines_of(OLD, "留守老人.csv"), SYSTEM)
    assert (again.people, again.added) == (2, {})


def test_an_old_roster_makes_nobody_anew_who_was_erased(world: World) -> None:
    trace = erasure_trace("secret", "黄桂兰", "1951-07-11")
    with world.store.write() as tx:
        erase_person(tx, SYSTEM, world.people["huang"], "own_request", new_act(SYSTEM), trace=trace)
    stays, erased = lines_of(OLD, "留守老人.csv")
    outcome = import_lines(world.store, [stays, erased], SYSTEM, secret="secret")
    assert (stays.fate, outcome.added) == ("accepted", {})
    assert (erased.fate, erased.code) == ("held", "erased")
    other = lines_of(OLD.replace("1951-07-11", "1951-07-12"), "留守老人.csv")
    assert import_lines(world.store, other, SYSTEM, secret="secret").added == {"person": 1}


def test_a_move_is_not_named_to_who_may_not_see_the_new_grid(world: World) -> None:
    with world.store.write() as tx:
        act = new_act(SYSTEM)
        source, target = world.areas["一组"], world.areas["柳河一组"]
        move_household(tx, SYSTEM, act, world.households["huang"], source=source, target=target)
    _stays, moved = lines_of(OLD, "留守老人.csv")
    import_lines(world.store, [moved], world.caller("chen"))
    assert (moved.code, moved.bad) == ("moved_away", "别的网格")


def test_an_empty_store_takes_a_class_with_addresses_household_by_household(store: Store) -> None:
    outcome = import_lines(store, lines_of(class_list(home=True), "名册.csv"), SYSTEM)
    assert (outcome.households, outcome.people, dict(outcome.by_grid)) == (26, 26, {"青禾村一组": 26})
