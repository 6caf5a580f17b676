"""Which locations moved: one mark per location and transaction, and the bell after commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.dispatch import Signal

from . import bell
from .models import Change, SpecialLocation

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

changed = Signal()
"""Sent after commit, without arguments; received in mapping.apps. The only signal of the project."""


def record(location_ids: Iterable[uuid.UUID]) -> int:
    """Marks locations as moved, in the running transaction; returns how many. Locks nothing."""
    territories = SpecialLocation.everywhere.in_bulk(set(location_ids), field_name="pk")
    marks = [Change(location_id=pk, territory=location.territory) for pk, location in territories.items()]
    Change.everywhere.bulk_create(marks, batch_size=5000)
    bell.once_after_commit(_ring_once)
    return len(marks)


def _ring_once() -> None:
    changed.send_robust(sender=None)
