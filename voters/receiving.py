"""Has this very file just come? What a second click sends again is told by what is in it."""

from __future__ import annotations

import datetime
import hashlib
from typing import TYPE_CHECKING, BinaryIO, Final

from django.db.models import Q
from django.utils import timezone

from locations.models import Batch

if TYPE_CHECKING:
    from accounts.models import User
    from locations.models import SpecialLocation

AGAIN_WITHIN: Final = datetime.timedelta(minutes=10)
PIECE_BYTES: Final = 256 * 1024


def same_again(*, file: BinaryIO, location: SpecialLocation | None, mode: str, by: User) -> Batch | None:
    """The batch that this person made of the same bytes for the same location, to do the same, a moment ago, unless it failed
    or was taken back; or whenever it was, where it still waits to be confirmed."""
    digest = digest_of(file)
    sent = Batch.objects.visible_to(by).filter(subject=Batch.Subject.VOTERS, received_by=by.pk, sha256=digest)
    is_waiting, is_here = Q(state=Batch.State.CHECKING), Q(location=location)
    is_recent = Q(received_at__gte=timezone.now() - AGAIN_WITHIN)
    is_same = is_here & (is_recent | is_waiting) if location else is_waiting | is_here & is_recent
    recent = sent.filter(is_same, mode=mode)
    return recent.exclude(state__in=[Batch.State.FAILED, Batch.State.TAKEN_BACK]).order_by("-received_at").first()


def digest_of(file: BinaryIO) -> str:
    """SHA-256 of the whole file, which then stands at its beginning again."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()
