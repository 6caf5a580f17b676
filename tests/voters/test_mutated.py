"""Good files that something happened to: no crash, no half import, and every row is counted once.

Each number is a seed: the same number makes the same file. Whatever one of them finds becomes a file of the corpus.
"""

from __future__ import annotations

import csv
import datetime
import io
import random
from typing import TYPE_CHECKING, Any

import pytest

from locations import sheets
from locations.models import Refusal
from tests import services
from tests.corpus import workbook
from voters import columns
from voters.models import Voter, VoterIdentity

from .lists import counts, invented_nik, load_bytes, prisons, row

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = datetime.date(2026, 11, 1)
COLUMNS = ["kode_lokasi", "blok", "nik", "nkk", "nama", "tanggal_lahir", "jenis_kelamin", "alamat", "tanggal_masuk",
           "kode_wilayah_domisili", "lintang", "bujur"]  # fmt: skip
NASTY = [
    "", " ", "-", "0", "-0", "1e3", "1E+400", "NaN", "inf", "3.6E+15", "3,60328E+15", "=1+1", "@x", "'", '"', "''", '""',
    "\0", "\ufeff", "\u202e", "\u200b", "\ud7ff", "💥" * 50, "é", "ß", "İ", "٣٦٠٣٢٨١٥٠٨٩٠٠٠٠١", "x" * 1000, "x" * 70_000,
    "9" * 5000, "1" * 16, "0000000000000000", "3603281508900000", "3603.2815.0890.0001", "00/00/0000", "31/02/1990",
    "1990-08-15 00:00:00", "33100", "99999", "1990-13-01", "12/31/1990", "36.03.28.2004", "36.3", "11.1", "99.99",
    "NULL", "None", "undefined", "../../etc/passwd", "<script>", "'; DROP TABLE voters;--", "%s%n", "{0}", "\\", "\r", "\n",
    "\r\n", "\t", ",", ";", "#", "\x1a", "\x85", "\u2028", "nama", "nik", "A", "B", "L", "P",
]  # fmt: skip


def good_rows(chance: random.Random) -> list[list[str]]:
    rows = []
    for serial in range(chance.randint(1, 6)):
        cells = row(f"Orang {serial}", invented_nik(serial=serial + 1), kode_lokasi=chance.choice("AB"), blok="Mawar")
        rows.append([str(cells.get(name, "")) for name in COLUMNS])
    return [list(COLUMNS), *rows]


def mutate_cells(rows: list[list[Any]], chance: random.Random) -> None:
    """One thing that people, programs and transmissions do to a list, in place."""
    at = chance.randrange(len(rows))
    here = rows[at]
    place = chance.randrange(len(here)) if here else 0
    kind = chance.randrange(11)
    if kind <= 3 and here:
        here[place] = chance.choice(NASTY)
    elif kind == 4:
        rows.insert(at, list(here))
    elif kind == 5:
        rows.insert(at, [chance.choice(NASTY) for _ in range(chance.randrange(16))])
    elif kind == 6 and here:
        del here[place]
    elif kind == 7:
        here.insert(place, chance.choice(NASTY))
    elif kind == 8:
        rows.insert(at, [])
    elif kind == 9 and len(rows) > 1:
        del rows[at]
    elif here:
        other = chance.randrange(len(here))
        here[place], here[other] = here[other], here[place]


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    kind = chance.randrange(6)
    at = chance.randrange(len(changed)) if changed else 0
    if kind == 0:
        del changed[at:]
    elif kind == 1 and changed:
        changed[at] ^= 1 << chance.randrange(8)
    elif kind == 2:
        changed[at:at] = chance.randbytes(chance.randint(1, 8))
    elif kind == 3:
        changed[at:at] = chance.choice([b'"', b"\0", b"\n", b"\r", b",", b"\xff\xfe", b"\xc3", b"\xef\xbb\xbf"])
    elif kind == 4:
        del changed[at : at + chance.randint(1, 40)]
    else:
        changed += changed[at:]
    return bytes(changed)


def mutated_csv(seed: int) -> bytes:
    chance = random.Random(seed)
    rows = good_rows(chance)
    for _ in range(chance.randint(0, 3)):
        mutate_cells(rows, chance)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=chance.choice(",,,;\t#"), lineterminator=chance.choice(["\n", "\r\n"]))
    writer.writerows(rows)
    data = text.getvalue().encode(chance.choice(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "cp1252"]), "replace")
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        data = mutate_bytes(data, chance)
    return data


