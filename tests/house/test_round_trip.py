"""What the program gives out it takes back: the workbook to fill in, and every list it exports, come in again without a fault."""

import io
from datetime import date

import openpyxl
import pytest

from accounts.models import AuditEntry
from locations import exporting as location_exporting
from locations import importing as location_importing
from locations.models import Kind, Refusal, SpecialLocation
from tests import factories
from tests.voters.lists import counts, load, load_bytes, row
from voters import columns, exporting, refusals, template
from voters.models import Register, Voter, VoterIdentity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

EVERYTHING = {
    "blok": "Blok A",
    "peran": "petugas",
    "nkk": "3603280101050003",
    "tempat_lahir": "Tangerang",
    "status_kawin": "S",
    "alamat": "=HYPERLINK(1)",
    "rt": "001",
    "rw": "-2",
    "disabilitas": "4",
    "status_ktp_el": "B",
    "kode_wilayah_domisili": factories.HOME,
    "tanggal_masuk": "2023-01-02",
    "tanggal_keluar": "2024-12-31",
    "pekerjaan": "@buruh",
    "kewarganegaraan": "WNA",
    "keterangan": "+628123456789012",
}
BAD = [
    {"nik": "36032815089000"},
    {"jenis_kelamin": "Laki-laki"},
    {"kode_wilayah_domisili": "11.1", "nama": "-cmd"},
    {"tanggal_lahir": "12/31/1990", "alamat": "=1+1"},
    {"kode_lokasi": "99.99-999"},
    {"nik": "3.60328E+15", "keterangan": "+SUM(A1)"},
]


@pytest.fixture
def prison():
    factories.region("36.03.28")
    factories.region(factories.HOME)
    return factories.special_location("A", "36.03.28.2004", name="Rutan A")


@pytest.fixture
def operator():
    return factories.user(territory="36")


def reasons_of(batch):
    """Every refused row as (row number, reasons)."""
    found = Refusal.everywhere.filter(batch=batch).order_by("row_number")
    return [[(reason["column"], reason["code"]) for reason in refusal.reasons] for refusal in found]


def register():
    """All that is stored of voters, sealed values opened."""
    ids = list(Voter.everywhere.order_by("name").values_list("pk", flat=True))
    told = exporting._cells(ids)
    return (
        list(told),
        list(Voter.everywhere.order_by("pk").values()),
        list(VoterIdentity.everywhere.order_by("pk").values_list("nik_hash", "person_hash", "claim")),
    )


def test_the_workbook_filled_in_with_its_examples_imports_without_a_fault(prison):
    Register.objects.create(name="contoh", is_synthetic=True)
    factories.region("36.03.01")
    book = openpyxl.load_workbook(io.BytesIO(template.workbook()))
    for number, kind in enumerate(Kind, start=1):
        example = {**template.example(kind), "nama": f"Warga {'ABCDE'[number - 1]}", "kode_lokasi": "A"}
        example |= {"tanggal_lahir": f"199{number}-08-15", "nik": f"36030115089{number}0000"}
        for place, header in enumerate(columns.HEADERS, start=1):
            book[template.SHEET].cell(number + 1, place, example.get(header, ""))
    file = io.BytesIO()
    book.save(file)

    batch = load_bytes(file.getvalue())

    assert counts(batch) == {"rows": 5, "accepted": 5, "updated": 0, "rejected": 0, "duplicates": 0}
    assert set(batch.warnings) == {"block_created"}


def test_the_workbook_as_it_is_given_out_has_examples_and_no_rows(prison):
    assert load_bytes(template.workbook()).failure["code"] == "no_rows"


@pytest.mark.parametrize("as_file", [lambda rows: exporting.as_csv(rows).encode(), exporting.as_book])
def test_a_list_in_full_updates_everybody_and_changes_nothing(prison, operator, as_file):
    load(row("Budi Santoso", **EVERYTHING), row("Siti", "", sex="P"), row("=Ani", born=date(1988, 2, 29)), at=prison)
    before = register()
    ids = list(Voter.everywhere.values_list("pk", flat=True))
    rows = exporting.export_in_full(location=prison, voter_ids=ids, reason="uji", by=operator)

    batch = load_bytes(as_file(rows), by=operator)

    assert counts(batch) == {"rows": 3, "accepted": 0, "updated": 3, "rejected": 0, "duplicates": 0}
    assert register() == before
    assert AuditEntry.everywhere.get(action="voters.exported_in_full").details == {"rows": 3, "reason": "uji"}


@pytest.mark.parametrize("as_file", [lambda rows: exporting.as_csv(rows).encode(), exporting.as_book])
def test_a_hidden_list_never_comes_in_as_if_it_were_true(prison, operator, as_file):
    load(row("Budi Santoso", **EVERYTHING), at=prison)
    before = register()
    ids = list(Voter.everywhere.values_list("pk", flat=True))
    rows = exporting.export_list(location=prison, voter_ids=ids, by=operator)

    batch = load_bytes(as_file(rows), by=operator)

    assert counts(batch)["rejected"] == 1
    assert {code for _column, code in reasons_of(batch)[0]} == {"hidden"}
    assert register() == before


