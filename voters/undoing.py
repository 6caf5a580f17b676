"""How is a large list taken back, longer than a page may wait? Ordered by somebody, done by a worker, and how it ended is kept.

As with an import, the order stands in the database before anything is rung, so a lost message or a killed worker costs
time only. The work itself is one transaction (`undo`): until it ends everything is as it was.
"""

from __future__ import annotations

import datetime
import uuid
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.permissions import Permission, require
from locations.intake import LOST_AFTER

from . import undo
from .loading import again_if_interrupted, collecting_rarely, wait_as_long_as_it_takes
from .models import Undo
from .registration import require_reason, without_figures

if TYPE_CHECKING:
    from accounts.models import User
    from locations.models import Batch

AT_ONCE: Final = 5000  # voters; changed ones take a second or two
CRASHED: Final = "crashed"
FAILURES: Final = {
    "not_offered": _("By then the list could not be taken back any more."),
    "determined": _("By then voters of this list stood on a list that was determined."),
    "moved": _("By then the register had moved: other numbers would have been taken back than were shown."),
    "not_allowed": _("By then whoever ordered it had no right to any more."),
    CRASHED: _("An error of the program stopped it. Please report it."),
}


def take_back(*, batch: Batch, reason: str, seen: str, by: User) -> Undo | None:
    """Takes a small list back at once; of a large one, or one that is ordered already, the order for `run`.

    Raises ValidationError as `undo.take_back` does.
    """
    require(by, Permission.ENTER, territories=[batch.territory])
    require_reason(reason)
    waiting = open_order(batch)
    if waiting is not None:
        return waiting
    found = undo.outlook(batch)
    if not is_large(found):
        undo.take_back(batch=batch, reason=reason, seen=seen, by=by)
        return None
    undo.require_offered(batch)
    undo.require_as_seen(found, seen)
    return _ordered(batch, without_figures(reason), seen, by)


def is_large(found: undo.Outlook) -> bool:
    """Whether the worker takes it back."""
    return found.concerned > AT_ONCE


def open_order(batch: Batch) -> Undo | None:
    """What waits or is being done."""
    return Undo.everywhere.filter(batch=batch, ended_at=None).first()


def failed_order(batch: Batch, *, at: datetime.datetime) -> Undo | None:
    """The latest order, where it failed and may be given again."""
    last = Undo.everywhere.filter(batch=batch).order_by("-asked_at").first()
    return last if last and last.failure and undo.is_offered(batch, at=at) else None


def free_orders() -> list[uuid.UUID]:
    """Those that wait for a worker, or whose worker was lost, oldest first."""
    free = Undo.everywhere.filter(_is_free(timezone.now()))
    return list(free.order_by("asked_at").values_list("pk", flat=True))


def run(order_id: uuid.UUID) -> None:
    """Takes the list back, or keeps why not. Safe to call again: what is over, or another worker has, stays as it is."""
    order = _claimed(order_id)
    if order is None:
        return
    try:
        with collecting_rarely():
            again_if_interrupted(lambda: _carry_out(order), tries=undo.TRIES)
    except ValidationError as fault:
        _fail(order, fault.code)
    except PermissionDenied:
        _fail(order, "not_allowed")
    except (OperationalError, InterfaceError):
        raise  # the database went away: the sweep goes on with it
    except Exception:
        _fail(order, CRASHED)
        raise


def _ordered(batch: Batch, reason: str, seen: str, by: User) -> Undo:
    """One order, however often it is given."""
    try:
        with transaction.atomic():
            order = Undo.everywhere.create(
                territory=batch.territory, batch=batch, reason=reason, seen=seen, asked_by=by
            )
            audit.record(by=by, action="voters.undo_ordered", subject=batch, territory=batch.territory, reason=reason)
            return order
    except IntegrityError:
        order_before = open_order(batch)
        if order_before is None:
            raise
        return order_before


def _claimed(order_id: uuid.UUID) -> Undo | None:
    """The order, now ours; None where another worker is at it or it is over."""
    now = timezone.now()
    with transaction.atomic():
        free = Undo.everywhere.filter(_is_free(now), pk=order_id).select_for_update(skip_locked=True, of=("self",))
        order = free.first()
        if order is None:
            return None
        order.started_at = order.heartbeat_at = now
        order.save(update_fields=["started_at", "heartbeat_at"])
    return order


def _is_free(now: datetime.datetime) -> Q:
    return Q(ended_at=None) & (Q(started_at=None) | Q(heartbeat_at__lt=now - LOST_AFTER))


def _carry_out(order: Undo) -> None:
    """All within one transaction, under a lock on the order, so that nobody takes it over meanwhile."""
    wait_as_long_as_it_takes()
    if _ours(order).update(heartbeat_at=timezone.now()):
        undo.take_back(batch=order.batch, reason=order.reason, seen=order.seen, by=order.asked_by)
        _ours(order).update(ended_at=timezone.now())


def _fail(order: Undo, code: str | None) -> None:
    known = code if code in FAILURES else CRASHED
    _ours(order).update(ended_at=timezone.now(), failure=known)


def _ours(order: Undo) -> Any:
    return Undo.everywhere.filter(pk=order.pk, ended_at=None, started_at=order.started_at)
