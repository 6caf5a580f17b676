"""Penetapan: final numbers, a place on a list for every eligible voter, and everything that happens afterwards."""

import datetime
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.urls import reverse

from accounts.ids import new_id
from accounts.models import AuditEntry, Role
from locations import changes, registration
from mapping import determination, followup, printed, recompute, review
from mapping.core.fingerprint import plan_from_json
from mapping.determination import Moved
from mapping.models import Assignment, Determination, FinalTPS, Policy, Proposal
from regions.models import Region
from tests import factories
from tpskhusus import invariants
from voters import registration as people
from voters.models import Strike, Voter

pytestmark = pytest.mark.django_db
OTHER_VILLAGE = "36.03.28.2005"


@pytest.fixture(autouse=True)
def policy(db, settings) -> Policy:
    settings.LANGUAGE_CODE = "en"
    return factories.policy(maximum=4, minimum=1, minimums={})


@pytest.fixture
def reviewer():
    return factories.user(Role.REVIEWER)


@pytest.fixture
def operator():
    return factories.user(Role.OPERATOR, "36")


def approved(voters: int, reviewer, operator, **fields):
    """A location with everything that a determination needs, and its approval."""
    values = {"person_in_charge": "Kepala (contoh)", "letter_number": "1/CONTOH", **fields}
    location = factories.special_location(**values)
    block = factories.block(location, "Blok A")
    for number in range(voters):
        factories.voter(location, block=block if number % 2 else None, sex="LP"[number % 3 == 0])
    recompute.locations([location.pk])
    registration.submit(location=location, by=operator)
    seen = Proposal.everywhere.get(location=location, superseded_at=None)
    review.approve(proposal=seen, seen=seen.fingerprint, by=reviewer)
    return location


def ready(policy, code="36"):
    return determination.readiness(Proposal.everywhere.all().within(code), policy)


def determine(policy, reviewer, code="36"):
    found = ready(policy, code)
    return determination.determine(policy=policy, region=Region.objects.get(pk=code), seen=found.seen, by=reviewer)


def of(location) -> Determination:
    return Determination.everywhere.get(location=location, reopened_at=None)


def moved(location) -> None:
    changes.record([location.pk])
    recompute.changed()


def test_every_eligible_voter_gets_one_place_on_one_list(policy, reviewer, operator):
    location = approved(10, reviewer, operator)
    factories.voter(location, nik="")

    proposal = Proposal.everywhere.get(location=location, superseded_at=None)
    determine(policy, reviewer)

    places = Assignment.everywhere.filter(is_in_force=True)
    assert places.count() == 10
    for station in FinalTPS.everywhere.all():
        assert sorted(places.filter(tps=station).values_list("position", flat=True)) == list(range(1, station.size + 1))
    sizes = FinalTPS.everywhere.order_by("number").values_list("size", flat=True)
    assert tuple(sizes) == plan_from_json(proposal.plan).sizes
    assert of(location).fingerprint == proposal.fingerprint


def test_who_stands_where_is_what_the_plan_says(policy, reviewer, operator):
    """The list of a TPS counts as many men and women as the plan's TPS."""
    location = approved(11, reviewer, operator)
    plan = plan_from_json(Proposal.everywhere.get(location=location, superseded_at=None).plan)

    determine(policy, reviewer)

    for station, planned in zip(FinalTPS.everywhere.order_by("number"), plan.stations, strict=True):
        listed = Voter.everywhere.filter(assignments__tps=station)
        assert listed.filter(sex="L").count() == planned.male
        assert listed.count() == planned.size


def test_numbers_run_on_over_the_locations_of_a_village_and_start_anew_in_the_next(policy, reviewer, operator):
    second = approved(5, reviewer, operator, code="36.03-902")
    first = approved(5, reviewer, operator, code="36.03-901")
    elsewhere = approved(1, reviewer, operator, code="36.03-903", region_code=OTHER_VILLAGE)

    determine(policy, reviewer)

    def numbers(location):
        return list(FinalTPS.everywhere.filter(determination__location=location).values_list("number", flat=True))

    assert (sorted(numbers(first)), sorted(numbers(second)), numbers(elsewhere)) == ([901, 902], [903, 904], [901])


