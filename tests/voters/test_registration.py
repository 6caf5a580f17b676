"""One voter at a time: the form refuses what the file refuses, a masked field stays, a reveal is recorded first."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.permissions import SYSTEM
from locations.models import Change
from tests import factories
from voters import duplicates, registration
from voters.models import DuplicateCase, FormerNIK, Voter, VoterIdentity

from .lists import invented_nik, load, prisons, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def places():
    return prisons()


@pytest.fixture
def operator(places):
    return factories.user(territory="36")


def enter(place, by, name="Budi Santoso", nik=None, **cells) -> Voter:
    return registration.register(location=place, fields=row(name, nik, **cells), by=by)


def test_a_voter_entered_by_hand_counts_and_moves_the_location(places, operator):
    voter = enter(places[0], operator, blok="Mawar")

    assert (voter.location, voter.territory, voter.block.name, voter.nik_verdict) == (places[0], "36.03", "Mawar", "ok")
    assert voter.identity.claim is not None
    assert [change.location for change in Change.everywhere.all()] == [places[0]]
    entry = AuditEntry.everywhere.get(action="voter.registered")
    assert (entry.subject_id, entry.details) == (str(voter.pk), {})


def test_a_form_refuses_what_a_file_refuses_by_column(places, operator):
    with pytest.raises(ValidationError) as refused:
        enter(places[0], operator, name="", nik="123456", kode_wilayah_domisili="99.99")

    assert {column: [error.code for error in errors] for column, errors in refused.value.error_dict.items()} == {
        "nama": ["empty"],
        "nik": ["nik_length"],
    }
    with pytest.raises(ValidationError) as refused:
        enter(places[0], operator, kode_wilayah_domisili="99.99")
    assert refused.value.error_dict["kode_wilayah_domisili"][0].code == "unknown_region"
    assert not Voter.everywhere.exists()


def test_whoever_is_entered_twice_is_one_voter(places, operator):
    first = enter(places[0], operator)

    again = enter(places[0], operator, name="BUDI SANTOSO", blok="Mawar")

    assert again.pk == first.pk
    assert again.block.name == "Mawar"


def test_a_foreign_territory_is_refused(places, operator):
    stranger = factories.user(territory="32")
    voter = enter(places[0], operator)

    for forbidden in (
        lambda: enter(places[0], stranger),
        lambda: registration.correct(voter=voter, fields={"nama": "x"}, by=stranger),
        lambda: registration.remove(voter=voter, reason="x", by=stranger),
        lambda: registration.reveal_identity(voter=voter, reason="x", by=stranger),
        lambda: registration.reveal_identity(voter=voter, reason="x", by=factories.user("reviewer")),
        lambda: registration.register(stay="36.03", fields=row("Ani"), by=stranger),
    ):
        with pytest.raises(PermissionDenied):
            forbidden()

    assert Voter.everywhere.get().name == "Budi Santoso"


def test_an_unplaced_voter_is_entered_and_placed(places, operator):
    unplaced = registration.register(stay="36.03.28", fields=row("Budi Santoso", alamat="Jl. 1"), by=operator)

    placed = registration.place(voter=unplaced, location=places[0], by=operator)

    unplaced.refresh_from_db()
    assert (unplaced.territory, unplaced.is_placed, unplaced.identity.claim) == ("36.03", True, None)
    assert placed.identity.claim is not None
    assert registration.reveal_identity(voter=placed, reason="uji", by=operator)["alamat"] == "Jl. 1"
    with pytest.raises(ValidationError):
        registration.place(voter=placed, location=places[0], by=operator)


def test_a_masked_field_left_alone_stays_as_it_was(places, operator):
    voter = enter(places[0], operator, alamat="Jl. 1", nkk="3603280101100001")
    masked = {"nik": "36••••••••••••••", "tanggal_lahir": "1990-••-••", "nkk": "••••", "nama": "Budi Santosa"}

    corrected = registration.correct(voter=voter, fields=masked, by=operator)

    cells = registration.reveal_identity(voter=voter, reason="uji", by=operator)
    assert corrected.name == "Budi Santosa"
    assert (cells["nik"], cells["tanggal_lahir"], cells["nkk"]) == (invented_nik(), "1990-08-15", "3603280101100001")
    assert not FormerNIK.everywhere.exists()
    assert AuditEntry.everywhere.get(action="voter.corrected").details == {"fields": ["name"]}


def test_a_correction_that_changes_nothing_leaves_no_trace(places, operator):
    voter = enter(places[0], operator, blok="Mawar", kode_wilayah_domisili=factories.HOME)
    Change.everywhere.all().delete()

    registration.correct(
        voter=voter, fields={"nama": "Budi Santoso", "blok": "Mawar", "jenis_kelamin": "L"}, by=operator
    )

    assert not AuditEntry.everywhere.filter(action="voter.corrected").exists()
    assert not Change.everywhere.exists()


def test_a_corrected_sex_makes_the_nik_bad_and_lets_the_claim_go(places, operator):
    voter = enter(places[0], operator)
    enter(places[1], SYSTEM)

    registration.correct(voter=voter, fields={"jenis_kelamin": "P"}, by=operator)

    voter.refresh_from_db()
    assert (voter.nik_verdict, voter.is_duplicate, voter.identity.claim) == ("bad", False, None)
    assert Voter.everywhere.get(location=places[1]).identity.claim is not None


def test_a_duplicate_whose_nik_turns_out_bad_is_no_duplicate_any_more(places, operator):
    enter(places[1], SYSTEM)
    voter = enter(places[0], operator)
    assert voter.is_duplicate

    registration.correct(voter=voter, fields={"nik": ""}, by=operator)

    voter.refresh_from_db()
    assert (voter.nik_verdict, voter.is_duplicate, voter.identity.nik_hash) == ("none", False, None)
    assert not DuplicateCase.everywhere.filter(closed_at=None).exists()


def test_a_nik_corrected_and_corrected_back_is_no_former_one(places, operator):
    voter = enter(places[0], operator)
    for serial in (2, 1):
        registration.correct(voter=voter, fields={"nik": invented_nik(serial=serial)}, by=operator)

    assert FormerNIK.everywhere.get().nik_hash != VoterIdentity.everywhere.get().nik_hash
    load(row("Budi Santoso", invented_nik(serial=2), kode_lokasi="A"))
    assert Voter.everywhere.count() == 1


def test_who_is_removed_is_gone_with_everything_sealed(places, operator):
    voter = enter(places[0], operator)

    registration.remove(voter=voter, reason="salah: 3603281508900001", by=operator)

    assert not VoterIdentity.everywhere.exists()
    entry = AuditEntry.everywhere.get(action="voter.removed")
    assert entry.details == {"reason": "salah: •"}


def test_a_reveal_asks_for_a_reason_and_is_recorded(places, operator):
    voter = enter(places[0], operator, alamat="Jl. 1")

    with pytest.raises(ValidationError):
        registration.reveal_identity(voter=voter, reason=" ", by=operator)
    assert not AuditEntry.everywhere.filter(action="voter.revealed").exists()
    cells = registration.reveal_identity(voter=voter, reason="cek KTP-el", by=operator)

    assert (cells["nik"], cells["alamat"]) == (invented_nik(), "Jl. 1")
    assert "nama" not in cells
    assert AuditEntry.everywhere.get(action="voter.revealed").details == {"reason": "cek KTP-el"}


def test_nothing_is_revealed_when_the_audit_cannot_be_written(places, operator, monkeypatch):
    voter = enter(places[0], operator)

    def broken(**_details):
        raise OSError("no room")

    monkeypatch.setattr(registration.audit, "record", broken)

    with pytest.raises(OSError, match="no room"):
        registration.reveal_identity(voter=voter, reason="cek", by=operator)


def test_a_case_and_a_notice_show_each_territory_its_own_row_only(places, operator):
    enter(places[0], operator)
    other = enter(places[1], SYSTEM)
    elsewhere = factories.user(territory="32")

    assert [case.voter for case in duplicates.open_cases(elsewhere)] == [other]
    registration.withdraw_location(location=places[0], reason="batal", by=operator)
    assert [notice.voter for notice in duplicates.unread_notices(elsewhere)] == [other]
    assert not duplicates.unread_notices(operator)


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("NIK 3504171508906001 ganda", "NIK • ganda"),
        ("lahir 15/08/1990", "lahir •"),
        ("lahir 1990-08-15.", "lahir •."),
        ("lahir 15-8-90, laki-laki", "lahir •, laki-laki"),
        ("lahir 15 Agustus 1990 di Blitar", "lahir • di Blitar"),
        ("lahir 17 Agt. 1965", "lahir •"),
        ("surat 12/2026 tanggal 05/03/{year}", "surat 12/2026 tanggal 05/03/{year}"),
        ("surat 3 Mei {year} perihal 20 orang", "surat 3 Mei {year} perihal 20 orang"),
    ],
)
def test_neither_niks_nor_birth_dates_get_into_the_audit_with_a_reason(reason, kept):
    year = timezone.localdate().year

    assert registration.without_figures(reason.format(year=year)) == kept.format(year=year)
