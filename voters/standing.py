"""How do these voters stand under the policy in force: how many are eligible, and why are the others not?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from django.core.exceptions import EmptyResultSet

from .eligibility import BIT, REASONS, codes_of, judge, rules_in_force

if TYPE_CHECKING:
    import uuid

    from .querysets import VoterQuerySet

ELIGIBLE: Final = "eligible"


@dataclass(frozen=True)
class Standing:
    """The bit mask of reasons by voter, 0 for the eligible; nobody at a place that is not active is in it."""

    reasons: dict[uuid.UUID, int]

    @property
    def eligible(self) -> int:
        return sum(not mask for mask in self.reasons.values())

    @cached_property
    def by_reason(self) -> dict[str, int]:
        """Only reasons that somebody has, in the order of REASONS; one voter may have several."""
        counted = Counter(code for mask in self.reasons.values() for code in codes_of(mask))
        return {code: counted[code] for code in REASONS if counted[code]}

    def fits(self, voter_id: uuid.UUID, reason: str) -> bool:
        """`reason` is a code, ELIGIBLE, or empty for everybody."""
        mask = self.reasons.get(voter_id)
        if not reason:
            return True
        if mask is None:
            return False
        return not mask if reason == ELIGIBLE else bool(mask & BIT[reason])


def standing_of(voters: VoterQuerySet) -> Standing:
    """O(voters), one statement. Empty while no policy is in force."""
    rules = rules_in_force()
    try:
        judged = judge(voters, rules) if rules else {}
    except EmptyResultSet:  # Django knows without asking that nobody is meant
        judged = {}
    return Standing({pk: reasons for pk, (_ballots, reasons) in judged.items()})