def test_what_comes_later_numbers_on_from_the_highest(policy, reviewer, operator):
    approved(5, reviewer, operator, code="36.03-905")
    determine(policy, reviewer)
    later = approved(1, reviewer, operator, code="36.03-901")

    determine(policy, reviewer)

    assert FinalTPS.everywhere.get(determination__location=later).number == 903


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"person_in_charge": ""}, "person"), ({"letter_number": ""}, "letter"), ({"region_code": "36.03.28"}, "village")],
)
def test_an_obstacle_stands_in_the_way_and_is_named(policy, reviewer, operator, fields, code):
    approved(1, reviewer, operator, **fields)

    found = ready(policy)

    assert found.ready == []
    assert [codes for _proposal, codes in found.blocked] == [[code]]


def test_a_location_that_waits_for_a_recompute_is_not_ready(policy, reviewer, operator):
    location = approved(1, reviewer, operator)
    changes.record([location.pk])

    assert [codes for _proposal, codes in ready(policy).blocked] == [["pending"]]


def test_nothing_is_determined_that_was_not_seen(policy, reviewer, operator):
    approved(1, reviewer, operator)
    seen = ready(policy).seen
    approved(2, reviewer, operator)

    with pytest.raises(Moved):
        determination.determine(policy=policy, region=Region.objects.get(pk="36"), seen=seen, by=reviewer)

    assert not Determination.everywhere.exists()


def test_a_second_click_determines_nothing_twice(policy, reviewer, operator):
    approved(1, reviewer, operator)
    seen = ready(policy).seen
    determine(policy, reviewer)

    with pytest.raises(Moved):
        determination.determine(policy=policy, region=Region.objects.get(pk="36"), seen=seen, by=reviewer)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.ADMIN])
def test_only_a_reviewer_determines_and_reopens(policy, reviewer, operator, role):
    location = approved(1, reviewer, operator)
    other = factories.user(role)
    with pytest.raises(PermissionDenied):
        determination.determine(policy=policy, region=Region.objects.get(pk="36"), seen=ready(policy).seen, by=other)
    determine(policy, reviewer)

    with pytest.raises(PermissionDenied):
        determination.reopen(determination=of(location), reason="salah", by=other)


def test_a_determined_location_says_so_and_gets_no_new_version(policy, reviewer, operator):
    location = approved(2, reviewer, operator)
    determine(policy, reviewer)
    factories.voter(location)
    moved(location)

    (proposal,) = Proposal.everywhere.filter(location=location)
    assert Proposal.everywhere.with_state().get(pk=proposal.pk).state == "determined"


# Afterwards


def test_a_late_voter_stands_at_the_tps_with_most_room_as_dptb_and_nobody_else_moves(policy, reviewer, operator):
    location = approved(5, reviewer, operator)
    determine(policy, reviewer)
    before = dict(Assignment.everywhere.values_list("voter", "tps"))
    late = factories.voter(location)

    moved(location)

    place = Assignment.everywhere.get(voter=late)
    assert (place.kind, place.tps.size) == (Assignment.Kind.LATE, 2)
    assert {voter: tps for voter, tps in Assignment.everywhere.values_list("voter", "tps") if voter in before} == before


def test_no_tps_is_ever_filled_beyond_the_maximum_and_the_overflow_is_counted(policy, reviewer, operator):
    location = approved(4, reviewer, operator)
    determine(policy, reviewer)
    for _ in range(3):
        factories.voter(location)

    moved(location)

    assert Assignment.everywhere.filter(is_in_force=True).count() == 4
    assert followup.overflow(of(location)) == 3


def test_who_leaves_before_polling_day_makes_room_and_keeps_the_place_on_the_list(policy, reviewer, operator):
    location = approved(4, reviewer, operator)
    determine(policy, reviewer)
    leaver = Voter.everywhere.filter(location=location).earliest("pk")
    Voter.everywhere.filter(pk=leaver.pk).update(departure=policy.polling_day - datetime.timedelta(days=5))
    late = factories.voter(location)

    moved(location)

    assert Assignment.everywhere.filter(voter=leaver, is_in_force=True).exists()
    assert Assignment.everywhere.filter(voter=late, is_in_force=True).exists()
    assert followup.overflow(of(location)) == 0


def test_a_listed_voter_is_not_removed_but_leaves(policy, reviewer, operator):
    location = approved(1, reviewer, operator)
    determine(policy, reviewer)

    with pytest.raises(ValidationError) as refused:
        people.remove(voter=location.voters.get(), reason="pindah", by=operator)

    assert refused.value.code == "determined"
    assert location.voters.count() == 1


