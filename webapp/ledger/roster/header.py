"""Finding a sheet's header: the row, or the rows, that say what its columns are. Pure.

A header may stand below titles and take up to three rows ("监护人" above "姓名" and "电话"); what a desk once
said about a heading (``remembered``) counts like what headings.json says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webapp.ledger.lookup import squeeze
from webapp.ledger.roster.cells import read_text
from webapp.ledger.roster.workbook import Sheet

HEADINGS: dict[str, Any] = json.loads(Path(__file__).with_name("headings.json").read_text("utf-8"))
FIELD_OF = {squeeze(word): name for name, words in HEADINGS["fields"].items() for word in words}
HEADER_WITHIN = 15
MOST_ROWS = 3
FEWEST_COLUMNS = 3
LONGEST_HEADING = 30
SAMPLES = 3
ABSENCES = ("single", "one", "both")
_ASIDE = re.compile(r"\(.*?\)")
_GROUP = re.compile("基本|情况|信息|资料")
_PERSONS = re.compile("父|母|监护|委托|家长|子女")
Remembered = Mapping[str, str]
NOTHING: Remembered = {}


@dataclass(frozen=True)
class Header:
    """A header from row ``first`` to ``last`` (from 1): fields and headings by column (from 1)."""

    first: int
    last: int
    columns: dict[int, str]
    headings: dict[int, str]

    @property
    def unknown(self) -> dict[int, str]:
        """The headings that name no field of ours."""
        return {column: text for column, text in self.headings.items() if column not in self.columns}


@dataclass
class SheetReport:
    """What was read of one sheet; ``header`` is None where none was found."""

    name: str
    header: Header | None
    is_sure: bool
    samples: dict[int, list[str]] = field(default_factory=dict)


def find_header(sheet: Sheet, remembered: Remembered = NOTHING) -> Header | None:
    """The header; where two columns say the same, the first counts. None where there is none."""
    for first in range(1, min(HEADER_WITHIN, len(sheet.rows)) + 1):
        found = [_read_header(sheet, first, first + more, remembered) for more in range(MOST_ROWS)]
        best = max(found, key=lambda header: len(header.columns))
        if is_enough(best.columns) and is_known(best, sheet, remembered):
            return best
    return None


def is_enough(columns: Mapping[int, str]) -> bool:
    """Whether these columns make a ledger: a name among at least three."""
    return "name" in columns.values() and len(columns) >= FEWEST_COLUMNS


def is_known(header: Header, sheet: Sheet, remembered: Remembered) -> bool:
    """Whether its first row belongs to it: a title or a unit row above a header is none of it."""
    return header.first == header.last or not _is_better_below(sheet, header, remembered)


def guess_header(sheet: Sheet) -> Header | None:
    """The row that looks most like a header where none was recognised: short texts, with rows below."""
    best: Header | None = None
    for number in range(1, min(HEADER_WITHIN, len(sheet.rows) - 1) + 1):
        header = _read_header(sheet, number, number, NOTHING)
        texts = list(header.headings.values())
        short = len(texts) >= FEWEST_COLUMNS and all(len(text) <= LONGEST_HEADING for text in texts)
        if short and not any(re.search(r"\d{3}", text) for text in texts):
            rank = (len(header.columns), len(texts))
            if best is None or rank > (len(best.columns), len(best.headings)):
                best = header
    return best


def report_sheet(sheet: Sheet, remembered: Remembered = NOTHING) -> SheetReport:
    """The sheet's header, known or guessed, with a few values of each column."""
    header = find_header(sheet, remembered)
    shown = header or guess_header(sheet)
    samples: dict[int, list[str]] = {}
    for column in shown.headings if shown else ():
        below = (
            (read_text(sheet.at(row, column)) for row in range(shown.last + 1, len(sheet.rows) + 1))
            if shown
            else ()
        )
        samples[column] = _first_different(below)
    return SheetReport(sheet.name, shown, header is not None, samples)


def field_of(heading: str, remembered: Remembered = NOTHING) -> str:
    """The field a heading names, what stands in brackets aside; "" for an unknown one."""
    whole, bare = squeeze(heading), squeeze(_ASIDE.sub("", heading))
    return str(remembered.get(whole) or FIELD_OF.get(whole) or FIELD_OF.get(bare, ""))


def _read_header(sheet: Sheet, first: int, last: int, remembered: Remembered) -> Header:
    last = min(last, len(sheet.rows))
    width = max((len(row) for row in sheet.rows[first - 1 : last]), default=0)
    above = ""
    columns: dict[int, str] = {}
    headings: dict[int, str] = {}
    for column in range(1, width + 1):
        parts = [read_text(sheet.at(row, column)) for row in range(first, last + 1)]
        above = parts[0] or (above if any(parts[1:]) else "")
        parts[0] = above
        told = list(dict.fromkeys(part for part in parts if part))
        if not told:
            continue
        headings[column] = " ".join(told)
        name = _field_of_parts(told, remembered)
        if name and name not in columns.values():
            columns[column] = name
    return Header(first, last, columns, headings)


def _field_of_parts(told: list[str], remembered: Remembered) -> str:
    """The field that headings above each other name: "监护人" and "电话" are the guardian's phone."""
    if len(told) == 1:
        return field_of(told[0], remembered)
    if field_of(told[-2], remembered) == "absence":
        return next((f"absence_{each}" for each in ABSENCES if _says(each, told[-1])), "")
    group = _GROUP.sub("", "".join(told[:-1]))
    joined = remembered.get(squeeze(" ".join(told))) or field_of(group + told[-1], remembered)
    if joined or _PERSONS.search(group):
        return joined
    return field_of(told[-1], remembered)


def _says(absence: str, heading: str) -> bool:
    return any(word in heading for word in HEADINGS["absence"][absence])


def _is_better_below(sheet: Sheet, header: Header, remembered: Remembered) -> bool:
    below = _read_header(sheet, header.first + 1, header.last, remembered)
    return len(below.columns) >= len(header.columns)


def _first_different(values: Any) -> list[str]:
    found: list[str] = []
    for text in values:
        if text and text not in found:
            found.append(text[:20])
        if len(found) == SAMPLES:
            break
    return found
