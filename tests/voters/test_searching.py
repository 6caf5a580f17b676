"""The search over the register: cases open by themselves, only for who changed, and an answer holds."""

from datetime import date

import pytest
from django.utils import timezone

from tests import factories
from tpskhusus.invariants import check
from voters import acts, registration, searching, suspects, tasks
from voters.models import Compared, DuplicateCase, Likeness, Register, Voter

from .lists import invented_nik, load, prisons, row

pytestmark = pytest.mark.django_db

BORN = date(1988, 3, 14)


def nik(*, district: str = "360328", serial: int = 1) -> str:
    return invented_nik(BORN, serial=serial, district=district)


@pytest.fixture
def places():
    Register.current()
    Register.objects.update(is_synthetic=False)
    for code in ("36.03.18", "36.03.29", "32.73.01"):
        factories.region(code)
    return prisons()


def person(name: str, number: str, place: str, **cells):
    return row(name, number, born=BORN, kode_lokasi=place, kode_wilayah_domisili=factories.HOME, **cells)


def twice(places) -> tuple[Voter, Voter]:
    """One person in two prisons of two provinces, a digit of the NIK typed wrongly."""
    load(person("Supriadi Wijaya", nik(), "A"), person("Supriadi Wijaya", nik(district="360318"), "B"))
    return Voter.everywhere.get(location=places[0]), Voter.everywhere.get(location=places[1])


def open_cases():
    return DuplicateCase.everywhere.filter(kind="likely", closed_at=None)


def test_a_digit_typed_wrongly_opens_a_case_on_both_sides(places):
    one, other = twice(places)

    searching.search()

    rows = {case.voter_id: case for case in open_cases()}
    assert set(rows) == {one.pk, other.pk}
    assert rows[one.pk].number == rows[other.pk].number
    assert {case.territory for case in rows.values()} == {one.territory, other.territory}
    half = Likeness.everywhere.get(voter=one)
    assert (half.name, half.birth_date, half.nik, half.sex) == ("same", "same", "near", "same")
    assert half.probability == rows[one.pk].probability > 0.9
    assert all(finding.holds for finding in check())


def test_nothing_plain_is_written(places):
    twice(places)

    searching.search()

    written = repr([list(model.everywhere.values()) for model in (Likeness, Compared, DuplicateCase)])
    assert nik() not in written
    assert "1988" not in written
    assert "Supriadi" not in written


def test_a_second_search_compares_nobody_and_changes_nothing(places):
    twice(places)
    first = searching.search()
    before = [list(model.everywhere.order_by("pk").values()) for model in (Likeness, Compared, DuplicateCase)]

    again = searching.search()

    assert (first, again) == (2, 0)
    assert [list(m.everywhere.order_by("pk").values()) for m in (Likeness, Compared, DuplicateCase)] == before


def test_only_who_changed_is_compared_anew(places):
    one, _other = twice(places)
    searching.search()

    load(person("Orang Lain Sekali", nik(serial=77), "A"))
    assert searching.search() == 1

    somebody_else = {"nama": "Bambang Sutrisno", "nik": nik(district="360328", serial=4242)}
    registration.correct(voter=one, fields=somebody_else, by=factories.user(territory="36"))
    assert set(searching.changed_since()) == {one.pk}
    assert searching.search() == 1
    assert not Likeness.everywhere.exists()
    assert not open_cases().exists()


def test_a_new_row_is_compared_with_the_old_ones(places):
    load(person("Supriadi Wijaya", nik(), "A"))
    searching.search()
    load(person("Supriadi Wijaya", nik(district="360318"), "B"))

    assert searching.search() == 1
    assert open_cases().count() == 2


def test_the_same_nik_is_a_case_of_claims_alone(places):
    load(person("Supriadi Wijaya", nik(), "A"), person("Supriadi Wijaya", nik(), "B"))

    searching.search()

    assert not Likeness.everywhere.exists()
    assert {case.kind for case in DuplicateCase.everywhere.all()} == {"nik"}


def test_nor_is_it_among_invented_people_whose_niks_are_not_compared(places):
    Register.objects.update(is_synthetic=True)
    test_the_same_nik_is_a_case_of_claims_alone(places)


def test_among_invented_people_only_niks_with_a_serial_0000_are_not_compared(places):
    Register.objects.update(is_synthetic=True)
    load(person("Ani", nik(serial=0), "A"), person("Ujang", nik(serial=4220), "B"))

    assert {compared.nik for _seen, compared in searching.people()} == {"", nik(serial=4220)}


def test_two_rows_without_a_name_in_common_or_a_nik_are_nobody_together(places):
    load(person("Ani", "-", "A"), person("Ujang", "-", "B"))

    searching.search()

    assert not Likeness.everywhere.exists()


def test_a_third_row_joins_the_case_and_a_removed_one_leaves_it(places):
    one, _other = twice(places)
    searching.search()
    number = open_cases().get(voter=one).number
    load(person("Supriadi Wijaya", nik(district="360329"), "A"))
    searching.search()

    assert set(open_cases().values_list("number", flat=True)) == {number}
    assert open_cases().count() == 3

    registration.remove(voter=one, reason="salah ketik", by=factories.user(territory="36"))
    searching.search()
    assert open_cases().count() == 2


def test_a_departure_before_polling_day_closes_both_sides(places):
    one, _other = twice(places)
    searching.search()

    gone = {"tanggal_keluar": timezone.localdate().isoformat()}
    registration.correct(voter=one, fields=gone, by=factories.user(territory="36"))
    searching.search()

    assert not open_cases().exists()


def test_not_the_same_holds_for_ever(places):
    one, other = twice(places)
    searching.search()
    central = factories.user(territory="00")
    acts.set_apart(cases=list(open_cases().filter(voter=one)), reason="sudah dicek", by=central)
    assert not open_cases().exists()

    fields = {"nama": "Supriyadi Wijaya"}
    registration.correct(voter=other, fields=fields, by=factories.user(territory="32"))
    searching.search()

    assert Likeness.everywhere.exclude(said_apart_at=None).count() == 2
    assert not open_cases().exists()


def test_a_voter_removed_during_the_search_is_in_no_pair(places, monkeypatch):
    one, _other = twice(places)
    real = suspects.lock

    def lock_late():
        Voter.everywhere.filter(pk=one.pk).delete()
        real()

    monkeypatch.setattr(suspects, "lock", lock_late)
    tasks.find_likely_duplicates()

    assert not Likeness.everywhere.exists()
    assert Compared.everywhere.count() == 1
