"""Locations below the minimum that vote together: in one plan, under one lock, and nobody is lost on the way."""

import threading

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import Role
from locations import changes, registration
from locations.models import Kind, SpecialLocation
from mapping import recompute, review
from mapping.core.fingerprint import cells_from_json, plan_from_json
from mapping.models import Outcome, Policy, Proposal
from regions.models import RegionDistricts
from tests import factories
from tpskhusus import invariants
from voters import registration as people

VILLAGE, OTHER_VILLAGE = "36.03.28.2004", "36.03.28.2005"
pytestmark = pytest.mark.django_db


def districts() -> None:
    """Both villages in the same electoral districts of the policy's edition."""
    for code in (VILLAGE, OTHER_VILLAGE):
        factories.region(code)
        RegionDistricts.objects.get_or_create(edition="pemilu-2024", region_id=code)


@pytest.fixture
def policy(db, settings) -> Policy:
    settings.LANGUAGE_CODE = "en"
    made = factories.policy(maximum=4, minimum=4, minimums={}, combining_distance_m=2000)
    districts()
    return made


def school(voters: int, village: str = VILLAGE, **fields) -> SpecialLocation:
    location = factories.special_location(region_code=village, kind=Kind.OTHER, **fields)
    for _ in range(voters):
        factories.voter(location)
    return location


def in_force(location) -> Proposal:
    return Proposal.everywhere.get(location=location, superseded_at=None)


def test_two_small_schools_of_a_village_vote_at_the_larger_one(policy):
    small, large = school(2), school(3)

    figures = recompute.territory(policy=policy)

    guest, host = in_force(small), in_force(large)
    assert (guest.outcome, guest.host, guest.tps, guest.eligible) == (Outcome.COMBINED, large, 0, 2)
    assert (host.outcome, host.host, host.tps, host.eligible) == (Outcome.QUALIFIED, None, 2, 3)
    assert sum(plan_from_json(host.plan).sizes) == 5
    assert (figures.qualified, figures.combined, figures.tps) == (1, 1, 2)


def test_registered_eligible_and_ballots_stay_the_locations_own(policy):
    small, large = school(2), school(3)

    recompute.territory(policy=policy)

    for location, own in ((small, 2), (large, 3)):
        proposal = in_force(location)
        assert (proposal.registered, proposal.eligible, proposal.ppwp) == (own, own, own)
    assert sum(cell.count for cell in cells_from_json(in_force(large).plan)) == 5


def test_without_combining_both_go_to_the_nearest_ordinary_tps(policy):
    Policy.objects.filter(pk=policy.pk).update(combining_distance_m=None)
    policy.refresh_from_db()
    small, large = school(2), school(3)

    recompute.territory(policy=policy)

    assert {in_force(location).outcome for location in (small, large)} == {Outcome.NEAREST}


def test_a_location_that_qualifies_alone_is_never_combined(policy):
    small, enough = school(2), school(4)

    recompute.territory(policy=policy)

    assert (in_force(small).outcome, in_force(enough).outcome) == (Outcome.NEAREST, Outcome.QUALIFIED)
    assert in_force(enough).tps == 1


def test_a_voter_more_at_one_replans_its_neighbours_too(policy):
    small, large = school(1), school(2)
    recompute.territory(policy=policy)
    assert in_force(large).outcome == Outcome.NEAREST
    factories.voter(large)
    changes.record([large.pk])

    recompute.changed()

    assert (in_force(large).outcome, in_force(small).outcome) == (Outcome.QUALIFIED, Outcome.COMBINED)


def test_the_host_that_is_withdrawn_leaves_its_guest_to_the_ordinary_tps(policy):
    small, large = school(2), school(3)
    recompute.territory(policy=policy)
    people.withdraw_location(location=large, reason="contoh", by=factories.user(Role.OPERATOR))

    recompute.changed()

    assert in_force(small).outcome == Outcome.NEAREST


def test_the_same_again_writes_nothing(policy):
    school(2)
    school(3)
    recompute.territory(policy=policy)

    assert recompute.territory(policy=policy).written == 0


def test_one_after_the_other_ends_where_the_whole_ends(policy):
    small, large = school(2), school(3)
    for location in (small, large):
        changes.record([location.pk])
        recompute.locations([location.pk])
    singly = {location.pk: in_force(location).fingerprint for location in (small, large)}

    recompute.territory(policy=policy)

    assert {location.pk: in_force(location).fingerprint for location in (small, large)} == singly


