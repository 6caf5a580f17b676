"""Who takes the voters of a location along, in which columns, hidden or in full?"""

import csv
import io
import re
from datetime import date

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import AuditEntry, Role
from locations.models import SpecialLocation
from tests import factories
from voters import books, columns, exporting, storing
from voters.models import Voter

from .lists import BORN, invented_nik, load, prisons, row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

NIK = invented_nik()


@pytest.fixture
def place():
    factories.policy()
    place, _elsewhere = prisons()
    load(row("Budi Santoso", NIK, alamat="Jalan Kenanga 5", blok="Mawar"), row("Siti", "", sex="P"), at=place)
    return place


@pytest.fixture
def url(place):
    return f"/pemilih/lokasi/{place.pk}/unduh/"


@pytest.fixture
def browser(client):
    client.force_login(factories.user(territory="36"))
    return client


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode().removeprefix("\ufeff"))))


def streamed(answer):
    assert answer.streaming
    assert "no-store" in answer["Cache-Control"]
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode().removeprefix("\ufeff"))))


def test_looking_at_the_page_takes_nothing_along(browser, url):
    page = browser.get(url)

    assert page.status_code == 200
    assert page.context["count"] == 2
    assert not AuditEntry.everywhere.filter(action__startswith="voters.exported").exists()


def test_a_hidden_list_has_the_columns_of_the_import_and_no_identity(browser, url):
    answer = browser.post(url, {"isi": "tersamar", "bentuk": "csv"})

    budi, siti = rows_of(answer)
    assert list(budi) == list(columns.HEADERS)
    assert (budi["nama"], budi["blok"], budi["nik"], budi["tanggal_lahir"], budi["alamat"]) == (
        "Budi Santoso",
        "Mawar",
        f"36{'•' * 14}",
        "1990-••-••",
        "••••••",
    )
    assert siti["nik"] == ""
    assert "no-store" in answer["Cache-Control"]
    assert AuditEntry.everywhere.get(action="voters.exported").details == {"rows": 2}


def test_a_list_in_full_asks_for_a_reason_and_is_recorded_with_it(browser, url):
    refused = browser.post(url, {"isi": "lengkap", "bentuk": "xlsx", "reason": " "})
    assert refused.status_code == 422
    assert not AuditEntry.everywhere.filter(action="voters.exported_in_full").exists()

    answer = browser.post(url, {"isi": "lengkap", "bentuk": "xlsx", "reason": f"perbaikan {NIK}"})

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    head, budi, _siti = ([cell or "" for cell in line] for line in sheet.iter_rows(values_only=True))
    assert dict(zip(head, budi, strict=True))["nik"] == NIK
    assert dict(zip(head, budi, strict=True))["tanggal_lahir"] == BORN.isoformat()
    assert AuditEntry.everywhere.get(action="voters.exported_in_full").details == {"rows": 2, "reason": "perbaikan •"}


def test_the_filters_of_the_list_hold_for_the_file(browser, url):
    answer = browser.post(f"{url}?cari=siti", {"isi": "tersamar", "bentuk": "csv"})

    assert [cells["nama"] for cells in rows_of(answer)] == ["Siti"]


def test_who_may_not_see_identities_is_offered_no_list_in_full(client, url):
    client.force_login(factories.user(Role.REVIEWER))

    page = client.get(url)
    answer = client.post(url, {"isi": "lengkap", "bentuk": "csv", "reason": "ingin tahu"})

    assert "lengkap" not in dict(page.context["form"].fields["isi"].choices)
    assert answer.status_code == 422
    assert not AuditEntry.everywhere.filter(action="voters.exported_in_full").exists()


def test_a_list_too_long_for_a_workbook_is_offered_as_csv(browser, url, monkeypatch):
    monkeypatch.setattr(books, "MOST_ROWS", 1)

    assert browser.post(url, {"isi": "tersamar", "bentuk": "xlsx"}).status_code == 422
    assert browser.post(url, {"isi": "tersamar", "bentuk": "csv"}).status_code == 200


