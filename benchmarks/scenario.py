"""Another policy tried for the whole country, beside a recompute of the one in force."""

from __future__ import annotations

from typing import Any, Final

from mapping import policies, recompute
from mapping.models import Policy, Run

from . import crowd, measure
from .remap import forget_proposals, read

PAIRS: Final = 3


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """The floor is a first recompute of the policy in force; both write every proposal."""
    crowd.fill(voters=voters, locations=locations)
    official, scenario = policies.current(), _scenario()
    read(official)
    measure.forget_peak()
    works, floors = [], []
    for _pair in range(PAIRS):
        forget_proposals()
        floors.append(measure.seconds(lambda: recompute.territory(policy=official)))
        works.append(measure.seconds(lambda: recompute.territory(policy=scenario, cause=Run.Cause.SCENARIO)))
    return {
        "seconds": measure.middle(works),
        "floor_seconds": measure.middle(floors),
        "count_seconds": 0.0,
        "ratio": measure.ratio(works, floors),
        "rows": voters,
        "database": vendor,
        "peak_mb": measure.peak_mb(),
        "peers": {},
    }


def _scenario() -> Policy:
    """The policy in force with 250 instead of 300 voters per TPS."""
    scenario = Policy.objects.get(is_current=True)
    scenario.pk, scenario.slug, scenario.name = None, "skenario-250", "Skenario 250"
    scenario.is_current, scenario.is_draft, scenario.maximum = False, True, 250
    scenario.save(force_insert=True)
    return scenario
