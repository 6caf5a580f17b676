"""What stands in which row of an uploaded file? CSV or XLSX to cells, streaming, with the spreadsheet's row numbers. No Django.

CSV: comma, semicolon, tab, `#` or `|`; UTF-8 with or without BOM, UTF-16, cp1252; memory stays that of one row. XLSX is
opened by a process of its own (`workbooks`). Titles above the header are passed over, headers of two lines joined.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, BinaryIO, Protocol

from . import headers, workbooks

MAX_COLUMNS = 60
NO_HEADER = 0  # the row chosen for the header where a list has none
MAX_LINE_BYTES = 64 * 1024
MAX_LINES_IN_A_ROW = 100
WORKBOOK = b"PK\x03\x04"  # what an XLSX file begins with
DELIMITERS = ",;\t#|"

_BOM = b"\xef\xbb\xbf"
_OLE = b"\xd0\xcf\x11\xe0"
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_OTHER_KINDS = {
    b"PK\x05\x06": "is_compressed",
    b"%PDF": "is_pdf",
    b"\x1f\x8b": "is_compressed",
    b"7z\xbc\xaf": "is_compressed",
    b"Rar!": "is_compressed",
    b"{\\rtf": "is_document",
    b"<": "is_document",
    b"\x89PNG": "is_picture",
    b"\xff\xd8\xff": "is_picture",
}
_START_BYTES = 8
_NO_NAMES = frozenset(b"\xfe\xff")  # þ and ÿ stand in no Indonesian list, but at the joints of other encodings


class SheetError(Exception):
    """The file cannot be read on: why (`code`), and where, as a spreadsheet counts or by header. Nothing of its cells is in it."""

    def __init__(self, code: str, row: int, column: int | str | None = None) -> None:
        super().__init__(f"{code} (row {row})")
        self.code, self.row, self.column = code, row, column


@dataclass(frozen=True, slots=True)
class Choice:
    """Where somebody said the list is: its sheet ("" as found), and the row its columns are named in (None as found)."""

    sheet: str = ""
    header_row: int | None = None


AS_FOUND = Choice()


class Places(Protocol):
    """Which columns are taken from where, as `cells.Layout` knows."""

    @property
    def columns(self) -> tuple[tuple[int, Any], ...]: ...


@dataclass(slots=True)
class Sheet:
    """A list: its header, and its rows to be read once.

    `total` is how many rows there are at most, where the file says so. `looked_at` are the first rows, the header among
    them; `name` and `names` the sheet that is read and those there are, empty for a CSV. `notes` tells of the file what
    whoever sent it should know, by code with row and params; whole once all is read.
    """

    header: list[str]
    header_row: int
    rows: Iterator[tuple[int, list[str]]]
    total: int | None = None
    name: str = ""
    names: list[str] = field(default_factory=list)
    looked_at: list[tuple[int, list[str]]] = field(default_factory=list)
    notes: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)


class Marked(list[str]):
    """The cells of a row of which some are not what they seem: `formula_cell`, `merged_cell`, by place."""

    def __init__(self, cells: list[str], marks: dict[int, str]) -> None:
        super().__init__(cells)
        self.marks = marks


def marked(cells: list[str], layout: Places) -> list[tuple[Any, str]]:
    """Column and code of each cell of a row that is taken and is not what it seems."""
    marks = cells.marks if isinstance(cells, Marked) else {}
    return [(column, marks[place]) for place, column in layout.columns if place in marks] if marks else []


def read(file: BinaryIO, known: Collection[str] = frozenset(), choice: Choice = AS_FOUND) -> Sheet:
    """The list in a CSV or XLSX file. `known` are plain names of columns, by which its header is found, if not chosen.

    Its rows are as `read_csv` gives them. Raises SheetError, here or while the rows are read: what `read_csv` says, and
    is_encrypted, has_macros, zip_bomb, workbook_broken, workbook_too_heavy, too_many_rows, too_large for workbooks.
    """
    source = io.BufferedReader(_Raw(file), MAX_LINE_BYTES) if not isinstance(file, io.BufferedReader) else file
    start = source.peek(_START_BYTES)[:_START_BYTES]
    if start.startswith(WORKBOOK):
        return _workbook(source, known, choice)
    if start.startswith(_OLE):
        raise SheetError("is_encrypted" if workbooks.is_encrypted(source, b"") else "is_xls", 1)
    return _csv(source, known, choice)


def read_csv(file: BinaryIO, known: Collection[str] = frozenset()) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) for the header and every row that is not blank; blank rows count but do not come.

    Rows shorter than the header are filled with empty cells (spreadsheets leave trailing ones out), empty cells
    beyond it are cut; a row that says more than its header comes whole, for the caller to refuse.
    Raises SheetError: empty, no_rows, no_header, too_many_columns, encoding, nul, line_too_long, line_ends, broken_quotes,
    and is_xlsx and its like for files that are no CSV.
    """
    sheet = _csv(file, known)
    yield sheet.header_row, sheet.header
    yield from sheet.rows


