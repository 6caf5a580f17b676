"""One registration counts per NIK: nobody loses the vote by the order of two lists, and nobody has it twice."""

import itertools
import uuid
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.permissions import SYSTEM
from locations.models import Change
from tests import factories
from voters import claims, registration
from voters.claims import Row, decide
from voters.models import DuplicateCase, FormerNIK, Notice, Register, Voter, VoterIdentity

from .lists import counts, invented_nik, load, prisons, row

TODAY = date(2024, 2, 1)
PERSONS = (b"p", b"q")

# ---------------------------------------------------------------- the decision alone


def claim_row(number: int, place: str = "A", **fields) -> Row:
    return Row(id=uuid.UUID(int=number), place=place, **{"person": b"p", **fields})


def test_a_row_alone_counts():
    only = claim_row(1)

    assert decide([only], until=TODAY).claimant == only.id


def test_the_holder_keeps_the_claim_and_the_second_waits():
    holder, second = claim_row(2, "A", holds=True), claim_row(1, "B")

    decision = decide([holder, second], until=TODAY)

    assert (decision.claimant, decision.duplicates) == (holder.id, {second.id})


@pytest.mark.parametrize(
    ("departure", "arrival", "yields"),
    [
        (date(2024, 1, 1), date(2024, 1, 1), True),
        (date(2024, 1, 2), date(2024, 1, 1), False),
        (TODAY, None, True),
        (TODAY + timedelta(days=1), None, False),
        (TODAY + timedelta(days=9), TODAY + timedelta(days=9), True),
        (None, TODAY, False),
    ],
)
def test_who_left_before_the_other_came_yields(departure, arrival, yields):
    old, new = claim_row(1, "A", departure=departure, holds=True), claim_row(2, "B", arrival=arrival)

    decision = decide([old, new], until=TODAY)

    assert decision.claimant == (new.id if yields else old.id)
    assert decision.duplicates == (set() if yields else {new.id})


def test_two_names_under_one_nik_at_one_place_never_yield():
    one, other = claim_row(1, holds=True, departure=date(2023, 1, 1)), claim_row(2, person=b"q")

    assert decide([one, other], until=TODAY).claimant == one.id


def test_when_a_claim_ends_the_same_person_takes_it_and_a_stranger_does_not():
    gone = claim_row(1, "A", holds=True, is_active=False)
    stranger, same = claim_row(2, "B", person=b"q", waits=True), claim_row(3, "C", waits=True)

    assert decide([gone, stranger, same], until=TODAY).claimant == same.id
    assert decide([gone, stranger], until=TODAY).claimant is None


def test_of_several_who_could_take_a_claim_the_first_does_and_the_others_stay_a_case():
    gone = claim_row(1, "A", holds=True, is_active=False)
    second, third = (claim_row(n, f"P{n}", waits=True) for n in (2, 3))

    decision = decide([gone, third, second], until=TODAY)

    assert (decision.claimant, decision.duplicates) == (second.id, {third.id})


@pytest.mark.parametrize("dates", [{"departure": date(2024, 1, 10)}, {"arrival": date(2024, 3, 5)}])
def test_who_is_absent_on_polling_day_does_not_keep_the_claim_from_the_same_person_present(dates):
    holder = claim_row(1, "A", holds=True, **dates)
    same = claim_row(2, "B", arrival=date(2024, 1, 5), waits=True)
    stranger = claim_row(3, "C", person=b"q", waits=True)
    day = date(2024, 2, 14)

    assert decide([holder, same, stranger], until=day, polling_day=day).claimant == same.id
    assert decide([holder, stranger], until=day, polling_day=day).claimant != stranger.id


def test_an_unplaced_voter_yields_to_a_location_and_revives():
    unplaced, located = claim_row(1, "36.03", is_unplaced=True, holds=True), claim_row(2, "A")
    placed = decide([unplaced, located], until=TODAY)
    revived = decide(
        [claim_row(1, "36.03", is_unplaced=True), claim_row(2, "A", holds=True, is_active=False)], until=TODAY
    )

    assert (placed.claimant, placed.placed, placed.duplicates) == (located.id, {unplaced.id}, set())
    assert (revived.claimant, revived.placed) == (unplaced.id, set())


days = st.none() | st.integers(0, 60).map(lambda n: date(2024, 1, 1) + timedelta(days=n))


