"""How does a voter get from one office to another that the first does not reach? Announced, then accepted or declined.

The departure belongs to the office that sends, as an act of its own (`orders.carry_out`); the registration to the one that
receives. Each sees of the other's voters what the announcement says, and no more (docs/decisions/0019-announced.md).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from locations.models import SpecialLocation
from regions.levels import Level
from regions.models import Region
from regions.territory import Asks, National

from . import following, registration, storing
from .loading import again_if_interrupted
from .models import Act, ActStep, Announcement, Notice, Register, Voter
from .models.announcement import AnnouncementQuerySet, State, listed_there
from .registration import require_reason, without_figures

MOST: Final = 500
OFFERED: Final = 12
TRIES: Final = 4
TONES: Final = {State.WAITING: "warn", State.ACCEPTED: "good", State.DECLINED: "bad", State.WITHDRAWN: ""}
REFUSALS: Final = {
    State.ACCEPTED: _("accepted already"),
    State.DECLINED: _("declined already"),
    State.WITHDRAWN: _("the other office took it back, or they do not leave there any more"),
    "there_before": _("stood on this list before and left, or has a mark: correct that entry"),
    "faulty": _("the entry does not pass the checks any more: decline it, and the other office corrects it"),
}


@dataclass(frozen=True, slots=True)
class Destination:
    """All that an office may know of a location elsewhere, as the public summary has it."""

    code: str
    name: str
    kind: str
    regency: str


def destinations(words: str, who: Asks) -> list[Destination]:
    """Active locations outside the own reach whose code, name or regency hold every word; at most OFFERED."""
    found = _elsewhere(who)
    for word in words.split():
        regencies = Region.objects.current().of_level(Level.REGENCY).filter(name__icontains=word)
        found = found.filter(Q(name__icontains=word) | Q(code__istartswith=word) | Q(territory__in=regencies))
    locations = list(found.order_by("name", "code")[:OFFERED])
    names = region_names(location.territory for location in locations)
    return [
        Destination(each.code, each.name, each.get_kind_display(), names.get(each.territory, "")) for each in locations
    ]


def destination(code: str, who: Asks) -> SpecialLocation | None:
    """The active location outside the own reach that has this code."""
    return _elsewhere(who).filter(code__iexact=code.strip()).first()


def region_names(codes: Iterable[str]) -> dict[str, str]:
    """By code; a territory that is no regency has the name of what it is."""
    return dict(Region.objects.filter(pk__in=set(codes)).values_list("pk", "name"))


def _elsewhere(who: Asks) -> Any:
    locations = SpecialLocation.everywhere.filter(withdrawn_at=None, closed_at=None)
    if isinstance(who.reach, National):
        return locations.none()
    return locations.exclude(territory__in=sorted(who.reach))


# ---------------------------------------------------------------- the office that sends


def sent_by(who: Asks) -> Any:
    """Announcements of the own voters: what became of them is all there is to see of the other side."""
    own = Voter.objects.visible_to(who).filter(announcements__isnull=False)
    return Announcement.everywhere.filter(voter__in=own.values("pk")).with_state()


def unanswered(who: Asks, *, at: date) -> Any:
    """Those nobody answered by polling day; before it, nobody."""
    found = sent_by(who).filter(state=State.WAITING)
    return found if is_too_late(at) else found.none()


def is_too_late(at: date) -> bool:
    polling_day = Register.current().polling_day
    return polling_day is not None and at >= polling_day


def of_act(act: Act) -> Any:
    """The announcements of an act of the own territory, with all of them that its voters know."""
    return Announcement.everywhere.filter(act=act).with_state().select_related("to")


def latest(voter: Voter) -> Any:
    """What was announced of an own voter last, or None."""
    found = Announcement.everywhere.filter(voter=voter).with_state().select_related("to", "act")
    return found.order_by("-act__at", "-pk").first()


def word_of(row: Any, *, is_late: bool) -> dict[str, Any]:
    """What became of an announcement, for the office that sent it: word, tone, and why if it was declined."""
    if row.state == State.WAITING and is_late:
        return {"word": _("nobody answered by polling day"), "tone": "bad", "why": ""}
    return {"word": State(row.state).label, "tone": TONES[State(row.state)], "why": row.why}


def announced(voters: Collection[Voter]) -> set[uuid.UUID]:
    """Those who wait for another office's answer."""
    found = Announcement.everywhere.filter(voter__in=[voter.pk for voter in voters], answer="")
    return set(found.with_state().filter(state=State.WAITING).values_list("voter", flat=True))


