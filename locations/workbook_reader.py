"""The process that opens a workbook, and nothing else: `python -m locations.workbook_reader`, bytes in, rows out.

Whatever the file does to it (memory, time, a crash of the library), only this process ends. The archive is looked at
before anything is unpacked, each part before the library sees it. Lines of JSON go out: one `head`, `rows`, one `end`;
or `error` with its code. Nothing of the file is ever in an error.
"""

from __future__ import annotations

import datetime
import io
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import orjson
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from locations import headers

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS_TO_LOAD, CPU_SECONDS = 4, 30
MOST_BYTES = 50_000_000
MOST_ENTRIES = 1000
MOST_UNPACKED = 256_000_000
MOST_RATIO = 200
UNSUSPICIOUS_BYTES = 1_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 60
MOST_CHARACTERS = 32_767
MOST_SHEETS = 50
ROWS_AT_ONCE = 500

_SMALL_PART = 1_000_000
_PIECE = 1 << 20
_OVERLAP = 64
_EXACT = 2**53
_ROUNDED_FROM = 10**15
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Refused(Exception):
    """The workbook cannot be read: why, and where."""

    def __init__(self, code: str, row: int = 1, column: int | None = None) -> None:
        super().__init__(code)
        self.code, self.row, self.column = code, row, column


def main() -> int:
    """Reads the question (a line of JSON) and the workbook from standard input; 0 even where it is refused."""
    limit()
    try:
        question = orjson.loads(sys.stdin.buffer.readline(1 << 20))
        for line in answer(sys.stdin.buffer.read(MOST_BYTES + 1), frozenset(question["known"]), question["sheet"]):
            sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    except Refused as refused:
        return _end(refused.code, refused.row, refused.column)
    except MemoryError:
        return _end("workbook_too_heavy")
    except BaseException:  # the library panics with a kind of its own
        return _end("workbook_broken")
    sys.stdout.buffer.flush()
    return 0


def limit() -> None:
    """From here on, this process can neither grow nor run on, and leaves no file or picture of its memory behind."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_TO_LOAD, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(data: bytes, known: frozenset[str], wanted: str = "") -> Iterator[dict[str, Any]]:
    """What is told of the workbook: head, rows, end. `wanted` is the sheet to read, if there is one. Raises Refused."""
    if len(data) > MOST_BYTES:
        raise Refused("too_large")
    archive = _archive(data)
    if "xl/sharedStrings.xml" in archive.namelist():
        _look_through(archive, "xl/sharedStrings.xml")
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    if not names or len(names) > MOST_SHEETS:
        raise Refused("workbook_broken" if not names else "workbook_too_heavy")
    book = _Book(archive, workbook, _sheet_paths(archive), known)
    chosen, sheet = book.chosen([wanted] if wanted in names else names)
    marks = book.formulas(chosen)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))  # what is left to do grows with the rows alone
    yield {"head": True, "total": sheet.end[0] + 1 if sheet.end else 0, "sheet": chosen, "sheets": names}
    yield from _rows_of(sheet, marks)
    del sheet
    yield {"end": True, "others": [name for name in names if name != chosen and book.is_list(name)]}


def _end(code: str, row: int = 1, column: int | None = None) -> int:
    sys.stdout.buffer.write(orjson.dumps({"error": code, "row": row, "column": column}) + b"\n")
    sys.stdout.buffer.flush()
    return 0


def _archive(data: bytes) -> zipfile.ZipFile:
    """The archive, if its directory promises a workbook of a size that can be read."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise Refused("workbook_broken") from None
    entries = archive.infolist()
    names = {entry.filename.lower() for entry in entries}
    if len(entries) > MOST_ENTRIES:
        raise Refused("zip_bomb")
    if len(names) != len(entries):
        raise Refused("workbook_broken")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("is_encrypted")
    unpacked = sum(entry.file_size for entry in entries)
    suspicious = (entry for entry in entries if entry.file_size > UNSUSPICIOUS_BYTES)
    if unpacked > MOST_UNPACKED or any(e.file_size > MOST_RATIO * max(e.compress_size, 1) for e in suspicious):
        raise Refused("zip_bomb")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused("has_macros")
    if "xl/workbook.bin" in names:
        raise Refused("is_xlsb")
    if "xl/workbook.xml" not in names:
        raise Refused("is_ods" if "content.xml" in names else "is_compressed")
    return archive


