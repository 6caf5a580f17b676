"""Who appears twice, as far as somebody may know: the own rows that wait, and what was told about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.permissions import Permission, require
from regions.territory import Asks

from .models import DuplicateCase, Notice
from .querysets import VoterQuerySet

if TYPE_CHECKING:
    from accounts.models import User


def open_cases(who: Asks):  # type: ignore[no-untyped-def]
    """Open cases of the own territory, newest first; the other side of a case is never in it."""
    cases = DuplicateCase.objects.visible_to(who).filter(closed_at=None)
    return cases.select_related("voter", "voter__location").order_by("-opened_at")


def unread_notices(who: Asks):  # type: ignore[no-untyped-def]
    """Notices that a voter of the own territory counts from now on, or no longer."""
    notices = Notice.objects.visible_to(who).filter(read_at=None)
    return notices.select_related("voter", "voter__location").order_by("-at")


def waiting(voters: VoterQuerySet) -> VoterQuerySet:
    """Of these voters, those whose NIK another row claims."""
    return voters.filter(is_duplicate=True)


@transaction.atomic
def read_notices(*, by: User) -> int:
    """The territory has taken note of all that it was told so far; returns how many notices that were."""
    require(by, Permission.ENTER)
    read = unread_notices(by).order_by().update(read_at=timezone.now())
    if read:
        audit.record(by=by, action="voters.notices_read", subject=by, territory=by.territory_id, notices=read)
    return read
