"""Where is it: which region does somebody ask about, and at which point of the map does a location stand?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.http import Http404

from regions import levels
from regions.levels import COUNTRY_CODE, Level
from regions.models import Region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import ApiToken, User


class Point(NamedTuple):
    """Degrees, WGS 84. Approximate: the middle of the smallest region known to have one."""

    latitude: float
    longitude: float
    is_approximate: bool


def region_asked(code: str, *, who: User | ApiToken) -> Region:
    """The region in force of this code, dotted or not, where it shares ground with the territory of `who`.

    Foreign and non-existent alike raise Http404. Raises ValueError for what is no code.
    """
    region = Region.objects.current().filter(pk=levels.normalise(code)).first()
    if region is None or not share_ground(region.pk, who.territory_id):
        raise Http404
    return region


def share_ground(one: str, other: str) -> bool:
    """True if one of two region codes lies within the other."""
    return within(one, other) or within(other, one)


def within(code: str, whole: str) -> bool:
    return whole in (COUNTRY_CODE, code) or code.startswith(f"{whole}.")


def points_of(places: Iterable[tuple[str, float | None, float | None]]) -> list[Point | None]:
    """A point for each (region code, latitude, longitude): its own, else that of the nearest region above with one.

    One query. None where not even the province has a point.
    """
    known = list(places)
    centres = centres_of({code for code, latitude, _ in known if latitude is None})
    return [
        centre(code, centres) if latitude is None or longitude is None else Point(latitude, longitude, False)
        for code, latitude, longitude in known
    ]


def centres_of(codes: set[str]) -> dict[str, Point]:
    """The middles of the regions that hold these codes, by code; villages have none."""
    above = {code[: level.width] for code in codes for level in (Level.PROVINCE, Level.REGENCY, Level.DISTRICT)}
    found = Region.objects.only("latitude", "longitude").in_bulk(sorted(above))
    return {
        code: Point(region.latitude, region.longitude, True)
        for code, region in found.items()
        if region.latitude is not None and region.longitude is not None
    }


def centre(code: str, centres: dict[str, Point]) -> Point | None:
    """The middle of the smallest known region that holds `code`."""
    chain = [code, *reversed(levels.ancestors(code))]
    return next((centres[holder] for holder in chain if holder in centres), None)
