"""A list is taken back as a whole: who came leaves, who was changed is as before, who moved on since stays and is named."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Role
from locations.models import Batch, Block, Change, Refusal
from mapping.models import Assignment
from tests import factories
from tests.conftest import LONG
from tpskhusus import invariants
from voters import acts, importing, missing, nkks, registration, undo
from voters.models import BatchBefore, DuplicateCase, FormerNIK, Strike, Voter, VoterIdentity

from .lists import BORN, invented_nik, load, prisons, row

pytestmark = pytest.mark.django_db
HERE = {"kode_lokasi": "A"}
AWAY = {"kode_lokasi": "", "kode_wilayah_keberadaan": factories.VILLAGE}


@pytest.fixture
def prison():
    return prisons()[0]


@pytest.fixture
def clerk(prison):
    return factories.user(territory="36")


def person(serial: int, name: str = "", **cells: Any) -> dict[str, Any]:
    return row(name or f"Warga {'ABCDEFGHIJ'[serial]} Contoh", invented_nik(serial=serial + 1), **{**HERE, **cells})


def register() -> dict[str, Any]:
    """All that a list may change, opened, so that a row sealed anew is still the same."""
    voters = list(Voter.everywhere.order_by("pk").values())
    stored = {}
    for pk, key_id, nik, record, nik_hash, person_hash, claim in VoterIdentity.everywhere.values_list(
        "pk", "key_id", "nik_sealed", "record_sealed", "nik_hash", "person_hash", "claim"
    ):
        held = undo.storing.Stored(pk, key_id, nik, record, None, None, False, "", {})
        hashes = [bytes(value) if value else None for value in (nik_hash, person_hash, claim)]
        stored[pk] = (held.open_nik(), held.open_record(), *hashes)
    open_cases = sorted(DuplicateCase.everywhere.filter(closed_at=None).values_list("voter", "kind"))
    blocks = sorted(Block.everywhere.values_list("location", "name"))
    return {"voters": voters, "identities": stored, "cases": open_cases, "blocks": blocks}


def take_back(batch: Batch, by: Any, reason: str = "berkas yang salah") -> Batch:
    return undo.take_back(batch=batch, reason=reason, seen=undo.outlook(batch).seen, by=by)


def kept(batch: Batch) -> list[tuple[str, str]]:
    return sorted(BatchBefore.everywhere.filter(batch=batch).values_list("voter__name", "kept_why"))


def sound() -> bool:
    return all(finding.holds for finding in invariants.check())


def test_a_list_of_new_voters_leaves_nothing_behind(prison, clerk):
    load(person(0, blok="Mawar"), by=clerk)
    before = register()
    batch = load(person(1, blok="Mawar"), person(2, blok="Melati"), row("", "1", **HERE), by=clerk)
    Change.everywhere.all().delete()

    taken = take_back(batch, clerk)

    assert register() == before
    assert (taken.state, taken.taken_back_by, taken.taken_back_reason) == ("taken_back", clerk, "berkas yang salah")
    assert Batch.everywhere.get(pk=batch.pk).state == Batch.State.TAKEN_BACK
    assert Refusal.everywhere.filter(batch=batch).count() == 1
    assert [change.location_id for change in Change.everywhere.all()] == [prison.pk]
    entry = AuditEntry.everywhere.get(action="voters.taken_back")
    assert entry.details == {"left": 2, "returned": 0, "kept": 0, "reason": "berkas yang salah"}
    assert sound()


CHANGED = {
    "dates and block": {"blok": "Melati", "tanggal_masuk": "2023-02-01", "tanggal_keluar": "2029-01-01"},
    "the sealed record": {"alamat": "Jl. Lain 9", "nkk": "3603280101100002", "keterangan": "salah"},
    "name, home and role": {"nama": "Warga A Contohh", "kode_wilayah_domisili": factories.HOME, "peran": "petugas"},
    "nothing at all": {},
}


@pytest.mark.parametrize("cells", CHANGED.values(), ids=CHANGED)
def test_a_voter_the_list_changed_is_as_before(prison, clerk, cells):
    load(person(0, blok="Mawar", alamat="Jl. Raya 1", tanggal_masuk="2023-01-01"), by=clerk)
    before = register()
    batch = load(person(0, blok="Mawar", alamat="Jl. Raya 1", tanggal_masuk="2023-01-01") | cells, by=clerk)
    assert batch.updated == 1

    take_back(batch, clerk)

    assert register() == before
    assert not BatchBefore.everywhere.exists()
    assert sound()


def test_to_be_looked_at_for_an_nkk_is_no_change_of_a_voter(prison, clerk):
    load(person(0, nkk="3603280101100002"), by=clerk)
    Voter.everywhere.update(has_nkk=None)
    batch = load(person(0, blok="Mawar"), by=clerk)
    nkks.look()

    take_back(batch, clerk)

    voter = Voter.everywhere.get()
    assert kept(batch) == []
    assert (voter.block, voter.has_nkk) == (None, True)


def test_a_nik_that_the_list_brought_goes_again(prison, clerk):
    load(row("Tanpa Nomor", "-", **HERE), by=clerk)
    before = register()
    batch = load(row("Tanpa Nomor", invented_nik(), **HERE), person(3), by=clerk)
    assert VoterIdentity.everywhere.exclude(claim=None).count() == 2

    take_back(batch, clerk)

    assert register() == before
    assert sound()


def test_whoever_lost_a_claim_to_the_list_has_it_again(prison, clerk):
    other = factories.user(territory="32")
    load(person(0, kode_lokasi="A"), by=clerk)
    load(person(0, kode_lokasi="B"), by=other)
    load(person(1, kode_lokasi="A"), by=clerk)
    before = register()
    # the first leaves, so that the one who waited elsewhere counts; of the second a namesake comes elsewhere
    batch = load(person(0, kode_lokasi="A", tanggal_keluar="2023-01-01"), by=clerk)
    twice = load(person(1, kode_lokasi="B"), by=other)
    assert register() != before

    take_back(batch, clerk)
    take_back(twice, other)

    assert register() == before
    assert sound()


def test_an_unplaced_voter_revives_when_the_list_that_placed_him_goes(prison, clerk):
    load(row("Siti Aminah", invented_nik(), kode_wilayah_keberadaan=factories.VILLAGE), by=clerk)
    before = register()
    batch = load(row("Siti Aminah", invented_nik(), **HERE), by=clerk)
    assert Voter.everywhere.filter(is_placed=True).count() == 1

    take_back(batch, clerk)

    assert register() == before
    assert sound()


def test_who_was_changed_since_stays_and_is_named(prison, clerk):
    load(person(0), person(1), by=clerk)
    batch = load(*[person(n, alamat="Jl. Baru 1") for n in range(7)], by=clerk)
    named = {voter.name: voter for voter in Voter.everywhere.all()}
    correct = [person(n)["nama"] for n in (0, 2)]
    for name in correct:
        registration.correct(voter=named[name], fields={"alamat": "Jl. Betul 2"}, by=clerk)
    load(person(1, alamat="Jl. Lagi 3"), person(3, alamat="Jl. Lagi 3"), person(4, alamat="Jl. Baru 1"), by=clerk)
    registration.reveal_identity(voter=named[person(5)["nama"]], reason="dicek", by=clerk)
    Voter.everywhere.filter(name=person(6)["nama"]).update(official_mark="1")

    found = undo.outlook(batch)
    take_back(batch, clerk)

    assert (found.leaving, found.returning, len(found.kept), found.gone) == (2, 0, 5, 0)
    assert kept(batch) == sorted(
        [(name, "person") for name in correct]
        + [(person(1)["nama"], "list"), (person(3)["nama"], "list"), (person(6)["nama"], "person")]
    )
    assert {voter.name for voter in Voter.everywhere.all()} == {person(n)["nama"] for n in (0, 1, 2, 3, 6)}
    assert sound()


def test_lists_taken_back_last_first_leave_the_register_as_it_was(prison, clerk):
    load(person(0), by=clerk)
    before = register()
    first = load(person(0, alamat="Jl. Satu"), person(1, blok="Mawar"), by=clerk)
    between = register()
    second = load(person(0, alamat="Jl. Dua"), person(1, blok="Melati"), person(2), by=clerk)

    take_back(second, clerk)
    assert register() == between
    take_back(first, clerk)

    assert register() == before


def test_a_departure_entered_for_many_holds_a_voter_until_it_is_taken_back_too(prison, clerk):
    load(person(0, kode_lokasi="B"), by=factories.user(territory="32"))
    batch = load(person(0), by=clerk)
    case = DuplicateCase.everywhere.get(voter__location=prison)
    done = acts.depart(cases=[case], on=date(2023, 5, 1), reason="pindah", by=clerk)
    assert list(undo.outlook(batch).kept.values()) == ["person"]

    acts.take_back(act=done.act, by=clerk)

    assert undo.outlook(batch).kept == {}


def test_nothing_is_taken_back_while_one_voter_stands_on_a_determined_list(prison, clerk):
    load(person(0), by=clerk)
    batch = load(person(0, alamat="Jl. Baru 1"), person(1), person(2), by=clerk)
    Strike.everywhere.create(territory="32.73", voter=Voter.everywhere.get(name=person(0)["nama"]))
    before = register()

    with pytest.raises(ValidationError, match=r"Rutan Contoh.*\(1\)") as refused:
        take_back(batch, clerk)

    assert refused.value.code == "determined"
    assert [(place.pk, count) for place, count in undo.outlook(batch).determined] == [(prison.pk, 1)]
    assert register() == before
    assert Batch.everywhere.get(pk=batch.pk).state == Batch.State.DONE


def test_every_app_that_holds_on_to_a_voter_is_asked():
    assert {model for model, _ in undo._hanging(undo.models.PROTECT)} == {Strike, Assignment}


def test_it_is_done_once_by_who_may_and_while_it_can(prison, clerk):
    batch = load(person(0), by=clerk)
    with pytest.raises(PermissionDenied):
        take_back(batch, factories.user(territory="32"))
    with pytest.raises(ValidationError) as empty:
        take_back(batch, clerk, reason="  ")
    with pytest.raises(ValidationError) as moved:
        undo.take_back(batch=batch, reason="salah", seen="9-9-9", by=clerk)
    Batch.everywhere.filter(pk=batch.pk).update(undo_until=timezone.now())
    with pytest.raises(ValidationError) as late:
        take_back(batch, clerk)
    Batch.everywhere.filter(pk=batch.pk).update(undo_until=timezone.now() + timedelta(days=1))

    take_back(batch, clerk)
    with pytest.raises(ValidationError) as twice:
        take_back(batch, clerk)

    assert "reason" in empty.value.message_dict
    assert [each.value.code for each in (moved, late, twice)] == ["moved", "not_offered", "not_offered"]


def test_the_same_file_may_come_again(prison, clerk):
    rows = [person(0, blok="Mawar"), person(1)]
    take_back(load(*rows, by=clerk), clerk)

    again = load(*rows, by=clerk)

    assert (again.accepted, Voter.everywhere.count(), Block.everywhere.count()) == (2, 2, 1)
    assert sound()


def test_a_failure_in_the_middle_means_that_nothing_happened(prison, clerk, monkeypatch):
    load(person(0), by=clerk)
    batch = load(person(0, alamat="Jl. Baru 1"), person(1), by=clerk)
    before = register()
    monkeypatch.setattr(undo.suspects, "bring_up_to_date", lambda around: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        take_back(batch, clerk)

    assert register() == before
    assert Batch.everywhere.get(pk=batch.pk).state == Batch.State.DONE


def test_what_voters_were_before_is_sealed_and_forgotten_after_thirty_days(prison, clerk):
    load(person(0, alamat="Jl. Rahasia 1"), by=clerk)
    batch = load(person(0, alamat="Jl. Baru 1"), by=clerk)
    sealed = bytes(BatchBefore.everywhere.get().row)

    importing.forget_uploads(at=batch.undo_until + timedelta(minutes=1))

    for secret in (b"Rahasia", BORN.isoformat().encode(), invented_nik().encode(), person(0)["nama"].encode()):
        assert secret not in sealed
    assert not BatchBefore.everywhere.exists()
    assert not undo.is_offered(batch, at=batch.undo_until)


def test_a_nik_corrected_by_hand_since_is_kept_with_its_memory(prison, clerk):
    batch = load(person(0), by=clerk)
    registration.correct(voter=Voter.everywhere.get(), fields={"nik": invented_nik(serial=9)}, by=clerk)

    take_back(batch, clerk)

    assert (Voter.everywhere.count(), FormerNIK.everywhere.count()) == (1, 1)
    assert kept(batch) == [(person(0)["nama"], "person")]
    assert sound()


# ---------------------------------------------------------------- pages


@pytest.fixture
def browser(clerk):
    signed_in = Client()
    signed_in.force_login(clerk)
    return signed_in


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_page_says_what_would_happen_and_the_post_does_it(prison, clerk, browser):
    load(person(0), by=clerk)
    batch = load(person(0, alamat="Jl. Baru 1"), person(1), person(2), by=clerk)
    url = f"/pemilih/berkas/{batch.pk}/tarik/"
    assert url in browser.get(f"/pemilih/berkas/{batch.pk}/").content.decode()

    page = browser.get(url)
    no_reason = browser.post(url, {"dilihat": "2-1-0", "reason": ""})
    done = browser.post(url, {"dilihat": "2-1-0", "reason": "berkas bulan lalu"}, follow=True)

    assert "Tarik kembali: 3 pemilih" in text_of(page)
    assert no_reason.status_code == 200
    assert "berkas bulan lalu" in text_of(done)
    assert "Tarik kembali…" not in text_of(done)
    assert "ditarik kembali" in text_of(browser.get("/pemilih/berkas/?keadaan=taken_back"))
    assert {voter.name for voter in Voter.everywhere.all()} == {person(0)["nama"]}


def test_the_page_names_who_stayed_and_refuses_what_is_determined(prison, clerk, browser):
    load(person(0), by=clerk)
    batch = load(person(1), by=clerk)
    registration.correct(voter=Voter.everywhere.get(batch=batch), fields={"alamat": "Jl. Betul 2"}, by=clerk)
    take_back(batch, clerk)
    listed = load(person(0, alamat="Jl. Baru 1"), by=clerk)
    Strike.everywhere.create(territory="32.73", voter=Voter.everywhere.get(name=person(0)["nama"]))

    stayed = text_of(browser.get(f"/pemilih/berkas/{batch.pk}/tarik/"))
    refused = browser.get(f"/pemilih/berkas/{listed.pk}/tarik/")

    assert person(1)["nama"] in stayed
    assert "sudah diubah oleh seseorang setelahnya" in stayed
    assert "sudah ditetapkan" in text_of(refused)
    assert "dilihat" not in refused.content.decode()


def test_who_may_only_look_takes_nothing_back(prison, clerk):
    batch = load(person(0), by=clerk)
    reviewer = Client()
    reviewer.force_login(factories.user(Role.REVIEWER))
    url = f"/pemilih/berkas/{batch.pk}/tarik/"

    page = reviewer.get(url)
    assert page.status_code == 200
    assert "dilihat" not in page.content.decode()
    assert reviewer.post(url, {"dilihat": "1-0-0", "reason": "salah"}).status_code == 403
    assert Voter.everywhere.count() == 1


# ---------------------------------------------------------------- any list


def any_list(chance: random.Random) -> list[dict[str, Any]]:
    """Some of a few people, who come with or without NIK, to one prison or the other or nowhere yet, with dates or none."""
    people = chance.sample(range(10), chance.randint(1, 7))
    return [any_row(chance, number) for number in people]


def any_row(chance: random.Random, number: int) -> dict[str, Any]:
    place: dict[str, Any] = chance.choice([{"kode_lokasi": "A"}, {"kode_lokasi": "A"}, {"kode_lokasi": "B"}, AWAY])
    cells = {
        "blok": chance.choice(["", "Mawar", "Melati"]) if "kode_lokasi" in place else "",
        "alamat": chance.choice(["", "Jl. Satu", "Jl. Dua"]),
        "nkk": chance.choice(["", f"36032801011000{number:02}"]),
        "tanggal_masuk": chance.choice(["", "", "2023-02-01"]),
        "tanggal_keluar": chance.choice(["", "", "2023-03-01", "2099-01-01"]),
        "kewarganegaraan": chance.choice(["", "WNA"]),
    }
    known = person(number, **place)
    name = chance.choice([known["nama"], known["nama"], f"Orang {'ABCDEFGHIJ'[number]} Lain"])
    nik = chance.choice([known["nik"], known["nik"], known["nik"], "-", "1"])
    return {**known, **cells, **place, "nama": name, "nik": nik}


SEEDS = 2000 if LONG else 25


@pytest.mark.parametrize("seed", [*range(SEEDS), 311])
def test_whatever_a_list_did_is_undone(clerk, seed):
    """Two lists, then one more in any mode, with departures of whom it misses; taken back, nothing of it is left."""
    chance, everybody = random.Random(seed), factories.user(territory="00")
    for _ in range(2):
        load(*any_list(chance), by=everybody)
    before = register()
    batch = load(*any_list(chance), by=everybody, mode=chance.choice(Batch.Mode.values))
    if missing.waiting(batch).exists() and chance.random() < 0.7:
        seen = missing.outlook(batch).seen
        missing.depart(batch=batch, on=date(2023, 6, 1), reason="bebas", seen=seen, by=everybody)
    assert sound()

    take_back(batch, everybody)

    assert register() == before
    assert kept(batch) == []
    assert sound()