@st.composite
def groups(draw):
    rows = []
    holder = draw(st.integers(0, 6))
    for number in range(draw(st.integers(1, 5))):
        arrival, departure = draw(days), draw(days)
        if arrival and departure and departure < arrival:
            arrival, departure = departure, arrival
        holds = number == holder
        rows.append(
            claim_row(
                number,
                draw(st.sampled_from("ABC")),
                person=draw(st.sampled_from(PERSONS)),
                is_unplaced=draw(st.booleans()),
                is_active=draw(st.booleans()),
                arrival=arrival,
                departure=departure,
                holds=holds,
                waits=not holds and draw(st.booleans()),
            )
        )
    return rows


@given(groups(), st.lists(st.sampled_from(PERSONS), max_size=2))
def test_a_decision_counts_one_of_a_group_and_stands_when_asked_again(rows, ended):
    decision = decide(rows, until=TODAY, ended=ended)

    by_id = {row.id: row for row in rows}
    assert decision.claimant not in decision.duplicates | decision.placed
    assert all(by_id[pk].is_active for pk in decision.duplicates)
    if decision.claimant:
        assert by_id[decision.claimant].is_active
    after = [
        claim_row(
            row.id.int,
            row.place,
            person=row.person,
            is_unplaced=row.is_unplaced,
            is_active=row.is_active,
            arrival=row.arrival,
            departure=row.departure,
            holds=row.id == decision.claimant,
            waits=row.id in decision.duplicates,
        )
        for row in rows
    ]
    assert decide(after, until=TODAY) == decision


@given(groups())
def test_a_decision_does_not_hang_on_the_order_of_the_rows(rows):
    decisions = {decide(list(order), until=TODAY) for order in itertools.permutations(rows)}

    assert len(decisions) == 1


# ---------------------------------------------------------------- lists and verbs

pytestmark = pytest.mark.django_db


@pytest.fixture
def places():
    return prisons()


def counting() -> list[str]:
    """Names with the codes of the locations where they count."""
    held = VoterIdentity.everywhere.exclude(claim=None).select_related("voter", "voter__location")
    return sorted(f"{i.voter.name}@{i.voter.location.code if i.voter.location else 'tanpa'}" for i in held)


def waiting() -> list[str]:
    return sorted(
        f"{v.name}@{v.location.code}" for v in Voter.everywhere.filter(is_duplicate=True).select_related("location")
    )


def held_once() -> None:
    """No NIK is claimed twice, no duplicate claims, every duplicate has an open case and nobody else but claimants."""
    for found in VoterIdentity.everywhere.exclude(claim=None).select_related("voter"):
        assert bytes(found.claim) == bytes(found.nik_hash)
        assert not found.voter.is_duplicate
        assert not found.voter.is_placed
    duplicates = set(Voter.everywhere.filter(is_duplicate=True).values_list("pk", flat=True))
    cases = set(DuplicateCase.everywhere.filter(closed_at=None).values_list("voter", flat=True))
    assert duplicates <= cases


BUDI = row("Budi Santoso")


def at(code: str, **cells) -> dict:
    return {**BUDI, "kode_lokasi": code, **cells}


@pytest.mark.parametrize("order", list(itertools.permutations(["A", "B"])))
def test_two_prisons_that_list_the_same_inmate_have_one_who_counts_and_one_who_waits(places, order):
    for code in order:
        batch = load(at(code))

    assert counts(batch) == {"rows": 1, "accepted": 0, "updated": 0, "rejected": 0, "duplicates": 1}
    assert counting() == [f"Budi Santoso@{order[0]}"]
    assert waiting() == [f"Budi Santoso@{order[1]}"]
    assert sorted(DuplicateCase.everywhere.values_list("territory", flat=True)) == ["32.73", "36.03"]
    assert DuplicateCase.everywhere.values("number").distinct().count() == 1
    held_once()


@pytest.mark.parametrize("order", list(itertools.permutations(["A", "B", "A", "B"])))
def test_a_departure_decides_in_whatever_order_the_lists_come(places, order):
    lists = {"A": at("A", tanggal_keluar="2024-01-05"), "B": at("B", tanggal_masuk="2024-01-05", tanggal_keluar="")}

    for code in order:
        load(lists[code])

    assert counting() == ["Budi Santoso@B"]
    assert waiting() == []
    assert not DuplicateCase.everywhere.filter(closed_at=None).exists()


