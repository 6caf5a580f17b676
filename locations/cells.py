"""What does one cell of an uploaded file say, and if nothing sensible, why? Shared by both files we import.

A parser takes the trimmed text and returns the value, or raises CellFault. Every code has one sentence in MESSAGES,
which page and API translate; `%(name)s` is filled from the fault's params.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext_noop

from .headers import plain

MESSAGES: dict[str, str] = {
    "empty": gettext_noop("This must not be empty."),
    "outside_list": gettext_noop("This value is not one of %(allowed)s."),
    "impossible_date": gettext_noop(
        "There is no such date, or it is written otherwise. Write 1990-12-31 or 31/12/1990."
    ),
    "date_out_of_range": gettext_noop("This date lies outside the years that can be."),
    "bad_region_code": gettext_noop("This is no region code. Write it as 36.03.04.2001 or 3603042001."),
    "unknown_region": gettext_noop("There is no region with this code."),
    "bps_code": gettext_noop(
        "This is a code of BPS. Write Kemendagri's, as on the KTP-el and in Sidalih: 36.03.04.2001."
    ),
    "region_rounded": gettext_noop(
        "A spreadsheet took this code for a number and dropped its last zero. Proposed: %(proposed)s."
    ),
    "bad_number": gettext_noop("This is no number."),
    "out_of_range": gettext_noop("This number lies outside %(least)s to %(most)s."),
    "too_long": gettext_noop("This is longer than %(most)s characters."),
    "bad_characters": gettext_noop("This contains characters that no text may contain."),
    "ragged_row": gettext_noop("This row has more cells than the header, so its columns may be shifted."),
    "formula_cell": gettext_noop("This cell holds a formula. Copy the column and paste it as values only."),
    "merged_cell": gettext_noop("This cell lies under a merged one. Unmerge the cells and fill in each."),
}

FILE_FAULTS: dict[str, str] = {
    "empty": gettext_noop("The file is empty."),
    "no_header": gettext_noop("The first row must name the columns."),
    "no_rows": gettext_noop("The file has a header but no rows."),
    "too_many_columns": gettext_noop("The file has more than 60 columns."),
    "too_many_rows": gettext_noop("The file has too many rows for one upload; it stopped at row %(row)s. Split it."),
    "missing_column": gettext_noop("The column %(column)s is missing."),
    "columns_moved": gettext_noop("The columns of this file are not those that were chosen for it."),
    "column_twice": gettext_noop("The column %(column)s stands in the header twice."),
    "encoding": gettext_noop(
        "Row %(row)s is written in another encoding than the rows before, or in an unknown one. Save the file as CSV UTF-8."
    ),
    "nul": gettext_noop("Row %(row)s contains a NUL byte; this is no text file."),
    "line_too_long": gettext_noop("Row %(row)s is too long for a row."),
    "line_ends": gettext_noop("The lines of the file end as on very old Macs. Save it as CSV UTF-8."),
    "broken_quotes": gettext_noop("Row %(row)s has a quotation mark that is not closed."),
    "is_xlsx": gettext_noop("This is an Excel workbook. Save it as CSV UTF-8."),
    "is_xls": gettext_noop("This is an old Excel workbook (.xls). Save it as Excel workbook (.xlsx) or CSV UTF-8."),
    "is_xlsb": gettext_noop("This is a binary Excel workbook (.xlsb). Save it as Excel workbook (.xlsx) or CSV UTF-8."),
    "is_ods": gettext_noop("This is an OpenDocument file. Save it as Excel workbook (.xlsx) or CSV UTF-8."),
    "is_document": gettext_noop(
        "This is a document or a web page. A list must be a CSV file or an Excel workbook (.xlsx)."
    ),
    "is_picture": gettext_noop("This is a picture. A list must be a CSV file or an Excel workbook (.xlsx)."),
    "is_encrypted": gettext_noop("The workbook is protected by a password. Save it without one."),
    "has_macros": gettext_noop("The workbook contains macros. Save it as Excel workbook (.xlsx) without macros."),
    "zip_bomb": gettext_noop("The workbook unpacks to far more than a list needs. Copy the rows into a new workbook."),
    "workbook_broken": gettext_noop("The workbook is damaged. Open it in a spreadsheet program and save it anew."),
    "workbook_too_heavy": gettext_noop(
        "The workbook takes too much memory or time. Copy the rows, at most 100,000, into a new workbook, or save it as CSV UTF-8."
    ),
    "is_utf16": gettext_noop("The file is UTF-16. Save it as CSV UTF-8."),
    "is_pdf": gettext_noop("This is a PDF. A list must be a CSV file or an Excel workbook (.xlsx)."),
    "is_compressed": gettext_noop("The file is compressed. Unpack it first."),
    "crashed": gettext_noop("The import failed by a mistake of the program; nothing of the file was taken."),
    "too_large": gettext_noop("The file is too large."),
}

FILE_WARNINGS: dict[str, str] = {
    "unknown_column": gettext_noop("This column is not known and was left out."),
    "cp1252": gettext_noop(
        "The file is not UTF-8 and was read as Windows-1252. Compare names with accents, or save it as CSV UTF-8."
    ),
    "other_sheets": gettext_noop("Only one sheet is read; further sheets of the workbook look like lists, too."),
}

_MIDNIGHT = r"(?:[ T]0?[0789]:00(?::00)?)?"  # of here, or that of Greenwich in Indonesia
_DATE = re.compile(
    rf"(?:(\d{{4}})[-/](\d{{1,2}})[-/](\d{{1,2}})|(\d{{1,2}})([|/.-])(\d{{1,2}})\5(\d{{4}})){_MIDNIGHT}", re.ASCII
)
_DATE_IN_WORDS = re.compile(rf"(\d{{1,2}})[ .-]+([a-z]{{3,9}})[ .-]+(\d{{4}}){_MIDNIGHT}", re.ASCII | re.IGNORECASE)
_MONTHS = {
    **{name[:3]: month for month, name in enumerate(
        ("januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november",
         "desember"), 1)},
    "may": 5, "aug": 8, "agt": 8, "ags": 8, "oct": 10, "nop": 11, "dec": 12,
}  # fmt: skip
_MONTHS_A_YEAR = 12
_SERIAL_DAY = re.compile(r"[1-6]\d{4}(?:[.,]0+)?", re.ASCII)
_DAY_ZERO = date(1899, 12, 30)
_REGION_LENGTHS = {2: (2,), 4: (2, 2), 6: (2, 2, 2), 10: (2, 2, 2, 4)}
_BPS_CODE = re.compile(r"\d{7}|\d{6}[04-9]\d{3}", re.ASCII)
_REGION_AS_NUMBER = re.compile(r"(\d\d)[.,](\d)", re.ASCII)
_MASKED_FROM_DIGITS = 5


class CellFault(Exception):
    """This cell cannot be what its column asks for."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one row: the column as the file's header names it ("" for the row as a whole), code, params.

    `shown` is the value as it may be shown, stored and logged: nothing that identifies a person.
    """

    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its Indonesian header, what it is called elsewhere, the field it fills, how it is read."""

    header: str
    field: str
    parse: Callable[[str], Any]
    aliases: tuple[str, ...] = ()
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """Which cell of this file's rows fills which field, and what of its header nobody knows or lacks."""

    columns: tuple[tuple[int, Column], ...]
    width: int
    unknown: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(column.field for _, column in self.columns)

    def missing(self, required: Iterable[str]) -> tuple[str, ...]:
        """Headers of `required` (headers, too) that the file does not have."""
        present = {column.header for _, column in self.columns}
        return tuple(header for header in required if header not in present)

    def as_dict(self, cells: list[str]) -> dict[str, str]:
        """The known cells of a row by our header."""
        return {column.header: cells[place] for place, column in self.columns}


