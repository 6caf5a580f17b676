"""What does each person see of voters, and what happens to what they type and send?"""

import csv
import datetime
import io
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Role
from locations.models import Batch, Change, Refusal
from mapping.models import Policy
from tests import factories
from voters import eligibility, importing, mending, registration, tasks, words
from voters.models import DuplicateCase, Notice, Voter, VoterIdentity
from voters.reasons import LABELS

from .lists import BORN, as_csv, invented_nik, load, prisons, row

pytestmark = pytest.mark.django_db

SIXTEEN = re.compile(r"(?<!\d)\d{16}(?!\d)")
SEARCH, UPLOAD, BATCHES = "/pemilih/", "/pemilih/unggah/", "/pemilih/berkas/"
NIK = invented_nik()


@pytest.fixture
def places():
    factories.policy()
    return prisons()


@pytest.fixture
def signed_in():
    """Call it with a person for a browser of theirs."""

    def sign_in(person):
        browser = Client()
        browser.force_login(person)
        return browser

    return sign_in


@pytest.fixture
def operator(places):
    return factories.user(territory="36")


@pytest.fixture
def browser(signed_in, operator):
    return signed_in(operator)


def a_voter(place, **cells):
    return registration.register(
        location=place, fields=row("Budi Santoso", NIK, **cells), by=factories.user(territory=place.territory)
    )


def typed(**cells):
    """A filled form for a voter."""
    return {"nama": "Budi Santoso", "nik": NIK, "tanggal_lahir": BORN.isoformat(), "jenis_kelamin": "L"} | {
        "peran": "penghuni",
        **cells,
    }


def as_shown(response):
    """What the browser would send back of the form on this page."""
    form = response.context["form"]
    return {field.html_name: field.value() if field.value() is not None else "" for field in form}


def file_of(data: bytes, name="daftar.csv"):
    return SimpleUploadedFile(name, data, content_type="text/csv")


def text_of(response):
    return response.getvalue().decode()


def errors_of(response):
    return {
        name: [error.code for error in errors.as_data()] for name, errors in response.context["form"].errors.items()
    }


def without_tokens(response):
    page = text_of(response).replace(response.request["PATH_INFO"], "")
    return re.sub(r"[A-Za-z0-9]{64}", "", page)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_auditors_and_administrators_see_no_voter(signed_in, places, role):
    voter, batch = a_voter(places[0]), load(row("Budi Santoso", NIK), at=places[0])
    browser = signed_in(factories.user(role, "00"))

    for page in pages(places[0], voter, batch):
        assert browser.get(page).status_code in (403, 405), page
        assert browser.post(page, {"reason": "ingin tahu"}).status_code in (403, 405), page


def test_a_reviewer_reads_and_changes_nothing(signed_in, places):
    voter, batch = a_voter(places[0]), load(row("", NIK), at=places[0])
    browser = signed_in(factories.user(Role.REVIEWER))

    for page in (SEARCH, BATCHES, f"/pemilih/lokasi/{places[0].pk}/", f"/pemilih/{voter.pk}/"):
        assert browser.get(page).status_code == 200
    assert browser.get(f"/pemilih/berkas/{batch.pk}/ditolak.csv").status_code == 403
    for page in (
        UPLOAD,
        f"/pemilih/lokasi/{places[0].pk}/tambah/",
        f"/pemilih/{voter.pk}/ubah/",
        f"/pemilih/{voter.pk}/hapus/",
        f"/pemilih/{voter.pk}/identitas/",
        "/pemilih/pemberitahuan/",
    ):
        assert browser.post(page, typed(reason="coba")).status_code == 403, page
    assert Voter.everywhere.filter(pk=voter.pk).exists()
    assert not AuditEntry.everywhere.filter(action="voter.revealed").exists()


def pages(location, voter, batch):
    return [
        SEARCH,
        UPLOAD,
        BATCHES,
        *(f"/pemilih/lokasi/{location.pk}/{page}" for page in ("", "panel/", "tambah/", "unduh/")),
        *(f"/pemilih/{voter.pk}/{page}" for page in ("", "ubah/", "hapus/", "identitas/")),
        *(f"/pemilih/berkas/{batch.pk}/{page}" for page in ("", "kemajuan/", "ditolak.csv", "ditolak.xlsx")),
    ]