def test_a_departure_that_comes_later_hands_the_claim_on_and_each_side_is_told_its_own(places):
    load(at("A", tanggal_keluar=""))
    load(at("B", tanggal_masuk="2024-01-05"))

    load(at("A", tanggal_keluar="2024-01-05"))

    assert counting() == ["Budi Santoso@B"]
    assert waiting() == []
    told = {(n.territory, n.kind, n.voter.territory) for n in Notice.everywhere.select_related("voter")}
    assert told == {("36.03", "lost", "36.03"), ("32.73", "gained", "32.73")}


def test_an_old_list_does_not_take_a_departure_back_once_the_other_counts(places):
    load(at("A", tanggal_keluar="2024-01-05"))
    load(at("B", tanggal_masuk="2024-01-05"))

    for old in ("", "2030-01-01"):
        batch = load(at("A", tanggal_keluar=old))
        assert batch.warnings["departure_kept"]["rows"] == [2]

    assert counting() == ["Budi Santoso@B"]
    assert Voter.everywhere.get(location=places[0]).departure == date(2024, 1, 5)


def test_a_departure_still_to_come_waits_for_its_day(places):
    today = timezone.localdate()
    load(at("A", tanggal_keluar=(today + timedelta(days=3)).isoformat()))
    load(at("B"))
    assert counting() == ["Budi Santoso@A"]

    assert claims.settle_departures(today=today + timedelta(days=2)) == 0
    assert claims.settle_departures(today=today + timedelta(days=3)) == 1

    assert counting() == ["Budi Santoso@B"]
    held_once()


def test_a_departure_after_polling_day_never_yields_to_an_open_arrival(places):
    Register.objects.create(name="uji", polling_day=date(2024, 2, 14))
    load(at("A", tanggal_keluar="2024-02-20"))

    load(at("B"))

    assert counting() == ["Budi Santoso@A"]


def test_a_corrected_nik_frees_the_old_one_and_the_old_list_does_not_bring_it_back(places):
    wrong, right = invented_nik(serial=7), invented_nik(serial=8)
    load(row("Budi Santoso", wrong, kode_lokasi="A"))
    registration.correct(voter=Voter.everywhere.get(), fields={"nik": right}, by=SYSTEM)

    batch = load(row("Budi Santoso", wrong, kode_lokasi="A"))
    load(row("Joko Susilo", wrong, kode_lokasi="B"))

    assert counts(batch)["updated"] == 1
    assert batch.warnings["former_nik"]["rows"] == [2]
    assert counting() == ["Budi Santoso@A", "Joko Susilo@B"]
    assert Voter.everywhere.count() == 2
    assert FormerNIK.everywhere.count() == 1


def test_an_old_list_elsewhere_with_the_old_nik_is_the_same_person_still(places):
    wrong, right = invented_nik(serial=7), invented_nik(serial=8)
    load(row("Budi Santoso", wrong, kode_lokasi="A"))
    registration.correct(voter=Voter.everywhere.get(), fields={"nik": right}, by=SYSTEM)
    load(row("Budi Santoso", wrong, kode_lokasi="B"))

    assert counting() == ["Budi Santoso@A"]
    assert waiting() == ["Budi Santoso@B"]


@pytest.mark.parametrize("again", [1, 2])
def test_a_twin_under_the_others_nik_is_kept_as_a_duplicate_with_a_case(places, again):
    twins = [row("Andi Saputra", kode_lokasi="A"), row("Andri Saputra", kode_lokasi="A")]

    for _ in range(again):
        batch = load(*twins)

    assert Voter.everywhere.count() == 2
    assert counting() == ["Andi Saputra@A"]
    assert waiting() == ["Andri Saputra@A"]
    expected = (
        {"accepted": 1, "duplicates": 1, "updated": 0} if again == 1 else {"accepted": 0, "duplicates": 0, "updated": 2}
    )
    assert {name: counts(batch)[name] for name in expected} == expected


def test_a_twin_who_gets_the_own_nik_counts_too(places):
    load(row("Andi Saputra", kode_lokasi="A"), row("Andri Saputra", kode_lokasi="A"))
    twin = Voter.everywhere.get(name="Andri Saputra")

    registration.correct(voter=twin, fields={"nik": invented_nik(serial=2)}, by=SYSTEM)

    assert counting() == ["Andi Saputra@A", "Andri Saputra@A"]
    assert not DuplicateCase.everywhere.filter(closed_at=None).exists()


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_a_misspelt_nik_identifies_nobody_and_takes_nothing_from_its_owner(places, order):
    misspelt = row("Budi Santoso", invented_nik(date(1990, 8, 16)), kode_lokasi="A")
    owner = row("Sari Dewi", invented_nik(date(1990, 8, 16)), born=date(1990, 8, 16), kode_lokasi="B")
    lists = [misspelt, owner]

    for _ in range(2):
        for number in order:
            load(lists[number])

    assert Voter.everywhere.count() == 2
    assert counting() == ["Sari Dewi@B"]
    assert waiting() == []


