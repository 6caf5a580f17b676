"""What the worker does for voters: run imports, take large lists back, go on with lost ones, and look which departures have come."""

from __future__ import annotations

import uuid
from typing import Any

from celery import shared_task
from django.utils import timezone

from locations import intake
from locations.models import Batch

from . import claims, condition, importing, nkks, searching, undoing
from .models import Register


@shared_task(name="voters.tasks.run_import")
def run_import(*, batch_id: str, **_kwargs: Any) -> None:
    """Imports a received batch; one that is over or that another worker has stays as it is."""
    batch = Batch.everywhere.filter(pk=uuid.UUID(batch_id), subject=Batch.Subject.VOTERS).first()
    if batch is not None:
        importing.run(batch)


@shared_task(name="voters.tasks.resume_imports")
def resume_imports(**_kwargs: Any) -> None:
    """Runs what waits because its message was lost, or whose worker was."""
    for batch_id in intake.free_batches(Batch.Subject.VOTERS):
        run_import(batch_id=str(batch_id))


@shared_task(name="voters.tasks.run_undo")
def run_undo(*, order_id: str, **_kwargs: Any) -> None:
    """Takes a large list back; an order that is over or that another worker has stays as it is."""
    undoing.run(uuid.UUID(order_id))


@shared_task(name="voters.tasks.resume_undos")
def resume_undos(**_kwargs: Any) -> None:
    """Carries out orders whose message was lost, or whose worker was."""
    for order_id in undoing.free_orders():
        run_undo(order_id=str(order_id))


@shared_task(name="voters.tasks.settle_departures")
def settle_departures(**_kwargs: Any) -> None:
    """Whoever waits for the claim of somebody who left by now gets it."""
    claims.settle_departures()


@shared_task(name="voters.tasks.forget_uploads")
def forget_uploads(**_kwargs: Any) -> None:
    """Uploads and refused rows hold plain identities, sealed: after 30 days they go."""
    importing.forget_uploads(at=timezone.now())


@shared_task(name="voters.tasks.remember_condition")
def remember_condition(**_kwargs: Any) -> None:
    """Keeps today's figures of every regency, so that the condition of the data has a history."""
    nkks.look()
    condition.take_snapshot(day=timezone.localdate(), polling_day=Register.current().polling_day)


@shared_task(name="voters.tasks.find_likely_duplicates")
def find_likely_duplicates(**_kwargs: Any) -> None:
    """Compares whoever changed since the last time with everybody; where nobody did, that costs one question."""
    searching.search()
