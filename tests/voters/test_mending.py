"""A refused row is corrected in the browser: the checks of the import hold, nothing hidden is lost or shown, the counts stay."""

import pytest

from accounts.models import AuditEntry, Role
from locations.models import Batch, Refusal
from tests import factories
from voters import columns, refusals, undo
from voters.models import BatchMissing, MendedRow, Voter, VoterIdentity
from voters.reading import alike

from .lists import BORN, counts, invented_nik, load, prisons, row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

NIK = invented_nik()
ADDRESS = "Jalan Kenanga 5"


@pytest.fixture
def place():
    factories.policy()
    return prisons()[0]


@pytest.fixture
def operator(place):
    return factories.user(territory="36")


@pytest.fixture
def browser(client, operator):
    client.force_login(operator)
    return client


@pytest.fixture
def batch(place, operator):
    """A good row, one without a sex that can be read, one with half a NIK."""
    return load(
        row("Budi", NIK),
        row("Siti", invented_nik(serial=2), jenis_kelamin="Laki-laki", alamat=ADDRESS, tanggal_masuk="31/12/2022"),
        row("Ani", NIK[:12], alamat=ADDRESS),
        at=place,
        by=operator,
    )


def url(batch, number=None):
    return f"/pemilih/berkas/{batch.pk}/ditolak/" + (f"?baris={number}" if number else "")


def as_shown(page, **typed):
    """What a browser sends of the form on this page, but for what was typed."""
    form = page.context["form"]
    shown = {field.html_name: field.value() if field.value() is not None else "" for field in form}
    return shown | {"dipakai": page.context["taken"]} | typed


def test_the_first_refused_row_opens_with_its_fault_beside_the_field_and_identities_hidden(browser, batch):
    page = browser.get(url(batch))

    form, text = page.context["form"], page.content.decode()
    assert page.context["refusal"].row_number == 3
    assert list(form.errors) == ["jenis_kelamin"]
    assert (form["nama"].value(), form["jenis_kelamin"].value(), form["tanggal_masuk"].value()) == (
        "Siti",
        "Laki-laki",
        "2022-12-31",
    )
    assert not any(secret in text for secret in (invented_nik(serial=2), ADDRESS, BORN.isoformat()))
    assert [(each["column"], each["text"]) for each in page.context["proposals"]] == [("jenis_kelamin", "L")]


def test_a_corrected_row_is_a_voter_and_the_next_row_opens(browser, batch, place):
    answer = browser.post(url(batch, 3), as_shown(browser.get(url(batch, 3)), jenis_kelamin="L"))

    assert answer.headers["Location"] == url(batch, 4)
    voter = Voter.everywhere.get(name="Siti")
    assert (voter.location, voter.sex, voter.arrival.isoformat(), voter.batch) == (place, "L", "2022-12-31", None)
    identity = VoterIdentity.everywhere.get(pk=voter.pk)
    assert identity.claim
    mended = MendedRow.everywhere.get()
    assert (mended.batch, mended.row_number, mended.voter) == (batch, 3, voter)
    assert AuditEntry.everywhere.get(action="voters.row_mended").details == {"row_number": 3}
    assert [found.row_number for found in refusals.waiting(batch)] == [4]


def test_the_counts_of_the_list_stay_what_they_were(browser, batch):
    before = counts(batch)

    browser.post(url(batch, 3), as_shown(browser.get(url(batch, 3)), jenis_kelamin="L"))

    batch.refresh_from_db()
    assert counts(batch) == before == {"rows": 3, "accepted": 1, "updated": 0, "rejected": 2, "duplicates": 0}
    page = browser.get(f"/pemilih/berkas/{batch.pk}/")
    assert (page.context["waiting"], page.context["mended"]) == (1, 1)


