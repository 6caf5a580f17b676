"""What holds at every moment, whatever was killed, lost or done twice? One question per promise.

Each answers with what breaks its promise: ids of rows, codes of locations, never an identity. A sound register
answers nothing to any of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import getdoc
from itertools import islice
from typing import Any, Final

from django.db import connection, models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Left
from django.utils import timezone

from accounts import audit
from locations.models import Batch, Block, Change, Refusal, SpecialLocation
from mapping import cells, policies, recompute
from mapping.core.plan import BALLOTS
from mapping.models import Assignment, Decision, Determination, FinalTPS, Policy, Proposal
from voters.models import (
    ActStep,
    Announcement,
    BatchBefore,
    BatchMissing,
    ClaimBefore,
    Compared,
    DuplicateCase,
    FormerNIK,
    Likeness,
    NIKVerdict,
    Notice,
    OfficialMark,
    Register,
    Search,
    Undo,
    Voter,
    VoterIdentity,
)

PATIENCE: Final = datetime.timedelta(minutes=10)
SHOWN: Final = 5
PARENTS: Final[dict[type[models.Model], str]] = {
    Block: "location",
    Change: "location",
    Refusal: "batch",
    VoterIdentity: "voter",
    FormerNIK: "voter",
    DuplicateCase: "voter",
    Notice: "voter",
    Likeness: "voter",
    Compared: "voter",
    ActStep: "voter",
    Announcement: "to",
    Search: "voter",
    BatchBefore: "voter",
    BatchMissing: "voter",
    ClaimBefore: "voter",
    Undo: "batch",
    Proposal: "location",
    Decision: "proposal",
    Determination: "location",
    FinalTPS: "determination",
}
"""What a row hangs on; its territory is that one's. Voters and locations have theirs from a region."""
ACTIVE: Final = Q(voter__location__withdrawn_at=None, voter__location__closed_at=None) & ~Q(
    voter__official_mark=OfficialMark.DUPLICATE
)
PLACED: Final = Q(voter__location__isnull=False)

