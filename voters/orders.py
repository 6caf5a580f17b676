"""Verbs for many voters of a list at once: an official mark, a departure, a transfer to another location.

One named act with a reason, which can be taken back (`acts.take_back`). Before it is done, `outlook` says to whom it would
happen and to whom not. A transfer tells both regencies by a notice; one to a
location of another office is announced to it (`announcing`).
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from locations.models import SpecialLocation
from regions.territory import NATIONAL

from . import announcing, following, registration, storing
from .acts import MOST, TRIES
from .loading import again_if_interrupted
from .models import Act, ActStep, Notice, OfficialMark, Register, Voter, VoterIdentity
from .registration import require_reason, without_figures
from .resolving import Person

Field, Kind = ActStep.Field, Act.Kind
REFUSALS: Final = {
    "no_change": _("it is so already"),
    "dates": _("arrival and departure would be in the wrong order"),
    "unborn": _("was not born on that day yet"),
    "left": _("left earlier already"),
    "marked": _("has an official mark"),
    "same_place": _("is at this location"),
    "announced": _("is announced to another office, which has not answered yet"),
    "there": _("somebody with this NIK, or this name and birth date, is on the list there already"),
    "faulty": _("the entry does not pass the checks any more; correct it first"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to happen: `mark` set (or, empty, taken away); or a departure on a day, for the location `to` if there is one.

    `is_announced`: `to` is another office's, which is asked to register them there.
    """

    kind: str
    mark: str = ""
    on: date | None = None
    to: SpecialLocation | None = None
    is_announced: bool = False

    @property
    def enters(self) -> SpecialLocation | None:
        """Where the order itself registers them."""
        return None if self.is_announced else self.to


@dataclass(slots=True)
class Outlook:
    """To whom it would happen, and to whom not with the code of why (REFUSALS)."""

    fitting: list[Voter] = field(default_factory=list)
    refused: list[tuple[Voter, str]] = field(default_factory=list)

    @property
    def by_reason(self) -> dict[str, int]:
        return dict(Counter(why for _voter, why in self.refused))


@dataclass(frozen=True, slots=True)
class Done:
    """The act, and whom it left alone."""

    act: Act
    refused: list[tuple[Voter, str]]


def outlook(*, order: Order, voters: Collection[Voter]) -> Outlook:
    """What the order would do now; writes nothing."""
    found, there = Outlook(), _people_at(order.enters, voters) if order.enters else set()
    announced = announcing.announced(voters) if order.to else set()
    for voter in voters:
        why = "announced" if voter.pk in announced else "there" if voter.pk in there else _why_not(order, voter)
        if why:
            found.refused.append((voter, why))
        else:
            found.fitting.append(voter)
    return found


def carry_out(*, order: Order, voters: Collection[Voter], reason: str, by: User, name: str = "") -> Done:
    """One act over these voters. Raises ValidationError where it would change nothing at all, or goes too far."""
    territories = {voter.territory for voter in voters}
    require(by, Permission.ENTER, territories=territories | ({order.enters.territory} if order.enters else set()))
    require_reason(reason)
    check(order)
    if len(voters) > MOST:
        raise ValidationError(_("At most %(count)s at once.") % {"count": MOST}, code="too_many")
    ids = [voter.pk for voter in voters]
    return again_if_interrupted(lambda: _Carrying(order, ids, by).carry_out(name=name, reason=reason), tries=TRIES)


def check(order: Order) -> None:
    """Raises ValidationError where it could be done to nobody."""
    if order.kind == Kind.MARK and order.mark and order.mark not in OfficialMark.values:
        raise ValidationError(_("There is no such mark."), code="outside_list")
    if order.kind != Kind.MARK and order.on is None:
        raise ValidationError(_("Say on which day."), code="required")
    if order.kind == Kind.TRANSFER and (order.to is None or not order.to.is_active):
        raise ValidationError(_("Choose a location of your territory that was not withdrawn."), code="inactive")
    polling_day = Register.current().polling_day
    if order.kind == Kind.TRANSFER and polling_day and order.on and order.on > polling_day:
        sentence = _("This day lies after polling day: they still vote here. Enter the transfer afterwards.")
        raise ValidationError(sentence, code="after_polling_day")


def _why_not(order: Order, voter: Voter) -> str:
    if order.kind == Kind.MARK:
        return "no_change" if voter.official_mark == order.mark else ""
    on = order.on
    if on is None or (voter.arrival and voter.arrival > on):
        return "dates"
    if on.year < voter.birth_year:
        return "unborn"
    if voter.departure and voter.departure <= on:
        return "no_change" if voter.departure == on and order.to is None else "left"
    if order.to is None:
        return ""
    if voter.location_id == order.to.pk:
        return "same_place"
    return "marked" if voter.official_mark else ""


def _people_at(location: SpecialLocation, voters: Collection[Voter]) -> set[uuid.UUID]:
    """Those of the voters who seem to be on the list of the location, too."""
    there = VoterIdentity.everywhere.filter(voter__location=location)
    known = {bytes(value) for pair in there.values_list("nik_hash", "person_hash") for value in pair if value}
    found = set()
    for chunk in storing.chunks([voter.pk for voter in voters if voter.location_id != location.pk], MOST):
        own = VoterIdentity.everywhere.filter(pk__in=chunk).values_list("pk", "nik_hash", "person_hash")
        found |= {pk for pk, *hashes in own if any(value and bytes(value) in known for value in hashes)}
    return found