def test_reopened_everything_of_the_first_stays_readable_and_a_second_gets_its_own(policy, reviewer, operator):
    location = approved(5, reviewer, operator)
    determine(policy, reviewer)
    first = of(location)

    determination.reopen(determination=first, reason="Daftar tertukar", by=reviewer)
    factories.voter(location)
    moved(location)
    again = Proposal.everywhere.get(location=location, superseded_at=None)
    assert again.eligible == 6
    determine(policy, reviewer)

    first.refresh_from_db()
    assert (first.reopening_reason, first.stations.count()) == ("Daftar tertukar", 2)
    assert Assignment.everywhere.filter(tps__determination=first, is_in_force=False).count() == 5
    assert Assignment.everywhere.filter(tps__determination=of(location), is_in_force=True).count() == 6
    assert sorted(FinalTPS.everywhere.filter(is_in_force=True).values_list("number", flat=True)) == [901, 902]


def test_without_a_reason_nothing_is_reopened(policy, reviewer, operator):
    location = approved(1, reviewer, operator)
    determine(policy, reviewer)

    with pytest.raises(ValidationError):
        determination.reopen(determination=of(location), reason="  ", by=reviewer)

    assert of(location).reopened_at is None


def test_the_act_is_recorded_with_its_figures_and_no_person(policy, reviewer, operator):
    approved(5, reviewer, operator)

    determine(policy, reviewer)

    entry = AuditEntry.everywhere.get(action="determination.made")
    assert {name: entry.details[name] for name in ("locations", "tps", "voters")} == {
        "locations": 1,
        "tps": 2,
        "voters": 5,
    }


def test_counts_still_equal_a_recount_where_nothing_is_planned_any_more(policy, reviewer, operator):
    location = approved(2, reviewer, operator)
    determine(policy, reviewer)
    factories.voter(location)
    moved(location)

    assert list(invariants.counts_equal_recounts()) == []
    assert list(invariants.lists_are_as_determined()) == []


def test_a_list_that_lost_a_place_breaks_the_promise(policy, reviewer, operator):
    location = approved(2, reviewer, operator)
    determine(policy, reviewer)

    Assignment.everywhere.filter(is_in_force=True).first().delete()

    assert list(invariants.lists_are_as_determined()) == [f"{location.code}/901"]


def test_a_determined_location_is_neither_withdrawn_nor_decided_on_until_it_is_reopened(policy, reviewer, operator):
    location = approved(1, reviewer, operator)
    seen = Proposal.everywhere.get(location=location, superseded_at=None)
    determine(policy, reviewer)

    for act in (
        lambda: people.withdraw_location(location=location, reason="contoh", by=operator),
        lambda: review.reject(proposal=seen, seen=seen.fingerprint, note="contoh", by=reviewer),
        lambda: review.revoke(proposal=seen, seen=seen.fingerprint, by=reviewer),
    ):
        with pytest.raises(ValidationError) as refused:
            act()
        assert refused.value.code == "determined"
    determination.reopen(determination=of(location), reason="salah", by=reviewer)

    assert people.withdraw_location(location=location, reason="contoh", by=operator).withdrawn_at


# Strikes at home


def test_every_listed_voter_is_struck_at_home_by_the_home_regency(policy, reviewer, operator):
    location = approved(3, reviewer, operator)

    determine(policy, reviewer)

    assert Strike.everywhere.count() == 3
    assert set(Strike.everywhere.values_list("territory", flat=True)) == {factories.HOME[:5]}
    assert not Strike.everywhere.exclude(voter__location=location).exists()


def test_a_strike_is_taken_back_when_the_voter_leaves_before_polling_day(policy, reviewer, operator):
    location = approved(2, reviewer, operator)
    determine(policy, reviewer)
    leaver = location.voters.earliest("pk")
    Voter.everywhere.filter(pk=leaver.pk).update(departure=policy.polling_day)

    moved(location)

    assert Strike.everywhere.get(voter=leaver).taken_back_at is not None
    assert Strike.everywhere.filter(taken_back_at=None).count() == 1


def test_reopening_takes_strikes_back_and_a_new_determination_strikes_anew(policy, reviewer, operator):
    location = approved(1, reviewer, operator)
    determine(policy, reviewer)

    determination.reopen(determination=of(location), reason="salah", by=reviewer)
    recompute.changed()
    determine(policy, reviewer)

    assert Strike.everywhere.filter(taken_back_at=None).count() == 1
    assert Strike.everywhere.exclude(taken_back_at=None).count() == 1


