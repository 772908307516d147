"""The lines of a ledger, each with its fate: accepted, counted, held with a reason, or ignored. Pure.

A line is ``Line("留守儿童", 4, "child", fate="accepted", values={"name": "郭霞", …})``. Nothing is dropped
in silence: a line that cannot be taken is held, with words that say what to do about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from webapp.ledger.lookup import squeeze
from webapp.ledger.roster.cells import read_name, read_text
from webapp.ledger.roster.header import (
    HEADINGS,
    NOTHING,
    Header,
    Remembered,
    SheetReport,
    field_of,
    find_header,
    guess_header,
    report_sheet,
)
from webapp.ledger.roster.workbook import RosterRefusedError, Sheet

LABELS = {name: words[0] for name, words in HEADINGS["fields"].items()}
UNPLACED = "住址待补"
_UNIT = re.compile(r"填报单位[:：]?\s*(.+)")
_VILLAGE = re.compile(r"(.+?(?:村|社区))(?=.)")
_GRID = re.compile(r".*?[^\d](?:组|小组|队|网格)(?=.)|.*?\d+(?:组|队|网格)(?=.)")
_CLASS = re.compile(
    r"[一二三四五六七八九初高小][一二三四五六]?年?级?\s*[(（]?\s*[一二三四五六七八九十\d]{1,2}\s*[)）]?\s*班"
)
_SCHOOL = re.compile(r"[\u4e00-\u9fff]{1,18}?(?:小学|中学|学校|初中|高中)")
_TICKED = {"absence_both": "父母均外出", "absence_one": "一方外出", "absence_single": "单亲"}


@dataclass
class Line:
    """One line: where it stood, what its cells say by field, and its fate.

    ``roll`` is set on a line of a class's list of all its pupils: who is not left behind is only counted.
    """

    sheet: str
    row: int
    category: str
    village: str
    cells: dict[str, str]
    fate: str = "accepted"
    code: str = ""
    reason: str = ""
    bad: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    roll: bool = False


@dataclass
class Roster:
    """What a file holds: its lines, not judged yet, and what was read of each sheet."""

    lines: list[Line]
    sheets: list[SheetReport]


@dataclass(frozen=True)
class _Told:
    """What a sheet says of all its lines."""

    category: str
    village: str
    school: str
    school_class: str
    is_roll: bool
    only_left_behind: bool


def read_roster(sheets: list[Sheet], remembered: Remembered = NOTHING) -> Roster:
    """The lines of people of these sheets. Raises RosterRefusedError (no_header, no_people).

    A file in which no header is known, but one that can be guessed, has no lines: somebody must say what its
    columns are.
    """
    reports = [report_sheet(sheet, remembered) for sheet in sheets]
    lines = [line for sheet in sheets for line in _lines_of(sheet, remembered)]
    if not any(report.is_sure for report in reports) and all(guess_header(sheet) is None for sheet in sheets):
        raise RosterRefusedError("no_header")
    if not lines and any(report.is_sure for report in reports):
        raise RosterRefusedError("no_people")
    return Roster(lines, [report for report in reports if report.header])


def door_of(line: Line) -> str:
    """An address without the village and the grid before it: "4号"."""
    address = line.cells.get("address", "")
    door = address
    for before in (grid_name(line), village_of(line), line.cells.get("grid", "")):
        door = door.removeprefix(before).strip()
    return door or address


def grid_name(line: Line) -> str:
    """A grid's full name, with its village before it: "青禾村一组"."""
    grid = line.cells["grid"]
    return grid if grid.startswith(village_of(line)) else line.village + grid


def village_of(line: Line) -> str:
    """The village of a line: what its grid begins with, else that of the unit row; "" where unknown."""
    match = _VILLAGE.match(line.cells.get("grid", ""))
    return match[1] if match else line.village


def choose_category(text: str) -> str:
    """The category that comes first in a text, as "留守儿童" does in "留守儿童及监护老人"; else ""."""
    places = {
        category: min((text.find(word) for word in words if word in text), default=-1)
        for category, words in HEADINGS["categories"].items()
    }
    found = {category: place for category, place in places.items() if place >= 0}
    return min(found, key=lambda category: found[category]) if found else ""


