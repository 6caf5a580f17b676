"""What central KPU decides, and what becomes of a decision when the data moves."""

import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction

from accounts.models import AuditEntry, Role
from locations import changes
from locations import registration as places
from locations.models import Change, Kind, SpecialLocation
from mapping import recompute, review
from mapping.models import Decision, Policy, Proposal
from tests import factories, services
from voters.models import Voter, VoterIdentity

pytestmark = pytest.mark.django_db
SCHOOL = {"kind": Kind.OTHER, "region_code": "36.03.28.2004"}


@pytest.fixture(autouse=True)
def policy(db) -> Policy:
    """At most 4 voters a TPS and at least 2, so that few voters are enough."""
    return factories.policy(maximum=4, minimum=2, minimums={})


def submitted(voters: int = 3, **fields) -> Proposal:
    """The proposal in force of a location with so many eligible voters, submitted by an operator of Banten."""
    location = factories.special_location(**fields)
    for _ in range(voters):
        factories.voter(location)
    recompute.locations([location.pk])
    places.submit(location=location, by=operator())
    return in_force(location)


def operator():
    return factories.user(Role.OPERATOR, "36")


def reviewer():
    return factories.user(Role.REVIEWER)


def in_force(location: SpecialLocation) -> Proposal:
    return Proposal.everywhere.in_force(Policy.objects.get(is_current=True)).with_state().get(location=location)


def state(proposal: Proposal) -> str:
    return in_force(proposal.location).state


def decide(verb, proposal: Proposal, note: str = "Perbaiki surat.", by=None) -> Decision:
    return verb(proposal=proposal, seen=proposal.fingerprint, note=note, by=by or reviewer())


def add_voters(proposal: Proposal, count: int, *, recomputed: bool = True) -> None:
    for _ in range(count):
        factories.voter(proposal.location)
    changes.record([proposal.location_id])
    if recomputed:
        recompute.changed()


# States


def test_a_location_that_was_not_submitted_is_a_draft():
    location = factories.special_location()
    recompute.locations([location.pk])

    assert in_force(location).state == "draft"


def test_a_submitted_location_waits():
    assert submitted().state == "waiting"


@pytest.mark.parametrize(
    ("verb", "after"),
    [(review.approve, "approved"), (review.return_, "returned"), (review.reject, "rejected")],
)
def test_a_decision_gives_its_state(verb, after):
    proposal = submitted()

    decision = decide(verb, proposal)

    assert state(proposal) == after
    assert (decision.fingerprint, decision.tps) == (proposal.fingerprint, proposal.tps)


def test_a_returned_location_waits_again_once_it_is_submitted_again():
    proposal = submitted()
    decide(review.return_, proposal)

    places.submit(location=proposal.location, by=operator(), again=True)

    assert state(proposal) == "waiting"


@pytest.mark.parametrize("verb", [review.approve, review.return_, review.reject])
def test_a_revoked_decision_leaves_the_proposal_waiting(verb):
    proposal = submitted()
    decide(verb, proposal)

    decide(review.revoke, proposal)

    assert state(proposal) == "waiting"


def test_what_came_before_a_revocation_counts_no_more():
    proposal = submitted()
    decide(review.approve, proposal)
    decide(review.return_, proposal)

    decide(review.revoke, proposal)

    assert state(proposal) == "waiting"


def test_a_decision_under_another_policy_says_nothing_here():
    proposal = submitted()
    other = factories.policy("pilkada-2024", is_current=False, maximum=600, minimum=1, minimums={})
    recompute.locations([proposal.location_id], policy=other)
    elsewhere = Proposal.everywhere.in_force(other).with_state().get(location=proposal.location)

    decide(review.approve, elsewhere)

    assert state(proposal) == "waiting"
    assert Proposal.everywhere.in_force(other).with_state().get(location=proposal.location).state == "approved"


def test_states_are_found_by_the_question():
    waiting, approved = submitted(), submitted()
    decide(review.approve, approved)
    everything = Proposal.everywhere.in_force(waiting.policy)

    assert [p.pk for p in everything.awaiting_decision()] == [waiting.pk]
    assert [p.pk for p in everything.in_state("approved")] == [approved.pk]


# Moving data


def test_an_approval_stands_while_a_voter_more_changes_nothing_of_it():
    proposal = submitted(voters=3)
    decide(review.approve, proposal)

    add_voters(proposal, 1)

    now = in_force(proposal.location)
    assert (now.version, now.eligible) == (proposal.version + 1, 4)
    assert (now.state, now.moved_since_approval) == ("approved", False)


def test_an_approval_falls_when_the_number_of_tps_changes():
    proposal = submitted(voters=4)
    decide(review.approve, proposal)

    add_voters(proposal, 1)

    now = in_force(proposal.location)
    assert (now.tps, now.state, now.moved_since_approval) == (2, "waiting", True)


