"""How many TPS would the estimate of the rough mapping give, before there is a list?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from locations.models import SpecialLocation

    from .models import Policy


def tps_for_estimate(location: SpecialLocation, policy: Policy) -> int:
    """An indication only, never counted as a proposal: 0 below the minimum, else estimate by maximum, rounded up."""
    voters = location.estimated_voters or 0
    if not policy.serves(location.kind):
        return 0
    return tps_of(voters, location.kind, policy)


def tps_of(voters: int, kind: str, policy: Policy) -> int:
    """TPS that so many eligible voters of one kind of location need under a policy, headroom included."""
    if voters < max(1, policy.minimum_for(kind)):
        return 0
    return -(-voters * (100 + policy.headroom_for(kind)) // (100 * policy.maximum))
