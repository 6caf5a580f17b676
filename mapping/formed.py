"""How do the proposals compare with what KPU formed for Pemilu 2024, village by village, and why do they differ?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, F, Sum

from regions.levels import COUNTRY_CODE, Level
from regions.models import Region

from .atlas import formed_within

if TYPE_CHECKING:
    from .querysets import ProposalQuerySet

VOTERS_2024: Final = 404_360
TPS_2024: Final = 1_822
"""Voters and TPS of special locations that KPU announced for Pemilu 2024; it gave no voters per village."""


class Cause(StrEnum):
    """Why a village has another number of TPS here than in 2024."""

    SAME = "same"
    FULLER = "fuller"
    MORE_PLACES = "more_places"
    NO_PLACE = "no_place"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Village:
    """One village, or a regency for what is known no finer (`is_village` False), then and now."""

    code: str
    name: str
    formed: int = 0
    regular: int = 0
    proposed: int = 0
    locations: int = 0
    eligible: int = 0

    @property
    def is_village(self) -> bool:
        return len(self.code) == Level.VILLAGE.width

    @property
    def difference(self) -> int:
        return self.proposed - self.formed

    @property
    def cause(self) -> Cause:
        if self.difference == 0:
            return Cause.SAME
        if not self.locations:
            return Cause.NO_PLACE
        if not self.formed:
            return Cause.NEW
        return Cause.FULLER if self.difference < 0 else Cause.MORE_PLACES


def villages(proposals: ProposalQuerySet, region_code: str = COUNTRY_CODE) -> list[Village]:
    """Every village with TPS in 2024 or a proposal now, the largest difference first. Three queries."""
    now = {row["code"]: row for row in _now(proposals)}
    then = {row["village_code"]: row for row in formed_within(region_code).values(*_THEN)}
    names = Region.objects.in_bulk([code for code in now if code not in then])
    found = [
        Village(
            code=code,
            name=then[code]["village_name"] if code in then else names[code].name,
            formed=then.get(code, {}).get("tps", 0),
            regular=then.get(code, {}).get("regular_tps", 0),
            proposed=now.get(code, {}).get("sum_tps") or 0,
            locations=now.get(code, {}).get("sum_locations") or 0,
            eligible=now.get(code, {}).get("sum_eligible") or 0,
        )
        for code in sorted(now.keys() | then.keys())
    ]
    return sorted(found, key=lambda village: (-abs(village.difference), village.code))


_THEN: Final = ("village_code", "village_name", "tps", "regular_tps")


def _now(proposals: ProposalQuerySet) -> Iterable[dict[str, Any]]:
    grouped: Any = proposals.order_by().values(code=F("location__region_id"))
    return grouped.annotate(sum_tps=Sum("tps"), sum_locations=Count("pk"), sum_eligible=Sum("eligible"))


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of some villages, and the difference by cause."""

    formed: int
    proposed: int
    eligible: int
    villages: int
    by_cause: dict[Cause, tuple[int, int]]
    """Cause -> (villages, difference in TPS)."""

    @property
    def voters_per_tps(self) -> float:
        return self.eligible / self.proposed if self.proposed else 0.0


def totals(found: Iterable[Village]) -> Totals:
    rows = list(found)
    by_cause = {
        cause: (len(those), sum(village.difference for village in those))
        for cause in Cause
        if (those := [village for village in rows if village.cause is cause])
    }
    return Totals(
        formed=sum(village.formed for village in rows),
        proposed=sum(village.proposed for village in rows),
        eligible=sum(village.eligible for village in rows),
        villages=sum(village.formed > 0 for village in rows),
        by_cause=by_cause,
    )
