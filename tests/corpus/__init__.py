"""Files that somebody may send: how they are made. Each is small here, whatever it becomes when it is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import xlsxwriter

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def workbook(rows: list[list[Any]], **options: Any) -> bytes:
    """A workbook of one sheet as a spreadsheet program writes it; texts stay texts."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False, **options}) as book:
        sheet = book.add_worksheet("Daftar")
        dates = book.add_format({"num_format": "dd/mm/yyyy"})
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write(number, place, cell, *([dates] if hasattr(cell, "year") else []))
    return file.getvalue()


def workbook_parts(
    *, sheet: str, more: dict[str, bytes] | None = None, before: str = "", level: int | None = None
) -> bytes:
    """A workbook put together by hand: `sheet` is what stands in sheetData, `before` in front of the sheet's root."""
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="Daftar" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{_HEAD}{before}<worksheet xmlns="{_MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
        **(more or {}),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
    return file.getvalue()


def text_row(number: int, *cells: str) -> str:
    """A row of `workbook_parts`."""
    return f'<row r="{number}">' + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells) + "</row>"


def compound(stream: str) -> bytes:
    """The beginning of a file in the old form of Office, with the name of one stream in it."""
    name = stream.encode("utf-16-le")
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + name.ljust(64, b"\0") + struct.pack("<H", len(name) + 2)
    )