def _sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each sheet, by name."""
    targets = {
        relation.get("Id"): relation.get("Target", "") for relation in _tree(archive, "xl/_rels/workbook.xml.rels")
    }
    paths = {}
    for element in _tree(archive, "xl/workbook.xml").iter():
        target = targets.get(element.get(_RELATION))
        if element.tag.endswith("}sheet") and target:
            paths[element.get("name", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
    return paths


def _tree(archive: zipfile.ZipFile, path: str) -> ElementTree.Element:
    try:
        if archive.getinfo(path).file_size > _SMALL_PART:
            raise Refused("workbook_too_heavy")
        data = archive.read(path)
        _must_be_plain(data[:1000])
        return ElementTree.fromstring(data)  # noqa: S314 - small, without entities
    except (KeyError, zipfile.BadZipFile, ElementTree.ParseError, EOFError, ValueError):
        raise Refused("workbook_broken") from None


def _must_be_plain(start: bytes) -> None:
    """No entities that multiply, no encoding in which we would not see them."""
    if b"<!" in start.replace(b"<!--", b"") or start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start:
        raise Refused("workbook_broken")


def _look_through(archive: zipfile.ZipFile, path: str) -> bool:
    """Unpacks a part once without keeping it, so that what its size was given as is true; whether it has formulas."""
    has_formulas, before = False, b""
    try:
        with archive.open(path) as part:
            while piece := part.read(_PIECE):
                if not before:
                    _must_be_plain(piece[:1000])
                seen = before + piece
                has_formulas = has_formulas or ((b"<f" in seen or b":f" in seen) and _FORMULA.search(seen) is not None)
                before = piece[-_OVERLAP:]
    except (KeyError, zipfile.BadZipFile, EOFError, ValueError, NotImplementedError):
        raise Refused("workbook_broken") from None
    except Exception as error:
        if error.__class__.__module__ == "zlib":
            raise Refused("workbook_broken") from None
        raise
    return has_formulas


class _Book:
    """The sheets of one workbook, each looked through before the library loads it."""

    def __init__(
        self, archive: zipfile.ZipFile, workbook: CalamineWorkbook, paths: dict[str, str], known: frozenset[str]
    ) -> None:
        self._archive, self._workbook, self._paths, self._known = archive, workbook, paths, known
        self._has_formulas: set[str] = set()

    def chosen(self, names: list[str]) -> tuple[str, CalamineSheet]:
        """The first visible sheet that names two of our columns, or else the first that is not empty."""
        first: tuple[str, CalamineSheet] | None = None
        for name in names:
            sheet = self._load(name)
            if sheet.end is None:
                continue
            if _names_columns(sheet, self._known):
                return name, sheet
            first = first or (name, sheet)
        if first is None:
            raise Refused("empty")
        return first

    def is_list(self, name: str) -> bool:
        sheet = self._load(name)
        return sheet.end is not None and _names_columns(sheet, self._known)

    def formulas(self, name: str) -> dict[int, set[int]]:
        """Row number and places of the cells that hold a formula; the library tells only what it came to."""
        return _formulas(self._archive, self._paths[name]) if name in self._has_formulas else {}

    def _load(self, name: str) -> CalamineSheet:
        if name not in self._paths:
            raise Refused("workbook_broken")
        if _look_through(self._archive, self._paths[name]):
            self._has_formulas.add(name)
        sheet = self._workbook.get_sheet_by_name(name)
        if sheet.end and sheet.end[0] >= MOST_ROWS + headers.ROWS_LOOKED_AT:
            raise Refused("too_many_rows", MOST_ROWS + 1)
        return sheet


def _names_columns(sheet: CalamineSheet, known: frozenset[str]) -> bool:
    first = [[_text(cell) for cell in row] for _, row in _told(sheet, headers.ROWS_LOOKED_AT)]
    return bool(first) and headers.find(first, known).score >= headers.SURE


def _told(sheet: CalamineSheet, most: int | None = None) -> Iterator[tuple[int, list[Any]]]:
    """Row number and cells of the rows that say something."""
    given = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        if any(cell.strip() if cell.__class__ is str else True for cell in row):
            yield number, row
            given += 1
            if given == most:
                return


def _rows_of(sheet: CalamineSheet, marks: dict[int, set[int]]) -> Iterator[dict[str, Any]]:
    covered = _Covered(sheet)
    rows: list[Any] = []
    for number, cells in _told(sheet):
        texts = [cell if cell.__class__ is str else _text(cell) for cell in cells]
        _must_be_text(texts, number)
        marked = dict.fromkeys(marks.get(number, ()), "formula_cell")
        marked.update(dict.fromkeys(covered.places(number), "merged_cell"))
        rows.append([number, texts, list(marked.items())])
        if len(rows) == ROWS_AT_ONCE:
            yield {"rows": rows}
            rows = []
    yield {"rows": rows}


def _must_be_text(texts: list[str], number: int) -> None:
    for place, text in enumerate(texts):
        if len(text) > MOST_CHARACTERS:
            raise Refused("line_too_long", number, place + 1)
        if "\0" in text:
            raise Refused("nul", number, place + 1)


def _text(cell: Any) -> str:
    """What a cell says, as a CSV would: whole numbers without a point, dates as 1990-12-31.

    A number of sixteen digits whose last is 0 lost it: spreadsheets keep fifteen. It is told as 3.6E+15, by which
    whoever reads it knows.
    """
    kind = cell.__class__
    if kind is str:
        return str(cell)
    if kind is float and cell.is_integer() and abs(cell) < _EXACT:
        whole = int(cell)
        return f"{cell:.9E}" if abs(whole) >= _ROUNDED_FROM and whole % 10 == 0 else str(whole)
    if kind is float:
        return f"{cell:.9E}" if abs(cell) >= _ROUNDED_FROM else f"{cell:.15g}"
    if kind is datetime.datetime and cell.time() == datetime.time():
        return str(cell.date())
    return str(cell).upper() if kind is bool else str(cell)


class _Covered:
    """Cells that lie under a merged one and so say nothing, by row; the first cell of each merge is no such one."""

    def __init__(self, sheet: CalamineSheet) -> None:
        ranges = sorted(sheet.merged_cell_ranges or ())
        self._ranges = [(top, left, bottom, min(right, MOST_COLUMNS)) for (top, left), (bottom, right) in ranges]
        self._next = 0
        self._open: list[tuple[int, int, int, int]] = []

    def places(self, number: int) -> set[int]:
        """Places in this row; rows are asked for in ascending order."""
        row = number - 1
        while self._next < len(self._ranges) and self._ranges[self._next][0] <= row:
            self._open.append(self._ranges[self._next])
            self._next += 1
        self._open = [merged for merged in self._open if merged[2] >= row]
        return {
            place
            for top, left, _, right in self._open
            for place in range(left, right + 1)
            if (row, place) != (top, left)
        }


def _formulas(archive: zipfile.ZipFile, path: str) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    here = [0, -1]

    def start(name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            match = _CELL.fullmatch(attributes.get("r", ""))
            here[:] = [int(match[2]), _place(match[1])] if match else [here[0], here[1] + 1]
        elif tag == "f":
            found.setdefault(here[0], set()).add(here[1])
        elif tag == "row":
            here[:] = [int(attributes.get("r", here[0] + 1)), -1]

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        with archive.open(path) as part:
            parser.ParseFile(part)
    except (expat.ExpatError, ValueError):
        raise Refused("workbook_broken") from None
    return found


def _place(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


if __name__ == "__main__":
    sys.exit(main())