def test_the_home_regency_ticks_off_its_own_and_nobody_elses(policy, reviewer, operator, client):
    approved(2, reviewer, operator)
    determine(policy, reviewer)
    client.force_login(factories.user(Role.OPERATOR, factories.HOME[:5]))
    client.cookies["django_language"] = "en"

    page = client.get("/pemilih/coret/")
    export = client.get("/pemilih/coret/", {"format": "csv"})
    client.post("/pemilih/coret/", {"coret": [str(Strike.everywhere.earliest("pk").pk)]})
    client.force_login(factories.user(Role.OPERATOR, "36.71"))
    client.post("/pemilih/coret/", {"semua": "1"})

    assert len(page.context["page"].object_list) == 2
    assert "Warga Contoh" in export.getvalue().decode()
    assert Strike.everywhere.filter(answer="struck").count() == 1


# The pages


def test_a_reviewer_determines_by_one_click_and_sees_what_is_final(policy, reviewer, operator, client):
    location = approved(5, reviewer, operator)
    approved(1, reviewer, operator, letter_number="")
    client.force_login(reviewer)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("mapping:determinations"), {"wilayah": "36"})

    client.post(reverse("mapping:determinations"), {"wilayah": "36", "seen": page.context["seen"]})
    final = client.get(reverse("mapping:determination", args=[of(location).pk])).content.decode()

    assert page.context["button"] == "Determine 2 TPS at 1 location"
    assert "the letter of request is missing" in page.content.decode()
    assert "901" in final
    assert "902" in final


def test_the_page_of_a_voter_says_which_tps(policy, reviewer, operator, client):
    location = approved(1, reviewer, operator)
    client.force_login(operator)
    client.cookies["django_language"] = "en"
    url = reverse("mapping:voter_tps", args=[location.voters.get().pk])
    before = client.get(url).content.decode()

    determine(policy, reviewer)

    assert "Not on the list of a TPS yet" in before
    assert "TPS 901" in client.get(url).content.decode()


def test_a_reviewer_reopens_on_the_page_with_a_reason(policy, reviewer, operator, client):
    location = approved(1, reviewer, operator)
    determine(policy, reviewer)
    final = of(location)
    client.force_login(reviewer)
    url = reverse("mapping:determination", args=[final.pk])

    assert client.post(url, {"reason": ""}).status_code == 422
    client.post(url, {"reason": "Daftar tertukar"})

    final.refresh_from_db()
    assert final.reopened_by == reviewer


def test_late_voters_without_room_show_on_the_page(policy, reviewer, operator, client):
    location = approved(4, reviewer, operator)
    determine(policy, reviewer)
    factories.voter(location)
    moved(location)
    client.force_login(reviewer)
    client.cookies["django_language"] = "en"

    text = client.get(reverse("mapping:determination", args=[of(location).pk])).content.decode()

    assert "1 eligible voter has no TPS" in text


@pytest.mark.parametrize(
    ("model", "fields", "constraint"),
    [
        (Determination, {"territory": ""}, "determination_has_territory"),
        (Determination, {"reopening_reason": "x"}, "determination_reopened_says_why"),
        (FinalTPS, {"territory": ""}, "final_tps_has_territory"),
        (Assignment, {"territory": ""}, "assignment_has_territory"),
        (Strike, {"territory": ""}, "strike_has_territory"),
        (Strike, {"answered_at": "2026-01-01T00:00Z"}, "strike_answered_by_somebody"),
    ],
)
def test_what_cannot_be(policy, reviewer, operator, model, fields, constraint):
    approved(1, reviewer, operator)
    determine(policy, reviewer)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.everywhere.update(**fields)


@pytest.mark.parametrize(
    ("model", "constraint"),
    [
        (Determination, "determination_one_in_force"),
        (FinalTPS, "final_tps_number_once"),
        (Assignment, "assignment_one_in_force"),
        (Strike, "strike_once"),
    ],
)
def test_what_cannot_be_twice(policy, reviewer, operator, model, constraint):
    approved(1, reviewer, operator)
    determine(policy, reviewer)
    row = model.everywhere.get()
    row.pk = None if model in (Assignment, Strike) else new_id()

    with pytest.raises(IntegrityError, match=rf"{constraint}|UNIQUE"), transaction.atomic():
        row.save(force_insert=True)


# Movers


