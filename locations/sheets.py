"""What stands in which row of an uploaded file? CSV to cells, streaming, with the spreadsheet's row numbers. No Django.

Comma, semicolon, tab or `#`; UTF-8 with or without BOM. The header is row 1. Memory stays that of one row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

MAX_COLUMNS = 60
MAX_LINE_BYTES = 64 * 1024
MAX_LINES_IN_A_ROW = 100
DELIMITERS = ",;\t#"

_BOM = b"\xef\xbb\xbf"
_OTHER_KINDS = {
    b"PK\x03\x04": "is_xlsx",
    b"\xd0\xcf\x11\xe0": "is_xls",
    b"\xff\xfe": "is_utf16",
    b"\xfe\xff": "is_utf16",
    b"%PDF": "is_pdf",
    b"\x1f\x8b": "is_compressed",
}


class SheetError(Exception):
    """The file cannot be read on: why (`code`), and where, as a spreadsheet counts or by header. Nothing of its cells is in it."""

    def __init__(self, code: str, row: int, column: int | str | None = None) -> None:
        super().__init__(f"{code} (row {row})")
        self.code, self.row, self.column = code, row, column


def read_csv(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) for the header and every row that is not blank; blank rows count but do not come.

    Rows shorter than the header are filled with empty cells (spreadsheets leave trailing ones out), empty cells
    beyond it are cut; a row that says more than its header comes whole, for the caller to refuse.
    Raises SheetError: empty, no_rows, no_header, too_many_columns, encoding, nul, line_too_long, broken_quotes,
    and is_xlsx and its like for files that are no CSV.
    """
    lines = _Lines(file)
    rows = lines.rows()
    try:
        header_row, header = next(rows)
    except StopIteration:
        raise SheetError("empty", 1) from None
    if header_row != 1:
        raise SheetError("no_header", 1)
    width = _width(header)
    yield 1, header[:width]

    found = False
    for row, cells in rows:
        if len(cells) != width:
            cells = _fit(cells, width)
        found = True
        yield row, cells
    if not found:
        raise SheetError("no_rows", 1)


def _width(header: list[str]) -> int:
    width = len(header)
    while width and not header[width - 1].strip():
        width -= 1
    if not width:
        raise SheetError("no_header", 1)
    if width > MAX_COLUMNS:
        raise SheetError("too_many_columns", 1, MAX_COLUMNS + 1)
    return width


def _fit(cells: list[str], width: int) -> list[str]:
    if len(cells) < width:
        return cells + [""] * (width - len(cells))
    return cells if any(cell.strip() for cell in cells[width:]) else cells[:width]


class _Lines:
    """The lines of one file, decoded one by one so that an error knows its row."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.row, self.lines_in_row = file, 1, 0

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        first = self._first()
        reader = csv.reader(self._decoded(first), delimiter=_delimiter(first), strict=True)
        while True:
            self.lines_in_row = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise SheetError("broken_quotes", self.row) from None
            if cells and any(cells):
                yield self.row, cells
            self.row += 1

    def _first(self) -> bytes:
        first = self.file.readline(MAX_LINE_BYTES + 1)
        for start, code in _OTHER_KINDS.items():
            if first.startswith(start):
                raise SheetError(code, 1)
        return first.removeprefix(_BOM)

    def _decoded(self, line: bytes) -> Iterator[str]:
        readline, limit = self.file.readline, MAX_LINE_BYTES + 1
        while line:
            self.lines_in_row += 1
            if len(line) >= limit:
                raise SheetError("line_too_long", self.row)
            if self.lines_in_row > MAX_LINES_IN_A_ROW:
                raise SheetError("broken_quotes", self.row)
            if b"\0" in line:
                raise SheetError("nul", self.row)
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise SheetError("encoding", self.row) from None
            line = readline(limit)


def _delimiter(header: bytes) -> str:
    """The one that parts the header most often outside quotes; a comma for a header of one name."""
    outside = b"".join(header.split(b'"')[::2])
    return max(DELIMITERS, key=lambda delimiter: outside.count(delimiter.encode()))
