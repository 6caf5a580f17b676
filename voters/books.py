"""Rows as an Excel workbook in which nothing is live: every cell is a text, and every column keeps what is typed as text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

MOST_ROWS: Final = 20_000  # more would take seconds and hundreds of megabytes; CSV takes any number
SHEET: Final = "Daftar"
WIDTHS: Final = {"nik": 19, "nkk": 19, "nama": 28, "alamat": 30, "kode_wilayah_domisili": 24, "kode_lokasi": 16}
_USUAL_WIDTH: Final = 14
_LONGEST: Final = 32_767  # characters that a cell can hold; far more than any column takes
_FAULTY: Final = "#FBE3E1"


def book_of(
    header: Sequence[str],
    rows: Iterable[tuple[Sequence[str], Collection[int]]],
    *,
    widths: Mapping[str, int] = WIDTHS,
    choices: Mapping[str, list[str]] | None = None,
) -> bytes:
    """XLSX of one sheet: header and rows, of each the places of cells to be looked at; `choices` by header become
    drop-downs. In memory, about 1 KB a row."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(SHEET)
        text = book.add_format({"num_format": "@"})
        faulty = book.add_format({"num_format": "@", "bg_color": _FAULTY})
        head = book.add_format({"num_format": "@", "bold": True, "bottom": 1})
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(header):
            sheet.set_column(place, place, widths.get(name, _USUAL_WIDTH), text)
            sheet.write_string(0, place, name, head)
            if choices and name in choices:
                sheet.data_validation(1, place, MOST_ROWS, place, {"validate": "list", "source": choices[name]})
        for number, (cells, looked_at) in enumerate(rows, 1):
            for place, cell in enumerate(cells):
                if cell:
                    sheet.write_string(number, place, cell[:_LONGEST], faulty if place in looked_at else text)
                elif place in looked_at:
                    sheet.write_blank(number, place, None, faulty)
    return file.getvalue()