@pytest.mark.parametrize(
    "page", ["{}/", "{}/ubah/", "{}/hapus/", "lokasi/{}/", "lokasi/{}/panel/", "lokasi/{}/tambah/", "lokasi/{}/unduh/"]
)
def test_what_is_foreign_is_as_unknown_as_what_does_not_exist(places, browser, page):
    foreign = places[1].pk if page.startswith("lokasi") else a_voter(places[1]).pk

    answers = [browser.get(f"/pemilih/{page.format(pk)}") for pk in (foreign, uuid.uuid4())]
    posted = browser.post(f"/pemilih/{page.format(foreign)}", typed(reason="coba"))

    assert [answer.status_code for answer in answers] == [404, 404]
    assert without_tokens(answers[0]) == without_tokens(answers[1])
    assert posted.status_code in (404, 405)
    assert not AuditEntry.everywhere.filter(action__in=["voter.corrected", "voter.removed"]).exists()


def test_a_foreign_identity_and_a_foreign_upload_stay_unknown(places, browser):
    foreign = a_voter(places[1])
    batch = load(row("", NIK), at=places[1], by=factories.user(territory="32"))

    assert browser.post(f"/pemilih/{foreign.pk}/identitas/", {"reason": "coba"}).status_code == 404
    for page in ("", "kemajuan/", "ditolak.csv", "ditolak.xlsx"):
        assert browser.get(f"/pemilih/berkas/{batch.pk}/{page}").status_code == 404
    assert not AuditEntry.everywhere.filter(action__in=["voter.revealed", "voters.export_rejected"]).exists()


def test_no_page_shows_a_nik_or_a_birth_date(places, browser):
    voter = a_voter(places[0], blok="Mawar", alamat="Jalan Kenanga 5", nkk="3603280101050003")
    batch = browser_upload(
        browser, as_csv([row("", NIK), row("Siti", f"{NIK}1")]), lokasi=places[0].pk, name=f"{NIK}.csv"
    )

    answers = [browser.get(page) for page in pages(places[0], voter, batch) if "identitas" not in page]
    answers += [browser.get(f"{SEARCH}?cari=budi"), browser.get(f"/pemilih/lokasi/{places[0].pk}/?format=csv")]
    answers = [answer for answer in answers if "/ditolak." not in answer.request["PATH_INFO"]]

    for answer in answers:
        assert answer.status_code == 200
        assert not SIXTEEN.search(text_of(answer)), answer.request["PATH_INFO"]
        assert BORN.isoformat() not in text_of(answer)
        assert "Kenanga" not in text_of(answer)


def test_the_list_says_in_words_who_is_eligible_and_why_others_are_not(places, browser):
    factories.voter(places[0], name="Budi", birth_date=datetime.date(1990, 8, 15))
    factories.voter(places[0], name="Siti", nik="", is_foreign=True)

    page = browser.get(f"/pemilih/lokasi/{places[0].pk}/")
    rows = {shown.voter.name: shown for shown in page.context["page"]}

    assert rows["Budi"].is_eligible
    assert rows["Budi"].nik == "36" + "•" * 14
    assert rows["Siti"].reasons == [str(LABELS["no_nik"]), str(LABELS["foreign"])]
    assert [figure["value"] for figure in page.context["figures"]] == [2, 1, 1]
    assert "1990" in text_of(page)


def test_every_reason_has_its_words():
    assert list(LABELS) == list(eligibility.REASONS)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("reason=eligible", ["Ani", "Budi"]),
        ("reason=no_nik", ["Siti"]),
        ("reason=nonsense", []),
        ("cari=bud", ["Budi"]),
        ("blok={mawar}", ["Ani"]),
        ("blok=Mawar", []),
        ("blok=-", ["Budi", "Siti"]),
        ("peran=petugas", ["Budi"]),
        ("urut=-nama", ["Siti", "Budi", "Ani"]),
        ("reason=eligible&peran=penghuni", ["Ani"]),
        ("halaman=9999", ["Ani", "Budi", "Siti"]),
    ],
)
def test_the_list_filters_and_sorts(places, browser, query, names):
    mawar = factories.block(places[0], name="Mawar")
    factories.voter(places[0], name="Budi", role="petugas")
    factories.voter(places[0], name="Ani", block=mawar)
    factories.voter(places[0], name="Siti", nik="")

    page = browser.get(f"/pemilih/lokasi/{places[0].pk}/?{query.format(mawar=mawar.pk)}")

    assert [shown.voter.name for shown in page.context["page"]] == names


