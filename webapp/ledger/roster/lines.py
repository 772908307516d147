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
PHONES = ("phone", "father_phone", "mother_phone", "guardian_phone")
LABELS = {name: words[0] for name, words in HEADINGS["fields"].items()}
_UNIT = re.compile(r"填报单位[:：]?\s*(.+)")
_VILLAGE = re.compile(r"(.+?(?:村|社区))(?=.)")
REASONS = {
    "no_name": "没有姓名，请补上姓名。",
    "no_grid": "看不出属于哪个网格，请写明网格。",
    "no_address": "没有家庭住址，请写明几组几号。",
    "impossible_birth_date": "出生日期“%(bad)s”不对，请核对后改成如 1950-05-05。",
    "impossible_phone": "电话“%(bad)s”不对，请核对。手机号是 11 位。",
    "same_person_again": "同一户已经有同名、同一天出生的人，请看看是不是写了两遍。",
    "unknown_absence": "父母外出情况“%(bad)s”看不懂，请写：父母均外出、一方外出或单亲。",
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
        code, bad = error.code, _cell_at_fault(error.code, line.cells)
    cells = line.cells
    if not cells.get("name"):
        code = "no_name"
    elif not code and not cells.get("address"):
        code = "no_address"
    elif not code and not cells.get("grid"):
        code = "no_grid"
    who = (squeeze(cells.get("address", "")), squeeze(cells.get("name", "")), line.values.get("birth", ""))
    if not code and who in seen:
        code = "same_person_again"
    if code:
        hold_line(line, code, bad)
        return
    seen.add(who)
    line.fate, line.code, line.reason, line.bad = "accepted", "", "", ""


def hold_line(line: Line, code: str, bad: str = "") -> None:
    """Hold a line, with the words for it."""
    line.fate, line.code, line.reason, line.bad = "held", code, REASONS[code] % {"bad": bad}, bad


def grid_name(line: Line) -> str:
    """A grid's full name, with its village before it: "青禾村一组"."""
    grid = line.cells["grid"]
    return grid if not line.village or grid.startswith(line.village) else line.village + grid


def village_of(line: Line) -> str:
    """The village of a line: of the unit row, else what stands before the grid."""
    match = _VILLAGE.match(line.cells.get("grid", ""))
    return line.village or (match[1] if match else line.cells.get("grid", ""))


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
        if _is_ignored(texts):
            continue
        cells = {name: read_text(sheet.at(number, column)) for column, name in columns.items()}
        written = any(name == "grid" and texts[column - 1] for column, name in columns.items())
        _fill_from_above(cells, written, lines)
        lines.append(Line(sheet.name, number, category, village, {k: v for k, v in cells.items() if v}))
    return lines


def _find_header(sheet: Sheet) -> tuple[int, dict[int, str]] | None:
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN], 1):
        columns = {
            column: FIELD_OF[squeeze(read_text(value))]
            for column, value in enumerate(row, 1)
            if squeeze(read_text(value)) in FIELD_OF
        }
        if "name" in columns.values() and len(columns) >= 3:
            return number, columns
    return None


def _category(sheet: Sheet, start: int) -> str:
    """What sort of people a sheet lists, by its name, else by what stands above its header."""
    above = [read_text(value) for row in sheet.rows[:start] for value in row]
    for text in (sheet.name, *above):
        for category, words in HEADINGS["categories"].items():
            if any(word in text for word in words):
                return str(category)
    return "elder"


def _village_above(sheet: Sheet, start: int) -> str:
    for row in sheet.rows[: start - 1]:
        for value in row:
            match = _UNIT.match(read_text(value))
            if match:
                return re.sub(r"(村|社区)(民)?(委会|委员会|居委会)$", r"\1", match[1].strip())
    return ""


def _is_ignored(texts: list[str]) -> bool:
    """Whether a row is empty, a total or a signature."""
    first = next((text for text in texts if text), "")
    marks = (*HEADINGS["totals"], *HEADINGS["signatures"])
    return not first or any(squeeze(first).startswith(mark) for mark in marks)


def _fill_from_above(cells: dict[str, str], grid_written: bool, lines: list[Line]) -> None:
    """Whoever has neither grid nor address of their own lives where the line above does."""
    if not grid_written and not cells.get("address") and lines:
        cells["address"] = lines[-1].cells.get("address", "")
        cells["grid"] = lines[-1].cells.get("grid", "")


def _read_values(cells: dict[str, str], today: str) -> dict[str, Any]:
    """A person's fields out of their cells. Raises CellError."""
    values: dict[str, Any] = {}
    for name, text in cells.items():
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
    for name in PHONES:
        try:
            read_phone(cells[name]) if cells.get(name) else None
        except CellError:
            return cells[name]
    return ""
