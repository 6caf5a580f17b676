"""A workbook is read as a CSV is, by a process that ends whatever the file does to it."""

import datetime
import io
import resource
import zipfile

import pytest
import xlsxwriter

from locations import workbooks
from locations.sheets import SheetError, read
from tests.corpus import workbook, workbook_parts

KNOWN = {"nik", "nama", "tanggal_lahir", "alamat", "rt"}


def _seconds():
    """What processes that ended have worked; the clock on the wall also counts for whoever else is at work here."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def refusal(data, known=KNOWN):
    began = _seconds()
    with pytest.raises(SheetError) as refused:
        list(read(io.BytesIO(data), known).rows)
    assert _seconds() - began < 5
    return refused.value.code, refused.value.row


def content(data, known=KNOWN):
    sheet = read(io.BytesIO(data), known)
    return sheet, [(number, cells, getattr(cells, "marks", {})) for number, cells in sheet.rows]


def test_rows_come_with_the_spreadsheets_numbers_and_header_and_blank_rows_are_passed_over():
    rows = [
        ["Daftar pemilih"],
        [],
        ["NIK", "Nama", "RT"],
        [1, 2, 3],
        ["3603281508900001", "Budi", "001"],
        [],
        ["", "Ani"],
    ]

    sheet, given = content(workbook(rows))

    assert (sheet.header_row, sheet.header, sheet.total) == (4, ["NIK", "Nama", "RT"], 7)
    assert given == [(5, ["3603281508900001", "Budi", "001"], {}), (7, ["", "Ani", ""], {})]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1, "1"),
        (-6.123456, "-6.123456"),
        (3603041234, "3603041234"),
        (3603281508900001, "3603281508900001"),
        (3603281508900010, "3.603281509E+15"),
        (3.6e15, "3.600000000E+15"),
        (9603281508900001, "9.603281509E+15"),
        (datetime.date(1990, 12, 31), "1990-12-31"),
        (datetime.datetime(1990, 12, 31, 8, 30), "1990-12-31 08:30:00"),
        (33238, "33238"),
        (True, "TRUE"),
        ("=1+1", "=1+1"),
        ("  x ", "  x "),
    ],
)
def test_a_cell_says_what_a_csv_would_and_a_number_that_lost_its_digits_says_so(cell, text):
    _, given = content(workbook([["nik", "nama"], [cell, "x"]]))

    assert given[0][1][0] == text


def test_formulas_and_cells_under_merged_ones_are_marked_and_the_first_of_a_merge_is_not():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["nik", "nama", "alamat"])
        sheet.write_row(1, 0, ["1", "x"])
        sheet.write_formula(1, 2, '="Jl. "&"Mawar"', None, "Jl. Mawar")
        sheet.merge_range(2, 0, 3, 0, "2")
        sheet.write(2, 1, "y")
        sheet.write(3, 1, "z")

    _, given = content(file.getvalue())

    assert [marks for _, _, marks in given] == [{2: "formula_cell"}, {}, {0: "merged_cell"}]


def test_the_sheet_that_is_a_list_is_taken_hidden_ones_are_not_and_further_lists_are_told():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, rows in {
            "Petunjuk": [["Isi dengan benar"]],
            "Rahasia": [["nik", "nama"], ["9", "hidden"]],
            "Blok A": [["nik", "nama"], ["1", "a"]],
            "Blok B": [["nik", "nama"], ["2", "b"]],
        }.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if name == "Rahasia":
                sheet.hide()

    sheet, given = content(file.getvalue())

    assert given == [(2, ["1", "a"], {})]
    assert sheet.notes == {"other_sheets": (1, {"name": "Blok B"})}


def test_cells_far_to_the_right_or_below_are_refused():
    assert refusal(workbook([[f"k{n}" for n in range(1000)], ["x"]])) == ("too_many_columns", 1)
    assert refusal(
        workbook_parts(sheet='<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="A900000"><v>1</v></c></row>')
    ) == (
        "too_many_rows",
        100_001,
    )
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert refusal(workbook_parts(sheet=far))[0] in ("workbook_too_heavy", "too_many_rows")


def test_a_million_empty_rows_cost_nothing():
    empty = "".join(f'<row r="{n}"/>' for n in range(3, 1_000_000))
    file = workbook_parts(sheet=f'<row r="1"><c r="A1" t="inlineStr"><is><t>nik</t></is></c></row>{empty}', level=9)

    assert refusal(file)[0] in ("zip_bomb", "no_rows")


def test_a_row_with_millions_of_cells_ends_soon():
    cells = "".join(f'<c r="A{n}"><v>{n * 7919 % 10007}</v></c>' for n in range(1, 4_000_000))

    assert refusal(workbook_parts(sheet=f'<row r="1">{cells}</row>'))[0] in (
        "workbook_too_heavy",
        "too_many_rows",
        "workbook_broken",
        "too_many_columns",
    )


def test_nothing_of_a_workbook_stays_behind_when_it_is_let_go(monkeypatch):
    started = []
    real = workbooks.subprocess.Popen
    monkeypatch.setattr(workbooks.subprocess, "Popen", lambda *a, **k: started.append(real(*a, **k)) or started[-1])
    sheet = read(io.BytesIO(workbook([["nik", "nama"], *[["1", "x"]] * 5000])), KNOWN)
    next(sheet.rows)

    del sheet

    assert started[0].returncode is not None


def test_a_process_that_is_killed_in_the_middle_is_an_error_and_no_short_list(monkeypatch):
    started = []
    real = workbooks.subprocess.Popen
    monkeypatch.setattr(workbooks.subprocess, "Popen", lambda *a, **k: started.append(real(*a, **k)) or started[-1])
    sheet = read(io.BytesIO(workbook([["nik", "nama"], *[["1", "x" * 200]] * 20000])), KNOWN)
    next(sheet.rows)
    started[0].kill()

    with pytest.raises(SheetError) as refused:
        list(sheet.rows)

    assert refused.value.code == "workbook_too_heavy"


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.99])
def test_a_workbook_cut_short_is_damaged(cut):
    data = workbook([["nik", "nama"], *[["1", "x"]] * 100])

    assert refusal(data[: int(len(data) * cut)]) == ("workbook_broken", 1)


def test_an_archive_of_something_else_is_no_workbook():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("daftar.csv", "nik,nama\n1,x\n")

    assert refusal(file.getvalue()) == ("is_compressed", 1)
