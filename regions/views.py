"""Which regencies, districts and villages answer to a name or a code? The list below a region picker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Case, Q, Value, When
from django.shortcuts import render
from django.views.decorators.http import require_GET

from .levels import Level, level_of, normalise
from .models import Region, RegionQuerySet

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
    found = find(words, within) if len(words) >= LEAST_LETTERS else Region.objects.none()
    regions = [{"code": region.pk, "name": region.name, "path": path_above(region)} for region in found]
    return render(request, "components/region_options.html", {"regions": regions})


def find(words: str, within: str = "") -> RegionQuerySet:
    """At most MOST regions of today, the best first: exact name, beginning, larger region."""
    candidates = Region.objects.current().filter(level__gte=Level.REGENCY)
    if within:
        candidates = candidates.within(within) if is_code(within) else candidates.none()
    named = with_code(candidates, words) if words[0].isdigit() else with_name(candidates, words)
    return named.select_related("parent__parent__parent")[:MOST]


def with_code(regions: RegionQuerySet, text: str) -> RegionQuerySet:
    """Codes that begin so, typed with or without dots, to the end or not."""
    beginnings = {text, "".join(text.split())}
    if is_code(text):
        beginnings.add(normalise(text))
    matches = Q()
    for beginning in beginnings:
        matches |= Q(pk__startswith=beginning)
    return regions.filter(matches).order_by("pk")


def with_name(regions: RegionQuerySet, words: str) -> RegionQuerySet:
    first, *others = words.split()
    found = regions.filter(name__icontains=first)
    for word in others:
        found = found.filter(
            Q(name__icontains=word) | Q(parent__name__icontains=word) | Q(parent__parent__name__icontains=word)
        )
    rank = Case(
        When(name__iexact=words, then=Value(0)),
        When(name__istartswith=words, then=Value(1)),
        When(name__istartswith=first, then=Value(2)),
        default=Value(3),
    )
    return found.order_by(rank, "level", "name", "pk")


def path_above(region: Region) -> str:
    """`Jambe, Tangerang, Banten` for a village of it."""
    names, above = [], region.parent
    while above is not None and above.level > Level.COUNTRY:
        names.append(above.name)
        above = above.parent
    return ", ".join(names)


def is_code(text: str) -> bool:
    try:
        level_of(normalise(text))
    except ValueError:
        return False
    return True
