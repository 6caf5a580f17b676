"""Verbs about duplicates: be on a case, enter a transfer, merge, say that it is somebody else; one or many at once.

What concerns many is one named act with a reason, and can be taken back as a whole. Each act changes rows of the own
territory only; the other side is asked by what its own row of the case then says.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require

from . import announcing, following, registration
from .loading import again_if_interrupted
from .models import Act, ActStep, DuplicateCase, Likeness, OfficialMark, Strike, Voter, VoterIdentity
from .registration import require_reason, without_figures

MOST: Final = 500
TRIES: Final = 4
Answer, Field, Kept, Kind = DuplicateCase.Answer, ActStep.Field, ActStep.Kept, Act.Kind
REFUSALS: Final = {
    "closed": _("the case is closed meanwhile"),
    "unplaced": _("is at no location, so there is nothing to leave"),
    "dates": _("arrival and departure would be in the wrong order"),
    "unborn": _("was not born on that day yet"),
    "both_kept": _("another row of the same case was chosen too"),
    "nobody_here": _(
        "no other row of the case lies in your territory: enter the arrival, the other office the departure"
    ),
    "no_change": _("nothing would change"),
}


@dataclass(frozen=True, slots=True)
class Done:
    """The act, and the cases it left alone with the code of why (REFUSALS)."""

    act: Act
    refused: list[tuple[DuplicateCase, str]]


@transaction.atomic
def take(*, case: DuplicateCase, by: User) -> None:
    """`by` is on it from now on, on this side of the case. Raises ValidationError where somebody is already."""
    require(by, Permission.ENTER, territories=[case.territory])
    free = _own_side(case, by).filter(taken_by=None)
    if not free.update(taken_by=by, taken_at=timezone.now()):
        raise ValidationError(_("Somebody is on this case already."), code="taken")
    audit.record(by=by, action="duplicates.taken", subject=case, territory=case.territory)


@transaction.atomic
def give_back(*, case: DuplicateCase, by: User) -> None:
    """Nobody of this side is on it any more; a colleague's case can be given back too."""
    require(by, Permission.ENTER, territories=[case.territory])
    if _own_side(case, by).exclude(taken_by=None).update(taken_by=None, taken_at=None):
        audit.record(by=by, action="duplicates.given_back", subject=case, territory=case.territory)


def depart(*, cases: Collection[DuplicateCase], on: date, reason: str, by: User, name: str = "") -> Done:
    """These voters left their location on that day: the registration elsewhere may count."""

    def change(draft: _Draft, case: DuplicateCase) -> None:
        voter = case.voter
        if voter.location_id is None:
            draft.refuse(case, "unplaced")
        elif on.year < voter.birth_year:
            draft.refuse(case, "unborn")
        elif voter.arrival and voter.arrival > on:
            draft.refuse(case, "dates")
        else:
            draft.set(voter, Field.DEPARTURE, on)
            draft.answer(case, Answer.LEFT)

    return _act(Kind.DEPARTURE, cases, change, name=name, reason=reason, by=by)


def arrive(*, cases: Collection[DuplicateCase], on: date, reason: str, by: User, name: str = "") -> Done:
    """These voters came to their location on that day: whoever left elsewhere by then yields to them."""

    def change(draft: _Draft, case: DuplicateCase) -> None:
        voter = case.voter
        if on.year < voter.birth_year:
            draft.refuse(case, "unborn")
        elif not _fits(voter, on):
            draft.refuse(case, "dates")
        else:
            draft.set(voter, Field.ARRIVAL, on)
            draft.answer(case, Answer.KEPT)

    return _act(Kind.ARRIVAL, cases, change, name=name, reason=reason, by=by)


def transfer(*, cases: Collection[DuplicateCase], on: date, reason: str, by: User, name: str = "") -> Done:
    """These voters moved here on that day from the other rows of their case within the own territory: departure there, arrival
    here. What lies in another territory is that office's to enter.
    """
    chosen = Counter(case.number for case in cases)

    def change(draft: _Draft, case: DuplicateCase) -> None:
        others = [other for other in draft.own_side(case) if other.pk != case.pk and other.voter.location_id]
        if chosen[case.number] > 1:
            draft.refuse(case, "both_kept")
        elif case.voter.location_id is None:
            draft.refuse(case, "unplaced")
        elif not others:
            draft.refuse(case, "nobody_here")
        elif on.year < case.voter.birth_year:
            draft.refuse(case, "unborn")
        elif not _fits(case.voter, on) or any(other.voter.arrival and other.voter.arrival > on for other in others):
            draft.refuse(case, "dates")
        else:
            for other in others:
                if other.voter.departure is None or other.voter.departure > on:
                    draft.set(other.voter, Field.DEPARTURE, on)
                    draft.answer(other, Answer.LEFT)
            draft.set(case.voter, Field.ARRIVAL, on)
            draft.answer(case, Answer.KEPT)

    return _act(Kind.TRANSFER, cases, change, name=name, reason=reason, by=by)