def test_a_misspelt_nik_put_right_by_a_later_list_is_the_same_voter(places):
    load(row("Budi Santoso", invented_nik(date(1990, 8, 16)), kode_lokasi="A"))

    batch = load(row("Budi Santoso", kode_lokasi="A"))

    assert counts(batch)["updated"] == 1
    assert Voter.everywhere.get().nik_verdict == "ok"
    assert counting() == ["Budi Santoso@A"]


def names(count: int) -> list[str]:
    """So many names of which none is like another."""
    first = [
        "Agus",
        "Bambang",
        "Cahyo",
        "Dedi",
        "Eko",
        "Fajar",
        "Gunawan",
        "Hendra",
        "Iwan",
        "Joko",
        "Kusnadi",
        "Lukman",
    ]
    last = ["Wijaya", "Hartono", "Siregar", "Lubis", "Manurung", "Kurniawan", "Gultom", "Rahardjo", "Nugroho", "Pane"]
    middle = ["Adi", "Tri", "Budi", "Panca"]
    return [f"{f} {m} {name}" for f, m, name in itertools.product(first, middle, last)][:count]


def test_372_people_under_0_are_372_voters_however_often_the_list_comes(places):
    rows = [row(name, "0", kode_lokasi="A") for name in names(372)]

    first, second = load(*rows), load(*reversed(rows))

    assert counts(first)["accepted"] == counts(second)["updated"] == Voter.everywhere.count() == 372
    assert counting() == waiting() == []
    assert not DuplicateCase.everywhere.exists()


def test_372_people_under_one_nik_are_one_who_counts_and_371_who_wait(places):
    rows = [row(name, kode_lokasi="A") for name in names(372)]

    first, second = load(*rows), load(*rows)

    assert (counts(first)["accepted"], counts(first)["duplicates"]) == (1, 371)
    assert counts(second) == {"rows": 372, "accepted": 0, "updated": 372, "rejected": 0, "duplicates": 0}
    assert (len(counting()), len(waiting()), Voter.everywhere.count()) == (1, 371, 372)
    assert DuplicateCase.everywhere.values("number").distinct().count() == 1
    held_once()


STAYS = {
    "first": {"kode_lokasi": "A", "tanggal_masuk": "", "tanggal_keluar": "2024-01-10"},
    "between": {"kode_lokasi": "B", "tanggal_masuk": "2024-01-10", "tanggal_keluar": "2024-01-20"},
    "again": {"kode_lokasi": "A", "tanggal_masuk": "2024-01-20", "tanggal_keluar": ""},
}


@pytest.mark.parametrize("order", list(itertools.permutations(STAYS)))
def test_who_returns_to_the_first_prison_counts_there_in_whatever_order_the_lists_come(places, order):
    Register.objects.update_or_create(pk=1, defaults={"name": "daftar", "polling_day": date(2024, 2, 14)})
    for name in (*order, *STAYS):
        load(row("Budi Santoso", **STAYS[name]))

    assert counting() == ["Budi Santoso@A"]


OVERLAPS = (
    ({"tanggal_keluar": "2024-01-10"}, {"tanggal_masuk": "2024-01-05"}),
    ({"tanggal_masuk": "2024-03-05"}, {"tanggal_masuk": ""}),
    ({"tanggal_masuk": "2024-02-20"}, {"tanggal_masuk": "2024-02-01"}),
)


@pytest.mark.parametrize(("absent", "present"), OVERLAPS)
@pytest.mark.parametrize("order", list(itertools.permutations(["A", "B"])))
def test_a_row_absent_on_polling_day_never_takes_the_vote_of_the_one_present(places, absent, present, order):
    Register.objects.update_or_create(pk=1, defaults={"name": "daftar", "polling_day": date(2024, 2, 14)})
    stays = {"A": absent, "B": present}
    for code in (*order, *order):
        load(row("Budi Santoso", kode_lokasi=code, **{"tanggal_masuk": "", "tanggal_keluar": "", **stays[code]}))

    assert counting() == ["Budi Santoso@B"]


