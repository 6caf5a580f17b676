"""What the worker does for the map: recompute where data moved."""

from __future__ import annotations

from typing import Any

from celery import shared_task


@shared_task(name="mapping.tasks.recompute_changed")
def recompute_changed(**_kwargs: Any) -> None:
    """Loops until no change is left; may run twice, late or beside itself."""
    from . import recompute

    recompute.changed()