def _fits(voter: Voter, arrival: date) -> bool:
    return voter.departure is None or voter.departure >= arrival


def merge(*, cases: Collection[DuplicateCase], reason: str, by: User, name: str = "") -> Done:
    """These registrations are kept; the others of each case within the own territory get the official mark 2 (ganda)."""
    chosen = Counter(case.number for case in cases)

    def change(draft: _Draft, case: DuplicateCase) -> None:
        if chosen[case.number] > 1:
            draft.refuse(case, "both_kept")
            return
        for other in draft.own_side(case):
            if other.pk != case.pk and not other.voter.official_mark:
                draft.set(other.voter, Field.MARK, OfficialMark.DUPLICATE.value)
        draft.answer(case, Answer.KEPT)

    return _act(Kind.MERGE, cases, change, name=name, reason=reason, by=by)


def set_apart(*, cases: Collection[DuplicateCase], reason: str, by: User, name: str = "") -> Done:
    """These voters are nobody else of their case. It holds for ever once the other side says so too; who sees both sides says
    it for both. Under one NIK it is an answer only: one of the two NIKs has to be corrected.
    """

    def change(draft: _Draft, case: DuplicateCase) -> None:
        if case.kind == DuplicateCase.Kind.LIKELY:
            draft.set_apart(case.voter_id)
        draft.answer(case, Answer.APART)

    return _act(Kind.APART, cases, change, name=name, reason=reason, by=by)


def take_back(*, act: Act, by: User) -> list[ActStep]:
    """What the act changed returns to what it was, unless it moved on since; returns the steps that stay, with why.

    Raises ValidationError where it was taken back already.
    """
    require(by, Permission.ENTER, territories=[act.territory])

    def carry_out() -> list[ActStep]:
        free = Act.everywhere.filter(pk=act.pk, taken_back_at=None)
        if not free.update(taken_back_at=timezone.now(), taken_back_by=by):
            raise ValidationError(_("This act was taken back already."), code="taken_back")
        following.lock(step.voter_id for step in act.steps.all())
        return _Return(act, by).carry_out()

    return again_if_interrupted(carry_out, tries=TRIES)


# ---------------------------------------------------------------- one act


def _act(
    kind: str,
    cases: Collection[DuplicateCase],
    change: Callable[[_Draft, DuplicateCase], None],
    *,
    name: str,
    reason: str,
    by: User,
) -> Done:
    """One act over these cases, or ValidationError where it would change nothing at all."""
    require(by, Permission.ENTER, territories={case.territory for case in cases})
    require_reason(reason)
    if len(cases) > MOST:
        raise ValidationError(_("At most %(count)s at once.") % {"count": MOST}, code="too_many")

    def carry_out() -> Done:
        draft = _Draft.of(cases, by)
        for case in draft.cases:
            if case.closed_at:
                draft.refuse(case, "closed")
            else:
                change(draft, case)
        return draft.carry_out(kind, name=name, reason=reason)

    return again_if_interrupted(carry_out, tries=TRIES)