def test_an_approval_falls_when_the_outcome_changes():
    proposal = submitted(voters=2, **SCHOOL)
    decide(review.approve, proposal)

    Voter.everywhere.filter(location=proposal.location).update(is_foreign=True)
    changes.record([proposal.location_id])
    recompute.changed()

    now = in_force(proposal.location)
    assert (now.outcome, now.state, now.moved_since_approval) == ("no_eligible_voters", "waiting", True)


def test_an_approval_holds_again_when_the_data_comes_back():
    proposal = submitted(voters=4)
    decide(review.approve, proposal)
    add_voters(proposal, 1)
    newest = Voter.everywhere.filter(location=proposal.location).latest("pk")
    Voter.everywhere.filter(pk=newest.pk).update(is_foreign=True)

    changes.record([proposal.location_id])
    recompute.changed()

    assert state(proposal) == "approved"


def test_what_moved_since_an_approval_can_be_approved_again():
    proposal = submitted(voters=4)
    decide(review.approve, proposal)
    add_voters(proposal, 1)

    decide(review.approve, in_force(proposal.location))

    assert (state(proposal), in_force(proposal.location).moved_since_approval) == ("approved", False)


# Outdated


def test_a_superseded_version_cannot_be_decided():
    proposal = submitted()
    add_voters(proposal, 1)

    with pytest.raises(review.Outdated) as late:
        decide(review.approve, proposal)

    assert late.value.current.pk == in_force(proposal.location).pk
    assert {change.subject for change in late.value.difference.changes} >= {"eligible", "registered"}
    assert not Decision.everywhere.exists()


def test_another_fingerprint_than_the_one_in_force_decides_nothing():
    proposal = submitted()

    with pytest.raises(review.Outdated):
        review.approve(proposal=proposal, seen="0" * 64, by=reviewer())

    assert not Decision.everywhere.exists()


def test_data_that_moved_before_the_recompute_came_decides_nothing():
    proposal = submitted()
    add_voters(proposal, 2, recomputed=False)

    with pytest.raises(review.Outdated) as late:
        decide(review.approve, proposal)

    now = in_force(proposal.location)
    assert late.value.current.pk == now.pk != proposal.pk
    assert (now.eligible, now.state) == (5, "waiting")
    assert not Change.everywhere.exists()


def test_a_change_that_changed_nothing_does_not_stop_a_decision():
    proposal = submitted()
    changes.record([proposal.location_id])

    decide(review.approve, proposal)

    assert state(proposal) == "approved"


# What cannot be decided


@pytest.mark.parametrize("verb", [review.approve, review.return_, review.reject])
def test_the_same_decision_twice_is_told_and_not_made(verb):
    proposal = submitted()
    first = decide(verb, proposal)

    with pytest.raises(review.AlreadyDecided) as late:
        decide(verb, proposal)

    assert late.value.decision == first
    assert Decision.everywhere.count() == 1


def test_a_reviewer_who_has_not_seen_the_decision_of_another_decides_nothing():
    proposal = submitted()
    decide(review.approve, proposal)

    with pytest.raises(review.AlreadyDecided):
        review.return_(proposal=proposal, seen=proposal.fingerprint, note="Surat.", by=reviewer(), after="")

    assert state(proposal) == "approved"


def test_a_location_that_was_not_submitted_cannot_be_decided():
    location = factories.special_location()
    recompute.locations([location.pk])

    with pytest.raises(ValidationError) as fault:
        decide(review.approve, in_force(location))

    assert fault.value.code == "not_submitted"


def test_a_withdrawn_location_cannot_be_decided():
    proposal = submitted()
    places.withdraw(location=proposal.location, reason="Tidak jadi.", by=operator())

    with pytest.raises(ValidationError) as fault:
        decide(review.approve, proposal)

    assert fault.value.code == "withdrawn"


@pytest.mark.parametrize("verb", [review.return_, review.reject])
def test_a_return_and_a_rejection_say_why(verb):
    proposal = submitted()

    with pytest.raises(ValidationError) as fault:
        decide(verb, proposal, note="  ")

    assert fault.value.error_dict["note"][0].code == "required"


def test_nobody_decides_what_they_submitted_themselves():
    proposal = submitted()
    person = reviewer()
    SpecialLocation.everywhere.filter(pk=proposal.location_id).update(submitted_by=person)

    with pytest.raises(review.OwnWork):
        decide(review.approve, proposal, by=person)

    assert not Decision.everywhere.exists()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.ADMIN])
@pytest.mark.parametrize("verb", [review.approve, review.return_, review.reject, review.revoke])
def test_only_a_reviewer_decides(verb, role):
    proposal = submitted()

    with pytest.raises(PermissionDenied):
        decide(verb, proposal, by=factories.user(role, "00"))

    assert not Decision.everywhere.exists()


def test_there_must_be_something_to_revoke():
    proposal = submitted()

    with pytest.raises(ValidationError) as fault:
        decide(review.revoke, proposal)

    assert fault.value.code == "nothing_to_revoke"


def test_a_revocation_is_not_made_twice():
    proposal = submitted()
    decide(review.approve, proposal)
    decide(review.revoke, proposal)

    with pytest.raises(review.AlreadyDecided):
        decide(review.revoke, proposal)


