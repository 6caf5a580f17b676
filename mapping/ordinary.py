"""Whose voters go to the nearest ordinary TPS, village by village, so that nobody's right to vote is lost on the way?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from regions.levels import Level
from regions.models import FormedTPS, Region

from .atlas import FORMED_EDITION
from .core.fingerprint import plan_from_json
from .models import Outcome
from .sentences import Sentence, sentences

if TYPE_CHECKING:
    from .models import Proposal
    from .querysets import ProposalQuerySet


@dataclass(frozen=True, slots=True)
class Village:
    """The smallest region that its locations are known to; `regular_tps` of 2024 where known, else None."""

    region: Region
    proposals: tuple[Proposal, ...]
    regular_tps: int | None

    @property
    def voters(self) -> int:
        return sum(proposal.eligible for proposal in self.proposals)

    @property
    def is_village(self) -> bool:
        return self.region.level == Level.VILLAGE


def villages(proposals: ProposalQuerySet) -> list[Village]:
    """Those with the most voters first; places known no finer than a district or regency come by that. Two queries."""
    sent = proposals.filter(outcome=Outcome.NEAREST).select_related("location__region__parent__parent__parent")
    listed = sorted(sent, key=lambda proposal: (proposal.location.region_id, proposal.location.code))
    grouped = {code: tuple(group) for code, group in groupby(listed, key=lambda each: each.location.region_id)}
    regular = _regular_tps(grouped)
    found = [Village(group[0].location.region, group, regular.get(code)) for code, group in grouped.items()]
    return sorted(found, key=lambda village: (-village.voters, village.region.pk))


def _regular_tps(codes: Iterable[str]) -> dict[str, int]:
    known = FormedTPS.objects.filter(edition=FORMED_EDITION, village_code__in=list(codes))
    return dict(known.values_list("village_code", "regular_tps"))


def why(proposal: Proposal) -> list[Sentence]:
    """The engine's reasons, in words."""
    return sentences(plan_from_json(proposal.plan).reasons, {})