@dataclass(slots=True)
class _Draft:
    """What an act is going to change, gathered under the locks and written in few statements."""

    by: User
    cases: list[DuplicateCase]
    sides: dict[uuid.UUID, list[DuplicateCase]]
    claimants: set[uuid.UUID]
    refused: list[tuple[DuplicateCase, str]] = field(default_factory=list)
    steps: list[ActStep] = field(default_factory=list)
    voters: dict[uuid.UUID, Voter] = field(default_factory=dict)
    answered: list[DuplicateCase] = field(default_factory=list)
    pairs: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, cases: Collection[DuplicateCase], by: User) -> _Draft:
        """Reads the cases anew, with all that stands beside them in the own territory, and holds them."""
        numbers = {case.number for case in cases}
        beside = DuplicateCase.everywhere.filter(number__in=list(numbers)).within_reach(by.reach)
        following.lock(beside.values_list("voter", flat=True))
        rows = {row.pk: row for row in beside.select_related("voter").order_by("pk")}
        sides: dict[uuid.UUID, list[DuplicateCase]] = {}
        same: dict[uuid.UUID, Voter] = {}
        for row in rows.values():
            row.voter = same.setdefault(row.voter_id, row.voter)
            if row.closed_at is None:
                sides.setdefault(row.number, []).append(row)
        held = VoterIdentity.everywhere.filter(voter__in=[row.voter_id for row in rows.values()], claim__isnull=False)
        chosen = [rows[case.pk] for case in cases if case.pk in rows]
        return cls(by, chosen, sides, set(held.values_list("pk", flat=True)))

    def own_side(self, case: DuplicateCase) -> list[DuplicateCase]:
        return self.sides.get(case.number, [])

    def refuse(self, case: DuplicateCase, why: str) -> None:
        self.refused.append((case, why))

    def set(self, voter: Voter, name: str, value: date | str) -> None:
        before = getattr(voter, name)
        if before == value:
            return
        setattr(voter, name, value)
        self.voters[voter.pk] = voter
        had_claim = voter.pk in self.claimants
        self._step(voter, name, before=_text(before), after=_text(value), had_claim=had_claim)

    def answer(self, case: DuplicateCase, answer: str) -> None:
        if case.answer != answer:
            self._step(case.voter, Field.ANSWER, before=case.answer, after=answer)
        case.answer, case.answered_by, case.answered_at = answer, self.by, timezone.now()
        self.answered.append(case)

    def set_apart(self, voter_id: uuid.UUID) -> None:
        """The own half of each open pair, and the other's half where it lies in the own territory too."""
        own = list(Likeness.everywhere.filter(voter=voter_id).select_related("voter"))
        facing = Likeness.everywhere.filter(other=voter_id).within_reach(self.by.reach).select_related("voter")
        for half in [*own, *facing]:
            if half.said_apart_at is None and half.pk not in self.pairs:
                self.pairs.append(half.pk)
                self._step(half.voter, Field.APART, other_id=half.other_id)

    def _step(self, voter: Voter, name: str, **values: Any) -> None:
        self.steps.append(ActStep(territory=voter.territory, voter=voter, field=name, **values))

    def carry_out(self, kind: str, *, name: str, reason: str) -> Done:
        if not self.steps:
            self.refused += [(case, "no_change") for case in self.answered]
            raise ValidationError(_nothing_done(self.refused), code="nothing_done")
        act = Act.everywhere.create(
            territory=self.by.territory_id,
            kind=kind,
            name=without_figures(name)[:100] or str(Kind(kind).label),
            reason=without_figures(reason),
            cases=len({case.number for case in self.answered}),
            voters=len({step.voter_id for step in self.steps}),
            by=self.by,
        )
        self._write(act)
        audit.record(
            by=self.by,
            action=f"duplicates.{kind}",
            subject=act,
            territory=act.territory,
            cases=act.cases,
            voters=act.voters,
            reason=act.reason,
        )
        return Done(act, self.refused)

    def _write(self, act: Act) -> None:
        for step in self.steps:
            step.act = act
        ActStep.everywhere.bulk_create(self.steps, batch_size=500)
        Voter.everywhere.bulk_update(self.voters.values(), ["arrival", "departure", "official_mark"], batch_size=200)
        Likeness.everywhere.filter(pk__in=self.pairs).update(said_apart_at=act.at)
        fields = ["answer", "answered_by", "answered_at"]
        DuplicateCase.everywhere.bulk_update(self.answered, fields, batch_size=200)
        following.follow(self.voters.values(), also={case.voter_id for case in self.answered})


# ---------------------------------------------------------------- taking back