def announce(*, act: Act, voters: Collection[Voter], to: SpecialLocation, on: date, by: User) -> None:
    """The caller's transaction, lock and audit entry. What was announced of them before and came to nothing, is closed."""
    supersede(voters, by=by)
    Announcement.everywhere.bulk_create(
        [Announcement(territory=to.territory, act=act, voter=voter, to=to, on=on) for voter in voters], batch_size=500
    )


def supersede(voters: Collection[Voter], *, by: User) -> None:
    _withdraw(Announcement.everywhere.filter(voter__in=[voter.pk for voter in voters], answer=""), by)


def accepted_of(act: Act) -> set[uuid.UUID]:
    """The voters of an act whom the other office has: they cannot be called back."""
    found = Announcement.everywhere.filter(act=act).with_state().filter(state=State.ACCEPTED)
    return set(found.values_list("voter", flat=True))


def withdraw(*, act: Act, voters: Collection[uuid.UUID], by: User) -> None:
    """With the act that is taken back; the caller's transaction."""
    _withdraw(Announcement.everywhere.filter(act=act, voter__in=voters, answer=""), by)


def _withdraw(found: AnnouncementQuerySet, by: User) -> None:
    found.update(answer=State.WITHDRAWN, answered_at=timezone.now(), answered_by=by)


# ---------------------------------------------------------------- the office that receives


@dataclass(slots=True)
class Answered:
    """Whose announcement was answered; of those accepted, who was on the list already; and who was left alone, with the code
    of why (REFUSALS).
    """

    answered: list[Announcement] = field(default_factory=list)
    there: list[Announcement] = field(default_factory=list)
    refused: list[tuple[Announcement, str]] = field(default_factory=list)


def accept(
    *, announcements: Collection[Announcement], by: User, blocks: Mapping[uuid.UUID, str] | None = None
) -> Answered:
    """Registers these voters at the location they were announced to, in the block that `blocks` names by announcement.

    Announcements of one act. Raises ValidationError where the location asks for no TPS any more, or they are too many.
    """
    _require(announcements, by)
    ids = [each.pk for each in announcements]
    return again_if_interrupted(lambda: _Accepting(ids, by).carry_out(blocks or {}), tries=TRIES)


@transaction.atomic
def decline(*, announcements: Collection[Announcement], reason: str, by: User) -> Answered:
    """They do not come here. The departure stays; what is to become of it the other office decides."""
    _require(announcements, by)
    require_reason(reason)
    done = _sorted_out(_held([each.pk for each in announcements], by))
    if done.answered:
        why = without_figures(reason)
        _answer(done.answered, State.DECLINED, by, why=why)
        _record("transfers.declined", done.answered, by, reason=why)
    return done


@transaction.atomic
def birth_dates(*, announcements: Collection[Announcement], reason: str, by: User) -> dict[uuid.UUID, date]:
    """By voter, of those still waiting: to know them by; recorded before anything is opened."""
    _require(announcements, by, Permission.REVEAL_IDENTITY)
    require_reason(reason)
    waiting = Announcement.everywhere.filter(pk__in=[each.pk for each in announcements]).waiting()
    rows = list(waiting.select_related("to"))
    if rows:
        _record("transfers.revealed", rows, by, reason=without_figures(reason))
    stored = storing.stored_voters([row.voter_id for row in rows])
    return {pk: each.open_record().birth_date for pk, each in stored.items()}


def _require(rows: Collection[Announcement], by: User, permission: Permission = Permission.ENTER) -> None:
    require(by, permission, territories={each.territory for each in rows})
    if len(rows) > MOST:
        raise ValidationError(_("At most %(count)s at once.") % {"count": MOST}, code="too_many")


def _held(ids: Collection[uuid.UUID], by: User) -> list[Any]:
    rows = Announcement.everywhere.with_state().filter(pk__in=ids).within_reach(by.reach)
    return list(rows.select_related("voter", "to", "act").order_by("pk").select_for_update(of=("self",)))