def _csv(file: BinaryIO, known: Collection[str], choice: Choice = AS_FOUND) -> Sheet:
    lines = _Lines(file, known)
    sheet = Sheet([], 1, iter(()), notes=lines.notes)
    _begin(sheet, lines.rows(), known, choice)
    return sheet


def _workbook(file: BinaryIO, known: Collection[str], choice: Choice) -> Sheet:
    sheet = Sheet([], 1, iter(()))
    try:
        book = workbooks.Workbook(file, known, sheet=choice.sheet)
    except workbooks.Unreadable as error:
        raise SheetError(error.code, error.row, error.column) from None
    sheet.total, sheet.name, sheet.names = book.total, book.sheet, book.names
    _begin(sheet, _rows_of(book, sheet.notes), known, choice)
    return sheet


def _rows_of(book: workbooks.Workbook, notes: dict[str, tuple[int, dict[str, str]]]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a workbook; it does not know the sheet, so that whoever lets go of that ends the process."""
    try:
        for row in book.rows():
            yield row.number, Marked(row.cells, row.marks) if row.marks else row.cells
    except workbooks.Unreadable as error:
        raise SheetError(error.code, error.row, error.column) from None
    if book.others:
        notes["other_sheets"] = (1, {"name": ", ".join(book.others)})


def _begin(sheet: Sheet, rows: Iterator[tuple[int, list[str]]], known: Collection[str], choice: Choice) -> None:
    """Finds the header among the first rows; the sheet then gives what follows."""
    looked_at = sheet.looked_at = list(islice(rows, headers.ROWS_LOOKED_AT if known else 1))
    if not looked_at:
        raise SheetError("empty", 1)
    if choice.header_row == NO_HEADER:
        _begin_at_once(sheet, rows)
        return
    found = headers.find([cells for _, cells in looked_at], known)
    if choice.header_row not in (None, looked_at[found.place + found.lines - 1][0]):
        found = _header_at(looked_at, choice.header_row)
    after = found.place + found.lines
    sheet.header_row = looked_at[after - 1][0]
    if not known and sheet.header_row != 1:
        raise SheetError("no_header", 1)
    width = _width(found.names, sheet.header_row)
    sheet.header = found.names[:width]
    sheet.rows = _fitted(chain(looked_at[after:], rows), width, again=looked_at[after - 1][1] if known else None)


def _begin_at_once(sheet: Sheet, rows: Iterator[tuple[int, list[str]]]) -> None:
    """The list has no header: its columns are called by their numbers, and its first row is somebody."""
    width = max(_width(cells, row) for row, cells in sheet.looked_at)
    sheet.header_row, sheet.header = NO_HEADER, [str(number) for number in range(1, width + 1)]
    sheet.rows = _fitted(chain(sheet.looked_at, rows), width)


def _header_at(looked_at: list[tuple[int, list[str]]], row: int | None) -> headers.Found:
    for place, (number, cells) in enumerate(looked_at):
        if number == row:
            return headers.Found(place, 1, cells, 0)
    raise SheetError("no_header", row or 1)


def _fitted(
    rows: Iterator[tuple[int, list[str]]], width: int, again: list[str] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Rows as wide as the header; lists printed page by page have it `again`, which is nobody."""
    found = False
    for row, cells in rows:
        if cells == again:
            continue
        if len(cells) != width:
            cells = _fit(cells, width)
        found = True
        yield row, cells
    if not found:
        raise SheetError("no_rows", 1)


def _width(header: list[str], row: int) -> int:
    width = len(header)
    while width and not header[width - 1].strip():
        width -= 1
    if not width:
        raise SheetError("no_header", row)
    if width > MAX_COLUMNS:
        raise SheetError("too_many_columns", row, MAX_COLUMNS + 1)
    return width


def _fit(cells: list[str], width: int) -> list[str]:
    if len(cells) < width:
        fitted = cells + [""] * (width - len(cells))
    elif any(cell.strip() for cell in cells[width:]):
        return cells
    else:
        fitted = cells[:width]
    return Marked(fitted, cells.marks) if isinstance(cells, Marked) else fitted


class _Raw(io.RawIOBase):
    """Any file that can be read, so that one can look ahead in it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Recoded(io.RawIOBase):
    """A UTF-16 file as UTF-8; what is broken in it becomes broken UTF-8, so that it is told with its row."""

    def __init__(self, file: BinaryIO, start: bytes, encoding: str) -> None:
        self._file, self._left = file, b""
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._left, self._is_over = self._recode(start, is_last=False), False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left and not self._is_over:
            piece = self._file.read(MAX_LINE_BYTES)
            self._is_over = not piece
            self._left = self._recode(piece, is_last=not piece)
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count

    def _recode(self, piece: bytes, *, is_last: bool) -> bytes:
        try:
            return self._decoder.decode(piece, is_last).encode("utf-8", "surrogatepass")
        except UnicodeError:
            self._is_over = True
            return b"\xff"


class _Lines:
    """The lines of one file, decoded one by one so that an error knows its row.

    The first line that is not plain ASCII tells whether it is UTF-8 or cp1252; a line of the other kind later on is
    refused, since one of them would be read wrongly.
    """

    def __init__(self, file: BinaryIO, known: Collection[str]) -> None:
        self.file, self.known, self.row, self.lines_in_row = file, known, 1, 0
        self.notes: dict[str, tuple[int, dict[str, str]]] = {}
        self._encoding = ""

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        first = self._first()
        reader = csv.reader(self._decoded(first), delimiter=_delimiter(first, self.known), strict=True)
        while True:
            self.lines_in_row = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise SheetError("line_ends" if "new-line" in str(error) else "broken_quotes", self.row) from None
            if cells and any(cells) and any(map(str.strip, cells)):
                yield self.row, cells
            self.row += 1

    def _first(self) -> list[bytes]:
        """The lines among which the header is, the first without its byte order mark."""
        first = self.file.readline(MAX_LINE_BYTES + 1)
        for start, encoding in _UTF16.items():
            if first.startswith(start):
                self.file = io.BufferedReader(_Recoded(self.file, first[len(start) :], encoding), MAX_LINE_BYTES)
                self._encoding = "utf-8"
                first = self.file.readline(MAX_LINE_BYTES + 1)
        for start, code in {**_OTHER_KINDS, WORKBOOK: "is_xlsx", _OLE: "is_xls"}.items():
            if first.startswith(start):
                raise SheetError(code, 1)
        if first.startswith(_BOM):
            self._encoding = "utf-8"
        lines = [first.removeprefix(_BOM)]
        while self.known and len(lines) < headers.ROWS_LOOKED_AT and 0 < len(lines[-1]) <= MAX_LINE_BYTES:
            lines.append(self.file.readline(MAX_LINE_BYTES + 1))
        return lines

    def _decoded(self, first: list[bytes]) -> Iterator[str]:
        readline, limit = self.file.readline, MAX_LINE_BYTES + 1
        for line in chain(first, iter(lambda: readline(limit), b"")):
            if not line:
                return
            self.lines_in_row += 1
            if len(line) >= limit:
                raise SheetError("line_too_long", self.row)
            if self.lines_in_row > MAX_LINES_IN_A_ROW:
                raise SheetError("broken_quotes", self.row)
            if b"\0" in line:
                raise SheetError("nul", self.row)
            yield line.decode() if line.isascii() else self._text_of(line)

    def _text_of(self, line: bytes) -> str:
        encoding = "utf-8"
        try:
            text = line.decode()
        except UnicodeDecodeError:
            encoding = "cp1252"
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                raise SheetError("encoding", self.row) from None
            if not _NO_NAMES.isdisjoint(line):
                raise SheetError("encoding", self.row) from None
        self._encoding = self._encoding or encoding
        if encoding != self._encoding:
            raise SheetError("encoding", self.row)
        if encoding == "cp1252":
            self.notes.setdefault("cp1252", (self.row, {}))
        return text


def _delimiter(lines: list[bytes], known: Collection[str]) -> str:
    """The one by which a line names the most columns, else that parts the first most often outside quotes, else a comma."""
    texts = [line.decode("utf-8", "replace").replace('"', "") for line in lines]
    outside = b"".join(lines[0].split(b'"')[::2])

    def weight(delimiter: str) -> tuple[int, int]:
        named = max((headers.score(text.split(delimiter), known) for text in texts), default=0) if known else 0
        return (named if named >= headers.SURE else 0, outside.count(delimiter.encode()))

    return max(DELIMITERS, key=weight)