def test_nobody_is_judged_without_a_policy(browser, places):
    Policy.objects.all().delete()
    factories.voter(places[0])

    page = browser.get(f"/pemilih/lokasi/{places[0].pk}/")

    assert [figure["value"] for figure in page.context["figures"]] == [1]
    assert [(shown.is_eligible, shown.reasons) for shown in page.context["page"]] == [(False, [])]


def test_nobody_is_judged_at_a_withdrawn_location(browser, places):
    factories.voter(places[0])
    registration.withdraw_location(location=places[0], reason="tutup", by=factories.user(territory="36"))

    page = browser.get(f"/pemilih/lokasi/{places[0].pk}/")

    [shown] = page.context["page"]
    assert (shown.is_eligible, shown.reasons) == (False, [])
    assert shown.state


def test_the_export_is_masked_and_recorded(places, browser):
    a_voter(places[0], nkk="3603280101050003")
    factories.voter(places[0], name="=HYPERLINK(1)", nik="")

    response = browser.get(f"/pemilih/lokasi/{places[0].pk}/?format=csv")
    rows = list(csv.DictReader(io.StringIO(text_of(response).removeprefix("\ufeff"))))

    assert response["Cache-Control"] == "no-store"
    assert [(cells["nama"], cells["tahun_lahir"], cells["memenuhi_syarat"], cells["alasan"]) for cells in rows[1:]] == [
        ("Budi Santoso", "1990", "ya", "")
    ]
    assert rows[0]["nama"] == "'=HYPERLINK(1)"
    assert rows[0]["alasan"] == "no_nik"
    assert AuditEntry.everywhere.get(action="voters.exported").details == {"rows": 2}


def test_a_name_is_found_within_the_territory_only(places, browser):
    factories.voter(places[0], name="Budi Santoso")
    factories.voter(places[1], name="Budi Setiawan")

    page = browser.get(f"{SEARCH}?cari=budi")

    assert [shown.voter.name for shown in page.context["page"]] == ["Budi Santoso"]
    assert "Setiawan" not in text_of(page)


def test_a_nik_is_searched_by_its_hash_and_never_stands_in_an_address(places, browser):
    own = a_voter(places[0])

    page = browser.post(SEARCH, {"nik": f" {NIK[:4]}.{NIK[4:]} "})

    assert [shown.voter for shown in page.context["of_nik"]] == [own]
    assert page["Cache-Control"].count("no-store")
    assert not SIXTEEN.search(text_of(page))
    assert NIK not in page.request["PATH_INFO"] + page.request["QUERY_STRING"]


def test_a_nik_registered_elsewhere_is_not_found_here(places, browser):
    a_voter(places[1])

    page = browser.post(SEARCH, {"nik": NIK})

    assert page.context["of_nik"] == []


def test_half_a_nik_is_refused_beside_its_field(places, browser):
    page = browser.post(SEARCH, {"nik": "360328"})

    assert page.status_code == 422
    assert page.context["nik_form"].errors["nik"]


def test_the_page_of_voters_tells_of_cases_notices_and_the_unplaced(places, browser):
    waiting = factories.voter(places[0], name="Menunggu")
    DuplicateCase.everywhere.create(territory="36.03", number=uuid.uuid4(), voter=waiting)
    Notice.everywhere.create(territory="36.03", voter=waiting, kind=Notice.Kind.LOST)
    Notice.everywhere.create(territory="32.73", voter=factories.voter(places[1]), kind=Notice.Kind.GAINED)
    factories.voter(stay=factories.VILLAGE)

    page = browser.get(SEARCH)

    assert [figure["value"] for figure in page.context["figures"]] == [1, 1, 1, 1]
    assert [line["voter"] for line in page.context["cases"]] == [waiting]


