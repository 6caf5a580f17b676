"""Which regencies, districts and villages answer to a name or a code? The list below a region picker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.shortcuts import render
from django.views.decorators.http import require_GET

from .levels import COUNTRY_CODE, Level
from .models import Region, RegionQuerySet
from .naming import path_above
from .search import is_code, matching

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MOST: Final = 12
LEAST_LETTERS: Final = 2
LONGEST: Final = 60


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """`cari`: a name, more words narrow by what lies above; or a code. `dalam`: only within this region."""
    words = request.GET.get("cari", "").replace("\x00", "").strip()[:LONGEST]
    within = request.GET.get("dalam", "")
    near = request.user.territory_id[: Level.PROVINCE.width]
    found = (
        find(words, within, near="" if near == COUNTRY_CODE else near)
        if len(words) >= LEAST_LETTERS
        else Region.objects.none()
    )
    regions = [{"code": region.pk, "name": region.name, "path": path_above(region)} for region in found]
    return render(request, "components/region_options.html", {"regions": regions})


def find(words: str, within: str = "", *, near: str = "") -> RegionQuerySet:
    """At most MOST regions of today, the best first: exact name, beginning, larger region, the province `near`."""
    candidates = Region.objects.current().filter(level__gte=Level.REGENCY)
    if within:
        candidates = candidates.within(within) if is_code(within) else candidates.none()
    return matching(candidates, words, near=near).select_related("parent__parent__parent")[:MOST]