class _Carrying:
    """One attempt, within its transaction."""

    def __init__(self, order: Order, ids: list[uuid.UUID], by: User) -> None:
        self.order, self.by = order, by
        following.lock(ids, places=[order.enters.pk] if order.enters else [])
        voters = Voter.everywhere.filter(pk__in=ids).within_reach(by.reach).select_related("location").order_by("pk")
        self.found = outlook(order=order, voters=list(voters))
        held = VoterIdentity.everywhere.filter(pk__in=ids, claim__isnull=False)
        self.claimants = set(held.values_list("pk", flat=True))
        self.steps: list[ActStep] = []
        self.entries: dict[uuid.UUID, Person] = {}
        self.moved: list[tuple[Voter, Voter]] = []

    def carry_out(self, *, name: str, reason: str) -> Done:
        if self.order.to:
            self._leave_out_the_faulty(self.order.to)
        for voter in self.found.fitting:
            self._change(voter)
        if not self.steps:
            raise ValidationError(_nothing_done(self.found), code="nothing_done")
        fields = ["departure", "official_mark"]
        Voter.everywhere.bulk_update(self.found.fitting, fields, batch_size=200)
        following.follow(self.found.fitting, also=set())
        if self.order.enters:
            self._register(self.order.enters)
        act = self._write(name=name, reason=reason)
        self._announce(act)
        self._tell()
        return Done(act, self.found.refused)

    def _leave_out_the_faulty(self, to: SpecialLocation) -> None:
        """Whose entry would be refused today is found before anything is written."""
        fitting, self.found.fitting = self.found.fitting, []
        reach = NATIONAL if self.order.is_announced else self.by.reach
        self.entries = registration.entries_at(voters=fitting, location=to, reach=reach)
        for voter in fitting:
            if voter.pk in self.entries:
                self.found.fitting.append(voter)
            else:
                self.found.refused.append((voter, "faulty"))

    def _change(self, voter: Voter) -> None:
        name, value = (
            (Field.MARK, self.order.mark) if self.order.kind == Kind.MARK else (Field.DEPARTURE, self.order.on)
        )
        before = getattr(voter, name)
        setattr(voter, name, value)
        had_claim = voter.pk in self.claimants
        self._step(voter, name, before=_text(before), after=_text(value), had_claim=had_claim)

    def _register(self, to: SpecialLocation) -> None:
        """At the new location, with the departure that was given before, if it lies behind."""
        before = {step.voter_id: step.before for step in self.steps}
        old = {self.entries[voter.pk].id: voter for voter in self.found.fitting}
        for voter in self.found.fitting:
            parsed = self.entries[voter.pk].parsed
            parsed.arrival = self.order.on
            parsed.departure = date.fromisoformat(before[voter.pk]) if before[voter.pk] else None
        registration.enter_all(people=[self.entries[voter.pk] for voter in old.values()], location=to, by=self.by)
        for new in Voter.everywhere.filter(pk__in=old).order_by("pk"):
            self._step(new, Field.REGISTERED, after=_text(self.order.on), other=old[new.pk])
            self.moved.append((old[new.pk], new))

    def _step(self, voter: Voter, name: str, **values: Any) -> None:
        self.steps.append(ActStep(territory=voter.territory, voter=voter, field=name, **values))

    def _write(self, *, name: str, reason: str) -> Act:
        kind = self.order.kind
        act = Act.everywhere.create(
            territory=self.by.territory_id,
            kind=kind,
            name=without_figures(name)[:100] or str(Kind(kind).label),
            reason=without_figures(reason),
            cases=0,
            voters=len(self.found.fitting),
            by=self.by,
        )
        for step in self.steps:
            step.act = act
        ActStep.everywhere.bulk_create(self.steps, batch_size=500)
        details: dict[str, Any] = {"voters": act.voters, "reason": act.reason}
        if self.order.kind == Kind.MARK:
            details["mark"] = self.order.mark
        if self.order.to:
            details.update(to=self.order.to.code, is_announced=self.order.is_announced)
        audit.record(by=self.by, action=f"voters.{kind}", subject=act, territory=act.territory, **details)
        return act

    def _announce(self, act: Act) -> None:
        """To the other office; what an earlier announcement of them came to is closed in any case."""
        to, on = self.order.to, self.order.on
        if self.order.is_announced and to and on:
            announcing.announce(act=act, voters=self.found.fitting, to=to, on=on, by=self.by)
        elif to:
            announcing.supersede(self.found.fitting, by=self.by)

    def _tell(self) -> None:
        """Both regencies, of a transfer from one to another; in place of the notice that a claim moved."""
        apart = [(old, new) for old, new in self.moved if old.territory != new.territory]
        Notice.everywhere.filter(
            voter__in=[old.pk for old, _new in apart], kind=Notice.Kind.LOST, read_at=None
        ).delete()
        told = [(old, Notice.Kind.MOVED_OUT) for old, _new in apart] + [
            (new, Notice.Kind.MOVED_IN) for _old, new in apart
        ]
        Notice.everywhere.bulk_create(
            Notice(territory=voter.territory, kind=kind, voter_id=voter.pk) for voter, kind in told
        )


def _text(value: date | str | None) -> str:
    return value.isoformat() if isinstance(value, date) else value or ""


def _nothing_done(found: Outlook) -> list[ValidationError]:
    """A sentence for each reason."""
    codes: Iterable[str] = found.by_reason or ["no_change"]
    return [ValidationError(_("Nothing was done: %(why)s.") % {"why": REFUSALS[code]}, code=code) for code in codes]