def test_notices_that_were_read_do_not_come_again_and_those_of_others_stay(places, browser):
    own = Notice.everywhere.create(territory="36.03", voter=factories.voter(places[0]), kind=Notice.Kind.LOST)
    other = Notice.everywhere.create(territory="32.73", voter=factories.voter(places[1]), kind=Notice.Kind.LOST)

    browser.post("/pemilih/pemberitahuan/")

    own.refresh_from_db()
    other.refresh_from_db()
    assert own.read_at is not None
    assert other.read_at is None


def test_a_voter_is_added_and_the_location_is_computed_anew(places, browser):
    response = browser.post(
        f"/pemilih/lokasi/{places[0].pk}/tambah/", typed(blok="Mawar", pekerjaan="Petani", selesai="1")
    )

    voter = Voter.everywhere.get()
    assert response.url == f"/lokasi/{places[0].pk}/"
    assert (voter.name, voter.location, voter.block.name) == ("Budi Santoso", places[0], "Mawar")
    assert Change.everywhere.filter(location=places[0]).exists()


def test_whoever_adds_a_voter_gets_the_next_form_with_the_same_block_and_role(places, browser):
    response = browser.post(f"/pemilih/lokasi/{places[0].pk}/tambah/", typed(blok="Mawar", peran="petugas"))
    page = browser.get(response.url)

    assert "Mawar" not in response.url
    assert page.context["form"]["blok"].value() == "Mawar"
    assert page.context["form"]["peran"].value() == "petugas"
    assert not page.context["form"]["nik"].value()


def test_without_a_script_birth_date_and_sex_are_taken_from_the_nik_and_shown_before_anything_is_saved(places, browser):
    empty = typed(nik=invented_nik(sex="P"), tanggal_lahir="", jenis_kelamin="")

    page = browser.post(f"/pemilih/lokasi/{places[0].pk}/tambah/", empty)
    assert not Voter.everywhere.exists()
    browser.post(f"/pemilih/lokasi/{places[0].pk}/tambah/", as_shown(page))

    voter = Voter.everywhere.get()
    assert (voter.sex, voter.birth_year, voter.nik_verdict) == ("P", 1990, "ok")


@pytest.mark.parametrize("nik", ["", "-", "123", "3603280000900001", "3603282902010001"])
def test_what_is_no_nik_fills_nothing(places, browser, nik):
    page = browser.post(f"/pemilih/lokasi/{places[0].pk}/tambah/", typed(nik=nik, tanggal_lahir="", jenis_kelamin=""))

    assert {"tanggal_lahir", "jenis_kelamin"} <= errors_of(page).keys()


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(places, browser):
    wrong = typed(nik="123", tanggal_lahir="31/02/1990", blok="Mawar", kode_wilayah_domisili="xyz")

    page = browser.post(f"/pemilih/lokasi/{places[0].pk}/tambah/", wrong)

    assert errors_of(page) == {
        "nik": ["nik_length"],
        "tanggal_lahir": ["impossible_date"],
        "kode_wilayah_domisili": ["bad_region_code"],
    }
    assert as_shown(page)["blok"] == "Mawar"
    assert 'href="#id_nik"' in text_of(page)
    assert not Voter.everywhere.exists()


def test_nobody_is_added_to_a_location_that_was_withdrawn(places, browser):
    registration.withdraw_location(location=places[0], reason="tutup", by=factories.user(territory="36"))

    assert browser.post(f"/pemilih/lokasi/{places[0].pk}/tambah/", typed()).status_code == 302
    assert not Voter.everywhere.exists()


def test_a_hidden_field_left_alone_stays_as_it_was(places, browser, operator):
    voter = a_voter(places[0], alamat="Jalan Kenanga 5", nkk="3603280101050003", disabilitas="2")
    before = registration.reveal_identity(voter=voter, reason="uji", by=operator)
    url = f"/pemilih/{voter.pk}/ubah/"
    shown = as_shown(browser.get(url))

    response = browser.post(url, shown | {"blok": "Melati"})

    voter.refresh_from_db()
    assert response.url == f"/pemilih/{voter.pk}/"
    assert shown["nik"] == "36" + "•" * 14
    assert shown["tanggal_lahir"] == "1990-••-••"
    assert "Kenanga" not in shown["alamat"]
    assert voter.block.name == "Melati"
    assert registration.reveal_identity(voter=voter, reason="uji", by=operator) == before
    assert AuditEntry.everywhere.get(action="voter.corrected").details == {"fields": ["block_id"]}