@pytest.mark.parametrize("order", list(itertools.permutations(["A", "B", "C", "A left"])))
def test_one_of_three_prisons_counts_when_the_first_says_that_he_left(places, order):
    factories.special_location("C", "32.73.01.1001")
    for step in (*order, *order):
        left = {"tanggal_keluar": "2024-01-10"} if step == "A left" else {"tanggal_keluar": ""}
        load(row("Budi Santoso", kode_lokasi=step[0], **left))

    assert len(counting()) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(["A", "stay"])))
def test_an_unplaced_voter_who_turns_up_at_a_location_counts_there_alone(places, order):
    lists = {"A": at("A"), "stay": {**BUDI, "kode_wilayah_keberadaan": "32.73"}}

    for _ in range(2):
        for key in order:
            load(lists[key])

    assert Voter.everywhere.count() == 2
    assert counting() == ["Budi Santoso@A"]
    assert Voter.everywhere.get(location=None).is_placed
    registration.withdraw_location(location=places[0], reason="batal", by=SYSTEM)
    assert counting() == ["Budi Santoso@tanpa"]
    assert not Voter.everywhere.get(location=None).is_placed
    kinds = dict(Notice.everywhere.filter(territory="32.73").order_by("pk").values_list("kind", "voter__territory"))
    assert kinds.get("gained") == "32.73"


def test_the_unplaced_of_one_territory_count_as_one_location(places):
    load({**BUDI, "kode_wilayah_keberadaan": "32.73"})

    batch = load({**BUDI, "kode_wilayah_keberadaan": "32.73.01"})

    assert counts(batch)["updated"] == 1
    assert Voter.everywhere.get().stay_id == "32.73.01"


def test_a_withdrawn_location_holds_no_claims_and_a_reopened_one_waits(places):
    load(at("A"))
    load(at("B"))

    registration.close_location(location=places[0], by=SYSTEM)
    assert counting() == ["Budi Santoso@B"]
    assert waiting() == []
    registration.reopen_location(location=places[0], by=SYSTEM)

    assert counting() == ["Budi Santoso@B"]
    assert waiting() == ["Budi Santoso@A"]
    held_once()


def test_a_location_withdrawn_before_the_other_list_comes_stands_in_nobodys_way(places):
    load(at("A"))
    registration.withdraw_location(location=places[0], reason="batal", by=SYSTEM)

    assert counts(load(at("B")))["accepted"] == 1
    assert counting() == ["Budi Santoso@B"]


def test_who_is_removed_leaves_the_claim_to_the_one_who_waits(places):
    load(at("A"))
    load(at("B"))
    Change.everywhere.all().delete()

    registration.remove(voter=Voter.everywhere.get(location=places[0]), reason="salah masuk", by=SYSTEM)

    assert counting() == ["Budi Santoso@B"]
    assert {change.location.code for change in Change.everywhere.select_related("location")} == {"A", "B"}
    assert not DuplicateCase.everywhere.filter(closed_at=None).exists()


# ---------------------------------------------------------------- without a NIK


def at_a(name: str = "Budi Santoso", nik: str = "", **cells) -> dict:
    return row(name, nik, kode_lokasi="A", **cells)


NKK, OTHER_NKK = "3603280101100001", "3603280101100002"


def test_the_same_name_and_birth_date_without_a_nik_is_the_same_person_in_any_spelling(places):
    load(at_a("Moch. Joesoef"))

    assert counts(load(at_a("Muhammad Yusuf", "-")))["updated"] == 1
    assert counts(load(at_a("Muhammad Yusuf", born=date(1990, 8, 16))))["accepted"] == 1


def test_two_different_nkks_are_never_the_same_person(places):
    load(at_a(nkk=NKK))

    assert counts(load(at_a(nkk=OTHER_NKK)))["accepted"] == 1


def test_a_missing_nkk_matches_where_exactly_one_remains(places):
    load(at_a(nkk=NKK))
    assert counts(load(at_a()))["updated"] == 1

    load(at_a(nkk=OTHER_NKK))
    assert counts(load(at_a()))["accepted"] == 1


def test_the_second_of_two_namesakes_is_the_second_again(places):
    first = load(at_a(blok="Satu"), at_a(blok="Dua"))
    second = load(at_a(blok="Satu"), at_a(blok="Dua"))

    assert (counts(first)["accepted"], counts(second)["updated"]) == (2, 2)
    assert sorted(Voter.everywhere.values_list("block__name", flat=True)) == ["Dua", "Satu"]


