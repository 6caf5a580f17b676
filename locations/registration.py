"""Verbs of special locations: enter, correct, submit, withdraw, close, reopen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.permissions import Permission, require
from regions.levels import Level
from regions.territory import territory_of

from . import changes
from .columns import FIELDS
from .models import Kind, SpecialLocation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from accounts.permissions import Actor

PLAN_FIELDS: Final = frozenset(
    {
        "kind", "region", "latitude", "longitude", "requested_tps", "requested_tps_reason", "kept_apart", "drawn_plan",
        "drawn_plan_reason",
    }
)  # fmt: skip
ENTERED: Final = (*FIELDS, "kept_apart", "drawn_plan", "drawn_plan_reason")
"""The columns of the file, and what only the browser asks for."""
REASON_LENGTH: Final = 300
TRIES: Final = 20


class Outdated(Exception):
    """Somebody saved this location since it was read: `current` is how it stands now."""

    def __init__(self, current: SpecialLocation) -> None:
        super().__init__(str(current.pk))
        self.current = current


@transaction.atomic
def enter(*, data: Mapping[str, Any], by: Actor) -> SpecialLocation:
    """A new location from values by field name, `region` a Region; without `code` it gets `<regency>-<serial>`.

    Raises ValidationError by field.
    """
    require(by, Permission.ENTER, territories=[territory_of(data["region"].pk)])
    location = SpecialLocation(**cleaned(data), territory=territory_of(data["region"].pk))
    check(location)
    if location.code:
        location.save(force_insert=True)
    else:
        _insert_numbered(location)
    fields = [name for name in FIELDS if getattr(location, name) not in ("", None)]
    _record("location.entered", location, by, fields=fields)
    changes.record([location.pk])
    return location


@transaction.atomic
def correct(*, location: SpecialLocation, data: Mapping[str, Any], seen_version: int, by: Actor) -> SpecialLocation:
    """The location with the values of `data` in place of its own; what `data` does not name stays.

    Raises Outdated if it was saved since `seen_version`, ValidationError by field. Nothing happens where nothing differs.
    """
    require(by, Permission.ENTER, territories=[location.territory])
    stored = SpecialLocation.everywhere.get(pk=location.pk)
    wanted = cleaned(data)
    changed = [name for name, value in wanted.items() if getattr(stored, name) != value]
    if not changed:
        return stored
    _require_active(stored)
    _require_same_regency(stored, wanted)
    for name in changed:
        setattr(stored, name, wanted[name])
    check(stored)
    _replace(stored, {name: wanted[name] for name in changed}, seen_version)
    _record("location.corrected", stored, by, fields=changed, version=stored.version)
    if PLAN_FIELDS & set(changed):
        changes.record([stored.pk])
    return stored


@transaction.atomic
def submit(*, location: SpecialLocation, by: Actor, again: bool = False) -> SpecialLocation:
    """Hands the location to the centre. A second time only with `again`: after a return, since the decision before
    a submission no longer counts."""
    require(by, Permission.SUBMIT, territories=[location.territory])
    waiting = SpecialLocation.everywhere.active().filter(pk=location.pk)
    if not again:
        waiting = waiting.filter(submitted_at=None)
    done = waiting.update(submitted_at=timezone.now(), submitted_by=by.pk)
    stored = SpecialLocation.everywhere.get(pk=location.pk)
    if not done:
        _require_active(stored)
        raise ValidationError(_("This location was submitted already."), code="already_submitted")
    _record("location.submitted", stored, by)
    return stored


_objections: list[Callable[[SpecialLocation], None]] = []


def object_to_ending(objection: Callable[[SpecialLocation], None]) -> None:
    """Says who may object when a location is withdrawn or closed, by raising ValidationError. What is final stands higher
    than this app; the app that knows it says so at start."""
    _objections[:] = [objection]


def _require_no_objection(location: SpecialLocation) -> None:
    for objection in _objections:
        objection(location)


@transaction.atomic
def withdraw(*, location: SpecialLocation, reason: str, by: Actor) -> SpecialLocation:
    """The location asks for nothing any more. Claims of its voters are settled by the caller (voters.registration)."""
    require(by, Permission.ENTER, territories=[location.territory])
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("Say why it is withdrawn."), code="empty")})
    if len(reason) > REASON_LENGTH:
        message = _("This is longer than %(most)s characters.")
        raise ValidationError({"reason": ValidationError(message, code="too_long", params={"most": REASON_LENGTH})})
    _require_no_objection(location)
    done = (
        SpecialLocation.everywhere.active()
        .filter(pk=location.pk)
        .update(withdrawn_at=timezone.now(), withdrawn_by=by.pk, withdrawal_reason=reason.strip())
    )
    return _ended("location.withdrawn", location, by, done)


@transaction.atomic
def close(*, location: SpecialLocation, by: Actor) -> SpecialLocation:
    """Closed by a rejection; claims are settled by the caller (voters.registration)."""
    require(by, Permission.DECIDE, territories=[location.territory])
    _require_no_objection(location)
    active = SpecialLocation.everywhere.active().filter(pk=location.pk)
    return _ended("location.closed", location, by, active.update(closed_at=timezone.now(), closed_by=by.pk))


@transaction.atomic
def reopen(*, location: SpecialLocation, by: Actor) -> SpecialLocation:
    """Asks for a TPS again after its rejection was revoked; claims are settled by the caller (voters.registration)."""
    require(by, Permission.DECIDE, territories=[location.territory])
    closed = SpecialLocation.everywhere.filter(pk=location.pk, withdrawn_at=None, closed_at__isnull=False)
    done = closed.update(closed_at=None, closed_by=None)
    stored = SpecialLocation.everywhere.get(pk=location.pk)
    if not done:
        raise ValidationError(_("This location is not closed."), code="not_closed")
    _record("location.reopened", stored, by)
    changes.record([stored.pk])
    return stored


def cleaned(data: Mapping[str, Any]) -> dict[str, Any]:
    """The values of known fields; the kind of an other location only where it is one."""
    values = {name: data[name] for name in ENTERED if name in data}
    if values.get("kind", Kind.OTHER) != Kind.OTHER:
        values["subkind"] = ""
    return values


def check(location: SpecialLocation) -> None:
    """Raises ValidationError by field for what no location can be."""
    faults: dict[str, Any] = {}
    for name in ("name", "kind"):
        if not getattr(location, name):
            faults[name] = ValidationError(_("This must not be empty."), code="empty")
    if location.kind == Kind.OTHER and not location.subkind:
        faults["subkind"] = ValidationError(_("Choose what kind of other location it is."), code="empty")
    if location.kind != Kind.OTHER and location.subkind:
        faults["subkind"] = ValidationError(
            _("Only an other location has a kind of its own."), code="subkind_of_other_only"
        )
    if location.region.level < Level.REGENCY or location.region.successor_id:
        faults["region"] = ValidationError(
            _("Choose a regency, a district or a village of today."), code="region_too_coarse"
        )
    if location.drawn_plan and not location.drawn_plan_reason:
        faults["drawn_plan_reason"] = ValidationError(_("Say why it is drawn by hand."), code="empty")
    if (location.latitude is None) != (location.longitude is None):
        missing = "latitude" if location.latitude is None else "longitude"
        faults[missing] = ValidationError(_("Latitude and longitude belong together."), code="point_incomplete")
    if faults:
        raise ValidationError(faults)
    unasked = {"region", "territory", "submitted_by", "withdrawn_by", "closed_by"}
    location.clean_fields(exclude=unasked if location.code else unasked | {"code"})


def _require_active(location: SpecialLocation) -> None:
    if not location.is_active:
        raise _inactive()


def _inactive() -> ValidationError:
    return ValidationError(_("This location was withdrawn or closed."), code="location_inactive")


def _require_same_regency(location: SpecialLocation, wanted: Mapping[str, Any]) -> None:
    """Voters, blocks and the immutable proposals carry the regency as their territory, and so does the code."""
    if territory_of(wanted.get("region", location.region).pk) == location.territory:
        return
    message = _("A location stays in its regency. Withdraw this one and enter it anew where it lies.")
    raise ValidationError({"region": ValidationError(message, code="other_regency")})


def _replace(stored: SpecialLocation, values: dict[str, Any], seen_version: int) -> None:
    """Writes the values if nobody has written since; `stored` carries the new version then."""
    stored.updated_at = timezone.now()
    unchanged = SpecialLocation.everywhere.active().filter(pk=stored.pk, version=seen_version)
    if not unchanged.update(**values, version=F("version") + 1, updated_at=stored.updated_at):
        raise Outdated(SpecialLocation.everywhere.get(pk=stored.pk))
    stored.version = seen_version + 1


def _insert_numbered(location: SpecialLocation) -> None:
    """Inserts under the next serial of the regency; whoever loses the race for it takes the one after."""
    for _attempt in range(TRIES):
        location.code = _next_code(location.territory)
        try:
            with transaction.atomic():
                location.save(force_insert=True)
        except IntegrityError:
            if not SpecialLocation.everywhere.filter(code=location.code).exists():
                raise
        else:
            return
    raise ValidationError(_("Too many people enter locations here just now. Try again."), code="busy")


def _next_code(regency: str) -> str:
    """`36.03-001` and on; codes of another form that a file brought do not count."""
    codes = SpecialLocation.everywhere.filter(code__startswith=f"{regency}-").values_list("code", flat=True)
    serials = [int(found[1]) for code in codes if (found := re.fullmatch(r".{5}-(\d{1,6})", code, re.ASCII))]
    return f"{regency}-{max(serials, default=0) + 1:03}"


def _ended(action: str, location: SpecialLocation, by: Actor, done: int) -> SpecialLocation:
    if not done:
        raise _inactive()
    stored = SpecialLocation.everywhere.get(pk=location.pk)
    _record(action, stored, by)
    changes.record([stored.pk])
    return stored


def _record(action: str, location: SpecialLocation, by: Actor, **details: Any) -> None:
    audit.record(by=by, action=action, subject=location, territory=location.territory, **details)