def _sorted_out(rows: Iterable[Any]) -> Answered:
    done = Answered()
    for row in rows:
        if row.state == State.WAITING:
            done.answered.append(row)
        elif row.state == State.ACCEPTED and not row.answer:
            done.there.append(row)
        else:
            done.refused.append((row, row.state))
    return done


def _answer(rows: Collection[Announcement], answer: str, by: User, *, why: str = "") -> None:
    """Writes it, and tells the office that sent them; in place of the notice that a claim moved."""
    found = Announcement.everywhere.filter(pk__in=[row.pk for row in rows], answer="")
    found.update(answer=answer, why=why, answered_at=timezone.now(), answered_by=by)
    voters = [row.voter for row in rows]
    Notice.everywhere.filter(voter__in=[voter.pk for voter in voters], kind=Notice.Kind.LOST, read_at=None).delete()
    kind = Notice.Kind.DECLINED if answer == State.DECLINED else Notice.Kind.ACCEPTED
    Notice.everywhere.bulk_create(
        [Notice(territory=voter.territory, kind=kind, voter=voter) for voter in voters], batch_size=500
    )


def _record(action: str, rows: Collection[Announcement], by: User, **details: Any) -> None:
    first = next(iter(rows))
    audit.record(
        by=by,
        action=action,
        subject=first.to,
        territory=first.territory,
        act=str(first.act_id),
        voters=len(rows),
        **details,
    )


class _Accepting:
    """One attempt, within its transaction."""

    def __init__(self, ids: list[uuid.UUID], by: User) -> None:
        asked = list(Announcement.everywhere.filter(pk__in=ids).values_list("voter", "to"))
        following.lock([voter for voter, _to in asked], places={to for _voter, to in asked})
        self.rows, self.by = _held(ids, by), by

    def carry_out(self, blocks: Mapping[uuid.UUID, str]) -> Answered:
        done = _sorted_out(self.rows)
        if not (done.answered or done.there):
            return done
        to = self.rows[0].to
        if not to.is_active:
            raise ValidationError(_("This location asks for no TPS any more, so nobody is added."), code="inactive")
        done.answered = self._register(done, to, blocks)
        taken = [*done.answered, *done.there]
        if taken:
            _answer(taken, State.ACCEPTED, self.by)
            _record("transfers.accepted", taken, self.by, there=len(done.there))
        return done

    def _register(self, done: Answered, to: SpecialLocation, blocks: Mapping[uuid.UUID, str]) -> list[Announcement]:
        """Those who are registered now, with the departure that was given before; whoever cannot be goes to `refused`."""
        before = set(self._rows_known_there(done.answered))
        entries = registration.entries_at(
            voters=[row.voter for row in done.answered],
            location=to,
            reach=self.by.reach,
            blocks={row.voter_id: blocks.get(row.pk, "") for row in done.answered},
        )
        for row in done.answered:
            if row.pk in before or row.voter_id not in entries:
                done.refused.append((row, "there_before" if row.pk in before else "faulty"))
        left_alone = {row.pk for row, _why in done.refused}
        fitting = [row for row in done.answered if row.pk not in left_alone]
        departures = _departures_before(fitting)
        for row in fitting:
            parsed = entries[row.voter_id].parsed
            parsed.arrival, parsed.departure = row.on, departures.get(row.voter_id)
        registration.enter_all(people=[entries[row.voter_id] for row in fitting], location=to, by=self.by)
        return fitting

    def _rows_known_there(self, rows: Iterable[Announcement]) -> Iterable[uuid.UUID]:
        known = Announcement.everywhere.filter(listed_there(), pk__in=[row.pk for row in rows])
        return known.values_list("pk", flat=True)


def _departures_before(rows: Collection[Announcement]) -> dict[uuid.UUID, date]:
    """By voter, the departure that the act found given already: they leave the new location on that day."""
    if not rows:
        return {}
    act = next(iter(rows)).act_id
    steps = ActStep.everywhere.filter(act=act, field=ActStep.Field.DEPARTURE, voter__in=[row.voter_id for row in rows])
    return {voter: date.fromisoformat(before) for voter, before in steps.values_list("voter", "before") if before}