# Rejection


def test_a_rejection_closes_the_location_and_frees_its_voters():
    proposal = submitted()

    decide(review.reject, proposal)

    assert SpecialLocation.everywhere.get(pk=proposal.location_id).closed_at is not None
    assert not VoterIdentity.everywhere.exclude(claim=None).exists()
    assert not Proposal.everywhere.current(proposal.policy).exists()
    assert state(proposal) == "rejected"


def test_a_rejected_location_stays_rejected_when_the_worker_comes_by():
    proposal = submitted()
    decide(review.reject, proposal)

    recompute.changed()

    assert state(proposal) == "rejected"


def test_a_revoked_rejection_opens_the_location_again():
    proposal = submitted()
    decide(review.reject, proposal)

    decide(review.revoke, proposal)

    assert SpecialLocation.everywhere.get(pk=proposal.location_id).is_active
    assert VoterIdentity.everywhere.exclude(claim=None).count() == 3


@pytest.mark.parametrize("verb", [review.approve, review.return_])
def test_a_rejected_location_must_be_opened_first(verb):
    proposal = submitted()
    decide(review.reject, proposal)

    with pytest.raises(ValidationError) as fault:
        decide(verb, proposal)

    assert fault.value.code == "closed"


# Trail


def test_a_decision_is_in_the_audit_trail_with_what_it_stands_for():
    proposal = submitted()
    person = reviewer()

    decide(review.approve, proposal, by=person)

    entry = AuditEntry.everywhere.get(action="proposal.approved")
    assert (entry.actor, entry.territory) == (person.username, "36.03")
    assert entry.details["before"] == {"state": "waiting"}
    assert entry.details["after"] == {"state": "approved", "outcome": "qualified", "tps": 1, "host": None}
    assert entry.details["fingerprint"] == proposal.fingerprint


@pytest.mark.parametrize(
    "tampering",
    [
        lambda decision: Decision.everywhere.filter(pk=decision.pk).update(verdict="rejected"),
        lambda decision: Decision.everywhere.filter(pk=decision.pk).delete(),
        lambda decision: Proposal.everywhere.filter(pk=decision.proposal_id).update(tps=9),
        lambda decision: Proposal.everywhere.filter(pk=decision.proposal_id).update(fingerprint="0" * 64),
    ],
)
def test_the_database_refuses_to_rewrite_what_was_decided(tampering):
    decision = decide(review.approve, submitted())

    with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
        tampering(decision)


def test_the_database_refuses_to_delete_a_proposal_nobody_decided():
    proposal = submitted()

    with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
        Proposal.everywhere.filter(pk=proposal.pk)._raw_delete("default")


# Two at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", [review.approve, review.return_])
def test_of_two_reviewers_at_once_one_decides(second):
    proposal = submitted()
    start = threading.Barrier(2)
    results: list[object] = []

    def click(verb, person):
        start.wait()
        try:
            results.append(verb(proposal=proposal, seen=proposal.fingerprint, note="Surat.", by=person, after=""))
        except review.AlreadyDecided as late:
            results.append(late)
        finally:
            connection.close()

    clicks = [
        threading.Thread(target=click, args=pair) for pair in [(review.approve, reviewer()), (second, reviewer())]
    ]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join(30)

    assert sorted(type(result).__name__ for result in results) == ["AlreadyDecided", "Decision"]
    assert Decision.everywhere.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_decision_beside_an_edit_stands_for_one_or_for_nothing():
    """Whichever comes first: never a decision on data that had moved before it."""
    proposal = submitted(voters=4)
    start = threading.Barrier(2)
    results: list[object] = []

    def edit():
        start.wait()
        with transaction.atomic():
            factories.voter(proposal.location)
            changes.record([proposal.location_id])
        recompute.changed()
        connection.close()

    def click(person):
        start.wait()
        try:
            results.append(decide(review.approve, proposal, by=person))
        except review.Outdated as late:
            results.append(late)
        finally:
            connection.close()

    threads = [threading.Thread(target=edit), threading.Thread(target=click, args=(reviewer(),))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    recompute.changed()

    now = in_force(proposal.location)
    assert len(results) == 1
    assert (now.tps, now.state) == (2, "waiting")
    assert now.moved_since_approval == isinstance(results[0], Decision)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_beside_a_long_recompute_nobody_decides_before_it_ends():
    """Slow: it outlasts the 3 seconds that PostgreSQL waits for a lock; SQLite has one writer and waits longer."""
    proposal = submitted()
    is_held, ended = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            SpecialLocation.everywhere.select_for_update(no_key=True).get(pk=proposal.location_id)
            is_held.set()
            ended.wait(4.5)
        ended.set()
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    is_held.wait(10)

    if services.uses_postgres():
        with pytest.raises(review.Busy):
            decide(review.approve, proposal)
        assert not ended.is_set()
    else:
        decide(review.approve, proposal)
        assert ended.is_set()
    holder.join(10)
    assert Decision.everywhere.count() == (0 if services.uses_postgres() else 1)
