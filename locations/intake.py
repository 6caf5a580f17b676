"""How far is a file that came in? Its states, the same for every kind of import.

The bytes belong to the app that understands them; here it is only counted and told.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .models import Batch, Refusal

LOST_AFTER = datetime.timedelta(minutes=1)
ROWS_NAMED = 20
DIGITS = re.compile(r"\d{6,}")


class Warnings:
    """What was taken with a reservation: per code how often, and in which rows first. Never a value of a row."""

    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = defaultdict(list)
        self._count: dict[str, int] = defaultdict(int)
        self._params: dict[str, dict[str, Any]] = {}

    def add(self, code: str, row: int, **params: Any) -> None:
        self._count[code] += 1
        if len(self._rows[code]) < ROWS_NAMED:
            self._rows[code].append(row)
        if params:
            self._params.setdefault(code, params)

    def add_many(self, code: str, count: int, first: Iterable[int], **params: Any) -> None:
        """`count` rows at once, of which the `first` ones are named."""
        self._count[code] += count
        self._rows[code] = [*self._rows[code], *first][:ROWS_NAMED]
        if params:
            self._params.setdefault(code, params)

    def add_notes(self, notes: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
        """What a sheet tells of its file as a whole."""
        for code, (row, params) in notes.items():
            self.add(code, row, **{name: named(value.split(", ")) for name, value in params.items()})

    @classmethod
    def of(cls, others: Warnings) -> Warnings:
        """A copy to go on from, so that an attempt that fails leaves the first ones as they were."""
        copied = cls()
        copied._count.update(others._count)
        copied._rows.update({code: list(rows) for code, rows in others._rows.items()})
        copied._params.update(others._params)
        return copied

    def as_json(self) -> dict[str, Any]:
        return {
            code: {"count": count, "rows": sorted(self._rows[code]), "params": self._params.get(code, {})}
            for code, count in self._count.items()
        }


def named(columns: Iterable[str]) -> str:
    """The headers of a file as a warning names them; where the header is missing, a row of people stands there."""
    return ", ".join(DIGITS.sub("•", name)[:40] for name in columns)


def claim(batch_id: uuid.UUID) -> Batch | None:
    """The batch, now ours to run; None where another worker has it or it is over.

    One whose worker has not been heard of for LOST_AFTER is taken over, unless that worker is loading it just now.
    """
    now = timezone.now()
    with transaction.atomic():
        free = Batch.everywhere.filter(_is_free(now), pk=batch_id).select_for_update(skip_locked=True, of=("self",))
        batch = free.first()
        if batch is None:
            return None
        batch.state, batch.started_at, batch.heartbeat_at, batch.rows_done = Batch.State.RUNNING, now, now, 0
        batch.save(update_fields=["state", "started_at", "heartbeat_at", "rows_done"])
    return batch


def free_batches(subject: str) -> list[uuid.UUID]:
    """Batches that wait for a worker, or whose worker was lost, oldest first."""
    free = Batch.everywhere.filter(_is_free(timezone.now()), subject=subject)
    return list(free.order_by("received_at").values_list("pk", flat=True))


def hold(batch: Batch) -> bool:
    """Within the loading transaction: locks the batch if it is still ours, so that nobody takes it over meanwhile."""
    ours = Batch.everywhere.filter(pk=batch.pk, state=Batch.State.RUNNING, started_at=batch.started_at)
    return bool(ours.update(heartbeat_at=timezone.now()))


def _is_free(now: datetime.datetime) -> Q:
    return Q(state=Batch.State.RECEIVED) | Q(state=Batch.State.RUNNING, heartbeat_at__lt=now - LOST_AFTER)


def expect(batch: Batch, *, rows_total: int) -> None:
    """Says how many rows there are, as soon as the file itself tells."""
    Batch.everywhere.filter(pk=batch.pk).update(rows_total=rows_total, heartbeat_at=timezone.now())


def beat(batch: Batch, *, rows_done: int) -> None:
    """Says that the work goes on, and how far it is."""
    Batch.everywhere.filter(pk=batch.pk).update(rows_done=rows_done, heartbeat_at=timezone.now())


def finish(batch: Batch, *, counts: Mapping[str, int], warnings: Mapping[str, Any]) -> None:
    """`counts`: rows, accepted, updated, rejected, duplicates; the last four add up to the first."""
    for name, value in {**counts, "rows_total": counts["rows"], "rows_done": counts["rows"]}.items():
        setattr(batch, name, value)
    batch.warnings = dict(warnings)
    batch.state, batch.finished_at = Batch.State.DONE, timezone.now()
    batch.save()


def reopen(batch: Batch) -> bool:
    """A batch whose file could not be read as it was to be waits for its confirmation again; False where it did not fail."""
    failed = Batch.everywhere.filter(pk=batch.pk, state=Batch.State.FAILED).exclude(stored_name="")
    now = timezone.now()
    return bool(
        failed.update(
            state=Batch.State.CHECKING, failure={}, started_at=None, finished_at=None, rows_done=0, heartbeat_at=now
        )
    )


def fail(batch: Batch, *, code: str, row: int | None = None, column: str | int | None = None) -> None:
    """The file as a whole could not be read; nothing of it was taken."""
    batch.failure = {"code": code, "row": row, "column": column}
    batch.state, batch.finished_at = Batch.State.FAILED, timezone.now()
    batch.save()


KEPT_FOR = datetime.timedelta(days=30)
KEPT_UNCONFIRMED = datetime.timedelta(days=7)


def outdated(subject: str, *, at: datetime.datetime) -> list[Batch]:
    """Batches that ended so long ago that their file and refused rows are to go; the counts stay."""
    old = Batch.everywhere.filter(subject=subject, finished_at__lt=at - KEPT_FOR).exclude(stored_name="")
    return list(old.order_by("finished_at"))


def unconfirmed(subject: str, *, at: datetime.datetime) -> list[Batch]:
    """Batches whose sender was shown how they will be read, and never came back."""
    until = at - KEPT_UNCONFIRMED
    is_left = Q(heartbeat_at=None) | Q(heartbeat_at__lt=until)  # or was looked at again after it had failed
    old = Batch.everywhere.filter(is_left, subject=subject, state=Batch.State.CHECKING, received_at__lt=until)
    return list(old.order_by("received_at"))


def drop(batch: Batch) -> bool:
    """Deletes a batch that was never confirmed; False where somebody was faster."""
    return bool(Batch.everywhere.filter(pk=batch.pk, state=Batch.State.CHECKING).delete()[0])


def forget_rows(batch: Batch) -> None:
    """Deletes the refused rows of a batch and what its file was called; its counts and reasons in sum stay."""
    with transaction.atomic():
        Refusal.everywhere.filter(batch=batch).delete()
        Batch.everywhere.filter(pk=batch.pk).update(stored_name="")
