"""Verbs: what whoever sent a list chooses of how it is read, confirms or discards, once they have seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.permissions import Permission, require
from locations import intake
from locations.models import Batch
from locations.sheets import NO_HEADER

from . import importing
from .models import KnownHeader
from .reading import Reading, digest_of, found_mapping

OF_THE_CHOICE: Final = frozenset(("columns_moved", "column_twice", "missing_column", "no_header", "no_rows"))

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from accounts.models import User
    from locations.models import SpecialLocation


def choose(*, batch: Batch, reading: Reading, location: SpecialLocation | None, by: User) -> bool:
    """Keeps what was chosen until it is confirmed; False where it is not (any more) to be confirmed."""
    _require(batch, location, by)
    return bool(_waiting(batch).update(reading=reading.as_json(), location=location))


@transaction.atomic
def confirm(
    *, batch: Batch, reading: Reading, header: Sequence[str], location: SpecialLocation | None, by: User
) -> bool:
    """The list is read as chosen, once a worker runs it; False where somebody confirmed or discarded it before.

    What its columns were taken for is remembered for the next list with this header.
    """
    _require(batch, location, by)
    chosen = {"reading": reading.as_json(), "location": location, "state": Batch.State.RECEIVED}
    if not _waiting(batch).update(**chosen):
        return False
    _remember(batch, reading, header, by)
    audit.record(by=by, action="voters.confirm", subject=batch, territory=batch.territory)
    return True


def is_readable_otherwise(batch: Batch) -> bool:
    """Whether a list failed for what its sheet, header row and columns were taken for, so that another choice may mend it."""
    is_failed = batch.state == Batch.State.FAILED and batch.failure.get("code") in OF_THE_CHOICE
    return is_failed and bool(batch.stored_name) and importing.stored_path(batch).exists()


@transaction.atomic
def look_again(*, batch: Batch, by: User) -> bool:
    """A list that failed for how it was to be read is shown again, to be read otherwise; False where it is not one of those."""
    _require(batch, None, by)
    if not is_readable_otherwise(batch) or not intake.reopen(batch):
        return False
    audit.record(by=by, action="voters.look_again", subject=batch, territory=batch.territory)
    return True


def discard(*, batch: Batch, by: User) -> bool:
    """The list goes with its file; False where it is not (any more) to be confirmed."""
    _require(batch, None, by)
    with transaction.atomic():
        if not intake.drop(batch):
            return False
        audit.record(by=by, action="voters.discard", subject=batch, territory=batch.territory)
    importing.stored_path(batch).unlink(missing_ok=True)
    return True


def _require(batch: Batch, location: SpecialLocation | None, by: User) -> None:
    require(by, Permission.ENTER, territories=[batch.territory, *([location.territory] if location else [])])


def _waiting(batch: Batch) -> QuerySet[Batch]:
    return Batch.everywhere.filter(pk=batch.pk, state=Batch.State.CHECKING)


def _remember(batch: Batch, reading: Reading, header: Sequence[str], by: User) -> None:
    """A correction is kept, a header that needs none (any more) is forgotten; without a header there is nothing to know."""
    if reading.header_row == NO_HEADER:
        return
    known = KnownHeader.everywhere.filter(territory=batch.territory, digest=digest_of(header))
    if reading.mapping is None or reading.mapping == found_mapping(header):
        known.delete()
        return
    values = {"mapping": list(reading.mapping), "changed_at": timezone.now(), "changed_by": by}
    KnownHeader.everywhere.update_or_create(territory=batch.territory, digest=digest_of(header), defaults=values)
