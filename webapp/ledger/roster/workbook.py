"""Opening what an office uploads: a workbook or a table of text, or a refusal that says what was expected.

Invariant: nothing is believed of the file before it is opened: its size, and what it unpacks to, are
bounded first.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from sqlite_utils.utils import Format, rows_from_file

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_UNPACKED = 200 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 100
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFUSALS = {
    "empty_file": "这个文件是空的。请选 Excel 台账（.xlsx）。",
    "too_large": "文件太大，超过 20 MB。台账通常不到 1 MB，请看看是不是选错了，或先删掉里面的图片。",
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
    """The sheets of an uploaded file. Raises RosterRefusedError."""
    if not data:
        raise RosterRefusedError("empty_file")
    if len(data) > LARGEST_FILE:
        raise RosterRefusedError("too_large")
    if data.startswith(_OLE):
        raise RosterRefusedError(
            "encrypted" if "EncryptedPackage".encode("utf-16-le") in data else "old_workbook"
        )
    if name.lower().endswith((".csv", ".tsv", ".txt")):
        return [_read_text(data, name)]
    return _read_workbook(data)


def _read_workbook(data: bytes) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > LARGEST_UNPACKED:
                raise RosterRefusedError("too_large")
            if any(item.flag_bits & 1 for item in archive.infolist()):
                raise RosterRefusedError("encrypted")
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, EOFError) as error:
        raise RosterRefusedError("not_a_workbook") from error
    return [_read_sheet(sheet) for sheet in book.worksheets]


def _read_sheet(sheet: Any) -> Sheet:
    if sheet.max_row > MOST_ROWS:
        raise RosterRefusedError("too_large")
    columns = min(sheet.max_column, MOST_COLUMNS)
    rows = [list(row) for row in sheet.iter_rows(max_col=columns, values_only=True)]
    merged = {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        if area.max_row - area.min_row < MOST_ROWS
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, min(area.max_col, columns) + 1)
        if row <= len(rows)
    }
    return Sheet(sheet.title, rows, merged)


def _read_text(data: bytes, name: str) -> Sheet:
    """A table of text whose first line is the header, in UTF-8 or in GB18030 as Chinese Excel writes it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    form = Format.TSV if "\t" in text.partition("\n")[0] else Format.CSV
    try:
        found, _ = rows_from_file(io.BytesIO(text.encode()), format=form)
        lines = [dict(line) for line in found]
    except (ValueError, TypeError) as error:
        raise RosterRefusedError("not_a_workbook") from error
    if not lines or len(lines) > MOST_ROWS:
        raise RosterRefusedError("too_large" if lines else "no_people")
    header = [key for key in lines[0] if isinstance(key, str)]
    return Sheet(
        name.rpartition(".")[0], [list(header), *([line.get(key) for key in header] for line in lines)]
    )
