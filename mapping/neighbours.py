"""The second stage, where a policy combines: which locations below the minimum vote together, under their district's lock.

Two locations of a district that change at once, and one whose partner is being decided, end in the same plan as one after the
other: whoever plans a district holds its lock, and so does whoever decides on a location of it.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models.functions import Length, Substr

from locations.models import SpecialLocation
from regions.levels import Level
from regions.models import Region, RegionDistricts

from . import policies
from .core import combining
from .core.allocation import plan_location
from .core.combining import Candidate, Combination
from .core.plan import COMBINED, GUEST, NEAREST, Canonical, Cell, Plan, Reason, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .cells import Census
    from .models import Policy
    from .recompute import Place

WIDTH: Final = Level.DISTRICT.width
Planned = tuple["Place", "Census", Plan, Canonical, uuid.UUID | None]
"""Location, its census, plan, the cells that the plan counts by, and its host."""


def combines(policy: Policy) -> bool:
    return policy.combining_distance_m is not None


def hold(locations: Any, *, most: int | None = None, skip_locked: bool = False) -> list[str]:
    """Locks the districts of these locations, in order of code, and returns those it got. On SQLite the transaction is
    the lock."""
    codes = sorted(
        {code for code in locations.values_list(Substr("region_id", 1, WIDTH), flat=True) if len(code) == WIDTH}
    )
    if not connection.features.has_select_for_update:
        return codes[:most]
    districts = Region.objects.filter(pk__in=codes).order_by("pk")
    return list(districts.select_for_update(no_key=True, skip_locked=skip_locked).values_list("pk", flat=True)[:most])


def with_districts(locations: Any, districts: Iterable[str], *, only: bool = False) -> Any:
    """All locations of these districts, and these locations, unless `only` the districts' are wanted."""
    of_districts = SpecialLocation.everywhere.alias(district=Substr("region_id", 1, WIDTH))
    ids = set(of_districts.filter(district__in=list(districts)).values_list("pk", flat=True))
    if not only:
        ids |= set(locations.values_list("pk", flat=True))
    return SpecialLocation.everywhere.filter(pk__in=ids)


def coarser(locations: Any) -> Any:
    """Those known to no district: nobody votes together with them."""
    return locations.alias(width=Length("region_id")).filter(width__lt=WIDTH)


class Below:
    """The locations below the minimum of one run, gathered until all are known, then planned district by district."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.is_on = combines(policy)
        self.held: dict[str, tuple[Place, Census]] = {}

    def takes(self, place: Place, census: Census) -> bool:
        """Whether it waits for the others: some eligible voters, but fewer than its kind needs."""
        if not self.is_on or not self.policy.serves(place.kind):
            return False
        return 0 < _voters(census) < self.policy.minimum_for(place.kind)

    def add(self, place: Place, census: Census) -> None:
        self.held[place.pk.hex] = place, census

    def plans(self) -> Iterator[Planned]:
        """The plan of every location that waited."""
        constituencies = self._constituencies()
        candidates = [self._candidate(key, constituencies) for key in self.held]
        by_district = sorted(candidates, key=lambda each: (each.district or "", each.key))
        for _district, group in groupby(by_district, key=lambda each: each.district):
            yield from self._planned(list(group))

    def _planned(self, candidates: list[Candidate]) -> Iterator[Planned]:
        distance_m = self.policy.combining_distance_m or 0
        groups = combining.combine(candidates, distance_m=distance_m, maximum=self.policy.maximum)
        grouped = {key for group in groups for key in (group.host, *(guest for guest, _ in group.guests))}
        for group in groups:
            yield self._host(group)
            for guest, metres in group.guests:
                yield self._guest(guest, group.host, metres)
        for candidate in candidates:
            if candidate.key not in grouped:
                why = combining.why_not(candidate, candidates, distance_m=distance_m)
                yield self._alone(candidate, why, distance_m)

    def _host(self, group: Combination) -> Planned:
        place, census = self.held[group.host]
        guests = [self.held[key] for key, _ in group.guests]
        merged = canonical(
            [*census.cells, *(cell for guest, counted in guests for cell in _guests_cells(guest, counted))]
        )
        rules = replace(policies.plan_rules(self.policy, place), minimum=1, usual_minimum=None, drawn=())
        plan = plan_location(merged, rules)
        voters = sum(_voters(counted) for _, counted in guests)
        here = Reason("combined_here", {"guests": len(guests), "voters": voters, "eligible": _voters(census)})
        return place, census, replace(plan, reasons=(here, *plan.reasons[1:])), merged, None

    def _guest(self, key: str, host: str, metres: int | None) -> Planned:
        place, census = self.held[key]
        figures: dict[str, int | str] = {
            "eligible": _voters(census),
            "minimum": self.policy.minimum_for(place.kind),
            "host": host,
            "metres": metres or 0,
        }
        plan = Plan(COMBINED, (), (Reason("combined_into", figures),), (), 0)
        return place, census, plan, census.cells, self.held[host][0].pk

    def _alone(self, candidate: Candidate, why: str, distance_m: int) -> Planned:
        place, census = self.held[candidate.key]
        below = Reason("below_minimum", {"eligible": candidate.voters, "minimum": candidate.minimum})
        reasons = (below, Reason("not_combined", {"why": why, "distance": distance_m}))
        return place, census, Plan(NEAREST, (), reasons, (), 0), census.cells, None

    def _candidate(self, key: str, constituencies: dict[str, list[Any]]) -> Candidate:
        place, census = self.held[key]
        region, width = place.region_id, len(place.region_id)
        return Candidate(
            key=key,
            voters=_voters(census),
            minimum=self.policy.minimum_for(place.kind),
            village=region if width == Level.VILLAGE.width else None,
            district=region[:WIDTH] if width >= WIDTH else None,
            point=(place.latitude, place.longitude)
            if place.latitude is not None and place.longitude is not None
            else None,
            constituencies=_known(constituencies.get(region), is_village=width == Level.VILLAGE.width),
        )

    def _constituencies(self) -> dict[str, list[Any]]:
        regions = {place.region_id for place, _ in self.held.values()}
        rows = RegionDistricts.objects.filter(edition=self.policy.edition, region__in=regions)
        return {
            region: ids for region, *ids in rows.values_list("region_id", "dpr_id", "dprd_prov_id", "dprd_kabko_id")
        }  # type: ignore[misc]


def _known(ids: Any, *, is_village: bool) -> tuple[str | None, ...] | None:
    """The electoral districts; None where one is not known. A village without one lies where there is none (DKI)."""
    if ids is None or (not is_village and None in ids):
        return None
    return tuple(None if one is None else str(one) for one in ids)


def _voters(census: Census) -> int:
    return sum([cell.count for cell in census.cells])


def _guests_cells(place: Place, census: Census) -> list[Cell]:
    return [cell._replace(block=f"{place.pk.hex}{GUEST}{cell.block}") for cell in census.cells]
