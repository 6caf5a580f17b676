"""What the database refuses of policies, runs, proposals and decisions, whoever writes."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from mapping import recompute
from mapping.models import Decision, Policy, Proposal, Run
from tests import factories

pytestmark = pytest.mark.django_db


def refused(name: str):
    """The database refuses what stands inside, by this constraint."""
    return pytest.raises(IntegrityError, match=name)


def policy_with(**fields) -> Policy:
    return factories.policy("lain", **{"is_current": False, "minimums": {}, **fields})


def proposal() -> Proposal:
    factories.policy(minimum=1, minimums={})
    location = factories.special_location()
    factories.voter(location)
    recompute.locations([location.pk])
    return Proposal.everywhere.get(location=location)


def copy_of(row: Proposal | Decision, **fields):
    """The same row again under an id of its own, with other values."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.fields if field.name != "id"}
    return type(row)(**{**values, **fields})


def superseded_copy(row: Proposal, **fields) -> Proposal:
    """A copy that stands in nobody's way: an earlier version."""
    return copy_of(row, **{"version": 99, "superseded_at": row.computed_at, **fields})


def decision_on(row: Proposal, **fields) -> Decision:
    values = {
        "territory": row.territory, "proposal": row, "location": row.location, "policy": row.policy,
        "verdict": Decision.Verdict.APPROVED, "fingerprint": row.fingerprint, "outcome": row.outcome, "tps": row.tps,
        "decided_by": factories.user(Role.REVIEWER),
    }  # fmt: skip
    return Decision(**{**values, **fields})


# SQLite names the columns of a broken uniqueness, PostgreSQL the constraint.


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("policy_sizes_in_order", {"maximum": 99, "minimum": 100}),
        ("policy_sizes_in_order", {"minimum": 0}),
        ("policy_current_is_no_draft", {"is_current": True, "is_draft": True}),
        ("policy_polling_day_after_epoch", {"polling_day": datetime.date(2023, 12, 31)}),
    ],
)
def test_a_policy_that_cannot_be_is_refused(name, fields):
    with refused(name), transaction.atomic():
        policy_with(**fields)


def test_two_policies_are_never_in_force_at_once():
    factories.policy()

    with refused("policy_one_current|mapping_policy.is_current"), transaction.atomic():
        policy_with(is_current=True)


def test_a_run_says_whose_it_is():
    with refused("run_has_territory"), transaction.atomic():
        Run.everywhere.create(territory="", policy=factories.policy(), cause=Run.Cause.COMMAND)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("proposal_has_territory", {"territory": ""}),
        ("proposal_tps_where_qualified", {"tps": 0}),
        ("proposal_tps_where_qualified", {"outcome": "nearest_regular_tps"}),
        ("proposal_combined_has_host", {"outcome": "combined", "tps": 0}),
        ("proposal_counts_within_registered", {"registered": 0}),
        ("proposal_counts_within_registered", {"male": 7}),
    ],
)
def test_a_proposal_that_cannot_be_is_refused(name, fields):
    row = proposal()

    with refused(name), transaction.atomic():
        superseded_copy(row, **fields).save(force_insert=True)


def test_only_a_combined_location_has_a_host():
    row = proposal()

    with refused("proposal_combined_has_host"), transaction.atomic():
        superseded_copy(row, host_id=row.location_id).save(force_insert=True)


def test_a_version_is_there_once():
    row = proposal()

    with refused("proposal_version_once|mapping_proposal.version"), transaction.atomic():
        superseded_copy(row, version=row.version).save(force_insert=True)


def test_one_version_of_a_location_is_in_force():
    row = proposal()

    with refused("proposal_one_in_force|mapping_proposal.policy_id"), transaction.atomic():
        copy_of(row, version=2).save(force_insert=True)


def test_a_decision_says_whose_it_is():
    with refused("decision_has_territory"), transaction.atomic():
        decision_on(proposal(), territory="").save(force_insert=True)


@pytest.mark.parametrize("verdict", [Decision.Verdict.RETURNED, Decision.Verdict.REJECTED])
def test_a_return_and_a_rejection_say_why_in_the_database_too(verdict):
    with refused("decision_return_says_why"), transaction.atomic():
        decision_on(proposal(), verdict=verdict).save(force_insert=True)