def test_a_row_that_brings_a_nik_to_exactly_one_such_voter_updates_that_voter(places):
    load(at_a())
    voter = Voter.everywhere.get()

    batch = load(at_a(nik=invented_nik()))

    assert counts(batch)["updated"] == 1
    assert Voter.everywhere.get().pk == voter.pk
    assert counting() == ["Budi Santoso@A"]


def test_a_row_that_brings_a_nik_to_two_such_voters_is_a_new_one(places):
    load(at_a(), at_a())

    assert counts(load(at_a(nik=invented_nik())))["accepted"] == 1


def test_a_row_without_a_nik_leaves_the_nik_of_the_one_voter_who_has_one(places):
    load(at_a(nik=invented_nik()))

    batch = load(at_a(nik="0"))

    assert counts(batch)["updated"] == 1
    assert batch.warnings["nik_kept"]["rows"] == [2]
    assert Voter.everywhere.get().nik_verdict == "ok"
    assert counting() == ["Budi Santoso@A"]


def test_the_same_person_without_a_nik_at_two_locations_is_two_voters(places):
    load(at_a())

    assert counts(load(row("Budi Santoso", "", kode_lokasi="B")))["accepted"] == 1


# ---------------------------------------------------------------- random sequences

STEPS = st.one_of(
    st.tuples(
        st.just("load"), st.sampled_from("ABS"), st.sampled_from(["", "2024-01-05", "2024-01-20"]), st.booleans()
    ),
    st.tuples(st.just("remove"), st.integers(0, 5)),
    st.tuples(st.just("close"), st.sampled_from("AB")),
    st.tuples(st.just("reopen"), st.sampled_from("AB")),
    st.tuples(st.just("correct"), st.integers(0, 5), st.integers(1, 2)),
    st.tuples(st.just("leave"), st.integers(0, 5), st.sampled_from(["", "2024-01-05", "2024-01-20"])),
)


def play(step: tuple, places: dict) -> None:
    voters = list(Voter.everywhere.order_by("pk"))
    kind = step[0]
    if kind == "load":
        _, code, departure, with_arrival = step
        place = {"kode_wilayah_keberadaan": "32.73"} if code == "S" else {"kode_lokasi": code}
        arrival = "2024-01-05" if with_arrival else ""
        load({**BUDI, **place, "tanggal_masuk": arrival, "tanggal_keluar": departure})
    elif kind in ("close", "reopen"):
        place = places[step[1]]
        place.refresh_from_db()
        if place.is_active == (kind == "close"):
            verb = registration.close_location if kind == "close" else registration.reopen_location
            verb(location=place, by=SYSTEM)
    elif voters:
        voter = voters[step[1] % len(voters)]
        if kind == "remove":
            registration.remove(voter=voter, reason="uji", by=SYSTEM)
        elif kind == "correct":
            registration.correct(voter=voter, fields={"nik": invented_nik(serial=step[2])}, by=SYSTEM)
        elif voter.arrival is None or not step[2] or voter.arrival.isoformat() <= step[2]:
            registration.correct(voter=voter, fields={"tanggal_keluar": step[2]}, by=SYSTEM)


def check_groups() -> None:
    """At most one row of a NIK counts; exactly one where one can: a row that stands and no other person in its way."""
    held_once()
    until = timezone.localdate()
    rows = VoterIdentity.everywhere.exclude(nik_hash=None).select_related("voter", "voter__location")
    groups: dict[bytes, list] = {}
    for found in rows:
        groups.setdefault(bytes(found.nik_hash), []).append(found)
    for group in groups.values():
        active = [i for i in group if i.voter.location is None or i.voter.location.is_active]
        located = [i for i in active if i.voter.location]
        gone = {
            i.pk
            for i in located
            for other in located
            if i.voter.location_id != other.voter.location_id
            and i.voter.departure
            and i.voter.departure <= (other.voter.arrival or until)
        }
        able = [i for i in located if i.pk not in gone] or [i for i in active if not i.voter.location]
        holders = [i for i in group if i.claim is not None]
        assert len(holders) <= 1
        assert all(i in able for i in holders)
        if len(able) == 1:
            assert len(holders) == 1, "somebody could vote and does not"
        assert {i.pk for i in group if i.voter.is_duplicate} == {i.pk for i in able} - {i.pk for i in holders}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=1, max_size=7))
def test_at_most_one_row_of_a_person_counts_and_exactly_one_where_one_can(steps):
    with transaction.atomic():
        first, second = prisons()
        for step in steps:
            play(step, {"A": first, "B": second})
            check_groups()
        transaction.set_rollback(True)
