"""The map page: circles for TPS, the table with the same rows, and both as data."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, require
from locations.exporting import safe
from locations.models import Kind
from regions.levels import ancestors
from regions.models import Region

from .. import atlas, summaries
from ..filters import policy_asked
from ..map_form import LEVELS, Question, asked_by_script
from ..models import Policy
from ..places import within

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

EXPORTED: Final = (
    "kode", "nama", "bagian_dari", "kategori", "keadaan", "lokasi", "tps", "terdaftar", "memenuhi_syarat",
    "tps_dibentuk_2024", "lintang", "bujur", "kebijakan", "dihitung", "sumber",
)  # fmt: skip
HEADINGS: Final = {
    "province": _("Province"),
    "regency": _("Regency or city"),
    "location": _("Location"),
    "tps": "TPS",
    "dibentuk": pgettext_lazy("column", "Formed 2024"),
    "pemilih": _("Eligible"),
    "lokasi": _("Locations"),
}
SOURCE: Final = "TPS Khusus, KPU"


@require_GET
def tps_map(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.VIEW)
    policy = Policy.objects.filter(is_current=True).first()
    if policy is None:
        return render(request, "mapping/map.html", {"policy": None})
    question = Question(request.GET, user=request.user, policy=policy)
    places = atlas.in_order(question.atlas.places(question.level), request.GET.get("urut", ""))
    if request.GET.get("format") == "csv":
        return csv_of(places, question)
    return render(request, "mapping/map.html", page_of(request, question, places))


def page_of(request: HttpRequest, question: Question, places: list[atlas.Place]) -> dict[str, Any]:
    level, parameters = question.level, urlencode(question.data_parameters)
    return {
        "body_class": "full",
        "policy": question.policy,
        "question": question,
        "filter": question.form,
        "level": level,
        "places": rows_of(request, places, question),
        "columns": columns(level, question),
        "figures": figures(question),
        "title": question.region.name,
        "crumbs": crumbs(question.region, request.user),
        "data_url": f"{reverse('mapping:map_data')}?{parameters}",
        "export_url": export_url(request),
        "headings": list(HEADINGS.items()),
        "kinds": Kind.values,
        "states": [value for value, _label in atlas.STATES],
        "as_of": summaries.as_of(question.proposals),
    }


def rows_of(
    request: HttpRequest, places: list[atlas.Place], question: Question
) -> list[tuple[atlas.Place, str, float]]:
    """Each place with its link and the width of its bar in percent of the longest."""
    counts = [place.tps if question.has_proposals else place.formed for place in places]
    most = max([1, *counts])
    return [
        (place, region_url(request, place), round(100 * count / most, 1))
        for place, count in zip(places, counts, strict=True)
    ]


def region_url(request: HttpRequest, place: atlas.Place) -> str:
    """The proposal of a location; this page, one level deeper, for a region."""
    if place.kind:
        return place.href
    parameters = request.GET.copy()
    for name in ("tingkat", "urut", "wilayah"):
        parameters.pop(name, None)
    return f"{place.href}&{parameters.urlencode()}" if parameters else place.href


def columns(level: str, question: Question) -> list[dict[str, Any]]:
    """Name and sort of the table's columns; the script shows and hides the same ones."""
    has_parts = level != "location"
    figures = {
        "tps": question.has_proposals,
        "dibentuk": question.shows_formed and has_parts,
        "pemilih": question.has_proposals,
        "lokasi": question.has_proposals and has_parts,
    }
    return [
        {"label": HEADINGS[level], "sort": "nama"},
        *({"label": HEADINGS[name], "sort": name, "is_number": True} for name, is_shown in figures.items() if is_shown),
    ]


def figures(question: Question) -> list[dict[str, Any]]:
    """What the rows add up to; those of 2024 as long as there is nothing of our own."""
    totals = question.atlas.totals()
    if not question.has_proposals:
        return [
            {"value": totals["formed"], "label": _("TPS formed in 2024")},
            {"value": totals["villages"], "label": _("villages")},
            {"value": totals["regencies"], "label": _("regencies and cities")},
        ]
    shown = [
        {"value": totals["tps"], "label": _("TPS proposed")},
        {"value": totals["qualified"], "label": _("locations with TPS")},
        {"value": totals["eligible"], "label": _("eligible voters")},
    ]
    if question.shows_formed:
        shown.append({"value": totals["formed"], "label": HEADINGS["dibentuk"]})
    return shown


def crumbs(region: Region, user: User) -> list[dict[str, str]]:
    """The regions above, as far as the person's territory."""
    above = [code for code in ancestors(region.pk) if within(code, user.territory_id)]
    known = Region.objects.only("name").in_bulk(above)
    linked = [{"label": known[code].name, "url": f"?wilayah={code}"} for code in above]
    return [*linked, {"label": region.name}]


def export_url(request: HttpRequest) -> str:
    parameters = request.GET.copy()
    parameters["format"] = "csv"
    return f"?{parameters.urlencode()}"


def csv_of(places: list[atlas.Place], question: Question) -> HttpResponse:
    """The rows of the table, each with policy, time of computing and source."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    name = f"peta-{question.policy.slug}-{question.level}-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f"attachment; filename={quote(name)}"
    response["Cache-Control"] = "no-store"
    as_of = summaries.as_of(question.proposals)
    ends = (question.policy.slug, as_of.isoformat(timespec="seconds") if as_of else "", SOURCE)
    writer = csv.writer(response)
    writer.writerow(EXPORTED)
    writer.writerows([*csv_row(place), *ends] for place in places)
    return response


def csv_row(place: atlas.Place) -> list[Any]:
    return [
        safe(place.key), safe(place.name), place.above, place.kind, place.state, place.locations, place.tps,
        place.registered, place.eligible, place.formed, place.latitude, place.longitude,
    ]  # fmt: skip


@require_GET
def map_data(request: HttpRequest) -> JsonResponse:
    """The rows of one level: `?level=province|regency|location&kind=…&state=…&region=…&layer=…`."""
    require(request.user, Permission.VIEW)
    level = request.GET.get("level", "province")
    if level not in LEVELS.values():
        return JsonResponse({"error": "level"}, status=400)
    question = Question(asked_by_script(request), user=request.user, policy=policy_asked(None))
    if not question.is_valid:
        return JsonResponse({"error": sorted(question.form.errors)}, status=400)
    answer = {"level": level, "places": atlas.as_json(question.atlas.places(level))}
    response = JsonResponse(answer)
    response["Cache-Control"] = "private, no-store"
    return response
