"""What the worker does for the map: recompute where data moved, and run the scenarios that somebody asked for."""

from __future__ import annotations

import uuid
from typing import Any

from celery import shared_task


@shared_task(name="mapping.tasks.recompute_changed")
def recompute_changed(**_kwargs: Any) -> None:
    """Loops until no change is left; may run twice, late or beside itself."""
    from . import recompute

    recompute.changed()


@shared_task(name="mapping.tasks.run_scenario")
def run_scenario(*, run_id: str, **_kwargs: Any) -> None:
    """Computes a run that waits; one that is over, or that another worker has, stays as it is."""
    from . import scenarios

    scenarios.run(uuid.UUID(run_id))


@shared_task(name="mapping.tasks.resume_scenarios")
def resume_scenarios(**_kwargs: Any) -> None:
    """Runs what waits because its message was lost, or whose worker was."""
    from . import scenarios

    for run_id in scenarios.waiting():
        scenarios.run(run_id)


@shared_task(name="mapping.tasks.search_concentrations")
def search_concentrations(**_kwargs: Any) -> None:
    """Looks for places where unplaced voters are concentrated; the same people give the same suggestions."""
    from . import discovery

    discovery.search()