def test_every_voter_ends_in_exactly_one_outcome(policy):
    for count in (2, 3, 1, 6):
        school(count)
    school(1, OTHER_VILLAGE)

    figures = recompute.territory(policy=policy)

    current = Proposal.everywhere.current(policy)
    with_tps = sum(p.eligible for p in current if p.outcome in (Outcome.QUALIFIED, Outcome.COMBINED))
    assert with_tps + figures.to_ordinary_tps == figures.eligible == 13
    stand = sum(size for p in current for size in plan_from_json(p.plan).sizes)
    assert stand == with_tps


def test_the_counts_of_combined_proposals_equal_a_recount(policy):
    school(2)
    school(3)
    recompute.territory(policy=policy)

    assert list(invariants.counts_equal_recounts()) == []


def test_the_pages_say_where_they_vote_and_who_votes_here(policy, client):
    small, large = school(2, name="Pesantren Kecil"), school(3, name="Pesantren Besar")
    recompute.territory(policy=policy)
    client.force_login(factories.user(Role.REVIEWER))
    client.cookies["django_language"] = "en"

    guest = client.get(reverse("mapping:proposal", args=[in_force(small).pk])).content.decode()
    host = client.get(reverse("mapping:proposal", args=[in_force(large).pk])).content.decode()

    assert "They vote at Pesantren Besar in the same village" in guest
    assert "The voters of 1 smaller locations vote here too: 2 beside 3 of its own" in host
    assert "Pesantren Kecil" in host


def test_an_approval_of_a_combined_location_waits_again_when_its_host_changes(policy):
    small, large = school(2), school(3)
    recompute.territory(policy=policy)
    operator, reviewer = factories.user(Role.OPERATOR), factories.user(Role.REVIEWER)
    registration.submit(location=small, by=operator)
    seen = in_force(small)
    review.approve(proposal=seen, seen=seen.fingerprint, by=reviewer)
    larger = school(3, code="36.03-000")
    people.withdraw_location(location=large, reason="contoh", by=operator)
    changes.record([larger.pk])

    recompute.changed()

    state = Proposal.everywhere.in_force(policy).with_state().get(location=small)
    assert (state.host, state.state, state.moved_since_approval) == (larger, "waiting", True)


@pytest.mark.django_db(transaction=True)
def test_two_locations_of_a_district_that_change_at_once_end_in_one_plan():
    """Two workers: the second takes nothing of a district that the first is planning."""
    policy = factories.policy(maximum=4, minimum=4, minimums={}, combining_distance_m=2000)
    districts()
    small, large = school(2), school(3)
    go = threading.Barrier(2, timeout=10)

    def worker(location) -> None:
        try:
            go.wait()
            with transaction.atomic():
                changes.record([location.pk])
            recompute.changed()
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=[location]) for location in (small, large)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    recompute.changed()

    assert (in_force(small).outcome, in_force(small).host) == (Outcome.COMBINED, large)
    before = {p.location_id: p.fingerprint for p in Proposal.everywhere.current(policy)}
    recompute.territory(policy=policy)
    assert {p.location_id: p.fingerprint for p in Proposal.everywhere.current(policy)} == before


@pytest.mark.django_db(transaction=True)
def test_a_decision_on_one_and_a_change_of_its_partner_do_not_lock_each_other_out():
    factories.policy(maximum=4, minimum=4, minimums={}, combining_distance_m=2000)
    districts()
    small, large = school(2), school(3)
    recompute.territory(policy=Policy.objects.get(is_current=True))
    registration.submit(location=small, by=factories.user(Role.OPERATOR))
    reviewer, failed = factories.user(Role.REVIEWER), []
    go = threading.Barrier(2, timeout=10)

    def change() -> None:
        try:
            go.wait()
            for _ in range(5):
                with transaction.atomic():
                    changes.record([large.pk])
                recompute.changed()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    def decide() -> None:
        try:
            go.wait()
            seen = in_force(small)
            review.approve(proposal=seen, seen=seen.fingerprint, by=reviewer)
        except (review.Outdated, review.Busy):
            pass
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for act in (change, decide)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failed == []
    assert in_force(small).host == large
