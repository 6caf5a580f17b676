"""The condition of the data: from the country down to the location, the worst first, each figure with its rows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, may, require
from regions.levels import COUNTRY_CODE, ancestors, normalise
from regions.models import Region

from .. import condition, exporting
from ..condition import EXPLANATIONS, LABELS, MEASURES, THRESHOLDS, Row
from ..models import ConditionDay, Register, Voter
from .location import csv_answer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

DAYS: Final = 90
DRAWN: Final = ("complete", "valid", "nkk")
CHART_WIDTH, CHART_HEIGHT = 600, 80
EXPORTED: Final = {
    "complete": "lengkap",
    "valid": "valid",
    "nkk": "dengan_nkk",
    "matched": "padan_dengan_asal",
    "duplicate": "ganda",
    "leaving": "keluar_sebelum_hari_h",
    "without_ektp": "belum_ktp_el",
    "listed": "masuk_daftar_coret",
}
SORTS: Final = ("nama", "pemilih", *MEASURES)


@require_GET
def condition_of_data(request: HttpRequest) -> HttpResponse:
    """`wilayah`: country, province or regency; without it the own territory. `urut`: a measure, `-` in front downwards."""
    require(request.user, Permission.VIEW)
    region = region_asked(request)
    polling_day = Register.current().polling_day
    voters = Voter.objects.visible_to(request.user).filter(**condition.within(region.pk))
    found = condition.rows(voters, region.pk, polling_day=polling_day)
    if request.GET.get("format") == "csv":
        return csv_of(found, region)
    may_see = may(request.user, Permission.SEE_VOTERS)
    sums = condition.total(found, region.name, region.pk)
    context = {
        "region": region,
        "crumbs": crumbs(region, request.user),
        "figures": figures(sums, may_see=may_see),
        "rows": [line(row, region.pk, may_see=may_see) for row in in_order(found, request.GET.get("urut", ""))],
        "columns": columns(region.pk),
        "explanations": [(LABELS[measure], EXPLANATIONS[measure], threshold_text(measure)) for measure in MEASURES],
        "chart": chart(request.user, region.pk),
        "export_url": export_url(request),
    }
    return render(request, "voters/condition.html", context)


def region_asked(request: HttpRequest) -> Region:
    """The country, a province or a regency that holds something of the own territory; else 404."""
    try:
        code = normalise(request.GET.get("wilayah") or request.user.territory_id)
    except ValueError:
        raise Http404 from None
    if len(code) > 5 or not shares_ground(code, request.user):
        raise Http404
    return get_object_or_404(Region.objects.current(), pk=code)


def shares_ground(code: str, user: User) -> bool:
    own = user.territory_id
    return own in (COUNTRY_CODE, code) or code.startswith(f"{own}.")


def crumbs(region: Region, user: User) -> list[dict[str, str]]:
    above = [code for code in ancestors(region.pk) if shares_ground(code, user)]
    names = dict(Region.objects.filter(pk__in=above).values_list("pk", "name"))
    trail = [{"label": _("Voters"), "url": reverse("voters:search")}]
    trail += [{"label": names[code], "url": f"?wilayah={code}"} for code in above]
    return [*trail, {"label": _("Condition of the data")}]


def figures(sums: Row, *, may_see: bool) -> list[dict[str, Any]]:
    shares = [
        {
            "value": share_of(sums, measure),
            "label": LABELS[measure],
            "tone": "bad" if sums.is_beyond(measure) else "good" if sums.whole(measure) else "",
            "href": rows_url(sums.key, measure) if may_see else "",
        }
        for measure in MEASURES
    ]
    return [{"value": sums.voters, "label": _("voters")}, *(shares if sums.voters else [])]


def share_of(row: Row, measure: str) -> str:
    return percent(row.share(measure)) if row.whole(measure) else _("nobody yet")


def percent(share: float) -> str:
    return f"{number_format(share, 1)}%"


def rows_url(region_code: str, measure: str) -> str:
    """The search for whom a measure counts in a region."""
    return f"{reverse('voters:search')}?{urlencode({'wilayah': region_code, 'kondisi': measure})}"


def line(row: Row, region_code: str, *, may_see: bool) -> dict[str, Any]:
    """The finished values of one row; each count leads to its rows where one `may_see` them, the name one level down."""
    listed = condition.is_listed_by_location(region_code)
    voters_url = reverse("voters:location_list", args=[row.key]) if listed and may_see else ""
    url = voters_url if listed else f"?wilayah={row.key}"
    return {
        "name": row.name,
        "code": "" if listed else row.key,
        "voters": row.voters,
        "url": url,
        "cells": [
            {
                "count": row.counts[measure],
                "share": share_of(row, measure),
                "width": round(row.share(measure), 1) if row.whole(measure) else 0,
                "is_beyond": row.is_beyond(measure),
                "url": (f"{url}?kondisi={measure}" if listed else rows_url(row.key, measure)) if may_see else "",
            }
            for measure in MEASURES
        ],
    }


def in_order(found: list[Row], asked: str) -> list[Row]:
    """By name, number of voters or a measure's share; the worst first for what is none of these."""
    name = asked.removeprefix("-")
    if name not in SORTS:
        return found
    keys = {"nama": lambda row: row.name, "pemilih": lambda row: row.voters}
    return sorted(found, key=keys.get(name, lambda row: row.share(name)), reverse=asked.startswith("-"))


def columns(region_code: str) -> list[dict[str, Any]]:
    first = _("Location") if condition.is_listed_by_location(region_code) else _("Region")
    return [
        {"label": first, "sort": "nama"},
        {"label": _("Voters"), "sort": "pemilih", "is_number": True},
        *({"label": LABELS[measure], "sort": measure, "is_number": True} for measure in MEASURES),
    ]


def threshold_text(measure: str) -> str:
    words = _("at least %(percent)s%%") if measure in condition.GOOD else _("at most %(percent)s%%")
    return words % {"percent": THRESHOLDS[measure]}


def chart(user: User, region_code: str) -> dict[str, Any] | None:
    """The share of complete and of valid rows over the last days, as the points of two lines."""
    since = timezone.localdate() - timedelta(days=DAYS)
    days = ConditionDay.objects.visible_to(user).filter(day__gte=since, **condition.within(region_code))
    points = condition.trend(days)
    if len(points) < 2:
        return None
    first, last = points[0][0], points[-1][0]
    span = max((last - first).days, 1)
    return {
        "first": first,
        "last": last,
        "lines": [
            {"label": LABELS[measure], "tone": measure, "points": polyline(points, measure, first, span)}
            for measure in DRAWN
        ],
    }


def polyline(points: list[Any], measure: str, first: Any, span: int) -> str:
    """Points of an SVG polyline: days from left to right, 100% at the top."""
    return " ".join(
        f"{round((day - first).days * CHART_WIDTH / span, 1)},{round(CHART_HEIGHT * (1 - row.share(measure) / 100), 1)}"
        for day, row in points
        if measure in row.counts
    )


def export_url(request: HttpRequest) -> str:
    parameters = request.GET.copy()
    parameters["format"] = "csv"
    return f"?{parameters.urlencode()}"


def csv_of(found: list[Row], region: Region) -> HttpResponse:
    header = ["kode", "nama", "pemilih", *EXPORTED.values(), "per_tanggal", "sumber"]
    today = timezone.localdate().isoformat()
    rows = [
        [row.key, row.name, row.voters, *(row.counts[measure] for measure in EXPORTED), today, "TPS Khusus, KPU"]
        for row in found
    ]
    return csv_answer(exporting.as_csv([header, *rows]), f"kondisi-data-{region.pk}-{today}.csv")
