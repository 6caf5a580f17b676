"""A list adds, updates, or replaces the one before; whom a replacing list does not name leaves only when somebody says so."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Role
from locations.models import Batch, Block
from tests import factories
from voters import acts, importing, missing, registration, undo, words
from voters.models import Act, BatchBefore, BatchMissing, Voter, VoterIdentity

from .lists import as_csv, counts, invented_nik, load, prisons, row
from .test_undo import HERE, person, register, sound, text_of

pytestmark = pytest.mark.django_db
ADD, UPDATE, REPLACE = Batch.Mode.ADD, Batch.Mode.UPDATE, Batch.Mode.REPLACE
TODAY = timezone.localdate


@pytest.fixture
def places():
    return prisons()


@pytest.fixture
def clerk(places):
    return factories.user(territory="36")


@pytest.fixture
def browser(clerk):
    signed_in = Client()
    signed_in.force_login(clerk)
    return signed_in


def names(batch: Batch, *, in_doubt: bool = False) -> list[str]:
    rows = BatchMissing.everywhere.filter(batch=batch, is_in_doubt=in_doubt)
    return sorted(rows.values_list("voter__name", flat=True))


def depart(batch: Batch, by: Any, **said: Any) -> Act:
    values = {"on": TODAY(), "reason": "tidak ada lagi", "seen": missing.outlook(batch).seen}
    return missing.depart(batch=batch, by=by, **{**values, **said})


def test_a_list_that_adds_leaves_those_who_are_there_as_they_are(places, clerk):
    load(person(0, blok="Mawar"), person(1), by=clerk)
    before = Voter.everywhere.count()

    batch = load(person(0, blok="Baru", alamat="Jl. Baru 1"), person(2), row("", "1", **HERE), by=clerk, mode=ADD)

    assert counts(batch) == {"rows": 3, "accepted": 1, "updated": 1, "rejected": 1, "duplicates": 0}
    assert batch.warnings["left_as_it_was"]["rows"] == [2]
    assert Voter.everywhere.get(name=person(0)["nama"]).block.name == "Mawar"
    assert list(Block.everywhere.values_list("name", flat=True)) == ["Mawar"]
    assert Voter.everywhere.count() == before + 1
    assert not BatchBefore.everywhere.exists()


def test_without_a_word_a_list_updates_and_misses_nobody(places, clerk):
    load(person(0), person(1), by=clerk)

    batch = load(person(0, alamat="Jl. Baru 1"), by=clerk)

    assert (batch.mode, counts(batch)["updated"], BatchMissing.everywhere.count()) == (UPDATE, 1, 0)


def test_the_command_adds_or_replaces_and_says_whom_the_list_does_not_name(places, tmp_path):
    file, told = tmp_path / "daftar.csv", io.StringIO()
    file.write_bytes(as_csv([person(0), person(1), person(2)]))
    call_command("import_voters", str(file), "--json", stdout=told)
    assert "missing" not in json.loads(told.getvalue())
    file.write_bytes(as_csv([person(0, blok="Baru"), row(person(1)["nama"], "12", **HERE)]))
    call_command("import_voters", str(file), "--mode", "add", "--json", stdout=told)
    assert Voter.everywhere.get(name=person(0)["nama"]).block is None

    call_command("import_voters", str(file), "--mode", "replace", "--json", stdout=told)
    said = io.StringIO()
    call_command("import_voters", str(file), "--mode", "replace", stdout=said)

    place = {"kode_lokasi": "A", "missing": 1, "present": 3}
    assert json.loads(told.getvalue().splitlines()[-1])["missing"] == {"voters": 1, "in_doubt": 1, "places": [place]}
    assert re.search(r"missing +1\nin_doubt +1\n1 .* 3 .*A", said.getvalue())
    assert f"/pemilih/berkas/{Batch.everywhere.latest('received_at').pk}/hilang/" in said.getvalue()
    assert not Voter.everywhere.exclude(departure=None).exists()


def test_a_list_that_replaces_notes_who_is_present_and_not_on_it(places, clerk):
    other = factories.user(territory="32")
    load(person(9, kode_lokasi="B"), by=other)
    load(row("Siti Aminah", invented_nik(serial=90), kode_wilayah_keberadaan=factories.VILLAGE), by=clerk)
    gone = (TODAY() - timedelta(days=3)).isoformat()
    load(*[person(n) for n in range(4)], person(4, tanggal_keluar=gone), person(5), by=clerk)
    Voter.everywhere.filter(name=person(5)["nama"]).update(official_mark="1")
    before = register()

    batch = load(person(0, alamat="Jl. Baru 1"), person(1), person(6), by=clerk, mode=REPLACE)

    assert counts(batch) == {"rows": 3, "accepted": 1, "updated": 2, "rejected": 0, "duplicates": 0}
    assert names(batch) == [person(2)["nama"], person(3)["nama"]]
    found = missing.outlook(batch)
    assert [(place.location.code, place.missing, place.present) for place in found.places] == [("A", 2, 5)]
    assert (found.is_many, found.places[0].percent) == (True, 40)
    assert not Voter.everywhere.filter(departure=TODAY()).exists()

    undo.take_back(batch=batch, reason="salah", seen=undo.outlook(batch).seen, by=clerk)

    assert register() == before
    assert not BatchMissing.everywhere.exists()


def test_who_may_stand_in_a_refused_row_is_left_alone(places, clerk):
    load(person(0), person(1), person(2), person(3), by=clerk)

    batch = load(
        person(0),
        person(1) | {"nama": person(1)["nama"].upper(), "tanggal_lahir": "1990-02-31"},
        person(2) | {"nama": "", "nik": person(2)["nik"]},
        by=clerk,
        mode=REPLACE,
    )

    assert names(batch) == [person(3)["nama"]]
    assert names(batch, in_doubt=True) == [person(1)["nama"], person(2)["nama"]]
    depart(batch, clerk)
    assert Voter.everywhere.filter(departure=None).count() == 3


def test_a_later_list_that_names_a_voter_takes_the_question_away(places, clerk):
    load(person(0), person(1), person(2), by=clerk)
    batch = load(person(0), by=clerk, mode=REPLACE)

    load(person(1), by=clerk)

    assert names(batch) == [person(2)["nama"]]


def test_departures_are_one_act_that_can_be_taken_back_alone(places, clerk):
    load(person(9, kode_lokasi="A"), person(0), by=clerk)
    load(person(9, kode_lokasi="B"), by=factories.user(territory="32"))
    batch = load(person(0), by=clerk, mode=REPLACE)
    before = register()

    act = depart(batch, clerk, on=TODAY() - timedelta(days=1), name="daftar.csv")

    left = Voter.everywhere.get(name=person(9)["nama"], location__code="A")
    assert (act.kind, act.voters, act.territory, act.batch) == ("departure", 1, "36", batch)
    assert left.departure == TODAY() - timedelta(days=1)
    assert VoterIdentity.everywhere.get(claim__isnull=False, voter__name=left.name).voter.location.code == "B"
    assert AuditEntry.everywhere.get(action="voters.missing_left").details["voters"] == 1
    assert missing.outlook(batch).missing == 0
    assert sound()

    assert acts.take_back(act=act, by=clerk) == []
    assert register() == before


def test_the_list_taken_back_takes_its_departures_back(places, clerk):
    load(person(9, kode_lokasi="A"), person(0), person(1, tanggal_keluar="2099-01-01"), by=clerk)
    load(person(9, kode_lokasi="B"), by=factories.user(territory="32"))
    before = register()
    batch = load(person(0, alamat="Jl. Baru 1"), person(2), by=clerk, mode=REPLACE)
    depart(batch, clerk)
    found = undo.outlook(batch)

    undo.take_back(batch=batch, reason="salah", seen=found.seen, by=clerk)

    assert (found.leaving, found.returning) == (1, 3)
    assert register() == before
    assert Act.everywhere.get().taken_back_by == clerk
    assert sound()


def test_nothing_leaves_by_an_order_that_does_not_fit(places, clerk, monkeypatch):
    load(person(0), person(1), person(2, tanggal_masuk=TODAY().isoformat()), by=clerk)
    batch = load(person(0), by=clerk, mode=REPLACE)
    updating = load(person(0), by=clerk)
    with pytest.raises(PermissionDenied):
        depart(batch, factories.user(territory="32"))
    refused = []
    for said in ({"batch": updating}, {"seen": "9-0"}, {"reason": " "}):
        with pytest.raises(ValidationError) as fault:
            depart(**{"batch": batch, "by": clerk, **said})
        refused.append(getattr(fault.value, "code", "reason"))
    monkeypatch.setattr(missing, "MOST", 1)
    with pytest.raises(ValidationError) as many:
        depart(batch, clerk)
    monkeypatch.undo()

    with pytest.raises(ValidationError):
        depart(batch, clerk, on=date(1930, 1, 1))
    act = depart(batch, clerk, on=date(2023, 1, 1))

    assert [*refused, many.value.code] == ["not_offered", "moved", "reason", "too_many"]
    assert (act.voters, names(batch)) == (1, [person(2)["nama"]])
    with pytest.raises(ValidationError) as nobody:
        depart(batch, clerk, on=date(2023, 1, 1))
    assert nobody.value.code == "nothing_done"


def test_whom_a_list_misses_is_forgotten_with_the_file(places, clerk):
    load(person(0), person(1), by=clerk)
    batch = load(person(0), by=clerk, mode=REPLACE)

    importing.forget_uploads(at=batch.undo_until + timedelta(minutes=1))

    assert not BatchMissing.everywhere.exists()


def test_whoever_is_entered_here_by_hand_is_missed_no_more(places, clerk):
    load(person(0), person(1), by=clerk)
    batch = load(person(0), by=clerk, mode=REPLACE)
    fields = {name: value for name, value in person(1).items() if name != "kode_lokasi"}

    registration.register(location=places[0], fields=fields, by=clerk)

    assert missing.outlook(batch).missing == 0


def test_a_removed_voter_is_missed_no_more(places, clerk):
    load(person(0), person(1), by=clerk)
    batch = load(person(0), by=clerk, mode=REPLACE)

    registration.remove(voter=Voter.everywhere.get(name=person(1)["nama"]), reason="salah daftar", by=clerk)

    assert missing.outlook(batch).missing == 0


# ---------------------------------------------------------------- pages


def test_the_upload_says_what_the_list_does(places, clerk, browser):
    load(person(0), person(1), by=clerk)
    file = SimpleUploadedFile("daftar.csv", as_csv([person(0)]))

    page = browser.get("/pemilih/unggah/")
    browser.post("/pemilih/unggah/", {"berkas": file, "lokasi": "", "cara": "replace"})

    assert "Ganti: " in text_of(page)
    assert Batch.everywhere.latest("received_at").mode == REPLACE


def test_the_desk_leads_to_whom_a_new_list_does_not_name_until_it_is_decided(places, clerk, browser):
    factories.policy()
    load(person(0), person(1), by=clerk)
    batch = load(person(0), by=clerk, mode=REPLACE)
    url = f"/pemilih/berkas/{batch.pk}/hilang/"

    assert url in browser.get("/").content.decode()
    missing.still_here(batch=batch, voter=Voter.everywhere.get(name=person(1)["nama"]), by=clerk)

    assert url not in browser.get("/").content.decode()


def test_the_desk_of_another_office_does_not_speak_of_them(places, clerk):
    load(person(0), person(1), by=clerk)
    load(person(0), by=clerk, mode=REPLACE)

    assert list(missing.of_lists(clerk).values()) == [1]
    assert not missing.of_lists(factories.user(territory="32"))


def test_the_page_shows_who_is_missing_and_enters_departures(places, clerk, browser):
    load(person(0), person(1), person(2), by=clerk)
    batch = load(person(0), by=clerk, mode=REPLACE)
    url = f"/pemilih/berkas/{batch.pk}/hilang/"
    stays = Voter.everywhere.get(name=person(2)["nama"])
    assert url in browser.get(f"/pemilih/berkas/{batch.pk}/").content.decode()

    page = browser.get(url)
    browser.post(url, {"masih": str(stays.pk)})
    order = {"tanggal": TODAY().isoformat(), "reason": "bebas", "dilihat": "1-0"}
    unsure = browser.post(url, order)
    done = browser.post(url, {**order, "lengkap": "on"}, follow=True)

    assert "Catat 2 tanggal keluar" in text_of(page)
    assert re.search(r"(?<!\d)\d{16}(?!\d)", page.content.decode()) is None
    assert "lebih dari 20% pemilih akan keluar" in text_of(page)
    assert unsure.status_code == 200
    assert "1 tanggal keluar" in text_of(done)
    assert Voter.everywhere.get(departure=TODAY()).name == person(1)["nama"]
    assert AuditEntry.everywhere.get(action="voter.still_here").subject_id == str(stays.pk)
    assert "Lihat, atau tarik kembali" in text_of(browser.get(url))


def test_who_may_only_look_enters_no_departure(places, clerk):
    load(person(0), person(1), by=clerk)
    batch = load(person(0), by=clerk, mode=REPLACE)
    reviewer = Client()
    reviewer.force_login(factories.user(Role.REVIEWER))
    url = f"/pemilih/berkas/{batch.pk}/hilang/"

    page = reviewer.get(url).content.decode()

    assert person(1)["nama"] in page
    assert "dilihat" not in page
    assert reviewer.post(url, {"masih": "x"}).status_code == 403


def test_a_voter_of_another_list_is_not_kept_here(places, clerk, browser):
    load(person(0), person(1), by=clerk)
    batch = load(person(0), by=clerk, mode=REPLACE)
    url = f"/pemilih/berkas/{batch.pk}/hilang/"

    assert browser.post(url, {"masih": str(Voter.everywhere.get(name=person(0)["nama"]).pk)}).status_code == 404
    assert browser.post(url, {"masih": "tidak ada"}).status_code == 302


def test_departures_are_entered_only_at_the_locations_that_are_ticked(places, clerk, browser):
    by_mistake = factories.special_location("C", "36.03.28.2004")
    at_c = [person(n, kode_lokasi="C") for n in range(7, 10)]
    load(*[person(n) for n in range(7)], *at_c, by=clerk)
    batch = load(*[person(n) for n in range(6)], at_c[0], by=clerk, mode=REPLACE)
    url = f"/pemilih/berkas/{batch.pk}/hilang/"
    order = {"tanggal": TODAY().isoformat(), "reason": "bebas", "dilihat": missing.outlook(batch).seen}

    shown = browser.get(url)
    nowhere = browser.post(url, order)
    unsure = browser.post(url, {**order, "tempat": [str(by_mistake.pk)]})
    browser.post(url, {**order, "tempat": [str(places[0].pk)]})

    assert [(place.location.code, is_chosen) for place, is_chosen in shown.context["places"]] == [
        ("C", False),
        ("A", True),
    ]
    assert list(nowhere.context["form"].errors) == ["tempat"]
    assert list(unsure.context["form"].errors) == ["lengkap"]
    assert [voter.name for voter in Voter.everywhere.filter(departure=TODAY())] == [person(6)["nama"]]
    assert names(batch) == [person(8)["nama"], person(9)["nama"]]


def test_of_those_known_already_it_is_told_how_many_changed(places, clerk, browser):
    load(person(0), person(1), person(2), by=clerk)
    batch = load(person(0, alamat="Jl. Baru 1"), person(1), by=clerk)

    page = browser.get(f"/pemilih/berkas/{batch.pk}/")

    assert "sudah ada, 1 di antaranya berubah" in text_of(page)
    Batch.everywhere.update(undo_until=timezone.now())
    assert "berubah" not in [figure["label"] for figure in words.figures_of(Batch.everywhere.get(pk=batch.pk))][2]
