"""Voters who go to the nearest ordinary TPS, by village: how many, from which locations, why, and their lists."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, may, require
from locations.exporting import safe
from regions.naming import path_above

from .. import ordinary
from ..filters import policy_asked
from ..models import Proposal
from ..ordinary import Village
from ..places import region_asked

if TYPE_CHECKING:
    from django.http import HttpRequest

    from ..models import Policy

VILLAGES_A_PAGE: Final = 50
EXPORTED: Final = (
    "kode_wilayah", "wilayah", "tps_biasa_2024", "kode_lokasi", "nama", "kategori", "pemilih", "kebijakan", "dihitung",
    "sumber",
)  # fmt: skip
SOURCE: Final = "TPS Khusus, KPU"


@require_GET
def to_ordinary_tps(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.VIEW)
    policy = policy_asked(request.GET.get("kebijakan"))
    try:
        region = region_asked(request.GET.get("wilayah") or request.user.territory_id, who=request.user)
    except ValueError:
        raise Http404 from None
    current = Proposal.objects.visible_to(request.user).current(policy).within(region.pk)
    villages = ordinary.villages(current)
    if request.GET.get("format") == "csv":
        return csv_of(villages, policy)
    page: Any = Paginator(villages, VILLAGES_A_PAGE).get_page(request.GET.get("halaman"))
    sees = may(request.user, Permission.SEE_VOTERS)
    page.object_list = [shown(village, sees_voters=sees) for village in page.object_list]
    context = {
        "policy": policy,
        "region": region,
        "page": page,
        "figures": figures(villages),
        "export_url": f"?{urlencode({**request.GET.dict(), 'format': 'csv'})}",
    }
    return render(request, "mapping/to_ordinary_tps.html", context)


def figures(villages: list[Village]) -> list[dict[str, Any]]:
    return [
        {"value": sum(village.voters for village in villages), "label": _("voters to ordinary TPS")},
        {"value": sum(len(village.proposals) for village in villages), "label": _("locations")},
        {"value": sum(village.is_village for village in villages), "label": _("villages")},
    ]


def shown(village: Village, *, sees_voters: bool) -> dict[str, Any]:
    """A village and its locations in finished values; each leads to the names, masked, of those it counts."""
    return {
        "name": village.region.name,
        "above": path_above(village.region),
        "code": village.region.pk,
        "is_village": village.is_village,
        "regular_tps": village.regular_tps,
        "voters": village.voters,
        "locations": [
            {
                "name": proposal.location.name,
                "kind": proposal.location.kind,
                "voters": proposal.eligible,
                "url": reverse("mapping:proposal", args=[proposal.pk]),
                "list_url": list_url(proposal) if sees_voters else "",
                "why": [sentence.text for sentence in ordinary.why(proposal)],
            }
            for proposal in village.proposals
        ],
    }


def list_url(proposal: Proposal) -> str:
    return f"{reverse('voters:location_list', args=[proposal.location_id])}?reason=eligible"


def csv_of(villages: list[Village], policy: Policy) -> HttpResponse:
    """One row per location; counts, no person."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    name = f"ke-tps-biasa-{policy.slug}-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f"attachment; filename={quote(name)}"
    response["Cache-Control"] = "no-store"
    writer = csv.writer(response)
    writer.writerow(EXPORTED)
    for village in villages:
        for proposal in village.proposals:
            location, computed = proposal.location, proposal.computed_at.isoformat(timespec="seconds")
            writer.writerow(
                [village.region.pk, safe(village.region.name), village.regular_tps, safe(location.code), safe(location.name),
                 location.kind, proposal.eligible, policy.slug, computed, SOURCE]
            )  # fmt: skip
    return response
