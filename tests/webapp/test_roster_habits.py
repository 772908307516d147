"""How offices really keep a table, and files made to hurt: read, held, or refused; never a crash."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.scope import SYSTEM
from webapp.ledger.roster.cells import CellError, read_birth, read_text
from webapp.ledger.roster.judging import read_lines
from webapp.ledger.roster.workbook import RosterRefusedError, read_sheets
from webapp.ledger.roster_import import import_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.database import Store
    from tests.world import World
    from webapp.ledger.roster.lines import Line

LEDGER = next((Path(__file__).parents[2] / "webapp/demo").glob("*.xlsx"))
TODAY = "2026-11-24"
TITLE = "青禾村留守老人信息台账,,,,\n填报单位：青禾村委会,,,,\n"
HEADER = "序号,所属网格,家庭住址,姓名,出生年月\n"


def lines_of(text: str | bytes, name: str = "留守老人.csv") -> list[Line]:
    return read_lines(read_sheets(text.encode() if isinstance(text, str) else text, name), TODAY)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def patched(part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The demo's ledger with one part of its archive changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(LEDGER) as whole, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
        for item in whole.infolist():
            data = whole.read(item)
            copy.writestr(item.filename, change(data) if item.filename == part else data)
    return made.getvalue()


def refusal(data: bytes, name: str = "a.xlsx") -> str:
    with pytest.raises(RosterRefusedError) as raised:
        lines_of(data, name)
    return raised.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_sheet_saved_as_text_keeps_its_title_its_village_and_its_row_numbers(encoding: str) -> None:
    text = TITLE + HEADER + "1,一组,一组1号,王福,1940-1-1\n\n2,一组,一组2号,李福,1941-1-1\n"
    lines = lines_of(text.replace(",", "\t").encode(encoding), "Sheet1.txt")
    assert [(line.row, line.village, line.category) for line in lines] == [
        (4, "青禾村", "elder"),
        (6, "青禾村", "elder"),
    ]


def test_rows_with_only_a_number_and_a_header_repeated_on_the_next_page_are_no_people() -> None:
    text = HEADER + "1,一组,一组1号,王福,1940-1-1\n2,,,,\n" + HEADER + "小计,,,1,\n填表人：赵,,,,\n"
    assert [line.cells["name"] for line in lines_of(text)] == ["王福"]


def test_columns_beyond_the_header_and_notes_in_brackets_do_no_harm() -> None:
    text = "网格,家庭住址（详细）,姓名(必填),出生年月（公历）\n一组,一组1号,王福,1940-1-1,多写的,又一格\n"
    [line] = lines_of(text)
    assert line.values == {"name": "王福", "birth": "1940-01-01"}


def test_what_a_sheet_lists_is_told_by_its_columns_where_its_name_does_not() -> None:
    [child] = lines_of("网格,住址,姓名,父亲姓名\n一组,一组1号,王小福,王福\n", "Sheet1.csv")
    assert (child.fate, child.category) == ("accepted", "child")
    [elder] = lines_of("网格,住址,姓名,类别\n一组,一组1号,王福,留守老人\n", "Sheet1.csv")
    assert (elder.fate, elder.category) == ("accepted", "elder")
    [unknown] = lines_of("网格,住址,姓名\n一组,一组1号,王福\n", "Sheet1.csv")
    assert (unknown.fate, unknown.code) == ("held", "no_category")


def test_without_a_column_of_grids_the_address_tells_the_grid() -> None:
    first, second = lines_of("住址,姓名,性别\n青禾村一组1号,王福,男\n某处,李福,男\n")
    assert (first.fate, first.cells["grid"]) == ("accepted", "青禾村一组")
    assert (second.fate, second.code) == ("held", "no_grid")


@pytest.mark.parametrize("merges", [("B4:B6",), ("A4:A6",), ("A4:A6", "B4:B6")])
def test_a_household_merged_in_either_column_is_one_household(store: Store, merges: tuple[str, ...]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "留守老人"
    for row in (["台账"], ["填报单位：青禾村委会"], ["网格", "住址", "姓名", "出生年月"]):
        sheet.append(row)
    sheet.append(["一组", "一组1号", "王福", datetime(1940, 1, 1)])  # noqa: DTZ001  # as Excel keeps a day
    sheet.append([None, None, "王寿", 19410101])
    sheet.append([None, None, "王禄", "1942年1月"])
    for merge in merges:
        sheet.merge_cells(merge)
    lines = lines_of(saved(book), "台账.xlsx")
    assert [line.values["birth"] for line in lines] == ["1940-01-01", "1941-01-01", "1942-01"]
    outcome = import_lines(store, lines, SYSTEM)
    assert (outcome.households, outcome.people, dict(outcome.by_grid)) == (1, 3, {"青禾村一组": 1})


def test_one_house_is_one_household_however_its_address_was_written_out(store: Store) -> None:
    text = TITLE + HEADER
    text += (
        "1,青禾村一组,青禾村一组4号,王福,1940-1-1\n2,一组,一组 4号,王寿,1941-1-1\n3,一组,4号,王禄,1942-1-1\n"
    )
    outcome = import_lines(store, lines_of(text), SYSTEM)
    assert (outcome.households, dict(outcome.by_grid), outcome.people) == (1, {"青禾村一组": 1}, 3)
    again = import_lines(store, lines_of(text), SYSTEM)
    assert (again.added, again.changed) == ({}, 0)


def test_a_grid_without_its_village_goes_to_the_only_one_called_so_or_is_held(world: World) -> None:
    known, unknown = lines_of(HEADER + "1,一组,9号,王福,1940-1-1\n2,九组,1号,李福,1941-1-1\n")
    outcome = import_lines(world.store, [known, unknown], SYSTEM)
    assert (known.fate, outcome.new_grids, dict(outcome.added)) == (
        "accepted",
        [],
        {"household": 1, "person": 1},
    )
    assert (unknown.fate, unknown.code) == ("held", "no_village")
    full = lines_of(TITLE + HEADER + "1,青禾村一组,青禾村一组9号,王福,1940-1-1\n")
    assert import_lines(world.store, full, SYSTEM).added == {}


def test_a_supervisor_makes_new_grids_in_their_own_village_only(world: World) -> None:
    text = HEADER + "1,青禾村五组,青禾村五组1号,王福,1940-1-1\n2,柳河村五组,柳河村五组1号,李福,1941-1-1\n"
    mine, theirs = lines_of(text)
    outcome = import_lines(world.store, [mine, theirs], world.caller("chen"))
    assert outcome.new_grids == ["青禾村五组"]
    assert (mine.fate, theirs.fate, theirs.code) == ("accepted", "held", "foreign_grid")


def test_text_far_too_long_is_held_and_the_rest_goes_in(store: Store) -> None:
    text = (
        TITLE + "网格,家庭住址,姓名,生活状况\n一组,一组1号,王福," + "好" * 60_000 + "\n一组,一组2号,李福,好\n"
    )
    long, short = lines_of(text)
    assert (long.fate, long.code, short.fate) == ("held", "too_long", "accepted")
    assert import_lines(store, [long, short], SYSTEM).people == 1


def test_what_pasting_and_broken_formulas_leave_is_not_taken_for_text() -> None:
    assert read_text("王\u200b福\n") == "王福"
    assert read_text("#N/A") == ""
    assert read_text("一组\n4号") == "一组 4号"
    assert read_text(13800138000.0) == "13800138000"
    with pytest.raises(CellError):
        read_birth("2015-04-00", TODAY)


def test_one_merge_over_the_whole_sheet_is_refused_before_it_costs_anything() -> None:
    data = patched(
        "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'ref="B45:B46"', b'ref="A200:XFD1048576"')
    )
    assert refusal(data) == "too_many_rows"
    data = patched("xl/worksheets/sheet2.xml", lambda xml: xml.decode().encode("utf-16"))
    assert refusal(data) == "not_a_workbook"


def test_one_cell_at_the_very_bottom_is_refused_with_what_to_do() -> None:
    book = openpyxl.load_workbook(LEDGER)
    book["留守儿童"]["A1048576"] = "1"
    assert refusal(saved(book)) == "too_many_rows"


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_a_workbook_cut_in_one_of_its_parts_is_refused(part: str) -> None:
    assert refusal(patched(part, lambda xml: xml[: len(xml) // 2])) == "not_a_workbook"


def test_a_workbook_is_known_by_what_it_is_and_not_by_its_name() -> None:
    assert len(lines_of(LEDGER.read_bytes(), "台账.csv")) == 148
    assert refusal(b" \r\n", "a.csv") == "empty_file"
    assert (
        refusal(('姓名,性别,住址\n"' + "长" * 200_000 + '",男,一组\n').encode(), "a.csv") == "not_a_workbook"
    )


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.xlsx", "a.csv"]))
def test_no_bytes_break_the_reader(data: bytes, name: str) -> None:
    for sent in (data, HEADER.encode() + data, b"PK\x03\x04" + data):
        try:
            lines: list[Any] = lines_of(sent, name)
        except RosterRefusedError as refused:
            assert refused.code
        else:
            assert all(line.fate in ("accepted", "held") for line in lines)
