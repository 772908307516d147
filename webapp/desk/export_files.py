"""A table as a file: Excel with typed cells, or CSV that Excel opens in Chinese. Pure.

Invariant: nothing in a cell is ever a formula, in whatever program opens it (CWE-1236): what begins with
``= + - @``, in any width, or with a tab or a return is text with an apostrophe before it; in Excel it is
stored as text as well. Phone numbers and other digits stay text.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

DANGEROUS = frozenset("=+-@\t\r\n|%")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
WIDEST = 40
Cell = str | int | float | date | None


@dataclass
class Table:
    """One sheet: its title, its columns' headings, its rows."""

    title: str
    columns: list[str]
    rows: list[list[Cell]] = field(default_factory=list)


def write_xlsx(tables: list[Table]) -> bytes:
    """A workbook of these tables, headings frozen, numbers and dates as such."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", table.title)[:31])
        written: list[list[Cell]] = [[*table.columns], *table.rows]
        for number, row in enumerate(written, 1):
            for place, value in enumerate(row, 1):
                _put(sheet.cell(number, place), value)
        _lay_out(sheet, table)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def write_csv(tables: list[Table]) -> bytes:
    """The tables one below the other, UTF-8 with the mark by which Excel knows it."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for number, table in enumerate(tables):
        if number:
            writer.writerow([])
        if len(tables) > 1:
            writer.writerow([harmless(table.title)])
        writer.writerow([harmless(each) for each in table.columns])
        writer.writerows([[_as_text(value) for value in row] for row in table.rows])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def harmless(text: str) -> str:
    """Text that no program takes for a formula."""
    first = unicodedata.normalize("NFKC", text.lstrip()[:1] or text[:1])
    return f"'{text}" if first[:1] in DANGEROUS and first else text


def as_day(text: str) -> Cell:
    """A whole ISO date as a date; anything else as it is."""
    if not _DAY.fullmatch(text):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _as_text(value: Cell) -> str:
    if isinstance(value, str):
        return harmless(value)
    return "" if value is None else str(value)


def _put(cell: Any, value: Cell) -> None:
    if isinstance(value, str):
        cell.value = harmless(_NOT_IN_XML.sub("", value))
        cell.data_type = "s"
    else:
        cell.value = value
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"


def _lay_out(sheet: Any, table: Table) -> None:
    sheet.freeze_panes = "A2"
    for place, heading in enumerate(table.columns, 1):
        sheet.cell(1, place).font = Font(bold=True)
        longest = max((len(str(row[place - 1] or "")) for row in table.rows[:200]), default=0)
        width = min(max(longest, len(heading)) * 2 + 2, WIDEST)
        sheet.column_dimensions[get_column_letter(place)].width = width