Question = Callable[[], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Finding:
    """How often a promise is broken (0 where it holds), and by whom first."""

    name: str
    promise: str
    broken: int
    first: list[str]

    @property
    def holds(self) -> bool:
        return self.broken == 0


def check(questions: Iterable[Question] | None = None) -> list[Finding]:
    """Asks every question as of one moment; nobody who writes has to wait. O(voters) time, O(groups) memory."""
    with _one_moment():
        return [_ask(question) for question in questions or QUESTIONS]


def _ask(question: Question) -> Finding:
    answers = iter(question())
    first = [str(answer) for answer in islice(answers, SHOWN)]
    broken = len(first) + sum(1 for _ in answers)
    return Finding(question.__name__, (getdoc(question) or "").partition("\n")[0].rstrip("."), broken, first)


@contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot for all questions; within somebody else's transaction, that one's."""
    if connection.in_atomic_block:
        yield
        return
    wrapper: Any = connection
    mode = getattr(wrapper, "transaction_mode", None)
    try:
        wrapper.transaction_mode = "DEFERRED"  # SQLite: to read needs no write lock
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    cursor.execute("SET LOCAL statement_timeout = 0")
            yield
    finally:
        wrapper.transaction_mode = mode


def claims_are_unique() -> Iterable[Any]:
    """One registration counts per NIK: no claim is held twice."""
    held = VoterIdentity.everywhere.exclude(claim=None)
    twice = held.values("claim").annotate(rows=Count("*")).filter(rows__gt=1).values("claim")
    return held.filter(claim__in=twice).values_list("pk", flat=True)


def claims_are_held_rightly() -> Iterable[Any]:
    """Only a NIK that is in order, of an active location or an unplaced voter, holds a claim."""
    wrongly = ~Q(voter__nik_verdict=NIKVerdict.OK) | ~ACTIVE | Q(voter__is_duplicate=True) | Q(voter__is_placed=True)
    return VoterIdentity.everywhere.exclude(claim=None).filter(wrongly).values_list("pk", flat=True)


def who_does_not_count_waits_or_left() -> Iterable[Any]:
    """Whoever holds no claim on a NIK in order waits as a duplicate, turned up elsewhere or has left.

    With unique claims this says that of the rows with one NIK at most one counts.
    """
    without = _in_order().filter(claim=None, voter__is_duplicate=False, voter__is_placed=False)
    return without.exclude(PLACED & Q(_has_left())).values_list("pk", flat=True)


def duplicates_have_a_rival_and_a_case() -> Iterable[Any]:
    """Beside every duplicate there is another row with its NIK, and its case is open."""
    rival = VoterIdentity.everywhere.filter(nik_hash=OuterRef("nik_hash"), voter__nik_verdict=NIKVerdict.OK)
    case = DuplicateCase.everywhere.filter(voter=OuterRef("pk"), kind=DuplicateCase.Kind.NIK, closed_at=None)
    waiting = VoterIdentity.everywhere.filter(voter__is_duplicate=True)
    alone = ~Exists(rival.exclude(pk=OuterRef("pk"))) | ~Exists(case)
    return waiting.filter(alone).values_list("pk", flat=True)


def the_placed_turned_up_somewhere() -> Iterable[Any]:
    """An unplaced voter is marked placed if, and only if, a location has the same NIK."""
    unplaced = VoterIdentity.everywhere.filter(voter__location=None)
    there = Exists(_in_order().filter(PLACED, ~_has_left(), nik_hash=OuterRef("nik_hash")))
    in_order = Q(voter__nik_verdict=NIKVerdict.OK)
    wrongly = Q(~there | ~in_order, voter__is_placed=True) | Q(there, in_order, voter__is_placed=False)
    return unplaced.filter(wrongly).values_list("pk", flat=True)


def every_voter_has_an_identity() -> Iterable[Any]:
    """Every voter has the sealed half."""
    return Voter.everywhere.filter(identity=None).values_list("pk", flat=True)


def blocks_are_of_the_voters_location() -> Iterable[Any]:
    """A voter's block is one of the voter's own location."""
    return (
        Voter.everywhere.filter(block__isnull=False).exclude(block__location=F("location")).values_list("pk", flat=True)
    )


def rows_are_in_their_territory() -> Iterator[str]:
    """Every row has the territory of what it hangs on, and of the region it lies in."""
    strays: list[Any] = [
        SpecialLocation.everywhere.exclude(territory=Left("region_id", 5)),
        Voter.everywhere.filter(location__isnull=False).exclude(territory=F("location__territory")),
        Voter.everywhere.filter(location=None).exclude(territory=Left("stay_id", 5)),
    ]
    for model, parent in PARENTS.items():
        strays.append(model._default_manager.exclude(territory=F(f"{parent}__territory")))
    for rows in strays:
        for pk in rows.values_list("pk", flat=True):
            yield f"{rows.model._meta.label_lower} {pk}"


def counts_equal_recounts() -> Iterator[str]:
    """Proposals of the current policy say what a recount says, wherever no change waits."""
    policy = Policy.objects.filter(is_current=True).first()
    if policy is None:
        return
    registered = dict(Voter.everywhere.values_list("location").annotate(count=Count("*")))
    counted = dict(cells.by_location(policies.voter_rules(policy)))
    places = {place.pk: place for place in recompute.places(SpecialLocation.everywhere.active())}
    drafts = {draft.location.pk: draft for draft in recompute.drafts(places, counted.items(), policy)}
    in_force = {row.location_id: row for row in Proposal.everywhere.current(policy).defer("plan")}
    waiting = Change.everywhere.filter(location=OuterRef("pk"))
    final = Determination.everywhere.filter(policy=policy, reopened_at=None, location=OuterRef("pk"))
    for location in SpecialLocation.everywhere.active().filter(~Exists(waiting), ~Exists(final)).order_by("code"):
        census = counted.get(location.pk, cells.NOBODY)
        proposal = in_force.get(location.pk)
        is_same = proposal and _figures(proposal) == _figures_of(drafts[location.pk])
        if not is_same or census.registered != registered.get(location.pk, 0):
            yield location.code


def lists_are_as_determined() -> Iterator[str]:
    """What was determined is what was approved, every list as long as its TPS, and no TPS above the maximum."""
    in_force = Determination.everywhere.filter(reopened_at=None)
    yield from in_force.exclude(fingerprint=F("proposal__fingerprint")).values_list("location__code", flat=True)
    listed = Assignment.everywhere.filter(tps=OuterRef("pk"), is_in_force=True).order_by().values("tps")
    on_list = listed.filter(kind=Assignment.Kind.LISTED)
    present = listed.exclude(voter__departure__lte=OuterRef("policy__polling_day"))
    counted = FinalTPS.everywhere.filter(is_in_force=True).annotate(
        listed=Coalesce(Subquery(on_list.annotate(count=Count("*")).values("count")), 0),
        present=Coalesce(Subquery(present.annotate(count=Count("*")).values("count")), 0),
    )
    wrong = counted.exclude(listed=F("size"), present__lte=F("policy__maximum"))
    for code, number in wrong.values_list("determination__location__code", "number"):
        yield f"{code}/{number}"


def changes_are_on_their_way() -> Iterable[Any]:
    """No change waits for longer than a minute: a worker is there and takes them."""
    return Change.everywhere.filter(at__lt=timezone.now() - PATIENCE).values_list("pk", flat=True)


def decisions_match_their_proposals() -> Iterable[Any]:
    """A decision says what the proposal it saw says: place, policy, fingerprint, outcome, TPS and host."""
    same = {name: F(f"proposal__{name}") for name in ("location", "policy", "fingerprint", "outcome", "tps")}
    host = Q(host=F("proposal__host")) | Q(host=None, proposal__host=None)
    return Decision.everywhere.exclude(Q(**same) & host).values_list("pk", flat=True)


def batches_add_up() -> Iterable[Any]:
    """What became of a file's rows adds up, and no more voters and refusals came of it than it says."""
    total = F("accepted") + F("updated") + F("rejected") + F("duplicates")
    done = Batch.everywhere.filter(state=Batch.State.DONE).annotate(
        refused=_how_many(Refusal.everywhere), entered=_how_many(Voter.everywhere)
    )
    wrong = ~Q(rows=total) | Q(refused__gt=F("rejected")) | Q(entered__gt=F("accepted") + F("duplicates"))
    return done.filter(wrong).values_list("pk", flat=True)


def imports_are_whole() -> Iterable[Any]:
    """Of a file that is not done, nothing is in the register."""
    open_ones = Batch.everywhere.exclude(state__in=[Batch.State.DONE, Batch.State.TAKEN_BACK])
    something = Q(refused__gt=0) | Q(entered__gt=0)
    counted = open_ones.annotate(refused=_how_many(Refusal.everywhere), entered=_how_many(Voter.everywhere))
    return counted.filter(something).values_list("pk", flat=True)


def what_was_taken_back_is_gone() -> Iterable[Any]:
    """Of a list that was taken back only those voters are left whom somebody changed since, and they are named."""
    named = BatchBefore.everywhere.filter(batch=OuterRef("batch"), voter=OuterRef("pk"), row=None)
    taken_back = Q(batch__state=Batch.State.TAKEN_BACK, batch__undo_until__gt=timezone.now())
    unnamed = Voter.everywhere.filter(taken_back & ~Exists(named)).values_list("pk", flat=True)
    returnable = BatchBefore.everywhere.filter(batch__state=Batch.State.TAKEN_BACK, row__isnull=False)
    return [*unnamed, *returnable.values_list("voter", flat=True)]


def audit_is_whole() -> Iterator[str]:
    """The audit trail's chain is whole."""
    verdict = audit.verify()
    if not verdict.is_whole:
        yield f"position {verdict.broken_at}, entry {verdict.broken_entry}"


QUESTIONS: Final[tuple[Question, ...]] = (
    claims_are_unique,
    claims_are_held_rightly,
    who_does_not_count_waits_or_left,
    duplicates_have_a_rival_and_a_case,
    the_placed_turned_up_somewhere,
    every_voter_has_an_identity,
    blocks_are_of_the_voters_location,
    rows_are_in_their_territory,
    counts_equal_recounts,
    lists_are_as_determined,
    changes_are_on_their_way,
    decisions_match_their_proposals,
    batches_add_up,
    imports_are_whole,
    what_was_taken_back_is_gone,
    audit_is_whole,
)


def _in_order() -> Any:
    """Identities with a NIK in order that may ask for a claim."""
    return VoterIdentity.everywhere.filter(ACTIVE, voter__nik_verdict=NIKVerdict.OK)


def _has_left() -> Exists:
    """Gone from the outer row's location by the time it arrived at another, or by now (docs/decisions/0005-claims.md)."""
    arrived = Coalesce("voter__arrival", Value(_until()), output_field=models.DateField())
    elsewhere = _in_order().filter(PLACED, nik_hash=OuterRef("nik_hash")).annotate(arrived=arrived)
    return Exists(
        elsewhere.exclude(voter__location=OuterRef("voter__location")).filter(arrived__gte=OuterRef("voter__departure"))
    )


def _until() -> datetime.date:
    polling_day = Register.objects.values_list("polling_day", flat=True).first()
    return min(timezone.localdate(), polling_day or datetime.date.max)


def _how_many(rows: Any) -> Coalesce:
    """How many rows came with the outer batch."""
    of_batch = rows.filter(batch=OuterRef("pk")).order_by().values("batch").annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(of_batch), 0)


def _figures(proposal: Proposal) -> tuple[Any, ...]:
    return (
        proposal.outcome,
        proposal.host_id,
        proposal.registered,
        proposal.eligible,
        proposal.male,
        proposal.ineligible,
        proposal.tps,
        tuple(getattr(proposal, ballot) for ballot in BALLOTS),
    )


def _figures_of(draft: recompute.Draft) -> tuple[Any, ...]:
    return (
        draft.outcome,
        draft.host,
        draft.census.registered,
        draft.eligible,
        draft.male,
        draft.census.ineligible,
        draft.tps,
        tuple(draft.ballots),
    )
