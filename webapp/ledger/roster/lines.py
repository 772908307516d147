"""The lines of a ledger, each with its fate: accepted, held with a reason, or ignored. Pure.

A line is ``Line("留守儿童", 4, "child", fate="accepted", values={"name": "郭霞", …})``. Nothing is dropped
in silence: a line that cannot be taken is held, with words that say what to do about it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webapp.ledger.lookup import squeeze
from webapp.ledger.roster.cells import CellError, read_birth, read_name, read_phone, read_text
from webapp.ledger.roster.workbook import RosterRefusedError, Sheet

HEADINGS: dict[str, Any] = json.loads(Path(__file__).with_name("headings.json").read_text("utf-8"))
FIELD_OF = {squeeze(word): name for name, words in HEADINGS["fields"].items() for word in words}
HEADER_WITHIN = 15
LONGEST_NAME, LONGEST_TEXT = 40, 200
PHONES = ("phone", "father_phone", "mother_phone", "guardian_phone")
LABELS = {name: words[0] for name, words in HEADINGS["fields"].items()}
_UNIT = re.compile(r"填报单位[:：]?\s*(.+)")
_VILLAGE = re.compile(r"(.+?(?:村|社区))(?=.)")
_GRID = re.compile(r".*?[^\d](?:组|小组|队|网格)(?=.)|.*?\d+(?:组|队|网格)(?=.)")
_ASIDE = re.compile(r"\(.*?\)")
REASONS = {
    "no_name": "没有姓名，请补上姓名。",
    "no_grid": "看不出属于哪个网格，请写明网格。",
    "no_address": "没有家庭住址，请写明几组几号。",
    "impossible_birth_date": "出生日期“%(bad)s”不对，请核对后改成如 1950-05-05。",
    "impossible_phone": "电话“%(bad)s”不对，请核对。手机号是 11 位。",
    "same_person_again": "同一户已经有同名、同一天出生的人，请看看是不是写了两遍。",
    "unknown_absence": "父母外出情况“%(bad)s”看不懂，请写：父母均外出、一方外出或单亲。",
    "no_category": "看不出是留守儿童、妇女还是老人。请写明类别，如：留守老人。",
    "too_long": "“%(bad)s…”太长了，请缩短。",
    "no_village": "看不出“%(bad)s”是哪个村的。请写全，如：青禾村一组。",
    "foreign_grid": "这个网格不归你管，请找上级导入。",
}


@dataclass
class Line:
    """One line: where it stood, what its cells say by field, and its fate."""

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


def read_lines(sheets: list[Sheet], today: str) -> list[Line]:
    """Every line of people of these sheets, judged. Raises RosterRefusedError (no_header, no_people)."""
    found = [_lines_of(sheet) for sheet in sheets]
    if all(lines is None for lines in found):
        raise RosterRefusedError("no_header")
    lines = [line for lines in found for line in lines or ()]
    if not lines:
        raise RosterRefusedError("no_people")
    seen: set[tuple[str, ...]] = set()
    for line in lines:
        judge_line(line, today, seen)
    return lines


def judge_line(line: Line, today: str, seen: set[tuple[str, ...]]) -> None:
    """Give a line its fate and, where it is accepted, its values; ``seen`` grows by who it is."""
    code, bad = "", ""
    try:
        line.values = _read_values(line.cells, today)
    except CellError as error:
        line.values = {}
        code, bad = error.code, _cell_at_fault(error.code, line.cells)
    code = "no_name" if not line.cells.get("name") else code or _what_is_missing(line)
    if not code and who_is(line) in seen:
        code = "same_person_again"
    if code:
        hold_line(line, code, bad)
        return
    seen.add(who_is(line))
    line.fate, line.code, line.reason, line.bad = "accepted", "", "", ""


def who_is(line: Line) -> tuple[str, ...]:
    """What two lines about the same person have in common: where they live, their name, their birth."""
    home = squeeze(grid_name(line) + door_of(line)) if line.cells.get("grid") else ""
    return (home, squeeze(line.cells.get("name", "")), line.values.get("birth", ""))


def door_of(line: Line) -> str:
    """An address without the village and the grid before it: "4号"."""
    address = line.cells.get("address", "")
    door = address
    for before in (grid_name(line), village_of(line), line.cells.get("grid", "")):
        door = door.removeprefix(before).strip()
    return door or address


def hold_line(line: Line, code: str, bad: str = "") -> None:
    """Hold a line, with the words for it."""
    line.fate, line.code, line.reason, line.bad = "held", code, REASONS[code] % {"bad": bad}, bad


def grid_name(line: Line) -> str:
    """A grid's full name, with its village before it: "青禾村一组"."""
    grid = line.cells["grid"]
    return grid if grid.startswith(village_of(line)) else line.village + grid


def village_of(line: Line) -> str:
    """The village of a line: what its grid begins with, else that of the unit row; "" where unknown."""
    match = _VILLAGE.match(line.cells.get("grid", ""))
    return match[1] if match else line.village


