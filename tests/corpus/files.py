"""Every bad file on the list, with what must become of it; and what the generator has found since."""

from __future__ import annotations

import io
import zipfile
from typing import NamedTuple

import xlsxwriter

from tests.corpus import compound, text_row, workbook, workbook_parts

HEADER = ["nama", "nik", "tanggal_lahir", "jenis_kelamin", "kode_lokasi"]
NIK = "3603281508900001"
GOOD = ["Budi Santoso", NIK, "1990-08-15", "L", "A"]


class Bad(NamedTuple):
    """`code` is why the whole file is refused; without one, `reason` is the column and code of its one refused row."""

    data: bytes
    code: str = ""
    row: int = 1
    reason: tuple[str, str] | None = None


def lines(*rows: str) -> bytes:
    return "\r\n".join((",".join(HEADER), *rows, "")).encode()


def _zip(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def _formula() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, GOOD)
        sheet.write_formula(1, 0, '=HYPERLINK("http://localhost/"&B2,"Budi")', None, "Budi")
    return file.getvalue()


def _merged() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, GOOD)
        sheet.write_row(2, 0, ["Ani", "3603281508900002", "1990-08-15", "L"])
        sheet.merge_range(1, 4, 2, 4, "A")
    return file.getvalue()


def _encrypted_entry() -> bytes:
    """The flag alone: what matters is that nobody tries to open it."""
    data = bytearray(workbook([HEADER, GOOD]))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return workbook_parts(sheet=text_row(1, "&a9;"), before=f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]>')


BAD: dict[str, Bad] = {
    "empty file": Bad(b"", "empty"),
    "nothing but a byte order mark": Bad(b"\xef\xbb\xbf", "empty"),
    "header only": Bad(lines(), "no_rows"),
    "header only in a workbook": Bad(workbook([HEADER]), "no_rows"),
    "empty workbook": Bad(workbook([]), "empty"),
    "PDF called CSV": Bad(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is_pdf"),
    "web page called XLS": Bad(b"<html><table><tr><td>nik</td></tr></table></html>", "is_document"),
    "picture": Bad(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is_picture"),
    "zip of a CSV": Bad(_zip({"daftar.csv": lines(",".join(GOOD))}), "is_compressed"),
    "document of Word": Bad(_zip({"word/document.xml": b"<w/>"}), "is_compressed"),
    "OpenDocument": Bad(_zip({"content.xml": b"<o/>"}), "is_ods"),
    "binary workbook": Bad(_zip({"xl/workbook.bin": b"\0"}), "is_xlsb"),
    "old workbook": Bad(compound("Workbook"), "is_xls"),
    "workbook with a password": Bad(compound("EncryptedPackage"), "is_encrypted"),
    "archive with a password": Bad(_encrypted_entry(), "is_encrypted"),
    "macros": Bad(workbook_parts(sheet=text_row(1, *HEADER), more={"xl/vbaProject.bin": b"\0"}), "has_macros"),
    "1,000 columns": Bad(
        ",".join([*HEADER, *(f"k{n}" for n in range(995))]).encode() + b"\r\nx\r\n", "too_many_columns"
    ),
    "1,000 columns in a workbook": Bad(workbook([[*HEADER, *(f"k{n}" for n in range(995))], GOOD]), "too_many_columns"),
    "a row of 10 million characters": Bad(lines("x" * 10_000_000), "line_too_long", 2),
    "a cell of 10 million characters in a workbook": Bad(
        workbook_parts(sheet=text_row(1, *HEADER) + text_row(2, "x" * 10_000_000)), "zip_bomb"
    ),
    "a cell longer than cells can be": Bad(
        workbook_parts(sheet=text_row(1, *HEADER) + text_row(2, "x" * 40_000)), "line_too_long", 2
    ),
    "quotation mark left open": Bad(lines(f'"{",".join(GOOD)}'), "broken_quotes", 2),
    "quotation mark in the middle": Bad(lines('"Budi" Santoso,,,,'), "broken_quotes", 2),
    "UTF-8, then cp1252": Bad(lines("José,,,,") + "André,,,,\r\n".encode("cp1252"), "encoding", 3),
    "cp1252, then UTF-8": Bad(lines() + "André,,,,\r\n".encode("cp1252") + "José,,,,\r\n".encode(), "encoding", 3),
    "UTF-16 cut in a character": Bad(lines(",".join(GOOD)).decode().encode("utf-16")[:-1], "encoding", 2),
    "UTF-16 without its mark": Bad(lines(",".join(GOOD)).decode().encode("utf-16-le"), "nul"),
    "NUL bytes": Bad(lines("Budi\0,,,,"), "nul", 2),
    "zip bomb": Bad(workbook_parts(sheet=text_row(1, *HEADER) + " " * 30_000_000), "zip_bomb"),
    "a thousand parts": Bad(
        workbook_parts(sheet=text_row(1, *HEADER), more={f"xl/media/{n}": b"" for n in range(1001)}), "zip_bomb"
    ),
    "entities that multiply": Bad(_laughs(), "workbook_broken"),
    "workbook cut short": Bad(workbook([HEADER, GOOD])[:-100], "workbook_broken"),
    "beginning of a workbook only": Bad(b"PK\x03\x04", "workbook_broken"),
    "formula": Bad(_formula(), reason=("nama", "formula_cell")),
    "merged cells": Bad(_merged(), reason=("kode_lokasi", "merged_cell")),
    "NIK shortened in CSV": Bad(lines("Budi,3.6E+15,1990-08-15,L,A"), reason=("nik", "nik_scientific")),
    "NIK shortened with a comma": Bad(lines('Budi,"3,60328E+15",1990-08-15,L,A'), reason=("nik", "nik_scientific")),
    "NIK as a number that lost its end": Bad(
        workbook([HEADER, ["Budi", 3603281508900010, "1990-08-15", "L", "A"]]), reason=("nik", "nik_scientific")
    ),
    "a date with day and month exchanged": Bad(
        lines(f"Budi,{NIK},08/15/1990,L,A"), reason=("tanggal_lahir", "impossible_date")
    ),
    "a place too long before the birth date": Bad(
        lines(f"Budi,{NIK},{'B' * 101} 15/08/1990,L,A"), reason=("tanggal_lahir", "too_long")
    ),
}

GOOD_FILES: dict[str, bytes] = {
    "UTF-8": lines(",".join(GOOD)),
    "UTF-8 with its mark": b"\xef\xbb\xbf" + lines(",".join(GOOD)),
    "UTF-16": lines(",".join(GOOD)).decode().encode("utf-16"),
    "cp1252": lines(",".join(["José", *GOOD[1:]])).decode().encode("cp1252"),
    "semicolons below titles": "\n".join(
        ["DAFTAR PEMILIH;;;;", "Lapas A", "", ";".join(HEADER), "1;2;3;4;5", ";".join(GOOD)]
    ).encode(),
    "date as the number of a spreadsheet": lines(f"Budi,{NIK},33100,L,A"),
    "workbook": workbook([HEADER, GOOD]),
    "workbook below titles": workbook([["Daftar"], [], HEADER, [1, 2, 3, 4, 5], GOOD]),
    "workbook with a number as NIK and as date": workbook([HEADER, ["Budi", int(NIK), 33100, "L", "A"]]),
}