def match_header(header: list[str], columns: Iterable[Column]) -> Layout:
    """The layout of a file: any order, without regard to case, blanks around or between, or `_`."""
    known = {plain(name): column for column in columns for name in (column.header, *column.aliases)}
    found: dict[str, tuple[int, Column]] = {}
    unknown, twice = [], []
    for place, name in enumerate(header):
        column = known.get(plain(name))
        if column is None:
            unknown.append(shown(name.strip()))
        elif column.field in found:
            twice.append(column.header)
        else:
            found[column.field] = (place, column)
    return Layout(tuple(found.values()), len(header), tuple(unknown), tuple(twice), tuple(h.strip() for h in header))


def names_of(columns: Iterable[Column]) -> frozenset[str]:
    """Every plain name by which these columns go, for finding the header of a list."""
    return frozenset(plain(name) for column in columns for name in (column.header, *column.aliases))


def shown(value: str) -> str:
    """The value cut to 40 characters, hidden whole as soon as it has five digits (a shifted NIK, a birth date)."""
    if sum(c.isdigit() for c in value) >= _MASKED_FROM_DIGITS:
        return "•" * min(len(value), 16)
    return value[:40]


def one_of(allowed: Mapping[str, Any], names: str | None = None) -> Callable[[str], Any]:
    """A parser for a closed list, without regard to case; `names` is what the refusal lists."""
    listed = names or ", ".join(key for key in allowed if key)
    spelled = {**{key.lower(): value for key, value in allowed.items()}, **allowed}

    def parse(text: str) -> Any:
        try:
            return spelled[text]
        except KeyError:
            pass
        try:
            return spelled[text.lower()]
        except KeyError:
            raise CellFault("outside_list", allowed=listed) from None

    return parse