def _lines_of(sheet: Sheet) -> list[Line] | None:
    """A sheet's lines of people, not judged yet; None where it has no header."""
    header = _find_header(sheet)
    if header is None:
        return None
    start, columns = header
    category = _category(sheet, start)
    village = _village_above(sheet, start)
    lines: list[Line] = []
    for number in range(start + 1, len(sheet.rows) + 1):
        texts = [read_text(value) for value in sheet.rows[number - 1]]
        if _is_ignored(texts, columns):
            continue
        cells = {name: read_text(sheet.at(number, column)) for column, name in columns.items()}
        written = {name for column, name in columns.items() if texts[column - 1]}
        _fill_from_above(cells, written, lines)
        found = choose_category(cells.pop("category", "")) or category
        lines.append(Line(sheet.name, number, found, village, {k: v for k, v in cells.items() if v}))
    return lines


def _find_header(sheet: Sheet) -> tuple[int, dict[int, str]] | None:
    """The header's row and its columns' fields; where two columns say the same, the first counts."""
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN], 1):
        columns: dict[int, str] = {}
        for column, value in enumerate(row, 1):
            name = _field_of(read_text(value))
            if name and name not in columns.values():
                columns[column] = name
        if "name" in columns.values() and len(columns) >= 3:
            return number, columns
    return None


def _field_of(heading: str) -> str:
    """The field a heading names, what stands in brackets aside; "" for an unknown one."""
    return str(FIELD_OF.get(squeeze(heading)) or FIELD_OF.get(squeeze(_ASIDE.sub("", heading)), ""))


def _category(sheet: Sheet, start: int) -> str:
    """What sort of people a sheet lists: by its name, what stands above its header, or in it; else ""."""
    above = [read_text(value) for row in sheet.rows[:start] for value in row]
    for text in (sheet.name, *above):
        category = choose_category(text)
        if category:
            return category
    columns = {_field_of(text) for text in above}
    told = {HEADINGS["told_by"][name] for name in columns if name in HEADINGS["told_by"]}
    return told.pop() if len(told) == 1 else ""


def choose_category(text: str) -> str:
    """The category that comes first in a text, as "留守儿童" does in "留守儿童及监护老人"; else ""."""
    places = {
        category: min((text.find(word) for word in words if word in text), default=-1)
        for category, words in HEADINGS["categories"].items()
    }
    found = {category: place for category, place in places.items() if place >= 0}
    return min(found, key=lambda category: found[category]) if found else ""


def _village_above(sheet: Sheet, start: int) -> str:
    for row in sheet.rows[: start - 1]:
        for value in row:
            match = _UNIT.match(read_text(value))
            if match:
                return re.sub(r"(村|社区)(民)?(委会|委员会|居委会)$", r"\1", match[1].strip())
    return ""


def _is_ignored(texts: list[str], columns: dict[int, str]) -> bool:
    """Whether a row is empty but for its number, the header again, a total or a signature."""
    if not any(text for column, text in enumerate(texts, 1) if columns.get(column) != "number"):
        return True
    if sum(_field_of(texts[column - 1]) == name for column, name in columns.items()) >= 3:
        return True
    first = next((text for text in texts if text), "")
    marks = (*HEADINGS["totals"], *HEADINGS["signatures"])
    return any(squeeze(first).startswith(mark) for mark in marks)


def _fill_from_above(cells: dict[str, str], written: set[str], lines: list[Line]) -> None:
    """Whoever has no home of their own written lives where the line above does.

    A grid alone may also be missing because the address tells it: "青禾村一组4号".
    """
    if not written & {"grid", "address"} and lines:
        cells["address"] = lines[-1].cells.get("address", "")
        cells["grid"] = lines[-1].cells.get("grid", "")
    told = _GRID.match(cells.get("address", ""))
    if not cells.get("grid") and told:
        cells["grid"] = told[0]


def _what_is_missing(line: Line) -> str:
    if not line.cells.get("address"):
        return "no_address"
    if not line.cells.get("grid"):
        return "no_grid"
    return "" if line.category else "no_category"


def _read_values(cells: dict[str, str], today: str) -> dict[str, Any]:
    """A person's fields out of their cells. Raises CellError."""
    values: dict[str, Any] = {}
    for name, text in cells.items():
        if len(text) > (LONGEST_NAME if name.endswith("name") else LONGEST_TEXT):
            raise CellError("too_long")
        if name in ("number", "grid", "address") or not text:
            continue
        if name == "birth":
            values[name] = read_birth(text, today)
        elif name in PHONES:
            values[name] = read_phone(text)
        elif name in ("absence", "sex"):
            values[name] = _choose(name, text)
        else:
            values[name] = read_name(text) if name.endswith("name") else text
    return {name: value for name, value in values.items() if value is not None}


def _choose(name: str, text: str) -> str | None:
    for value, words in HEADINGS[name].items():
        if any(word in text for word in words):
            return str(value)
    if name == "absence":
        raise CellError("unknown_absence")
    return None


def _cell_at_fault(code: str, cells: dict[str, str]) -> str:
    if code == "impossible_birth_date":
        return cells.get("birth", "")
    if code == "unknown_absence":
        return cells.get("absence", "")
    if code == "too_long":
        return max(cells.values(), key=len)[:10]
    for name in PHONES:
        try:
            read_phone(cells[name]) if cells.get(name) else None
        except CellError:
            return cells[name]
    return ""
