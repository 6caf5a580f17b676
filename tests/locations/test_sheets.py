"""Any file that somebody may upload is read row by row, or refused with its place."""

import io
import tracemalloc

import pytest

from locations.sheets import MAX_COLUMNS, SheetError, read, read_csv


def rows(data: bytes | str) -> list[tuple[int, list[str]]]:
    return list(read_csv(io.BytesIO(data.encode() if isinstance(data, str) else data)))


def refusal(data: bytes | str) -> tuple[str, int]:
    with pytest.raises(SheetError) as refused:
        rows(data)
    return refused.value.code, refused.value.row


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "#"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_every_usual_form_is_read(delimiter, ending, bom):
    text = bom + ending.join((delimiter.join("ab"), delimiter.join("12"))) + ending

    assert rows(text) == [(1, ["a", "b"]), (2, ["1", "2"])]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
def test_every_usual_encoding_is_read(encoding):
    text = "nama,alamat\nJosé Müller,Jl. Mawar\n" * 3
    bom = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")

    assert rows(bom + text.encode(encoding))[1] == (2, ["José Müller", "Jl. Mawar"])


def test_whoever_sends_cp1252_is_told():
    sheet = read(io.BytesIO("nama,nik\nA,1\nJosé,2\n".encode("cp1252")), {"nama", "nik"})

    assert list(sheet.rows)[-1] == (3, ["José", "2"])
    assert sheet.notes == {"cp1252": (3, {})}


LIST = {"nik", "nama", "tanggal_lahir", "alamat", "rt"}


@pytest.mark.parametrize(
    ("text", "header", "first"),
    [
        ("DAFTAR PEMILIH\nLapas A;;\n\nnik;nama;rt\n7;x;3\n", (4, ["nik", "nama", "rt"]), (5, ["7", "x", "3"])),
        ("Nik,Nama,Alamat,\n,,Alamat,RT\nx,y,z,1\n", (2, ["Nik", "Nama", "Alamat", "RT"]), (3, ["x", "y", "z", "1"])),
        ("nik,nama,Tanggal\n,,Lahir\n7,x,3\n", (2, ["nik", "nama", "Tanggal Lahir"]), (3, ["7", "x", "3"])),
        ("nik,nama,rt\n1,2,3\nx,y,z\n", (2, ["nik", "nama", "rt"]), (3, ["x", "y", "z"])),
        ("nik;alamat\n1;a, b, c, d\n", (1, ["nik", "alamat"]), (2, ["1", "a, b, c, d"])),
        ("x,y\nnama,z\n", (1, ["x", "y"]), (2, ["nama", "z"])),
    ],
)
def test_the_header_is_found_below_titles_over_two_lines_and_above_numbers(text, header, first):
    sheet = read(io.BytesIO(text.encode()), LIST)

    assert (sheet.header_row, sheet.header) == header
    assert list(sheet.rows) == [first]


def test_row_numbers_are_the_spreadsheets_with_blank_rows_and_broken_lines_in_a_cell():
    assert rows('a,b\n\n"1\n2",3\n,\n4,5\n') == [(1, ["a", "b"]), (3, ["1\n2", "3"]), (5, ["4", "5"])]


def test_short_rows_are_filled_and_empty_cells_beyond_the_header_are_cut():
    assert rows("a,b,c,,\n1\n1,2,3,,,\n") == [(1, ["a", "b", "c"]), (2, ["1", "", ""]), (3, ["1", "2", "3"])]


def test_a_row_that_says_more_than_its_header_comes_whole():
    assert rows("a,b\n1,2,3\n")[1] == (2, ["1", "2", "3"])


def test_quoted_delimiters_and_quotes_are_text():
    assert rows('a;b\n"Jl. Mawar; No. 1";"say ""x"""\n')[1][1] == ["Jl. Mawar; No. 1", 'say "x"']
    assert rows('"a,a,a";b\n1;2\n')[0][1] == ["a,a,a", "b"]


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"", ("empty", 1)),
        (b"\xef\xbb\xbf", ("empty", 1)),
        ("\n\na,b\n1,2\n", ("no_header", 1)),
        (" , \n1,2\n", ("no_header", 1)),
        ("a,b\n", ("no_rows", 1)),
        ("a,b\n,\n\n", ("no_rows", 1)),
        (b"a,b\nx,y\n\xff,z\n", ("encoding", 3)),
        (b"a,b\nx,y\n\x81,z\n", ("encoding", 3)),
        ("a,b\nJos\u00e9,y\n".encode() + b"\xe9,z\n", ("encoding", 3)),
        (b"a,b\n\xe9,z\n" + "Jos\u00e9,y\n".encode(), ("encoding", 3)),
        (b"\xef\xbb\xbfa,b\n\xe9,z\n", ("encoding", 2)),
        ("a,b\n1,2\n".encode("utf-16")[:-1], ("encoding", 2)),
        ("a,b\n1,2\n3,".encode("utf-16") + b"\x00\xd8\x61\x00", ("encoding", 3)),
        ("a,b\n1,\0\n".encode("utf-16"), ("nul", 2)),
        (b"a,b\nx,y\n1,\0\n", ("nul", 3)),
        ("a,b\n1," + "x" * 70_000, ("line_too_long", 2)),
        ('a,b\n1,"x\n' + "y\n" * 500, ("broken_quotes", 2)),
        ('a,b\n1,2\n1,"x"y\n', ("broken_quotes", 3)),
        ('a,b\n1,"x', ("broken_quotes", 2)),
        (",".join("x" for _ in range(MAX_COLUMNS + 1)) + "\n1\n", ("too_many_columns", 1)),
        (b"PK\x03\x04rest", ("is_xlsx", 1)),
        (b"\xd0\xcf\x11\xe0rest", ("is_xls", 1)),
        (b"\x1f\x8brest", ("is_compressed", 1)),
        (b"%PDF-1.7", ("is_pdf", 1)),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(data, refused):
    assert refusal(data) == refused


def test_a_refusal_holds_nothing_of_the_file():
    with pytest.raises(SheetError) as refused:
        rows(b"nik\n3603041508900001\n\xff\n")

    assert "3603" not in repr(refused.value) + str(refused.value)


def test_a_large_file_is_read_in_the_memory_of_one_row():
    class Endless(io.RawIOBase):
        left = 200_000

        def readable(self):
            return True

        def readline(self, size=-1):
            self.left -= 1
            return b"a,b,c\n" if self.left >= 0 else b""

    tracemalloc.start()
    count = sum(1 for _ in read_csv(Endless()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 200_000
    assert peak < 1_000_000
