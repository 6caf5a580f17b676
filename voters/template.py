"""An empty voter list as a workbook: the columns of the import, formats that keep every digit, and what Excel itself refuses."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

import xlsxwriter
from django.utils.translation import gettext

from locations.models import Kind

from . import columns
from .books import SHEET, WIDTHS

ROWS: Final = 5000
CHOICES: Final = {
    "peran": ["penghuni", "petugas"],
    "status_kawin": ["B", "S", "P"],
    "jenis_kelamin": ["L", "P"],
    "disabilitas": ["0", "1", "2", "3", "4", "5", "6"],
    "status_ktp_el": ["S", "B"],
    "kewarganegaraan": ["WNI", "WNA"],
}
DATES: Final = frozenset({"tanggal_lahir", "tanggal_masuk", "tanggal_keluar"})
DIGITS: Final = {"nik": 16, "nkk": 16}
EXAMPLE: Final = {
    "nik": "3603011508900000",
    "nkk": "3603010101100000",
    "nama": "Warga Contoh",
    "tempat_lahir": "Tangerang",
    "tanggal_lahir": "1990-08-15",
    "status_kawin": "S",
    "jenis_kelamin": "L",
    "alamat": "Jalan Contoh 1",
    "rt": "001",
    "rw": "002",
    "disabilitas": "0",
    "status_ktp_el": "S",
    "kode_wilayah_domisili": "36.03.01",
    "kewarganegaraan": "WNI",
}
EXAMPLES: Final = {
    Kind.PRISON: {"blok": "Blok A", "tanggal_masuk": "2023-05-02"},
    Kind.CARE: {"blok": "Wisma Melati"},
    Kind.DISASTER: {"blok": "Hunian 3", "keterangan": "hunian sementara"},
    Kind.CONFLICT: {"blok": "Barak 1"},
    Kind.OTHER: {"blok": "Asrama Putra", "pekerjaan": "Pelajar/Mahasiswa", "tanggal_keluar": "2026-06-30"},
}
"""A row for each kind of location; the NIK has the serial 0000, which is never issued."""


def workbook() -> bytes:
    """XLSX: the first sheet to be filled in, then an example for each kind of location."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"num_format": "@", "bold": True, "bottom": 1})
        wanted = book.add_format({"num_format": "@", "bold": True, "bottom": 1, "bg_color": "#FFF3D6"})
        for title, rows in [(SHEET, []), *((title_of(kind), [example(kind)]) for kind in Kind)]:
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            for place, header in enumerate(columns.HEADERS):
                sheet.set_column(place, place, WIDTHS.get(header, 14), text)
                sheet.write_string(0, place, header, wanted if header in columns.REQUIRED else head)
                if rule := rule_of(header, place):
                    sheet.data_validation(1, place, ROWS, place, rule)
            for number, row in enumerate(rows, 1):
                for place, header in enumerate(columns.HEADERS):
                    sheet.write_string(number, place, row.get(header, ""), text)
    return file.getvalue()


def example(kind: Kind) -> dict[str, str]:
    return {**EXAMPLE, **EXAMPLES[kind], "peran": "penghuni"}


def without_examples(notes: Mapping[str, tuple[int, Mapping[str, str]]]) -> dict[str, tuple[int, Mapping[str, str]]]:
    """What a sheet tells of its workbook, but for our own examples, which everybody leaves in it."""
    row, params = notes.get("other_sheets", (0, {}))
    others = [title for title in params.get("name", "").split(", ") if title and title not in _TITLES]
    kept = {code: note for code, note in notes.items() if code != "other_sheets"}
    return {**kept, "other_sheets": (row, {"name": ", ".join(others)})} if others else kept


def title_of(kind: Kind) -> str:
    """A name that a spreadsheet takes for a sheet."""
    word = gettext("Example")
    return f"{word} {kind.value}"[:31]


_TITLES: Final = frozenset(f"{word} {kind.value}"[:31] for word in ("Contoh", "Example") for kind in Kind)


def rule_of(header: str, place: int) -> dict[str, Any] | None:
    """What Excel refuses while it is typed."""
    first = f"{xlsxwriter.utility.xl_col_to_name(place)}2"
    if header in CHOICES:
        return {"validate": "list", "source": CHOICES[header], "error_message": gettext("Choose one of the list.")}
    if header in DIGITS:
        message = gettext("16 digits, or - where there is none.")
        formula = f'=OR({first}="-",LEN({first})={DIGITS[header]})'
        return {"validate": "custom", "value": formula, "error_message": message}
    if header in DATES:
        message = gettext("A date as 1990-12-31.")
        formula = f"=OR(LEN({first})=10,ISNUMBER({first}))"
        return {"validate": "custom", "value": formula, "error_message": message}
    return None
