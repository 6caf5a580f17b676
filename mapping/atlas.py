"""What does the map show on one level, and the table beside it? The same rows, each with figures and a point."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, F, Sum
from django.db.models.functions import Substr
from django.urls import reverse

from regions.levels import COUNTRY_CODE, Level, parent_code
from regions.models import FormedTPS, Region

from . import summaries
from .indication import tps_for_estimate
from .places import centres_of, points_of
from .states import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .models import Policy
    from .places import Point
    from .querysets import ProposalQuerySet

REGION_LEVELS: Final = {"province": Level.PROVINCE, "regency": Level.REGENCY}
LEVELS: Final = (*REGION_LEVELS, "location")
FORMED_EDITION: Final = "pemilu-2024"
STATES: Final = [choice for choice in State.choices if choice[0] != State.REJECTED]
"""Rejected locations ask for nothing any more and stand on no map."""

FIGURES: Final = ("tps", "registered", "eligible", "locations")
SORTS: Final = {"nama": "name", "tps": "tps", "pemilih": "eligible", "lokasi": "locations", "dibentuk": "formed"}


@dataclass(frozen=True, slots=True)
class Place:
    """One circle and one row: a region (`key` its code) or a location (`key` its code, with kind and state).

    `formed` are the TPS that KPU formed there in 2024, `indication` those that a mere estimate would give.
    Without a point (no `latitude`) it is a row only.
    """

    key: str
    name: str
    above: str
    href: str
    latitude: float | None = None
    longitude: float | None = None
    is_approximate: bool = False
    tps: int = 0
    formed: int = 0
    registered: int = 0
    eligible: int = 0
    locations: int = 0
    kind: str = ""
    state: str = ""
    indication: int = 0


@dataclass(frozen=True, slots=True)
class Atlas:
    """The proposals of one policy that somebody may see and asked for, within one region.

    `with_formed` adds the layer of 2024; a region that only has TPS of 2024 then is a row too.
    """

    proposals: ProposalQuerySet
    policy: Policy
    region: Region
    with_formed: bool

    def places(self, level: str) -> list[Place]:
        """The rows of one level (`province`, `regency`, `location`), those with most TPS first."""
        found = self.locations() if level == "location" else self.regions(REGION_LEVELS[level])
        return sorted(found, key=lambda place: (-place.tps, -place.formed, place.name))

    def regions(self, level: Level) -> list[Place]:
        rows = {row.region: row for row in summaries.by_level(self.proposals, level) if row.region}
        formed = formed_by(level, self.region.pk) if self.with_formed else {}
        codes = rows.keys() | formed.keys()
        names = Region.objects.only("name").in_bulk({*codes, *map(parent_code, codes)})
        empty = summaries.Row(region=None, name=None)
        return located(
            Place(
                key=code,
                name=names[code].name,
                above=names[parent_code(code)].name if level > Level.PROVINCE else "",
                href=f"?wilayah={code}",
                formed=formed.get(code, 0),
                **{name: getattr(rows.get(code, empty), name) for name in FIGURES},
            )
            for code in sorted(codes)
        )

    def locations(self) -> list[Place]:
        proposals = list(self.proposals.with_state().select_related("location__region__parent"))
        points = points_of((p.location.region_id, p.location.latitude, p.location.longitude) for p in proposals)
        return [at_point(self.location(proposal), point) for proposal, point in zip(proposals, points, strict=True)]

    def location(self, proposal: Any) -> Place:
        """A proposal with its state."""
        location = proposal.location
        region = location.region
        return Place(
            key=location.code,
            name=location.name,
            above=f"{region.name}, {region.parent.name}" if region.parent else region.name,
            href=reverse("mapping:proposal", args=[proposal.pk]),
            tps=proposal.tps,
            registered=proposal.registered,
            eligible=proposal.eligible,
            locations=1,
            kind=location.kind,
            state=proposal.state,
            indication=0 if proposal.registered else tps_for_estimate(location, self.policy),
        )

    def totals(self) -> dict[str, int]:
        """TPS, locations with TPS and eligible voters of all rows, and the same of 2024: TPS, villages, regencies."""
        figures = summaries.totals(summaries.by_level(self.proposals, Level.PROVINCE))
        of_2024 = formed_within(self.region.pk).aggregate(
            formed=Sum("tps"), villages=Count("village_code"), regencies=Count("region", distinct=True)
        )
        return {name: figures[name] for name in summaries.FIGURES} | {k: v or 0 for k, v in of_2024.items()}


def formed_within(region_code: str) -> Any:
    found = FormedTPS.objects.filter(edition=FORMED_EDITION)
    return found if region_code == COUNTRY_CODE else found.filter(region__in=regencies_within(region_code))


def regencies_within(region_code: str) -> Any:
    """The regencies in a region, or the one that holds it: the TPS of 2024 are known no finer."""
    return Region.objects.of_level(Level.REGENCY).within(region_code[:5]).values("pk")


def formed_by(level: Level, region_code: str) -> dict[str, int]:
    """TPS formed in 2024 by region code."""
    grouped = formed_within(region_code).values(code=Substr(F("region_id"), 1, level.width))
    return dict(grouped.annotate(total=Sum("tps")).order_by("code").values_list("code", "total"))


def located(places: Iterable[Place]) -> list[Place]:
    """Regions, each at its middle, which is where a region is."""
    known = list(places)
    centres = centres_of({place.key for place in known})
    return [replace(at_point(place, centres.get(place.key)), is_approximate=False) for place in known]


def at_point(place: Place, point: Point | None) -> Place:
    if point is None:
        return place
    return replace(place, latitude=point.latitude, longitude=point.longitude, is_approximate=point.is_approximate)


def in_order(places: list[Place], asked: str) -> list[Place]:
    """By one of SORTS, downwards with `-` in front; as they are for what is none."""
    column = SORTS.get(asked.removeprefix("-"))
    if column is None:
        return places
    return sorted(places, key=attrgetter(column), reverse=asked.startswith("-"))


def as_json(places: list[Place]) -> list[dict[str, Any]]:
    return [asdict(place) for place in places]
