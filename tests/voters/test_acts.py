"""What offices do about duplicates: each for its own rows, many at once with a reason, and back again."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry, Role
from locations.models import Change
from tests import factories
from tpskhusus.invariants import check
from voters import acts, registration, searching
from voters.models import Act, ActStep, DuplicateCase, Likeness, Notice, Register, Strike, Voter, VoterIdentity

from .lists import invented_nik, load, prisons, row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

BORN = date(1988, 3, 14)
POLLING_DAY = date(2027, 2, 14)
MOVED = date(2026, 10, 5)


@pytest.fixture
def places():
    Register.current()
    Register.objects.update(polling_day=POLLING_DAY)
    for code in ("36.03.18", "36.03.29"):
        factories.region(code)
    return prisons()


@pytest.fixture
def banten():
    return factories.user(territory="36.03")


@pytest.fixture
def bandung():
    return factories.user(territory="32.73")


@pytest.fixture
def both():
    """Somebody whose territory is the country."""
    return factories.user(territory="00")


def person(name: str, number: str, place: str, **cells):
    return row(name, number, born=BORN, kode_lokasi=place, kode_wilayah_domisili=factories.HOME, **cells)


def likely_case(places) -> tuple[DuplicateCase, DuplicateCase]:
    near = invented_nik(BORN, district="360318")
    load(person("Supriadi Wijaya", invented_nik(BORN), "A"), person("Supriadi Wijaya", near, "B"))
    searching.search()
    cases = DuplicateCase.everywhere.filter(kind="likely").select_related("voter")
    return cases.get(voter__location=places[0]), cases.get(voter__location=places[1])


def nik_case(places, count: int = 1, *, first: int = 1) -> list[tuple[DuplicateCase, DuplicateCase]]:
    """Who stands at A counts, who stands at B waits."""
    people = [(f"Warga Contoh {n}", invented_nik(BORN, serial=n)) for n in range(first, first + count)]
    load(*(person(name, number, "A") for name, number in people))
    load(*(person(name, number, "B") for name, number in people))
    cases = DuplicateCase.everywhere.filter(kind="nik").select_related("voter").order_by("voter__name")
    return list(zip(cases.filter(voter__location=places[0]), cases.filter(voter__location=places[1]), strict=True))


def counts(case: DuplicateCase) -> bool:
    return VoterIdentity.everywhere.get(pk=case.voter_id).claim is not None


def is_open(case: DuplicateCase) -> bool:
    return DuplicateCase.everywhere.filter(voter=case.voter_id, kind=case.kind, closed_at=None).exists()


def sound() -> bool:
    return all(finding.holds for finding in check() if finding.name != "counts_equal_recounts")


# ---------------------------------------------------------------- who is on it


def test_whoever_takes_a_case_is_on_it_until_it_is_given_back(places, banten):
    here, there = likely_case(places)

    acts.take(case=here, by=banten)

    here.refresh_from_db()
    there.refresh_from_db()
    assert here.taken_by == banten
    assert there.taken_by is None
    with pytest.raises(ValidationError, match=r"."):
        acts.take(case=here, by=factories.user(territory="36"))

    acts.give_back(case=here, by=banten)
    here.refresh_from_db()
    assert here.taken_at is None


@pytest.mark.parametrize("verb", [acts.take, acts.give_back])
def test_nobody_takes_what_is_not_theirs(places, bandung, verb):
    here, _there = likely_case(places)

    with pytest.raises(PermissionDenied):
        verb(case=here, by=bandung)


@pytest.mark.parametrize("verb", [acts.merge, acts.set_apart])
def test_nobody_answers_for_another_territory_or_without_the_right(places, bandung, verb):
    here, _there = likely_case(places)

    for person_ in (bandung, factories.user(Role.REVIEWER)):
        with pytest.raises(PermissionDenied):
            verb(cases=[here], reason="x", by=person_)


# ---------------------------------------------------------------- transfer


def test_a_departure_here_lets_the_other_registration_count(places, banten):
    ((here, there),) = nik_case(places)
    assert counts(here)

    acts.depart(cases=[here], on=MOVED, reason="dipindahkan", by=banten)

    assert counts(there)
    assert not counts(here)
    assert not is_open(here)
    assert not is_open(there)
    assert Notice.everywhere.filter(voter=there.voter, kind="gained").exists()
    assert Change.everywhere.filter(location__in=places).exists()
    assert sound()


def test_an_arrival_there_and_a_departure_here_make_one_transfer(places, banten, bandung):
    ((here, there),) = nik_case(places)

    acts.arrive(cases=[there], on=MOVED, reason="tiba", by=bandung)

    there.refresh_from_db()
    assert (there.voter.arrival, there.answer) == (MOVED, "kept")
    assert is_open(here)

    acts.depart(cases=[here], on=MOVED, reason="berangkat", by=banten)

    assert counts(there)
    assert not is_open(here)
    assert not is_open(there)
    assert sound()


def test_nobody_leaves_or_comes_before_being_born(places, banten):
    ((here, _there),) = nik_case(places)

    for verb in (acts.depart, acts.arrive):
        with pytest.raises(ValidationError) as refused:
            verb(cases=[here], on=date(1930, 1, 1), reason="keliru", by=banten)
        assert str(acts.REFUSALS["unborn"]) in " ".join(refused.value.messages)


def test_a_departure_closes_a_likely_case_for_both(places, banten):
    here, there = likely_case(places)

    acts.depart(cases=[here], on=MOVED, reason="dipindahkan", by=banten)

    assert not is_open(here)
    assert not is_open(there)


def test_dates_in_the_wrong_order_change_nothing(places, banten):
    here, _there = likely_case(places)
    Voter.everywhere.filter(pk=here.voter_id).update(arrival=date(2026, 11, 1))

    with pytest.raises(ValidationError) as refused:
        acts.depart(cases=[here], on=MOVED, reason="dipindahkan", by=banten)

    assert refused.value.error_list[0].code == "dates"
    assert not Act.everywhere.exists()


def test_an_act_wants_a_reason_and_hides_a_nik_in_it(places, banten):
    here, _there = likely_case(places)

    with pytest.raises(ValidationError):
        acts.depart(cases=[here], on=MOVED, reason=" ", by=banten)
    done = acts.depart(cases=[here], on=MOVED, reason="NIK 3603281403880001 pindah", name="3603281403880001", by=banten)

    assert "3603281403880001" not in done.act.reason + done.act.name
    entry = AuditEntry.everywhere.get(action="duplicates.departure")
    assert entry.details["voters"] == 1
    assert "3603281403880001" not in str(entry.details)


def test_who_sees_both_sides_enters_a_transfer_in_one_act_and_takes_it_back(places, both):
    pairs = nik_case(places, count=2)

    done = acts.transfer(cases=[there for _, there in pairs], on=MOVED, reason="mutasi", by=both)

    assert (done.act.cases, done.act.voters) == (2, 4)
    for here, there in pairs:
        there.voter.refresh_from_db()
        here.voter.refresh_from_db()
        assert (here.voter.departure, there.voter.arrival) == (MOVED, MOVED)
        assert counts(there)
        assert not is_open(here)
    assert sound()

    assert acts.take_back(act=done.act, by=both) == []
    assert not Voter.everywhere.exclude(departure=None, arrival=None).exists()
    assert all(counts(here) for here, _ in pairs)
    assert sound()


def test_a_transfer_needs_the_other_row_in_the_own_territory(places, bandung):
    ((_here, there),) = nik_case(places)

    with pytest.raises(ValidationError) as refused:
        acts.transfer(cases=[there], on=MOVED, reason="mutasi", by=bandung)

    assert refused.value.error_list[0].code == "nobody_here"


# ---------------------------------------------------------------- keep and merge


def test_who_sees_both_sides_keeps_one_and_marks_the_other(places, both):
    ((here, there),) = nik_case(places)

    acts.merge(cases=[there], reason="salah satu keliru", by=both)

    here.voter.refresh_from_db()
    assert here.voter.official_mark == "2"
    assert counts(there)
    assert not is_open(here)
    assert not is_open(there)
    assert Notice.everywhere.filter(voter=here.voter, kind="lost").exists()
    assert sound()


def test_keeping_ones_own_touches_nobody_elses(places, banten):
    here, there = likely_case(places)

    acts.merge(cases=[here], reason="orangnya di sini", by=banten)

    there.voter.refresh_from_db()
    here.refresh_from_db()
    assert there.voter.official_mark == ""
    assert here.answer == "kept"
    assert is_open(there)


def test_both_rows_of_one_case_cannot_be_kept(places, both):
    here, there = likely_case(places)

    with pytest.raises(ValidationError) as refused:
        acts.merge(cases=[here, there], reason="x", by=both)

    assert refused.value.error_list[0].code == "both_kept"


# ---------------------------------------------------------------- not the same


def test_two_people_are_two_once_both_sides_say_so(places, banten, bandung):
    here, there = likely_case(places)

    acts.set_apart(cases=[here], reason="NIK dicek", by=banten)
    assert is_open(here)
    assert is_open(there)

    acts.set_apart(cases=[there], reason="NIK dicek", by=bandung)
    assert not is_open(here)
    assert not is_open(there)


def test_under_one_nik_not_the_same_is_an_answer_only(places, banten):
    ((here, there),) = nik_case(places)

    acts.set_apart(cases=[here], reason="orang lain", by=banten)

    here.refresh_from_db()
    assert here.answer == "apart"
    assert is_open(here)
    assert is_open(there)


def test_an_answer_does_not_hold_for_somebody_found_later(places, banten):
    here, _there = likely_case(places)
    acts.set_apart(cases=[here], reason="NIK dicek", by=banten)

    load(person("Supriadi Wijaya", invented_nik(BORN, district="360329"), "B"))
    searching.search()

    here.refresh_from_db()
    assert here.answer == ""
    assert is_open(here)


# ---------------------------------------------------------------- many at once, and back


def test_many_are_one_act_with_one_entry_in_the_audit_trail(places, banten):
    cases = [here for here, _there in nik_case(places, count=5)]

    done = acts.depart(cases=cases, on=MOVED, reason="gelombang Oktober", name="Mutasi Oktober", by=banten)

    assert (done.act.name, done.act.cases, done.act.voters) == ("Mutasi Oktober", 5, 5)
    assert AuditEntry.everywhere.filter(action="duplicates.departure").count() == 1
    assert not DuplicateCase.everywhere.filter(closed_at=None).exists()


def test_what_cannot_be_done_is_named_and_the_rest_is_done(places, banten):
    cases = [here for here, _there in nik_case(places, count=2)]
    Voter.everywhere.filter(pk=cases[0].voter_id).update(arrival=date(2026, 11, 1))

    done = acts.depart(cases=cases, on=MOVED, reason="gelombang", by=banten)

    assert [(case.pk, why) for case, why in done.refused] == [(cases[0].pk, "dates")]
    assert done.act.cases == 1


def test_a_departure_taken_back_gives_the_claim_back(places, banten):
    pairs = nik_case(places, count=3)
    done = acts.depart(cases=[here for here, _ in pairs], on=MOVED, reason="keliru", by=banten)

    kept = acts.take_back(act=done.act, by=banten)

    assert kept == []
    assert all(counts(here) and not counts(there) for here, there in pairs)
    assert all(is_open(here) and is_open(there) for here, there in pairs)
    assert not Voter.everywhere.exclude(departure=None).exists()
    assert Notice.everywhere.filter(voter=pairs[0][1].voter, kind="lost").exists()
    assert sound()


def test_a_merge_taken_back_returns_everything(places, both):
    ((here, there),) = nik_case(places)
    done = acts.merge(cases=[there], reason="keliru", by=both)

    assert acts.take_back(act=done.act, by=both) == []

    here.voter.refresh_from_db()
    assert here.voter.official_mark == ""
    assert counts(here)
    assert is_open(there)
    assert sound()


def test_not_the_same_can_be_taken_back(places, both):
    here, there = likely_case(places)
    done = acts.set_apart(cases=[here], reason="keliru", by=both)
    assert not is_open(here)

    acts.take_back(act=done.act, by=both)

    assert is_open(here)
    assert is_open(there)
    assert not Likeness.everywhere.exclude(said_apart_at=None).exists()


def test_an_answer_is_taken_back_with_its_act(places, banten):
    here, _there = likely_case(places)
    done = acts.merge(cases=[here], reason="di sini", by=banten)

    acts.take_back(act=done.act, by=banten)

    here.refresh_from_db()
    assert (here.answer, here.answered_at) == ("", None)


def test_what_moved_on_since_stays_and_says_why(places, banten):
    pairs = nik_case(places, count=4)
    done = acts.depart(cases=[here for here, _ in pairs], on=MOVED, reason="keliru", by=banten)
    first, second, third, _fourth = (here for here, _ in pairs)
    Voter.everywhere.filter(pk=first.voter_id).update(departure=date(2026, 10, 9))
    Strike.everywhere.create(territory="32.73", voter=second.voter, taken_back_at=done.act.at)
    registration.remove(voter=third.voter, reason="ganda", by=banten)

    kept = acts.take_back(act=done.act, by=banten)

    why = {step.voter_id: step.kept_why for step in kept}
    assert why == {first.voter_id: "changed", second.voter_id: "on_list"}
    done.act.refresh_from_db()
    assert done.act.voters - len(set(done.act.steps.values_list("voter", flat=True))) == 1


def test_an_act_is_taken_back_once_and_by_its_own_territory(places, banten, bandung):
    here, _there = likely_case(places)
    done = acts.depart(cases=[here], on=MOVED, reason="keliru", by=banten)

    with pytest.raises(PermissionDenied):
        acts.take_back(act=done.act, by=bandung)
    acts.take_back(act=done.act, by=banten)
    with pytest.raises(ValidationError):
        acts.take_back(act=done.act, by=banten)


def test_steps_in_another_territory_stay(places, both):
    ((here, there),) = nik_case(places)
    done = acts.merge(cases=[there], reason="keliru", by=both)
    ActStep.everywhere.filter(act=done.act, field="official_mark").update(territory="36.03")
    Act.everywhere.filter(pk=done.act.pk).update(territory="32.73")
    done.act.refresh_from_db()

    kept = acts.take_back(act=done.act, by=factories.user(territory="32.73"))

    assert [step.kept_why for step in kept] == ["foreign"]
    here.voter.refresh_from_db()
    assert here.voter.official_mark == "2"


def test_at_most_so_many_at_once(places, banten, monkeypatch):
    monkeypatch.setattr(acts, "MOST", 1)
    cases = [here for here, _ in nik_case(places, count=2)]

    with pytest.raises(ValidationError, match="1"):
        acts.depart(cases=cases, on=MOVED, reason="x", by=banten)


# ---------------------------------------------------------------- any order of acts


def state_of_everything():
    """Of every voter what acts may change, and what follows from it."""
    fields = ("pk", "arrival", "departure", "official_mark", "is_duplicate", "identity__claim")
    voters = {
        row[0]: tuple(bytes(v) if isinstance(v, memoryview) else v for v in row[1:])
        for row in Voter.everywhere.values_list(*fields)
    }
    cases = set(DuplicateCase.everywhere.filter(closed_at=None).values_list("voter", "kind", "answer"))
    said = set(Likeness.everywhere.exclude(said_apart_at=None).values_list("voter", "other"))
    return voters, cases, said


VERBS = st.sampled_from(["depart", "arrive", "transfer", "merge", "set_apart"])
DAYS = st.dates(date(2026, 9, 1), date(2027, 1, 31))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=st.lists(st.tuples(VERBS, st.sets(st.integers(0, 7), min_size=1, max_size=3), DAYS), min_size=1, max_size=4)
)
def test_acts_taken_back_from_the_last_to_the_first_leave_no_trace(places, both, drawn):
    with transaction.atomic():
        likely_case(places)
        nik_case(places, count=3, first=101)
        before = state_of_everything()
        done = []
        for verb, chosen, day in drawn:
            cases = list(DuplicateCase.everywhere.filter(closed_at=None).order_by("voter__name", "voter"))
            some = [case for number, case in enumerate(cases) if number in chosen]
            when = {"on": day} if verb in ("depart", "arrive", "transfer") else {}
            try:
                done.append(getattr(acts, verb)(cases=some, reason="diuji", by=both, **when).act)
            except ValidationError:
                continue
            assert sound()

        for act in reversed(done):
            assert acts.take_back(act=act, by=both) == []
            assert sound()

        assert state_of_everything() == before
        transaction.set_rollback(True)
