"""Who takes the voters of a location along, in which columns, hidden or in full?"""

import csv
import io

import openpyxl
import pytest

from accounts.models import AuditEntry, Role
from tests import factories
from voters import books, columns
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
    return list(csv.DictReader(io.StringIO(answer.content.decode().removeprefix("\ufeff"))))


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