def text_of(most: int) -> Callable[[str], str]:
    """A parser for a line of text: control characters and runs of blanks become one blank, at most `most` long."""

    def parse(text: str) -> str:
        if not text.isprintable() or "  " in text:
            text = clean(text)
        if len(text) > most:
            raise CellFault("too_long", most=most)
        return text

    return parse


def clean(text: str) -> str:
    """One line: blanks of every kind become one space, invisible control and bidi characters go."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    return " ".join("".join(c for c in spaced if c.isprintable()).split())


def parse_date(text: str) -> date | None:
    """1990-12-31, 31/12/1990 (or with `|`, `-`, `.`) or 31 Desember 1990, midnight behind it or not; None for an empty cell.

    A fault says where the month stands first (`order`). Five digits alone are the day's number in a spreadsheet that
    forgot its format: 33238 is 1990-12-31.
    """
    if not text:
        return None
    if _SERIAL_DAY.fullmatch(text):
        return _DAY_ZERO + timedelta(days=int(text[:5]))
    if match := _DATE.fullmatch(text):
        year, month, day = (match[1], match[2], match[3]) if match[1] else (match[7], match[6], match[4])
    elif match := _DATE_IN_WORDS.fullmatch(text):
        day, month, year = match[1], _MONTHS.get(match[2][:3].lower(), 0), match[3]
    else:
        raise CellFault("impossible_date")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        is_month_first = 1 <= int(day) <= _MONTHS_A_YEAR < int(month)
        raise CellFault("impossible_date", **({"order": "month"} if is_month_first else {})) from None


def parse_region(text: str) -> str:
    """A region code with its dots, from one with or without; "" for an empty cell. Whether it exists, others know.

    BPS numbers districts with three digits and villages with three; the last four of Kemendagri's begin with 1, 2 or 3.
    """
    if not text:
        return ""
    if _BPS_CODE.fullmatch(text):
        raise CellFault("bps_code")
    if shortened := _REGION_AS_NUMBER.fullmatch(text):
        raise CellFault("region_rounded", proposed=f"{shortened[1]}.{shortened[2]}0")
    digits = text.replace(".", "").replace(" ", "")
    widths = _REGION_LENGTHS.get(len(digits))
    if widths is None or not (digits.isascii() and digits.isdigit()):
        raise CellFault("bad_region_code")
    if "." in text and tuple(len(part) for part in text.replace(" ", "").split(".")) != widths:
        raise CellFault("bad_region_code")
    ends = [sum(widths[: count + 1]) for count in range(len(widths))]
    return ".".join(digits[end - width : end] for end, width in zip(ends, widths, strict=True))


def as_said(params: Mapping[str, Any]) -> dict[str, Any]:
    """The params of a fault for its sentence: decimals as the language in force writes them."""
    return {name: number_format(value) if isinstance(value, float) else value for name, value in params.items()}


def number_of(least: float, most: float) -> Callable[[str], float | None]:
    """A parser for a decimal number within bounds, with a point or a comma; None for an empty cell."""

    def parse(text: str) -> float | None:
        if not text:
            return None
        if not re.fullmatch(r"-?\d{1,9}(?:[.,]\d{1,20})?", text, re.ASCII):
            raise CellFault("bad_number")
        number = float(text.replace(",", "."))
        if not least <= number <= most:
            raise CellFault("out_of_range", least=least, most=most)
        return number

    return parse


def count_of(least: int, most: int) -> Callable[[str], int | None]:
    """A parser for a whole number within bounds, thousands parted by dots or not; None for an empty cell."""

    def parse(text: str) -> int | None:
        if not text:
            return None
        if not re.fullmatch(r"\d{1,9}|\d{1,3}(?:\.\d{3}){1,2}", text, re.ASCII):
            raise CellFault("bad_number")
        number = int(text.replace(".", ""))
        if not least <= number <= most:
            raise CellFault("out_of_range", least=least, most=most)
        return number

    return parse