def test_a_hidden_field_is_typed_anew_or_emptied(places, browser, operator):
    voter, other = a_voter(places[0], alamat="Jalan Kenanga 5"), invented_nik(serial=7)
    url = f"/pemilih/{voter.pk}/ubah/"

    browser.post(url, as_shown(browser.get(url)) | {"nik": other, "alamat": ""})

    identity = registration.reveal_identity(voter=voter, reason="uji", by=operator)
    assert (identity["nik"], identity["alamat"]) == (other, "")


def test_a_hidden_field_mended_in_part_is_refused(places, browser, operator):
    voter = a_voter(places[0])
    url = f"/pemilih/{voter.pk}/ubah/"

    page = browser.post(url, as_shown(browser.get(url)) | {"nik": "36" + "•" * 13 + "5"})

    assert errors_of(page) == {"nik": ["masked"]}
    assert registration.reveal_identity(voter=voter, reason="uji", by=operator)["nik"] == NIK


def test_an_identity_is_recorded_before_it_is_shown_once(places, browser, operator):
    voter = a_voter(places[0], alamat="Jalan Kenanga 5")

    page = browser.post(f"/pemilih/{voter.pk}/identitas/", {"reason": f"KTP-el {NIK}"})

    entry = AuditEntry.everywhere.get(action="voter.revealed")
    assert NIK in text_of(page)
    assert "Kenanga" in text_of(page)
    assert "no-store" in page["Cache-Control"]
    assert (entry.subject_id, entry.actor) == (str(voter.pk), operator.username)
    assert NIK not in str(entry.details)
    assert NIK not in text_of(browser.get(f"/pemilih/{voter.pk}/"))


def test_without_a_reason_nothing_is_shown_or_recorded(places, browser):
    voter = a_voter(places[0])

    page = browser.post(f"/pemilih/{voter.pk}/identitas/", {"reason": "  "})

    assert page.status_code == 422
    assert not SIXTEEN.search(text_of(page))
    assert not AuditEntry.everywhere.filter(action="voter.revealed").exists()
    assert browser.get(f"/pemilih/{voter.pk}/identitas/").status_code == 405


def test_where_the_audit_cannot_be_written_nothing_is_shown(places, browser, monkeypatch):
    voter = a_voter(places[0])

    def fail(**_entry):
        raise OSError("disk full")

    monkeypatch.setattr("accounts.audit.record", fail)
    browser.raise_request_exception = False
    page = browser.post(f"/pemilih/{voter.pk}/identitas/", {"reason": "KTP-el"})

    assert page.status_code == 500
    assert NIK not in text_of(page)


def test_a_voter_is_removed_with_a_reason(places, browser):
    voter = a_voter(places[0])
    url = f"/pemilih/{voter.pk}/hapus/"

    assert errors_of(browser.post(url, {"reason": ""})) == {"reason": ["required"]}
    response = browser.post(url, {"reason": "salah daftar"})

    assert response.url == f"/lokasi/{places[0].pk}/"
    assert not Voter.everywhere.exists()
    assert AuditEntry.everywhere.get(action="voter.removed").details == {"reason": "salah daftar"}


def test_an_unplaced_voter_has_a_page_and_a_form_without_block(browser):
    voter = factories.voter(stay=factories.VILLAGE)

    page = browser.get(f"/pemilih/{voter.pk}/ubah/")

    assert browser.get(f"/pemilih/{voter.pk}/").status_code == 200
    assert "blok" not in page.context["form"].fields


def browser_upload(browser, data, *, lokasi="", name="daftar.csv", runs=True):
    """Sends a file, confirms it as it was found and, like the worker, runs it; returns its batch."""
    response = browser.post(UPLOAD, {"berkas": file_of(data, name), "lokasi": lokasi})
    assert response.status_code == 302, response.context["form"].errors
    batch = Batch.everywhere.get(pk=response.url.rstrip("/").split("/")[-2])
    browser.post(response.url, {"tindakan": "impor", "lokasi": lokasi})
    batch.refresh_from_db()
    if runs:
        tasks.run_import(batch_id=str(batch.pk))
        batch.refresh_from_db()
    return batch