def mutated_xlsx(seed: int) -> bytes:
    chance = random.Random(seed)
    rows: list[list[Any]] = good_rows(chance)
    for _ in range(chance.randint(0, 3)):
        mutate_cells(rows, chance)
    odd = [1e300, -1, 3603281508900001, 3.6e15, True, None, 0.1 + 0.2, datetime.date(1990, 8, 15)]
    if rows and chance.random() < 0.3:
        rows[-1] = [chance.choice(odd) for _ in COLUMNS]
    data = workbook([[cell[:30_000] if isinstance(cell, str) else cell for cell in cells] for cells in rows])
    for _ in range(chance.choice([0, 0, 1, 2])):
        data = mutate_bytes(data, chance)
    return data


def imported(make: Callable[[int], bytes], seeds: range) -> None:
    for seed in seeds:
        voters = Voter.everywhere.count()
        data = make(seed)
        try:
            batch = load_bytes(data)
        except Exception as error:
            raise AssertionError(f"{make.__name__}({seed}) crashed") from error
        told = counts(batch)
        rows = told.pop("rows")
        added = Voter.everywhere.count() - voters
        where = f"{make.__name__}({seed}): {batch.state} {batch.failure} {told}"
        assert batch.state in ("done", "failed"), where
        assert rows == sum(told.values()), where
        assert added == told["accepted"] + told["duplicates"], where
        assert Refusal.everywhere.filter(batch=batch).count() == told["rejected"], where
        if batch.state == "failed":
            assert not rows, where
            assert batch.failure["code"] in columns.FILE_FAULTS, where
            assert batch.failure["code"] != "crashed", where
    assert Voter.everywhere.count() == VoterIdentity.everywhere.count()


def read_and_checked(make: Callable[[int], bytes], seeds: range) -> int:
    """How many of the files could be read."""
    readable = 0
    for seed in seeds:
        data = make(seed)
        try:
            sheet = sheets.read(io.BytesIO(data), columns.NAMES)
            in_order = columns.in_order(columns.match_header(sheet.header))
            width = len(sheet.header)
            for _, cells in sheet.rows:
                assert len(cells) >= width
                parsed = columns.parse_texts(in_order(cells[:width]), today=TODAY)
                for fault in parsed if isinstance(parsed, list) else ():
                    assert columns.MESSAGES[fault.code] % dict(fault.params)
            readable += 1
        except sheets.SheetError as error:
            sentence = columns.FILE_FAULTS[error.code]
            sentence % {"row": error.row, "column": error.column}
        except Exception as error:
            raise AssertionError(f"{make.__name__}({seed}) crashed") from error
    return readable


@pytest.fixture
def register(db: None) -> None:
    prisons()


def some_of(seeds: range) -> range:
    """All, but on PostgreSQL, where the cases differ from SQLite's only in how rows are loaded, every sixth."""
    return seeds[::6] if services.uses_postgres() else seeds


# Classes, since each may run in a process of its own.


@pytest.mark.slow  # each a file of its own
@pytest.mark.usefixtures("register")
class TestTheFirst1000Files:
    def test_are_imported_whole_or_not_at_all(self) -> None:
        imported(mutated_csv, some_of(range(1000)))


@pytest.mark.slow  # each a file of its own
@pytest.mark.usefixtures("register")
class TestTheSecond1000Files:
    def test_are_imported_whole_or_not_at_all(self) -> None:
        imported(mutated_csv, some_of(range(1000, 2000)))


@pytest.mark.slow  # a process for each file
@pytest.mark.once
@pytest.mark.usefixtures("register")
class TestTheFirst50Workbooks:
    def test_are_imported_whole_or_not_at_all(self) -> None:
        imported(mutated_xlsx, range(50))


@pytest.mark.slow  # a process for each file
class TestTheSecond50Workbooks:
    def test_are_read_or_refused(self) -> None:
        assert read_and_checked(mutated_xlsx, range(50, 100)) > 10


@pytest.mark.slow  # 20,000 files
@pytest.mark.once
class TestTheNext20000Files:
    def test_are_read_and_checked_or_refused(self) -> None:
        assert read_and_checked(mutated_csv, range(10_000, 30_000)) > 8000


@pytest.mark.long
@pytest.mark.usefixtures("register")
def test_many_more_are_imported_whole_or_not_at_all():
    imported(mutated_csv, range(100_000, 110_000))


@pytest.mark.long
@pytest.mark.once
def test_a_million_files_are_read_and_checked_or_refused():
    assert read_and_checked(mutated_csv, range(1_000_000, 2_000_000)) > 400_000


@pytest.mark.long
@pytest.mark.once
def test_5000_workbooks_are_read_and_checked_or_refused():
    assert read_and_checked(mutated_xlsx, range(10_000, 15_000)) > 1000
