"""Questions about proposals, in the field's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from regions.territory import ProtectedQuerySet

if TYPE_CHECKING:
    from .models import Policy, Proposal


class ProposalQuerySet(ProtectedQuerySet["Proposal"]):
    def current(self, policy: Policy) -> ProposalQuerySet:
        """The version in force of every location that still asks for a TPS."""
        return self.filter(
            policy=policy, superseded_at=None, location__withdrawn_at=None, location__closed_at=None
        )

    def within(self, region_code: str) -> ProposalQuerySet:
        if region_code == "00":
            return self.all()
        return self.filter(
            Q(location__region=region_code) | Q(location__region__code__startswith=f"{region_code}.")
        )
