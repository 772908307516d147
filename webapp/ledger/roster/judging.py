"""Judging a line of a ledger: what its cells mean, or why it is held. Pure.

Invariant: every held line has a code of ``REASONS`` and its words; of what is accepted every value is of the
type that its field's definition says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from webapp.forms.engine import load_profile
from webapp.ledger.lookup import squeeze
from webapp.ledger.roster.cells import (
    CellError,
    birth_of_card,
    read_birth,
    read_name,
    read_phone,
    sex_of_card,
    strange_in,
)
from webapp.ledger.roster.header import HEADINGS, NOTHING, Remembered
from webapp.ledger.roster.lines import Line, door_of, grid_name, read_roster
from webapp.ledger.roster.workbook import RosterRefusedError, Sheet

LONGEST_NAME, LONGEST_TEXT = 40, 200
YOUNGEST_GUARDIAN = (
    18  # 未成年人保护法第二十二条：受委托照护的人要有完全民事行为能力，即满十八周岁（民法典第十七、十八条）
)
LAST_DAY = "9999-12-31"
PHONES = ("phone", "father_phone", "mother_phone", "guardian_phone")
REASONS = {
    "no_name": "没有姓名，请补上姓名。",
    "no_grid": "看不出属于哪个网格，请写明网格。",
    "no_address": "没有家庭住址，请写明几组几号。",
    "impossible_birth_date": "出生日期“%(bad)s”不对，请核对后改成如 1950-05-05。",
    "future_birth_date": "出生日期“%(bad)s”还没有到，请核对。",
    "impossible_card": "身份证号不对，请核对；或者改写出生日期。",
    "impossible_phone": "电话“%(bad)s”不对，请核对。手机号是 11 位。",
    "same_person_again": "同一户已经有同名、同一天出生的人，请看看是不是写了两遍。",
    "unknown_absence": "父母外出情况“%(bad)s”看不懂，请写：父母均外出、一方外出或单亲。",
    "parents_at_home": "父母外出情况写着“%(bad)s”，不算留守儿童。确实留守就改这一格，不是就跳过。",
    "unknown_sex": "性别“%(bad)s”看不懂，请写：男或女。",
    "guardian_too_young": "监护人只有“%(bad)s”，不满 18 岁不能受委托，请核对年龄或换一位。",
    "impossible_number": "“%(bad)s”应当是数字，请核对。",
    "impossible_date": "日期“%(bad)s”看不懂，请写成如 2025-03-01。",
    "strange_character": "里面有不该有的符号“%(bad)s”，请去掉，照身份证上的写。",
    "no_category": "看不出是留守儿童、妇女还是老人。请写明类别，如：留守老人。",
    "too_long": "“%(bad)s…”太长了，请缩短。",
    "no_village": "看不出“%(bad)s”是哪个村的。请写全，如：青禾村一组。",
    "foreign_grid": "这个网格不归你管，请找上级导入。",
    "moved_away": "这个人已经搬到“%(bad)s”，没有重新登记。确实搬回来了，请在督导台把这一户搬回来。",
    "merged_away": "这个人已经并到“%(bad)s”名下，没有重新登记。",
    "erased": "这个人的资料按要求删除过，没有重新登记。",
}
# Fields that are read, and not kept as they are.
_NOT_KEPT = frozenset({"number", "grid", "address", "student_no", "id_card"})


def read_lines(sheets: list[Sheet], today: str, remembered: Remembered = NOTHING) -> list[Line]:
    """Every line of people of these sheets, judged. Raises RosterRefusedError (no_header, no_people)."""
    lines = read_roster(sheets, remembered).lines
    if not lines:
        raise RosterRefusedError("no_header")
    judge_lines(lines, today)
    return lines


def judge_lines(lines: list[Line], today: str) -> None:
    """Judge all lines of a file."""
    seen: set[tuple[str, ...]] = set()
    for line in lines:
        judge_line(line, today, seen)


def judge_line(line: Line, today: str, seen: set[tuple[str, ...]]) -> None:
    """Give a line its fate and, where it is accepted, its values; ``seen`` grows by who it is."""
    code, bad = "", ""
    try:
        line.values = _read_values(line, today)
    except _FieldError as error:
        line.values = {}
        code, bad = error.code, error.bad
    code = "no_name" if not line.cells.get("name") else code or _what_is_missing(line)
    if not code and who_is(line) in seen:
        code = "same_person_again"
    if code:
        hold_line(line, code, bad)
        return
    seen.add(who_is(line))
    line.fate, line.code, line.reason, line.bad = _good_fate(line), "", "", ""


def who_is(line: Line) -> tuple[str, ...]:
    """What two lines about the same person have in common: where they live, their name, their birth."""
    home = squeeze(grid_name(line) + door_of(line)) if line.cells.get("grid") else ""
    return (home, squeeze(line.cells.get("name", "")), line.values.get("birth", ""))


def hold_line(line: Line, code: str, bad: str = "") -> None:
    """Hold a line, with the words for it."""
    line.fate, line.code, line.reason, line.bad = "held", code, REASONS[code] % {"bad": bad}, bad


class _FieldError(Exception):
    def __init__(self, code: str, bad: str) -> None:
        super().__init__(code)
        self.code, self.bad = code, bad


def _good_fate(line: Line) -> str:
    """A pupil who is not left behind is counted with their class, and not registered."""
    return "counted" if line.roll and "absence" not in line.values else "accepted"


def _what_is_missing(line: Line) -> str:
    if line.roll and "absence" not in line.values:
        return ""
    if not line.cells.get("address"):
        return "no_address"
    if not line.cells.get("grid"):
        return "no_grid"
    return "" if line.category else "no_category"


def _read_values(line: Line, today: str) -> dict[str, Any]:
    """A person's fields out of their cells. Raises _FieldError."""
    values: dict[str, Any] = {}
    for name, text in line.cells.items():
        _check_text(name, text)
        if not text or name in _NOT_KEPT:
            continue
        try:
            value = _read_value(name, text, line, today)
        except CellError as error:
            raise _FieldError(_more_exactly(error.code, text), text[:30]) from error
        if value is not None:
            values[name] = value
    _read_card(line, values, today)
    return values


