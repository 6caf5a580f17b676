"""Whatever somebody sends, the answer is one clear sentence in both languages, and nothing else is harmed."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import translation

from locations.models import Batch, Refusal
from tests import factories
from tests.corpus.files import BAD, GOOD_FILES
from voters import exporting, refusals
from voters.forms import UploadForm, file_fault
from voters.models import Voter

from .lists import counts, invented_nik, load, load_bytes, prisons, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def prison():
    """With somebody registered before."""
    prison = prisons()[0]
    load(row("Ani Lestari", invented_nik(serial=77), kode_lokasi="A"))
    return prison


def in_both_languages(sentence):
    told = set()
    for language in ("en", "id"):
        with translation.override(language):
            told.add(sentence())
    assert len(told) == 2
    assert not [text for text in told if "%(" in text]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_a_sentence_and_nothing_is_harmed(prison, name):
    bad = BAD[name]
    before = list(Voter.everywhere.order_by("pk").values())

    batch = load_bytes(bad.data)

    if bad.code:
        assert (batch.state, batch.failure["code"], batch.failure["row"]) == ("failed", bad.code, bad.row)
        assert not Refusal.everywhere.filter(batch=batch).exists()
        assert list(Voter.everywhere.order_by("pk").values()) == before
        in_both_languages(lambda: file_fault(**batch.failure))
    else:
        reasons = [reason for refusal in Refusal.everywhere.filter(batch=batch) for reason in refusal.reasons]
        told = [(reason["column"], reason["code"]) for reason in reasons]
        assert (batch.state, batch.rejected, told) == ("done", 1, [bad.reason])
        in_both_languages(lambda: refusals.sentence(reasons[0]))
    assert load(row("Citra", invented_nik(serial=78), kode_lokasi="A")).accepted == 1


@pytest.mark.parametrize("name", [name for name, bad in BAD.items() if bad.code])
def test_the_page_refuses_it_at_once_and_stores_nothing(prison, name):
    staff = factories.user(territory="36")
    form = UploadForm({"lokasi": ""}, {"berkas": SimpleUploadedFile("daftar.csv", BAD[name].data)}, user=staff)

    assert not form.is_valid()
    assert form.errors["berkas"]


@pytest.mark.parametrize("name", GOOD_FILES)
def test_a_usual_file_is_taken_however_it_was_saved(prison, name):
    batch = load_bytes(GOOD_FILES[name])

    assert counts(batch) == {"rows": 1, "accepted": 1, "updated": 0, "rejected": 0, "duplicates": 0}, batch.failure


def test_decimal_commas_are_decimal_points(prison):
    batch = load_bytes(
        b"nama;nik;tanggal_lahir;jenis_kelamin;kode_wilayah_keberadaan;lintang;bujur\n"
        + f"Budi;{invented_nik()};15/08/1990;L;36.03;-6,25;106,5\n".encode()
    )

    assert batch.accepted == 1
    assert Voter.everywhere.filter(location=None).count() == 1


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1"])
def test_a_text_that_would_run_as_a_formula_is_kept_and_never_exported_live(prison, text, tmp_path):
    file, rejects = tmp_path / "daftar.csv", tmp_path / "ditolak.csv"
    file.write_bytes(f'nama,tanggal_lahir,jenis_kelamin,kode_lokasi\n"{text} x",1990-08-15,X,A\n'.encode())

    call_command("import_voters", str(file), "--rejects", str(rejects), stdout=io.StringIO())

    cells = [cell for line in csv.reader(rejects.open(encoding="utf-8", newline="")) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    exported = exporting.as_csv([[text]])
    assert not exported.lstrip('"').startswith(("=", "+", "-", "@", "\t", "\r"))


def test_what_an_export_made_harmless_is_imported_as_it_was(prison):
    name = exporting.harmless("=Ani")

    assert load(row(name, invented_nik(serial=79), kode_lokasi="A")).accepted == 1
    assert Voter.everywhere.filter(name="=Ani").exists()


def test_a_file_of_two_gigabytes_is_refused_before_it_is_read_whole(prison, tmp_path, settings):
    settings.MAX_UPLOAD_BYTES = 5_000_000
    large = tmp_path / "besar.xlsx"
    with large.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(2_000_000_000)

    with pytest.raises(CommandError):
        call_command("import_voters", str(large))

    assert Batch.everywhere.count() == 1  # the one before


def test_a_connection_cut_in_the_middle_leaves_nothing(prison, client):
    client.force_login(factories.user(territory="36"))
    body = b'--x\r\nContent-Disposition: form-data; name="berkas"; filename="a.csv"\r\n\r\nnama,tanggal_lahir\r\nBu'

    response = client.generic("POST", "/pemilih/unggah/", body, content_type="multipart/form-data; boundary=x")

    assert response.status_code in (200, 400)
    assert Batch.everywhere.count() == 1
