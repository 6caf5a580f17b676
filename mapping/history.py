"""How did a location's proposal come to be what it is: which versions, why computed, and what changed from one to the next?"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from . import comparing
from .models import Proposal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from accounts.models import User
    from locations.models import SpecialLocation

    from .models import Policy


class Step(NamedTuple):
    """One version, what changed since the one before in sentences, and the share of staying voters at another TPS.

    `lines` is empty and `moved_percent` None for the first version.
    """

    version: Proposal
    lines: list[str]
    moved_percent: float | None


def versions_of(location: SpecialLocation, policy: Policy, who: User) -> Any:
    """All versions, newest first, with the run that computed each."""
    found = Proposal.objects.visible_to(who).filter(location=location, policy=policy)
    return found.select_related("run").order_by("-version")


def steps(newest_first: Sequence[Proposal], block_names: Mapping[str, str]) -> list[Step]:
    """Each version beside the one before it, which follows it in the sequence; the last stands without one."""
    return [step(after, before, block_names) for after, before in zip_longest(newest_first, newest_first[1:])]


def step(after: Proposal, before: Proposal | None, block_names: Mapping[str, str]) -> Step:
    if before is None:
        return Step(after, [], None)
    found = comparing.compare(before, after)
    return Step(after, comparing.lines(found, block_names), found.moved_percent)


def neighbours(shown: Proposal, who: User) -> dict[str, Proposal | None]:
    """The versions right before and right after one."""
    others = Proposal.objects.visible_to(who).filter(location=shown.location_id, policy=shown.policy_id)
    others = others.only("version")
    return {
        "earlier": others.filter(version__lt=shown.version).order_by("-version").first(),
        "later": others.filter(version__gt=shown.version).order_by("version").first(),
    }
