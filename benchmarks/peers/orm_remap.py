"""The national recompute as it is written without thinking of scale: models, a loop over voters, rules in Python."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from locations.models import SpecialLocation
from mapping import policies
from mapping.core.allocation import plan_location
from mapping.core.plan import Cell
from regions.models import RegionDistricts
from voters.eligibility import BALLOT_BIT
from voters.models import Voter

if TYPE_CHECKING:
    import uuid

    from mapping.models import Policy

EVERY: Final = 10
"""One location in so many is computed; the seconds are for all of them."""


def measured(policy: Policy, ours: dict[uuid.UUID, int]) -> dict[str, Any]:
    """Raises AssertionError where it does not come to our number of TPS."""
    places = SpecialLocation.everywhere.active().order_by("pk")[::EVERY]
    started = time.perf_counter()
    found = {place.pk: _tps(place, policy) for place in places}
    seconds = time.perf_counter() - started
    assert found == {pk: ours[pk] for pk in found}, "the peer comes to other TPS"
    return {"seconds": round(seconds * EVERY, 3), "measured_locations": len(found), "of_locations": len(ours)}


def _tps(place: SpecialLocation, policy: Policy) -> int:
    here = _districts(place.region_id, policy)
    cells: Counter[tuple[str, str, int]] = Counter()
    for voter in Voter.everywhere.filter(location=place).select_related("block", "home"):
        if _is_eligible(voter, place, policy):
            cells[str(voter.block_id or ""), voter.sex, _ballots(voter, place, here, policy)] += 1
    counted = [Cell(*key, count) for key, count in cells.items()]  # type: ignore[arg-type]
    return len(plan_location(counted, policies.plan_rules(policy, place)).stations)


def _is_eligible(voter: Voter, place: SpecialLocation, policy: Policy) -> bool:
    day = policy.polling_day
    is_young = voter.of_age_on is not None and voter.of_age_on > day and voter.marital not in ("S", "P")
    is_absent = bool((voter.arrival and voter.arrival > day) or (voter.departure and voter.departure <= day))
    is_barred = voter.is_foreign or voter.is_military_police or voter.is_duplicate or voter.is_mismatch
    if voter.nik_verdict != "ok" or is_young or is_absent or is_barred or voter.official_mark or voter.home is None:
        return False
    return not _is_at_home(voter, place)


def _is_at_home(voter: Voter, place: SpecialLocation) -> bool:
    if place.kind in ("rutan_lapas", "panti") and voter.role == "penghuni":
        return False
    width = min(len(voter.home.code), len(place.region_id))  # type: ignore[union-attr]
    return voter.home.code[:width] == place.region_id[:width]  # type: ignore[union-attr]


def _districts(region: str, policy: Policy) -> RegionDistricts | None:
    return RegionDistricts.objects.filter(region=region, edition=policy.edition).first()


def _ballots(voter: Voter, place: SpecialLocation, here: RegionDistricts | None, policy: Policy) -> int:
    home = _districts(voter.home_id, policy)  # type: ignore[arg-type]
    entitled = {"ppwp": True, "dpd": voter.home_id[:2] == place.region_id[:2]}  # type: ignore[index]
    for ballot, field in (("dpr", "dpr_id"), ("dprd_prov", "dprd_prov_id"), ("dprd_kabko", "dprd_kabko_id")):
        mine, theirs = getattr(home, field, None), getattr(here, field, None)
        entitled[ballot] = mine is not None and mine == theirs
    return sum(BALLOT_BIT[ballot] for ballot in policy.ballots if entitled.get(ballot))