def test_a_search_is_taken_along_as_its_filters_leave_it_and_no_further_than_the_territory(browser, place):
    load(row("Budi Luar"), at=SpecialLocation.everywhere.get(code="B"))
    load(row("Budi Jauh", born=date(1991, 1, 2), kode_wilayah_keberadaan="36.03", lintang="-6.3", bujur="106.6"))
    every, unplaced, named = "/pemilih/unduh/", "/pemilih/unduh/?tempat=belum", "/pemilih/unduh/?cari=budi&urut=-nama"
    csv = {"isi": "tersamar", "bentuk": "csv"}

    assert browser.get(named).context["count"] == 2
    assert [cells["nama"] for cells in streamed(browser.post(every, csv))] == ["Budi Jauh", "Budi Santoso", "Siti"]
    assert [cells["nama"] for cells in streamed(browser.post(named, csv))] == ["Budi Santoso", "Budi Jauh"]
    (jauh,) = streamed(browser.post(unplaced, csv))
    assert (jauh["kode_lokasi"], jauh["kode_wilayah_keberadaan"], jauh["lintang"]) == ("", "36.03", "••••••")
    assert not re.search(r"(?<!\d)\d{16}(?!\d)", str(jauh))
    details = [entry.details for entry in AuditEntry.everywhere.filter(action="voters.exported").order_by("pk")]
    assert details[:2] == [{"rows": 3, "filters": []}, {"rows": 2, "filters": ["cari"]}]


def test_what_a_figure_of_the_condition_leads_to_can_be_taken_along(browser, place):
    factories.voter(place, name="Belum Rekam", ektp="B")
    page = browser.get("/pemilih/?wilayah=36.03&kondisi=without_ektp")

    answer = browser.post(page.context["download_url"], {"isi": "tersamar", "bentuk": "csv"})

    assert [cells["nama"] for cells in streamed(answer)] == ["Belum Rekam"]


def test_a_search_in_full_asks_for_the_right_and_a_reason(browser, client, place):
    full = {"isi": "lengkap", "bentuk": "csv", "reason": "perbaikan"}
    assert browser.post("/pemilih/unduh/", {**full, "reason": " "}).status_code == 422
    assert streamed(browser.post("/pemilih/unduh/", full))[0]["nik"] == f"'{NIK}"
    client.force_login(factories.user(Role.REVIEWER))

    assert client.post("/pemilih/unduh/", full).status_code == 422
    reviewer = factories.user(Role.REVIEWER)
    everybody = Voter.objects.visible_to(reviewer)
    with pytest.raises(PermissionDenied):
        exporting.export_found_in_full(found=everybody, reason="ingin tahu", by=reviewer)
    assert AuditEntry.everywhere.filter(action="voters.exported_in_full").count() == 1


def test_an_export_reads_some_hundred_voters_at_a_time(place, monkeypatch):
    monkeypatch.setattr(storing, "HASHES_A_QUERY", 1)
    operator = factories.user(territory="36")
    rows = exporting.export_found(found=Voter.objects.visible_to(operator).order_by("name"), by=operator)
    assert AuditEntry.everywhere.get(action="voters.exported").details["rows"] == 2
    assert next(rows) == list(columns.HEADERS)
    Voter.everywhere.filter(name="Siti").delete()

    assert [cells[columns.HEADERS.index("nama")] for cells in rows] == ["Budi Santoso"]


def test_refused_rows_come_as_a_workbook_unless_they_are_too_many(browser, place, monkeypatch):
    batch = load(row("Ani", NIK[:12]), row("Ina", NIK[:13]), at=place, by=factories.user(territory="36"))
    address = f"/pemilih/berkas/{batch.pk}/ditolak.xlsx"

    answer = browser.get(address)

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in sheet["A"]] == ["nama", "Ani", "Ina"]
    assert Voter.everywhere.count() == 2
    assert address in browser.get(f"/pemilih/berkas/{batch.pk}/").content.decode()
    monkeypatch.setattr(books, "MOST_ROWS", 1)
    assert browser.get(address).status_code == 404
    assert address not in browser.get(f"/pemilih/berkas/{batch.pk}/").content.decode()
