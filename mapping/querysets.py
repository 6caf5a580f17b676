"""Questions about proposals, in the field's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from regions.territory import ProtectedQuerySet

from .states import State

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from .models import Decision, Determination, Policy, Proposal  # noqa: F401 (the type of the rows)


class ProposalQuerySet(ProtectedQuerySet["Proposal"]):
    def current(self, policy: Policy) -> ProposalQuerySet:
        """The version in force of every location that still asks for a TPS."""
        return self.in_force(policy).filter(location__withdrawn_at=None, location__closed_at=None)

    def in_force(self, policy: Policy) -> ProposalQuerySet:
        """The newest version of every location, withdrawn and rejected ones included."""
        return self.filter(policy=policy, superseded_at=None)

    def within(self, region_code: str) -> ProposalQuerySet:
        if region_code == "00":
            return self.all()
        return self.filter(Q(location__region=region_code) | Q(location__region__code__startswith=f"{region_code}."))

    def with_state(self) -> ProposalQuerySet:
        """Annotates `state`, `moved_since_approval` and `latest_decision` (an id or None) of versions in force.

        An approval stands while outcome, number of TPS and host are the approved ones; otherwise the proposal
        waits again. A decision older than the submission, or revoked, says nothing.
        """
        newest = decisions_newest_first()
        return self.annotate(
            latest_decision=Subquery(newest.values("pk")[:1]),
            state=Case(
                When(Exists(determinations_in_force()), then=Value(State.DETERMINED)),
                When(location__submitted_at=None, then=Value(State.DRAFT)),
                default=Coalesce(Subquery(newest.values(says=what_it_says())[:1]), Value(State.WAITING)),
                output_field=CharField(),
            ),
            moved_since_approval=Coalesce(Subquery(newest.values(has=claim(has_moved()))[:1]), Value(False)),
        )

    def in_state(self, state: str) -> ProposalQuerySet:
        return self.with_state().filter(Q(state=state))

    def awaiting_decision(self) -> ProposalQuerySet:
        """Submitted and undecided, or approved and moved since."""
        return self.in_state(State.WAITING)


def determinations_in_force() -> QuerySet[Determination]:
    """What made the location of the outer proposal final under its policy."""
    from .models import Determination  # the models import this module

    in_force = Determination.everywhere.filter(reopened_at=None)
    return in_force.filter(location=OuterRef("location"), policy=OuterRef("policy"))


def decisions_newest_first() -> QuerySet[Decision]:
    """The decisions on the location and policy of the outer proposal."""
    from .models import Decision  # the models import this module

    of_this = Decision.everywhere.filter(location=OuterRef("location"), policy=OuterRef("policy"))
    return of_this.annotate(votes_at=Coalesce("host", "location")).order_by("-decided_at", "-pk")


def what_it_says() -> Case:
    """The state that a decision gives to the outer proposal."""
    says_nothing = Q(decided_at__lte=OuterRef("location__submitted_at")) | Q(verdict="revoked")
    return Case(
        When(says_nothing | has_moved(), then=Value(State.WAITING)), default=F("verdict"), output_field=CharField()
    )


def has_moved() -> Q:
    """An approval of another outcome, number of TPS or host than the outer proposal has."""
    votes_at = Coalesce(OuterRef("host"), OuterRef("location"))
    is_as_approved = Q(outcome=OuterRef("outcome"), tps=OuterRef("tps"), votes_at=votes_at)
    return Q(verdict="approved", decided_at__gt=OuterRef("location__submitted_at")) & ~is_as_approved


def claim(condition: Q) -> Case:
    """A condition as a value: true or false."""
    return Case(When(condition, then=Value(True)), default=Value(False))
