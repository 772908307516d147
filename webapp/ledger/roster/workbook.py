"""Opening what an office uploads: a workbook or a table of text, or a refusal that says what was expected.

Invariant: nothing is believed of the file before it is opened; what opening it would cost is bounded first:
its size, what it unpacks to, and the cells its merges would make.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from sqlite_utils.utils import Format, RowError, rows_from_file

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_UNPACKED = 200 * 1024 * 1024
LARGEST_XML = 40 * 1024 * 1024  # a ledger of 20,000 people is about 25 MB of it
MOST_ROWS = 20_100  # 20,000 people, and what stands above and below them
MOST_COLUMNS = 100
MOST_CELLS = 1_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_MERGE = re.compile(rb"mergeCell\s[^>]*?ref\s*=\s*[\"']([^\"']*)")
_BLANK_LINE = re.compile(r"^[ \t]*$", re.MULTILINE)
# What openpyxl and zipfile raise on files that are broken or only look like workbooks.
_BROKEN = (
    zipfile.BadZipFile, InvalidFileException, ParseError, zlib.error, LookupError, ValueError, TypeError,
    AttributeError, OSError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip
_REFUSALS = {
    "empty_file": "这个文件是空的。请选 Excel 台账（.xlsx）。",
    "too_large": "文件太大，超过 20 MB。台账通常不到 1 MB，请看看是不是选错了，或先删掉里面的图片。",
    "too_many_rows": "表太长了，超过两万行。请删掉人员下面的空行，或按村分成几个文件。",
    "encrypted": "这个文件加了密码，打不开。请在 Excel 里去掉密码，另存后再传。",
    "old_workbook": "这是旧版 .xls 文件。请在 Excel 里“另存为”.xlsx 再传。",
    "not_a_workbook": "这不是 Excel 台账。请选 .xlsx 文件（或 .csv 文本）。",
    "no_header": "没有找到表头。要有一行写着“姓名、性别、出生年月、家庭住址”这样的列名。",
    "no_people": "表头下面没有人员。请看看是不是选错了文件。",
}


class RosterRefusedError(Exception):
    """A file that is not taken: ``code`` is stable, the message says what was expected."""

    def __init__(self, code: str) -> None:
        super().__init__(_REFUSALS[code])
        self.code = code


@dataclass
class Sheet:
    """A sheet's cells by row number (from 1), and for each merged cell below or beside another, that one."""

    name: str
    rows: list[list[Any]]
    merged: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def at(self, row: int, column: int) -> Any:
        """The value at a place (both from 1), that of the whole merged range where it is merged."""
        place = self.merged.get((row, column), (row, column))
        line = self.rows[place[0] - 1]
        return line[place[1] - 1] if place[1] <= len(line) else None


def read_sheets(data: bytes, name: str) -> list[Sheet]:
    """The sheets of an uploaded file, by what it is, not by what it is called. Raises RosterRefusedError."""
    if not data.strip():
        raise RosterRefusedError("empty_file")
    if len(data) > LARGEST_FILE:
        raise RosterRefusedError("too_large")
    if data.startswith(_OLE):
        raise RosterRefusedError(
            "encrypted" if "EncryptedPackage".encode("utf-16-le") in data else "old_workbook"
        )
    if name.lower().endswith((".csv", ".tsv", ".txt")) and not data.startswith(_ZIP):
        return [_read_text(data, name)]
    return _read_workbook(data)


def _read_workbook(data: bytes) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            has_formulas = _check_cost(archive)
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
        sheets = book.worksheets
        cells = sum(sheet.max_row * min(sheet.max_column, MOST_COLUMNS) for sheet in sheets)
        if cells > MOST_CELLS or any(sheet.max_row > MOST_ROWS for sheet in sheets):
            raise RosterRefusedError("too_many_rows")
        found = [_read_sheet(sheet) for sheet in sheets]
        if has_formulas:
            _keep_formulas(data, found)
        return found
    except _BROKEN as error:
        raise RosterRefusedError("not_a_workbook") from error


def _keep_formulas(data: bytes, sheets: list[Sheet]) -> None:
    """A formula that no program has worked out yet is text like any other: nobody works it out here."""
    book = openpyxl.load_workbook(io.BytesIO(data), keep_links=False)
    for sheet, written in zip(sheets, book.worksheets, strict=True):
        for line, row in zip(sheet.rows, written.iter_rows(max_col=MOST_COLUMNS), strict=False):
            for place, cell in enumerate(row[: len(line)]):
                if cell.data_type == "f" and line[place] is None:
                    line[place] = getattr(cell.value, "text", cell.value)


def _check_cost(archive: zipfile.ZipFile) -> bool:
    """Refuse what would take too much memory to open; return whether there are formulas.

    A merge makes a cell for each place it covers, so that one line of XML can ask for 17,000 million.
    """
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise RosterRefusedError("encrypted")
    pages = [part for part in parts if part.filename.lower().endswith((".xml", ".rels"))]
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise RosterRefusedError("too_large")
    if sum(part.file_size for part in pages) > LARGEST_XML:
        raise RosterRefusedError("too_large")
    merged, has_formulas = 0, False
    for part in pages:
        text = archive.read(part)
        has_formulas = has_formulas or b"<f>" in text or b"<f " in text
        if b"\0" in text:  # no program writes UTF-16 here, and merges could hide in it
            raise RosterRefusedError("not_a_workbook")
        for found in _MERGE.finditer(text):
            left, top, right, bottom = (int(edge or 0) for edge in range_boundaries(found[1].decode("ascii")))
            merged += (right - left + 1) * (bottom - top + 1)
    if merged > MOST_CELLS:
        raise RosterRefusedError("too_many_rows")
    return has_formulas


def _read_sheet(sheet: Any) -> Sheet:
    columns = min(sheet.max_column, MOST_COLUMNS)
    rows = [list(row) for row in sheet.iter_rows(max_col=columns, values_only=True)]
    merged = {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, min(area.max_row, len(rows)) + 1)
        for column in range(area.min_col, min(area.max_col, columns) + 1)
    }
    return Sheet(sheet.title, rows, merged)


def _read_text(data: bytes, name: str) -> Sheet:
    """A table of text in UTF-8, in GB18030 as Chinese Excel writes it, or its "Unicode text" (UTF-16).

    Every line is a row, so that the title and unit rows above the header may stay, and rows keep their
    numbers where lines are blank.
    """
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    form, comma = (Format.TSV, "\t") if text.count("\t") > text.count(",") else (Format.CSV, ",")
    columns = [str(place) for place in range(MOST_COLUMNS)]
    table = comma.join(columns) + "\n" + _BLANK_LINE.sub(comma, text)
    try:
        found, _ = rows_from_file(io.BytesIO(table.encode()), format=form, ignore_extras=True)
        rows = []
        for line in found:
            rows.append([line.get(column) for column in columns])
            if len(rows) > MOST_ROWS:
                raise RosterRefusedError("too_many_rows")
    except (RowError, csv.Error, ValueError) as error:
        raise RosterRefusedError("not_a_workbook") from error
    return Sheet(name.rpartition(".")[0], rows)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")