def test_after_the_last_row_the_list_opens(browser, batch):
    browser.post(url(batch, 3), as_shown(browser.get(url(batch, 3)), jenis_kelamin="L"))

    answer = browser.post(url(batch, 4), as_shown(browser.get(url(batch, 4)), nik=invented_nik(serial=3)))

    assert answer.headers["Location"] == f"/pemilih/berkas/{batch.pk}/"
    assert Voter.everywhere.count() == 3
    assert browser.get(url(batch)).headers["Location"] == f"/pemilih/berkas/{batch.pk}/"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "jenis_kelamin"),
        ({"jenis_kelamin": "L", "nama": ""}, "nama"),
        ({"jenis_kelamin": "L", "kode_lokasi": "B"}, "kode_lokasi"),
        ({"jenis_kelamin": "L", "tanggal_keluar": "2022-01-01"}, "tanggal_keluar"),
        ({"jenis_kelamin": "L", "nik": f"{NIK[:2]}••••••••••••1"}, "nik"),
        ({"jenis_kelamin": "L", "kode_wilayah_domisili": "3603010"}, "kode_wilayah_domisili"),
    ],
)
def test_what_the_import_refuses_is_refused_here_too(browser, batch, typed, field):
    answer = browser.post(url(batch, 3), as_shown(browser.get(url(batch, 3)), **typed))

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert Refusal.everywhere.count() == 2
    assert not MendedRow.everywhere.exists()


def test_a_proposal_is_taken_with_a_click_and_saved_with_the_next(browser, batch):
    page = browser.post(url(batch, 3), as_shown(browser.get(url(batch, 3)), pakai="jenis_kelamin"))

    assert page.context["form"]["jenis_kelamin"].value() == "L"
    assert not page.context["form"].errors
    assert not Voter.everywhere.filter(name="Siti").exists()
    browser.post(url(batch, 3), as_shown(page))
    assert Voter.everywhere.get(name="Siti").sex == "L"


def test_a_proposal_that_identifies_somebody_is_taken_without_being_shown(browser, place, operator):
    batch = load(row("Ani", NIK, tanggal_lahir="8/15/1990"), at=place, by=operator)

    page = browser.post(url(batch), as_shown(browser.get(url(batch)), pakai="tanggal_lahir"))
    browser.post(url(batch, 2), as_shown(page))

    assert page.context["form"]["tanggal_lahir"].value() == "1990-••-••"
    voter = Voter.everywhere.get(name="Ani")
    assert (voter.birth_year, voter.nik_verdict) == (1990, "ok")


def test_what_is_hidden_is_shown_with_a_reason_to_whom_may_see_it(browser, batch):
    refused = browser.post(url(batch, 4), {"lihat": "1", "reason": ""})
    assert refused.status_code == 422
    assert not AuditEntry.everywhere.filter(action="voters.row_revealed").exists()

    page = browser.post(url(batch, 4), {"lihat": "1", "reason": f"cocokkan {NIK}"})

    assert page.context["form"]["nik"].value() == NIK[:12]
    assert "no-store" in page["Cache-Control"]
    details = AuditEntry.everywhere.get(action="voters.row_revealed").details
    assert details == {"row_number": 4, "reason": "cocokkan •"}
    browser.post(url(batch, 4), as_shown(page, nik=f"{NIK[:12]}0009"))
    assert Voter.everywhere.get(name="Ani").nik_verdict == "ok"


def test_a_column_the_file_lacks_leaves_what_is_stored(browser, place, operator):
    load(row("Budi", NIK, nkk="3603280101050003", blok="Mawar"), at=place, by=operator)
    batch = load(row("Budi", NIK, jenis_kelamin="pria"), at=place, by=operator)

    browser.post(url(batch), as_shown(browser.get(url(batch)), jenis_kelamin="L"))

    voter = Voter.everywhere.get()
    assert voter.block.name == "Mawar"
    assert MendedRow.everywhere.get().voter == voter


@pytest.mark.parametrize(("mode", "marital"), [("update", "S"), ("add", "B")])
def test_a_row_of_a_list_that_only_adds_leaves_who_is_there_as_he_is(browser, place, operator, mode, marital):
    load(row("Budi", NIK, status_kawin="B"), at=place, by=operator)
    batch = load(row("Budi", NIK, jenis_kelamin="pria", status_kawin="S"), at=place, by=operator)
    Batch.everywhere.filter(pk=batch.pk).update(mode=mode)

    browser.post(url(batch), as_shown(browser.get(url(batch)), jenis_kelamin="L"))

    assert Voter.everywhere.get().marital == marital
    assert MendedRow.everywhere.exists()


