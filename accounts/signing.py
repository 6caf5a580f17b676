"""What of signing in is kept? Who signed in, whose sign-in was locked, who changed a password; failures only for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.db import transaction

from . import audit
from .models import User
from .permissions import SYSTEM

if TYPE_CHECKING:
    from datetime import datetime


@transaction.atomic
def signed_in(*, user: User) -> None:
    audit.record(by=user, action="account.signed_in", subject=user, territory=user.territory_id)


@transaction.atomic
def locked(*, username: str) -> None:
    """An account that nobody has cannot be locked: what was typed there is not kept in the audit trail."""
    user = User.objects.filter(username=username).first()
    if user is not None:
        audit.record(by=SYSTEM, action="account.locked", subject=user, territory=user.territory_id)


@transaction.atomic
def password_changed(*, user: User) -> None:
    audit.record(by=user, action="account.password_changed", subject=user, territory=user.territory_id)


def forget(*, at: datetime) -> int:
    """Removes failed attempts that lock nobody any more, and sessions that ended before `at`; returns how many."""
    attempts, _ = AccessAttempt.objects.filter(attempt_time__lt=at - (get_cool_off() or timedelta(0))).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    return attempts + sessions