def _check_text(name: str, text: str) -> None:
    is_name = name.endswith("name")
    if len(text) > (LONGEST_NAME if is_name else LONGEST_TEXT):
        raise _FieldError("too_long", text[:10])
    strange = "" if text.isascii() else strange_in(text, is_name=is_name)
    if strange:
        raise _FieldError("strange_character", strange)


def _read_value(name: str, text: str, line: Line, today: str) -> Any:
    if name == "birth":
        return read_birth(text, today, line.category)
    if name == "absence":
        return _read_absence(text, line)
    read = _READERS.get(name) or (read_name if name.endswith("name") else None)
    return read(text) if read else _as_defined(name, text)


def _as_defined(name: str, text: str) -> Any:
    """A value of the type that the definition of a person says; None for what it does not know."""
    kind = _TYPES.get(name)
    if kind == "integer":
        return int(_first_number(text))
    if kind == "date":
        return _read_day(text)
    return None if kind is None else text


def _read_absence(text: str, line: Line) -> str | None:
    for value, words in HEADINGS["absence"].items():
        if any(word in text for word in words):
            if value != "none":
                return str(value)
            if line.roll:
                return None
            raise _FieldError("parents_at_home", text[:30])
    raise CellError("unknown_absence")


def _read_sex(text: str) -> str:
    for value, words in HEADINGS["sex"].items():
        if squeeze(text) in words:
            return str(value)
    raise CellError("unknown_sex")


def _read_guardian_age(text: str) -> Any:
    age = int(_first_number(text))
    if age < YOUNGEST_GUARDIAN:
        raise CellError("guardian_too_young")
    return _as_defined("guardian_age", str(age))


def _read_day(text: str) -> str:
    try:
        return read_birth(text, LAST_DAY)
    except CellError as error:
        raise CellError("impossible_date") from error


def _first_number(text: str) -> str:
    found = re.fullmatch(r"(\d{1,5})(?:\.0)?\s*[周岁年]*", text)
    if found is None:
        raise CellError("impossible_number")
    return found[1]


def _read_card(line: Line, values: dict[str, Any], today: str) -> None:
    """An identity card's number is not kept; it tells birth and sex where no column does."""
    card = squeeze(line.cells.get("id_card", ""))
    if not card or {"birth", "sex"} <= values.keys():
        return
    try:
        birth = birth_of_card(card)
    except CellError as error:
        if "birth" in values:
            return
        raise _FieldError(error.code, "") from error
    if birth > today:
        raise _FieldError("impossible_card", "")
    values.setdefault("birth", birth)
    values.setdefault("sex", sex_of_card(card))


def _more_exactly(code: str, text: str) -> str:
    """A birth date that would be one if it were not still to come."""
    if code != "impossible_birth_date":
        return code
    try:
        read_birth(text, LAST_DAY)
    except CellError:
        return code
    return "future_birth_date"


_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(PHONES, read_phone),
    "sex": _read_sex,
    "guardian_age": _read_guardian_age,
}
_TYPES = {each["key"]: each["type"] for each in load_profile("person")["fields"]}