def test_a_block_gets_the_name_that_was_chosen_for_alike_ones(browser, place, operator):
    batch = load(row("Budi", NIK, blok="BLOK-A", jenis_kelamin="X"), at=place, by=operator)
    blocks = {place.code: {alike("blok a"): "Blok A"}}
    Batch.everywhere.filter(pk=batch.pk).update(reading={**batch.reading, "blocks": blocks})

    browser.post(url(batch), as_shown(browser.get(url(batch)), jenis_kelamin="L"))

    assert Voter.everywhere.get().block.name == "Blok A"


def test_a_list_that_replaces_misses_nobody_whose_row_was_corrected(browser, place, operator):
    load(row("Budi", NIK), at=place, by=operator)
    batch = load(row("Bambang", NIK, jenis_kelamin="X"), at=place, by=operator)
    BatchMissing.everywhere.create(
        territory=place.territory, batch=batch, voter=Voter.everywhere.get(), is_in_doubt=True
    )

    browser.post(url(batch), as_shown(browser.get(url(batch)), jenis_kelamin="L", nama="Budi"))

    assert Voter.everywhere.count() == 1
    assert not BatchMissing.everywhere.exists()


def test_a_row_with_too_many_cells_is_corrected_as_it_stands(browser, place, operator):
    from .lists import as_csv, load_bytes

    batch = load_bytes(as_csv([row("Budi", NIK)]) + b"Ani,,1990-08-15,P,lebih\n", at=place, by=operator)

    page = browser.get(url(batch))
    browser.post(url(batch), as_shown(page))

    assert page.context["form"].non_field_errors()
    assert Voter.everywhere.filter(name="Ani", sex="P").exists()


def test_a_row_corrected_by_a_colleague_meanwhile_is_not_entered_again(browser, batch):
    typed = as_shown(browser.get(url(batch, 3)), jenis_kelamin="L")
    browser.post(url(batch, 3), typed)

    again = browser.post(url(batch, 3), typed)

    assert again.headers["Location"] == f"/pemilih/berkas/{batch.pk}/"
    assert Voter.everywhere.filter(name="Siti").count() == 1


def test_a_row_that_is_nobody_is_put_away_for_good_and_recorded(browser, batch):
    answer = browser.post(url(batch, 3), {"buang": "1"})

    assert answer.headers["Location"] == url(batch, 4)
    assert list(Refusal.everywhere.values_list("row_number", flat=True)) == [4]
    assert not MendedRow.everywhere.exists()
    assert AuditEntry.everywhere.get(action="voters.row_put_away").details == {"row_number": 3}
    assert Voter.everywhere.count() == 1


def test_rows_of_a_list_that_was_taken_back_wait_no_more(browser, batch, operator):
    undo.take_back(batch=batch, reason="salah berkas", seen=undo.outlook(batch).seen, by=operator)

    assert browser.get(url(batch)).headers["Location"] == f"/pemilih/berkas/{batch.pk}/"
    assert browser.post(url(batch, 3), {"nama": "Siti"}).status_code == 302
    assert Voter.everywhere.count() == 0


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR])
def test_who_may_not_enter_corrects_nothing(client, batch, role):
    client.force_login(factories.user(role, "00"))

    assert client.get(url(batch)).status_code == 403
    assert client.post(url(batch, 3), {"lihat": "1", "reason": "ingin tahu"}).status_code == 403
    assert client.post(url(batch, 3), {"buang": "1"}).status_code == 403


def test_a_foreign_list_is_unknown(client, batch):
    client.force_login(factories.user(territory="32"))

    assert client.get(url(batch)).status_code == client.post(url(batch, 3), {}).status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999", "²"])
def test_a_row_that_is_none_leads_back_to_the_list(browser, batch, number):
    assert browser.get(url(batch, number)).headers["Location"] == f"/pemilih/berkas/{batch.pk}/"


def test_a_long_name_is_not_cut_and_every_column_has_a_field(browser, place, operator):
    name = "Raden Mas " + "Suryadiningrat " * 6
    cells = {"kode_lokasi": "", "kode_wilayah_keberadaan": "36.03.28", "lintang": "-6.1", "bujur": "106.5"}
    batch = load(row(name, NIK, jenis_kelamin="X", **cells), by=operator)

    page = browser.get(url(batch))

    assert set(page.context["form"].fields) == set(columns.HEADERS)
    browser.post(url(batch), as_shown(page, jenis_kelamin="L"))
    voter = Voter.everywhere.get()
    assert (voter.name, voter.stay_id, bool(voter.h3_cell)) == (name.strip(), "36.03.28", True)
