"""What the worker does for voters: run an import, and look which departures have come."""

from __future__ import annotations

import uuid
from typing import Any

from celery import shared_task


@shared_task(name="voters.tasks.run_import")
def run_import(*, batch_id: str, **_kwargs: Any) -> None:
    """Imports a received batch; one that is over or that another worker has stays as it is."""
    from locations.models import Batch

    from . import importing

    batch = Batch.everywhere.filter(pk=uuid.UUID(batch_id), subject=Batch.Subject.VOTERS).first()
    if batch is not None:
        importing.run(batch)


@shared_task(name="voters.tasks.resume_imports")
def resume_imports(**_kwargs: Any) -> None:
    """Takes up imports whose bell was lost or whose worker died; one that a worker has stays as it is."""
    from locations.models import Batch

    from . import importing

    unfinished = [Batch.State.RECEIVED, Batch.State.RUNNING]
    for batch in Batch.everywhere.filter(subject=Batch.Subject.VOTERS, state__in=unfinished).order_by("received_at"):
        importing.run(batch)


@shared_task(name="voters.tasks.settle_departures")
def settle_departures(**_kwargs: Any) -> None:
    """Once a day: whoever waits for the claim of somebody who left by now gets it."""
    from . import claims

    claims.settle_departures()