@pytest.mark.parametrize(
    ("days", "fields", "role", "is_admitted"),
    [
        (30, {"kind": "panti"}, "penghuni", True),
        (29, {"kind": "panti"}, "penghuni", False),
        (29, {"kind": "panti"}, "petugas", True),
        (7, {"kind": "rutan_lapas"}, "penghuni", True),
        (6, {"kind": "rutan_lapas"}, "penghuni", False),
        (7, {"kind": "lainnya", "subkind": "rumah_sakit"}, "penghuni", True),
        (8, {"kind": "lainnya", "subkind": "pesantren"}, "penghuni", False),
        (-1, {"kind": "panti"}, "penghuni", True),
    ],
)
def test_movers_are_entered_until_30_days_before_and_for_pressing_reasons_until_7(
    policy, reviewer, operator, monkeypatch, days, fields, role, is_admitted
):
    location = approved(2, reviewer, operator, **fields)
    determine(policy, reviewer)
    late = factories.voter(location, role=role)
    today = policy.polling_day - datetime.timedelta(days=days)
    monkeypatch.setattr(followup.timezone, "localdate", lambda: today)

    moved(location)

    assert Assignment.everywhere.filter(voter=late).exists() == is_admitted
    assert of(location).too_late == (not is_admitted)


def test_each_ballot_is_forecast_by_who_left_and_who_came(policy, reviewer, operator):
    location = approved(3, reviewer, operator)
    determine(policy, reviewer)
    leaver = Voter.everywhere.filter(location=location).earliest("pk")
    Voter.everywhere.filter(pk=leaver.pk).update(departure=policy.polling_day)
    factories.voter(location, home=factories.region("12.71.01.1001"))
    moved(location)

    (tps,) = printed.of(of(location))

    by_ballot = dict(zip(policy.ballots, tps.ballots, strict=True))
    assert (tps.listed, tps.gone, tps.late) == (3, 1, 1)
    assert by_ballot["ppwp"].printed == 4
    assert by_ballot["ppwp"].free == 2
    assert tps.short == 0


def test_what_presses_after_a_determination_stands_on_the_desk(policy, reviewer, operator, client):
    location = approved(4, reviewer, operator)
    determine(policy, reviewer)
    for _ in range(3):
        factories.voter(location)
    moved(location)
    client.force_login(operator)

    page = client.get("/").content.decode()

    panel = client.get(f"/telaah/lokasi/{location.pk}/panel/").content.decode()
    assert of(location).without_room == 3
    assert "3 eligible voters have no TPS" in panel
    assert "Voters without a TPS" in page
    assert f"/telaah/penetapan/{of(location).pk}/" in page


def test_a_determination_says_how_many_came_too_late(policy, reviewer, operator, client):
    location = approved(2, reviewer, operator)
    determine(policy, reviewer)
    Determination.everywhere.filter(location=location).update(too_late=2)
    client.force_login(operator)

    page = client.get(f"/telaah/penetapan/{of(location).pk}/").content.decode()

    assert "2 eligible voters were entered after the last day for movers" in page


# At once


def at_once(*acts):
    """Runs each act in a thread with a connection of its own, all starting together; returns what each gave or raised."""
    start = threading.Barrier(len(acts))
    results: dict[int, object] = {}

    def run(place, act):
        start.wait()
        try:
            results[place] = act()
        except (Moved, ValidationError, OperationalError) as late:
            results[place] = late
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return [results[place] for place in range(len(acts))]


@pytest.mark.django_db(transaction=True)
def test_of_two_determinations_at_once_one_is_made(policy, reviewer, operator):
    location = approved(6, reviewer, operator)
    seen, region = ready(policy).seen, Region.objects.get(pk="36")

    def act():
        return determination.determine(policy=policy, region=region, seen=seen, by=reviewer)

    results = at_once(act, act)

    assert sorted(isinstance(result, Exception) for result in results) == [False, True]
    assert Determination.everywhere.count() == 1
    assert Assignment.everywhere.filter(is_in_force=True).count() == 6
    assert of(location).tps == 2
    assert all(finding.holds for finding in invariants.check())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_determination_beside_an_edit_and_a_recompute_is_as_one_after_the_other(policy, reviewer, operator, attempt):
    location = approved(6, reviewer, operator)
    seen, region = ready(policy).seen, Region.objects.get(pk="36")

    def edit():
        with transaction.atomic():
            factories.voter(location)
            changes.record([location.pk])
        recompute.changed()

    def act():
        return determination.determine(policy=policy, region=region, seen=seen, by=reviewer)

    _edited, determined = at_once(edit, act)
    recompute.changed()

    listed = Assignment.everywhere.filter(is_in_force=True, kind=Assignment.Kind.LISTED).count()
    late = Assignment.everywhere.filter(is_in_force=True, kind=Assignment.Kind.LATE).count()
    if isinstance(determined, Exception):
        assert (listed, late) == (0, 0)
        assert Proposal.everywhere.get(location=location, superseded_at=None).eligible == 7
    else:
        assert (listed, late) == (6, 1)
    assert all(finding.holds for finding in invariants.check())