def test_a_list_is_sent_watched_and_its_refused_rows_come_back(places, browser):
    data = as_csv([row("Budi Santoso", NIK, kode_lokasi="A"), row("Siti", NIK[:12], kode_lokasi="A")])
    batch = browser_upload(browser, data, runs=False)

    waiting = browser.get(f"/pemilih/berkas/{batch.pk}/")
    fragment = browser.get(f"/pemilih/berkas/{batch.pk}/kemajuan/")
    tasks.run_import(batch_id=str(batch.pk))
    over = browser.get(f"/pemilih/berkas/{batch.pk}/kemajuan/")
    page = browser.get(f"/pemilih/berkas/{batch.pk}/")

    assert 'hx-trigger="every 1s"' in text_of(waiting)
    assert 'hx-trigger="every 1s"' in text_of(fragment)
    assert over["HX-Refresh"] == "true"
    assert [figure["value"] for figure in page.context["figures"]] == [2, 1, 0, 0, 1]
    [refused] = page.context["page"]
    assert (refused.row_number, refused.column, refused.shown) == (3, "nik", "•" * 12)
    assert refused.reason in text_of(page)


def test_the_refused_rows_can_be_mended_and_sent_again(places, browser):
    data = as_csv([row("Siti", NIK[:12], kode_lokasi="A"), row("=cmd()", "-", born=BORN, kode_lokasi="A", sex="X")])
    batch = browser_upload(browser, data)

    response = browser.get(f"/pemilih/berkas/{batch.pk}/ditolak.csv")
    text = text_of(response).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    again = browser_upload(browser, text.replace(f"'{NIK[:12]}", f"'{NIK}").replace(",X,", ",L,").encode())

    assert [(cells["nik"], cells["baris"], cells["kolom"]) for cells in rows] == [
        (f"'{NIK[:12]}", "2", "nik"),
        ("-", "3", "jenis_kelamin"),
    ]
    assert rows[1]["nama"] == "'=cmd()"
    assert response["Cache-Control"] == "no-store"
    assert AuditEntry.everywhere.get(action="voters.export_rejected").details == {"rows": 2}
    assert (again.accepted, again.rejected) == (2, 0)
    assert VoterIdentity.everywhere.filter(claim__isnull=False).count() == 1


def test_a_second_click_takes_nothing_twice(places, browser):
    data = as_csv([row("Budi Santoso", NIK)])

    first, second = (browser_upload(browser, data, lokasi=places[0].pk) for _ in range(2))

    assert first == second
    assert Batch.everywhere.count() == 1


def test_the_same_file_for_another_location_is_another_upload(places, browser):
    other = factories.special_location("C", "36.03.28.2004")
    data = as_csv([row("Budi Santoso", NIK)])

    first, second = (browser_upload(browser, data, lokasi=place.pk) for place in (places[0], other))

    assert first != second


def test_a_file_that_could_not_be_read_may_be_sent_again(places, browser, settings):
    data = as_csv([row("Budi Santoso", NIK, kode_lokasi="A")] * 30) + b"\xff\xfe,,\r\n"

    first, second = (browser_upload(browser, data) for _ in range(2))

    assert first != second
    assert first.state == Batch.State.FAILED
    assert "UTF-8" in browser.get(f"/pemilih/berkas/{first.pk}/").context["failure"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "berkas"),
        (b"nama,nik\r\n", "berkas"),
        (b"PK\x03\x04rest of a workbook", "berkas"),
        (b"%PDF-1.7", "berkas"),
    ],
    ids=["empty", "no rows", "workbook", "pdf"],
)
def test_a_file_that_cannot_be_taken_is_refused_at_once(places, browser, data, field):
    page = browser.post(UPLOAD, {"berkas": file_of(data), "lokasi": ""})

    assert page.status_code == 200
    assert set(page.context["form"].errors) == {field}
    assert not Batch.everywhere.exists()


def test_a_file_that_is_too_large_is_refused_with_its_limit(places, browser, settings):
    settings.MAX_UPLOAD_BYTES = 60

    page = browser.post(UPLOAD, {"berkas": file_of(as_csv([row("Budi", NIK, kode_lokasi="A")])), "lokasi": ""})

    assert page.context["form"].errors.as_data()["berkas"][0].code == "too_large"