@pytest.mark.parametrize("as_file", [lambda rows: exporting.as_csv(rows).encode(), exporting.as_book])
def test_a_search_in_full_brings_back_everybody_at_any_location_or_none(prison, operator, as_file):
    factories.special_location("B", "36.74.01.1001", name="Panti B")
    stay = {"kode_wilayah_keberadaan": "36.03.28.2004", "lintang": "-6.30123", "bujur": "106.64321"}
    load(row("Budi Santoso", **EVERYTHING, kode_lokasi="A"), row("Siti", "", sex="P", kode_lokasi="B"))
    load(row("Ani", born=date(1988, 2, 29), **stay), row("Ina", "", sex="P", kode_wilayah_keberadaan="36.03"))
    before = register()
    found = Voter.objects.visible_to(operator).order_by("name")
    rows = list(exporting.export_found_in_full(found=found, filters=["tempat"], reason="uji", by=operator))

    batch = load_bytes(as_file(rows), by=operator)

    assert [cells[rows[0].index("kode_lokasi")] for cells in rows[1:]] == ["", "A", "", "B"]
    assert counts(batch) == {"rows": 4, "accepted": 0, "updated": 4, "rejected": 0, "duplicates": 0}
    assert register() == before
    recorded = AuditEntry.everywhere.get(action="voters.exported_in_full")
    assert (recorded.territory, recorded.details) == ("36", {"rows": 4, "filters": ["tempat"], "reason": "uji"})


@pytest.mark.parametrize("as_file", [exporting.refused_as_csv, exporting.refused_as_book])
def test_refused_rows_are_refused_again_for_the_same_reasons_and_nothing_else(prison, operator, as_file):
    header = list(columns.HEADERS)
    good = {**row("Budi"), **EVERYTHING, "kode_lokasi": "A"}
    lines = [[{**good, **cells}.get(name, "") for name in header] for cells in BAD]
    lines.append([*[good.get(name, "") for name in header], "lebih", "dari", "lajur"])
    batch = load_bytes(exporting.as_csv([header, *lines]).encode(), by=operator)
    assert len(reasons_of(batch)) == len(BAD) + 1

    again = load_bytes(_bytes(as_file(batch=batch, by=operator)), by=operator)

    assert reasons_of(again) == reasons_of(batch)
    assert counts(again)["rejected"] == counts(again)["rows"]
    assert again.warnings == {}
    assert refusals.File(again).header == refusals.File(batch).header


def test_a_wide_list_comes_back_without_the_columns_nobody_knows(prison, operator):
    header = ["nama", "nik", "tanggal_lahir", "jenis_kelamin", *(f"hobi {number}" for number in range(54))]
    batch = load_bytes(exporting.as_csv([header, ["Budi", "12", "1990-08-15", "L"]]).encode(), at=prison, by=operator)

    again = load_bytes("".join(exporting.refused_as_csv(batch=batch, by=operator)).encode(), at=prison, by=operator)

    assert reasons_of(again) == reasons_of(batch) == [[("nik", "nik_length")]]


def test_refused_rows_corrected_in_their_workbook_come_in(prison, operator):
    batch = load(row("Budi", jenis_kelamin="Laki-laki"), at=prison, by=operator)
    book = openpyxl.load_workbook(io.BytesIO(exporting.refused_as_book(batch=batch, by=operator)))
    sheet = book.active
    head = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(2, head["usulan"]).value == "jenis_kelamin: L"
    assert "outside_list" in sheet.cell(2, head["alasan"]).value
    assert all(cell.data_type == "s" for line in sheet.iter_rows() for cell in line if cell.value)
    sheet.cell(2, head["jenis_kelamin"]).value = "L"
    file = io.BytesIO()
    book.save(file)

    again = load_bytes(file.getvalue(), at=prison, by=operator)

    assert counts(again) == {"rows": 1, "accepted": 1, "updated": 0, "rejected": 0, "duplicates": 0}
    assert set(again.warnings) == {"no_nkk", "home_assumed"}


def test_the_special_locations_come_back_as_they_are(prison, operator):
    factories.special_location("B", "36.03.28.2004", name="+Panti", kind=Kind.CARE, phone="+62 21 123", notes="-")
    fields = [field.attname for field in SpecialLocation._meta.concrete_fields if field.name != "updated_at"]
    before = list(SpecialLocation.everywhere.order_by("code").values(*fields))
    text = location_exporting.export(locations=SpecialLocation.objects.visible_to(operator), by=operator)

    batch = location_importing.load(file=io.BytesIO(text.encode()), file_name="lokasi.csv", by=operator)

    assert (batch.rows, batch.rejected, batch.accepted) == (2, 0, 0)
    assert list(SpecialLocation.everywhere.order_by("code").values(*fields)) == before


def _bytes(file):
    return file if isinstance(file, bytes) else "".join(file).encode()
