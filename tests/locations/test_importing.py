"""A file of special locations creates and updates them, and names every row it cannot take."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.permissions import SYSTEM
from locations import importing
from locations.models import Batch, Change, Refusal, SpecialLocation
from tests import factories

pytestmark = pytest.mark.django_db
GOOD = {"kode_lokasi": "36.03-001", "nama": "Rutan Contoh", "kategori": "rutan_lapas", "kode_wilayah": "36.03.28.2004"}


@pytest.fixture(autouse=True)
def _village():
    factories.region("36.03.28.2004")


def as_csv(*rows: dict) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def load(*rows: dict, by=SYSTEM) -> Batch:
    return importing.load(file=io.BytesIO(as_csv(*rows)), file_name="lokasi.csv", by=by)


def counts(batch: Batch) -> tuple[int, ...]:
    return batch.rows, batch.accepted, batch.updated, batch.rejected


def reasons() -> list[tuple[int, str, str]]:
    found = Refusal.everywhere.order_by("row_number")
    return [(refusal.row_number, reason["column"], reason["code"]) for refusal in found for reason in refusal.reasons]


def test_a_row_becomes_a_location_of_its_regency_and_is_marked_as_moved():
    batch = load(
        {**GOOD, "tps_diminta": "3", "alasan_tps": "blok", "telepon": "'+62811", "lintang": "-6,2", "bujur": "106.6"}
    )

    location = SpecialLocation.everywhere.get()
    assert counts(batch) == (1, 1, 0, 0)
    assert (location.territory, location.requested_tps, location.phone, location.latitude) == (
        "36.03",
        3,
        "+62811",
        -6.2,
    )
    assert [change.location for change in Change.everywhere.all()] == [location]


def test_the_same_file_again_changes_nothing_and_another_name_does():
    load(GOOD)
    Change.everywhere.all().delete()

    assert counts(load(GOOD)) == (1, 0, 1, 0)
    assert SpecialLocation.everywhere.get().version == 1
    load({**GOOD, "nama": "Rutan Baru"})

    location = SpecialLocation.everywhere.get()
    assert (location.name, location.version) == ("Rutan Baru", 2)
    assert not Change.everywhere.exists()
    load({**GOOD, "tps_diminta": "2", "alasan_tps": "blok"})
    assert Change.everywhere.count() == 1


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"kode_lokasi": ""}, ("kode_lokasi", "empty")),
        ({"nama": ""}, ("nama", "empty")),
        ({"kategori": "penjara"}, ("kategori", "outside_list")),
        ({"kategori": "lainnya"}, ("jenis", "empty")),
        ({"jenis": "pesantren"}, ("jenis", "subkind_of_other_only")),
        ({"kode_wilayah": "99.99"}, ("kode_wilayah", "unknown_region")),
        ({"kode_wilayah": "36"}, ("kode_wilayah", "region_too_coarse")),
        ({"kode_wilayah": "Serang"}, ("kode_wilayah", "bad_region_code")),
        ({"lintang": "-6.1"}, ("bujur", "point_incomplete")),
        ({"lintang": "91", "bujur": "106"}, ("lintang", "out_of_range")),
        ({"tanggal_surat": "32/01/2024"}, ("tanggal_surat", "impossible_date")),
        ({"tps_diminta": "0"}, ("tps_diminta", "out_of_range")),
    ],
)
def test_each_kind_of_fault_is_named_with_row_and_column(cells, fault):
    batch = load({**GOOD, "kode_lokasi": "36.03-002"}, {**GOOD, **cells})

    assert counts(batch) == (2, 1, 0, 1)
    assert reasons() == [(3, *fault)]


def test_a_retired_region_leads_to_the_one_of_today():
    factories.region("91.01.01", successor="93.01.01")

    batch = load({**GOOD, "kode_wilayah": "910101"})

    assert SpecialLocation.everywhere.get().region_id == "93.01.01"
    assert batch.warnings["retired_region"]["rows"] == [2]


def test_the_later_of_two_rows_with_one_code_counts():
    batch = load(GOOD, {**GOOD, "nama": "Rutan Kedua"})

    assert counts(batch) == (2, 1, 1, 0)
    assert SpecialLocation.everywhere.get().name == "Rutan Kedua"


def test_a_foreign_code_cannot_be_taken_over_and_a_foreign_region_not_entered():
    load(GOOD)
    factories.region("32.73.01.1001")
    operator = factories.user(territory="32.73")

    load({**GOOD, "kode_wilayah": "32.73.01.1001"}, {**GOOD, "kode_lokasi": "x"}, by=operator)

    assert reasons() == [(2, "kode_lokasi", "code_taken"), (3, "kode_wilayah", "outside_territory")]
    assert SpecialLocation.everywhere.get().region_id == "36.03.28.2004"


def test_a_location_does_not_change_its_regency():
    load(GOOD)
    factories.region("32.73.01.1001")

    load({**GOOD, "kode_wilayah": "32.73.01.1001"})

    assert reasons() == [(2, "kode_wilayah", "other_regency")]


def test_the_command_tells_its_counts_as_one_json_line(tmp_path):
    file = tmp_path / "lokasi.csv"
    file.write_bytes(as_csv(GOOD, {**GOOD, "nama": ""}))
    output = io.StringIO()

    call_command("import_locations", str(file), "--json", stdout=output)

    result = json.loads(output.getvalue().splitlines()[-1])
    assert result.pop("seconds") >= 0
    assert result == {"rows": 2, "accepted": 1, "updated": 0, "rejected": 1, "duplicates": 0, "rejects_file": None}


def test_a_file_without_a_required_column_is_refused_whole(tmp_path):
    file = tmp_path / "lokasi.csv"
    file.write_bytes(b"kode_lokasi,nama\nx,y\n")

    with pytest.raises(CommandError, match="kategori"):
        call_command("import_locations", str(file))

    assert Batch.everywhere.get().state == "failed"
