"""May this proposal become TPS? What central KPU decides, guarded by the fingerprint of what was seen."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.permissions import Permission, require
from locations.models import Change, SpecialLocation
from voters import registration

from . import comparing, determination, neighbours, recompute
from .models import Decision, Proposal
from .states import State

if TYPE_CHECKING:
    from accounts.models import User

    from .core.difference import Difference

Verdict = Decision.Verdict
ANY: Final = "any"


class Outdated(Exception):
    """The data moved since the page was opened: nothing was decided. Carries what is in force now and what differs."""

    def __init__(self, current: Proposal, difference: Difference) -> None:
        super().__init__(current.pk)
        self.current = current
        self.difference = difference


class AlreadyDecided(Exception):
    """Somebody was faster, or clicked twice: nothing was decided. Carries the decision that stands."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.pk)
        self.decision = decision


class Busy(Exception):
    """The location is being recomputed, or decided, for longer than a page may wait: nothing was decided."""


class OwnWork(PermissionDenied):
    """Nobody decides what they submitted themselves."""


def approve(*, proposal: Proposal, seen: str, note: str = "", by: User, after: str = ANY) -> Decision:
    """Lets the plan stand while its outcome, number of TPS and host stay as they are.

    `seen` is the fingerprint on the page, `after` the id of the decision it showed ("" for none, ANY to skip that
    check). Raises Outdated, AlreadyDecided, Busy, OwnWork, PermissionDenied, and ValidationError for what cannot be decided.
    """
    return _decide(Verdict.APPROVED, proposal, seen=seen, note=note, by=by, after=after)


def return_(*, proposal: Proposal, seen: str, note: str = "", by: User, after: str = ANY) -> Decision:
    """Sends the location back to its operator; the note says what to mend. Raises as `approve` does."""
    return _decide(Verdict.RETURNED, proposal, seen=seen, note=note, by=by, after=after)


def reject(*, proposal: Proposal, seen: str, note: str = "", by: User, after: str = ANY) -> Decision:
    """Closes the location: its voters hold no claims any more. The note says why. Raises as `approve` does."""
    return _decide(Verdict.REJECTED, proposal, seen=seen, note=note, by=by, after=after)


def revoke(*, proposal: Proposal, seen: str, note: str = "", by: User, after: str = ANY) -> Decision:
    """Voids the decisions so far: the proposal waits again, a rejected location is open again. Raises as `approve`."""
    return _decide(Verdict.REVOKED, proposal, seen=seen, note=note, by=by, after=after)


def _decide(verdict: str, proposal: Proposal, *, seen: str, note: str, by: User, after: str) -> Decision:
    """Raises Outdated outside of the transaction, so that a version computed in it is kept."""
    require(by, Permission.DECIDE, territories=[proposal.territory])
    _require_note(verdict, note)
    with transaction.atomic():
        location = _lock(proposal)
        _require_decidable(location, by)
        current = _in_force_now(proposal, location)
        if current.pk == proposal.pk and current.fingerprint == seen:
            return _write(verdict, current, location, note=note.strip(), by=by, after=after)
    raise Outdated(current, comparing.compare(proposal, current))


def _require_note(verdict: str, note: str) -> None:
    if verdict in (Verdict.RETURNED, Verdict.REJECTED) and not note.strip():
        raise ValidationError({"note": ValidationError(_("Say why, so that the operator can act on it."), "required")})


def _lock(proposal: Proposal) -> SpecialLocation:
    """One decision at a time for a location, and none beside its recompute, nor its district's where small locations vote
    together. On SQLite the transaction is the lock."""
    locations = SpecialLocation.everywhere.filter(pk=proposal.location_id)
    try:
        if neighbours.combines(proposal.policy):
            neighbours.hold(locations)
        return locations.select_for_update(no_key=True).get()
    except OperationalError as error:
        raise Busy(proposal.location_id) from error


def _require_decidable(location: SpecialLocation, by: User) -> None:
    if location.submitted_at is None:
        raise ValidationError(_("This location has not been submitted."), code="not_submitted")
    if location.withdrawn_at is not None:
        raise ValidationError(_("This location has been withdrawn."), code="withdrawn")
    determination.require_open(location)
    if location.submitted_by_id == by.pk:
        raise OwnWork(_("Nobody decides what they submitted themselves."))


def _in_force_now(proposal: Proposal, location: SpecialLocation) -> Any:
    """The version in force, after the recompute that waits for this location, if one does."""
    if location.is_active and Change.everywhere.filter(location=location).exists():
        recompute.locations([location.pk], policy=proposal.policy)
    in_force = Proposal.everywhere.in_force(proposal.policy).with_state()
    return in_force.select_related("location", "policy", "host").get(location=location)


def _write(verdict: str, current: Any, location: SpecialLocation, *, note: str, by: User, after: str) -> Decision:
    latest = Decision.everywhere.filter(pk=current.latest_decision).first()
    _require_news(verdict, current, latest, after)
    decision = Decision.everywhere.create(
        territory=current.territory,
        proposal=current,
        location=location,
        policy=current.policy,
        verdict=verdict,
        fingerprint=current.fingerprint,
        outcome=current.outcome,
        tps=current.tps,
        host=current.host,
        note=note,
        decided_at=_later_than(location.submitted_at, latest.decided_at if latest else None),
        decided_by=by,
    )
    _open_or_close(verdict, current, location, by)
    _record(decision, current, by)
    return decision


def _require_news(verdict: str, current: Any, latest: Decision | None, after: str) -> None:
    shown = str(latest.pk) if latest else ""
    if latest and (verdict == current.state or after not in (ANY, shown)):
        raise AlreadyDecided(latest)
    if verdict != Verdict.REVOKED and current.state == State.REJECTED:
        raise ValidationError(_("The location is closed. Revoke the rejection first."), code="closed")
    if verdict != Verdict.REVOKED:
        return
    if latest and latest.verdict == Verdict.REVOKED:
        raise AlreadyDecided(latest)
    if current.state == State.WAITING and not current.moved_since_approval:
        raise ValidationError(_("There is no decision to revoke."), code="nothing_to_revoke")


def _later_than(*moments: datetime.datetime | None) -> datetime.datetime:
    """Now, or just after the given moments: the order of decisions must not hang on two machines' clocks."""
    tick = datetime.timedelta(microseconds=1)
    return max([timezone.now(), *(moment + tick for moment in moments if moment)])


def _open_or_close(verdict: str, current: Any, location: SpecialLocation, by: User) -> None:
    if verdict == Verdict.REJECTED:
        registration.close_location(location=location, by=by)
    elif verdict == Verdict.REVOKED and current.state == State.REJECTED:
        registration.reopen_location(location=location, by=by)


def _record(decision: Decision, before: Any, by: User) -> None:
    audit.record(
        by=by,
        action=f"proposal.{decision.verdict}",
        subject=before,
        territory=decision.territory,
        decision=str(decision.pk),
        location=before.location.code,
        policy=before.policy.slug,
        version=before.version,
        fingerprint=decision.fingerprint,
        before={"state": before.state},
        after={
            "state": State.WAITING if decision.verdict == Verdict.REVOKED else decision.verdict,
            "outcome": decision.outcome,
            "tps": decision.tps,
            "host": decision.host.code if decision.host else None,
        },
    )