class _Return:
    """What an act changed, put back where nobody touched it since."""

    def __init__(self, act: Act, by: User) -> None:
        self.act, self.by = act, by
        self.steps = list(act.steps.select_related("voter").order_by("-pk"))
        self.moved: dict[uuid.UUID, Voter] = {}
        self.claimants: set[uuid.UUID] = set()
        self.leaving: list[Voter] = []
        self.staying: set[uuid.UUID | None] = set()
        told = Strike.everywhere.filter(voter__in=[step.voter_id for step in self.steps], taken_back_at__gte=act.at)
        self.told_at_home = set(told.values_list("voter", flat=True))
        self.accepted = announcing.accepted_of(act)

    def carry_out(self) -> list[ActStep]:
        for step in self.steps:
            step.kept_why = self._why_kept(step)
            if not step.kept_why:
                self._put_back(step)
        kept = [step for step in self.steps if step.kept_why]
        ActStep.everywhere.bulk_update(kept, ["kept_why"], batch_size=200)
        Voter.everywhere.bulk_update(self.moved.values(), ["arrival", "departure", "official_mark"], batch_size=200)
        own = {step.voter_id for step in self.steps if step.kept_why != Kept.FOREIGN}
        announcing.withdraw(act=self.act, voters=own - self.accepted, by=self.by)
        gone = registration.take_away(self.leaving)
        also = {step.voter_id for step in self.steps} - gone.voters
        following.follow(self.moved.values(), also=also, returning=self.claimants, gone=gone)
        details = {"steps": len(self.steps), "kept": len(kept)}
        audit.record(
            by=self.by, action="duplicates.taken_back", subject=self.act, territory=self.act.territory, **details
        )
        return kept

    def _why_kept(self, step: ActStep) -> str:
        if step.territory not in self.by.reach:
            self.staying.add(step.other_id if step.field == Field.REGISTERED else None)
            return Kept.FOREIGN
        if step.field in (Field.ANSWER, Field.APART):
            return ""
        voter = step.voter
        if step.field == Field.REGISTERED:
            return self._why_stays(step)
        if voter.pk in self.accepted:
            return Kept.THERE
        if voter.pk in self.staying:
            return Kept.MOVED
        if _text(getattr(voter, step.field)) != step.after:
            return Kept.CHANGED
        if step.field == Field.DEPARTURE and voter.pk in self.told_at_home:
            return Kept.ON_LIST
        before = date.fromisoformat(step.before) if step.before and step.field != Field.MARK else None
        arrival = before if step.field == Field.ARRIVAL else voter.arrival
        departure = before if step.field == Field.DEPARTURE else voter.departure
        return Kept.DATES if arrival and departure and departure < arrival else ""

    def _why_stays(self, step: ActStep) -> str:
        """Of a registration that a transfer made, asked before the departure that belongs to it: steps go backwards."""
        is_changed = _text(step.voter.arrival) != step.after
        if is_changed or registration.is_listed_for_good(step.voter):
            self.staying.add(step.other_id)
            return Kept.CHANGED if is_changed else Kept.FINAL
        return ""

    def _put_back(self, step: ActStep) -> None:
        if step.field == Field.REGISTERED:
            self.leaving.append(step.voter)
        elif step.field == Field.APART:
            Likeness.everywhere.filter(voter=step.voter_id, other=step.other_id).update(said_apart_at=None)
        elif step.field == Field.ANSWER:
            self._put_answer_back(step)
        else:
            is_date = step.field in (Field.DEPARTURE, Field.ARRIVAL)
            value = date.fromisoformat(step.before) if is_date and step.before else None if is_date else step.before
            voter = self.moved.setdefault(step.voter_id, step.voter)
            setattr(voter, step.field, value)
            if step.had_claim:
                self.claimants.add(voter.pk)

    def _put_answer_back(self, step: ActStep) -> None:
        cases = DuplicateCase.everywhere.filter(voter=step.voter_id, closed_at=None, answer=step.after)
        if step.before:
            cases.update(answer=step.before)
        else:
            cases.update(answer="", answered_at=None, answered_by=None)


# ---------------------------------------------------------------- both


def _own_side(case: DuplicateCase, by: User) -> Any:
    """The open rows of the case that lie within the reach of `by`."""
    return DuplicateCase.everywhere.filter(number=case.number, closed_at=None).within_reach(by.reach)


def _text(value: date | str | None) -> str:
    return value.isoformat() if isinstance(value, date) else value or ""


def _nothing_done(refused: list[tuple[DuplicateCase, str]]) -> list[ValidationError]:
    """A sentence for each reason, the names of the voters not in it."""
    codes = dict.fromkeys(why for _case, why in refused)
    return [ValidationError(_("Nothing was done: %(why)s.") % {"why": REFUSALS[code]}, code=code) for code in codes]