def _lines_of(sheet: Sheet, remembered: Remembered) -> list[Line]:
    """A sheet's lines of people, not judged yet; none where it has no header."""
    header = find_header(sheet, remembered)
    if header is None:
        return []
    told = _what_is_told(sheet, header)
    lines: list[Line] = []
    for number in range(header.last + 1, len(sheet.rows) + 1):
        texts = [read_text(value, turning=True) for value in sheet.rows[number - 1]]
        if _is_ignored(texts, header.columns, remembered):
            continue
        cells = {
            name: read_text(sheet.at(number, column))
            if (number, column) in sheet.merged
            else texts[column - 1]
            for column, name in header.columns.items()
            if column <= len(texts)
        }
        _read_ticks(cells)
        written = {
            name for column, name in header.columns.items() if column <= len(texts) and texts[column - 1]
        }
        _place(cells, written, lines, header, told)
        found = choose_category(cells.pop("category", "")) or told.category
        cells = {name: text for name, text in cells.items() if text}
        roll = told.is_roll and not (told.only_left_behind and "absence" not in cells)
        lines.append(Line(sheet.name, number, found, told.village, cells, roll=roll))
    return lines


def _what_is_told(sheet: Sheet, header: Header) -> _Told:
    """What stands above the header, in it and in the sheet's name."""
    above = [text for row in sheet.rows[: header.first - 1] for text in map(read_text, row) if text]
    texts = [sheet.name, *above]
    fields = set(header.columns.values())
    category = next((found for found in map(choose_category, texts) if found), "")
    if not category and "category" not in fields:
        told = {HEADINGS["told_by"][name] for name in fields if name in HEADINGS["told_by"]}
        category = told.pop() if len(told) == 1 else ""
    school_class = next((found[0] for text in texts if (found := _CLASS.search(text))), "")
    is_class = "student_no" in fields or bool({"class"} & fields or school_class)
    is_roll = is_class and "grid" not in fields and "category" not in fields
    only_left_behind = any("留守" in text for text in texts)
    village = _village_above(above)
    school = next(
        (found[0] for text in texts if (found := _SCHOOL.search(text.removeprefix("填报单位：")))), ""
    )
    if is_roll and "address" not in fields:
        village = school or village or "学校"
    category = category or ("child" if is_roll else "")
    return _Told(category, village, school, squeeze(school_class), is_roll, only_left_behind)


def _village_above(above: list[str]) -> str:
    for text in above:
        match = _UNIT.match(text)
        if match:
            return re.sub(r"(村|社区)(民)?(委会|委员会|居委会)$", r"\1", match[1].strip())
    return ""


def _is_ignored(texts: list[str], columns: dict[int, str], remembered: Remembered) -> bool:
    """Whether a row is empty but for its number, the header again, a total or a signature."""
    if not any(text for column, text in enumerate(texts, 1) if columns.get(column) != "number"):
        return True
    known = [
        field_of(texts[column - 1], remembered) == name
        for column, name in columns.items()
        if column <= len(texts)
    ]
    if sum(known) >= 3:
        return True
    first = next((text for text in texts if text), "")
    marks = (*HEADINGS["totals"], *HEADINGS["signatures"])
    return any(squeeze(first).startswith(mark) for mark in marks)


def _read_ticks(cells: dict[str, str]) -> None:
    """A tick in one of the columns "父母均外出", "一方外出", "单亲" says what the absence is."""
    for name, words in _TICKED.items():
        if squeeze(cells.pop(name, "")) in HEADINGS["ticks"] and not cells.get("absence"):
            cells["absence"] = words


def _place(cells: dict[str, str], written: set[str], lines: list[Line], header: Header, told: _Told) -> None:
    """Where somebody lives: whoever has no home of their own written lives where the line above does.

    A grid alone may also be missing because the address tells it ("青禾村一组4号"). A class's list without
    addresses is a grid of its own: its pupils' homes are not known yet.
    """
    fields = set(header.columns.values())
    if not fields & {"grid", "address"} and (
        "class" in fields or "student_no" in fields or told.school_class
    ):
        school_class = (
            squeeze(cells.get("class", ""))
            or told.school_class
            or (lines[-1].cells.get("class", "") if lines else "")
        )
        number = f" {cells['student_no']}" if cells.get("student_no") else ""
        cells |= {"grid": school_class or "班级", "class": school_class}
        cells["address"] = f"{UNPLACED}（{read_name(cells.get('name', ''))}{number}）"
        cells["school"] = cells.get("school") or told.school
        return
    if told.school_class and not cells.get("class"):
        cells["class"] = told.school_class
    if told.is_roll and told.school and not cells.get("school"):
        cells["school"] = told.school
    if not written & {"grid", "address"} and lines and not told.is_roll:
        cells["address"] = lines[-1].cells.get("address", "")
        cells["grid"] = lines[-1].cells.get("grid", "")
    found = _GRID.match(cells.get("address", ""))
    if not cells.get("grid") and found:
        cells["grid"] = found[0]