def test_a_foreign_location_cannot_be_chosen_for_a_list(places, browser):
    data = as_csv([row("Budi", NIK)])

    page = browser.post(UPLOAD, {"berkas": file_of(data), "lokasi": places[1].pk})
    preset = browser.get(f"{UPLOAD}?lokasi={places[1].pk}")

    assert set(page.context["form"].errors) == {"lokasi"}
    assert "Rutan Contoh (B)" not in text_of(preset)
    assert preset.context["form"]["lokasi"].value() is None


@pytest.mark.parametrize("location", ["nonsense", "", "%00", "1" * 5000])
def test_a_nonsensical_location_in_the_address_is_no_location(browser, location):
    assert browser.get(f"{UPLOAD}?lokasi={location}").status_code == 200


def test_an_upload_rings_the_bell_with_nothing_but_an_id(
    places, browser, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda **message: sent.append(message["kwargs"]))

    with django_capture_on_commit_callbacks(execute=True):
        batch = browser_upload(browser, as_csv([row("Budi", NIK, kode_lokasi="A")]), runs=False)

    assert sent == [{"batch_id": str(batch.pk)}]


def test_uploads_are_listed_for_their_territory(places, browser, operator):
    own = load(row("Budi", NIK, kode_lokasi="A"), by=operator)
    load(row("Siti", NIK, kode_lokasi="B"), by=factories.user(territory="32"))

    page = browser.get(BATCHES)

    assert [line["batch"] for line in page.context["page"]] == [own]
    assert [line["batch"] for line in browser.get(f"{BATCHES}?keadaan=failed").context["page"]] == []


def test_progress_tells_rate_and_time_left(places, operator):
    batch = importing.receive(
        file=io.BytesIO(b"nama\n" + b"x\n" * 50_000), file_name="x.csv", location=places[0], by=operator
    )
    batch.state, batch.started_at = Batch.State.RUNNING, timezone.now() - datetime.timedelta(seconds=10)
    batch.rows_done = 10_000

    progress = words.progress_of(batch)

    assert progress["total"] == 50_000
    assert 900 <= progress["rate"] <= 1000
    assert progress["remaining"]


def test_the_panel_of_a_location_leads_to_list_form_and_upload(places, browser):
    factories.voter(places[0])
    url = f"/pemilih/lokasi/{places[0].pk}/panel/"

    fragment = browser.get(url, headers={"HX-Request": "true"})
    page = browser.get(url)

    assert "<html" not in text_of(fragment)
    assert "<html" in text_of(page)
    for way in (
        f"/pemilih/lokasi/{places[0].pk}/",
        f"/pemilih/lokasi/{places[0].pk}/tambah/",
        f"lokasi={places[0].pk}",
    ):
        assert way in text_of(fragment)


def test_the_page_says_when_refused_rows_were_deleted_and_offers_nothing_more(places, operator, browser):
    batch = load(row("Budi", NIK[:12]), row("Ani"), at=places[0], by=operator)
    page = f"/pemilih/berkas/{batch.pk}/"
    assert "ditolak.csv" in text_of(browser.get(page))

    Batch.everywhere.update(finished_at=datetime.datetime(2026, 3, 5, 12, tzinfo=datetime.UTC))
    importing.forget_uploads(at=datetime.datetime(2026, 4, 10, tzinfo=datetime.UTC))

    said = text_of(browser.get(page))
    assert "4 Apr 2026" in said
    assert not re.search(r"/ditolak|\?baris=", said)
    for address in ("ditolak.csv", "ditolak.xlsx"):
        assert browser.get(f"{page}{address}").status_code == 404
    assert browser.get(f"{page}ditolak/").status_code == 302


def test_the_page_says_when_every_refused_row_was_corrected(places, operator, browser):
    batch = load(row("Budi", NIK[:12]), at=places[0], by=operator)
    mending.mend(refusal=Refusal.everywhere.get(batch=batch), fields={"nik": "-"}, by=operator)

    assert "sudah diperbaiki" in text_of(browser.get(f"/pemilih/berkas/{batch.pk}/"))
