"""The proposals beside what KPU formed for Pemilu 2024, village by village, with the reason of each difference."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, require
from locations.exporting import safe

from .. import formed
from ..filters import policy_asked
from ..formed import Cause, Totals, Village
from ..models import Proposal
from ..places import region_asked

if TYPE_CHECKING:
    from django.http import HttpRequest

    from ..models import Policy

VILLAGES_A_PAGE: Final = 100
LABELS: Final = {
    Cause.SAME: gettext_lazy("the same number"),
    Cause.FULLER: gettext_lazy("fuller TPS: each is filled up to the maximum, where 2024 left room"),
    Cause.MORE_PLACES: gettext_lazy("more TPS: several locations, or more voters than in 2024"),
    Cause.NO_PLACE: gettext_lazy("no location in this register"),
    Cause.NEW: gettext_lazy("no TPS in 2024"),
}
EXPORTED: Final = (
    "kode_wilayah", "nama", "tps_biasa_2024", "tps_dibentuk_2024", "tps_usulan", "selisih", "lokasi",
    "memenuhi_syarat", "sebab", "kebijakan", "sumber",
)  # fmt: skip
SOURCE: Final = "KPU, TPS Pemilu 2024; TPS Khusus"


@require_GET
def beside_2024(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.VIEW)
    policy = policy_asked(request.GET.get("kebijakan"))
    try:
        region = region_asked(request.GET.get("wilayah") or request.user.territory_id, who=request.user)
    except ValueError:
        raise Http404 from None
    proposals = Proposal.objects.visible_to(request.user).current(policy).within(region.pk)
    villages = formed.villages(proposals, region.pk)
    if request.GET.get("format") == "csv":
        return csv_of(villages, policy)
    page = Paginator(villages, VILLAGES_A_PAGE).get_page(request.GET.get("halaman"))
    page.object_list = [(village, LABELS[village.cause]) for village in page.object_list]
    sums = formed.totals(villages)
    context = {
        "policy": policy,
        "region": region,
        "page": page,
        "figures": figures(sums),
        "causes": causes(sums),
        "export_url": export_url(request),
    }
    return render(request, "mapping/beside_2024.html", context)


def figures(sums: Totals) -> list[dict[str, Any]]:
    return [
        {"value": sums.formed, "label": _("TPS formed in 2024")},
        {"value": sums.proposed, "label": _("TPS proposed")},
        {"value": sums.eligible, "label": _("eligible voters")},
        {"value": round(sums.voters_per_tps), "label": _("voters per TPS now")},
        {"value": round(formed.VOTERS_2024 / formed.TPS_2024), "label": _("voters per TPS in 2024, nationwide")},
    ]


def causes(sums: Totals) -> list[dict[str, Any]]:
    """Every cause with its villages and the TPS it explains, the largest part first."""
    found = sorted(sums.by_cause.items(), key=lambda item: -abs(item[1][1]))
    return [{"label": LABELS[cause], "villages": count, "tps": signed(tps)} for cause, (count, tps) in found]


def signed(number: int) -> str:
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return sign + number_format(abs(number), force_grouping=True)


def export_url(request: HttpRequest) -> str:
    parameters = request.GET.copy()
    parameters.pop("halaman", None)
    parameters["format"] = "csv"
    return f"?{parameters.urlencode()}"


def csv_of(villages: list[Village], policy: Policy) -> HttpResponse:
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    name = f"dibanding-2024-{policy.slug}-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f"attachment; filename={quote(name)}"
    response["Cache-Control"] = "no-store"
    writer = csv.writer(response)
    writer.writerow(EXPORTED)
    writer.writerows([*csv_row(village), policy.slug, SOURCE] for village in villages)
    return response


def csv_row(village: Village) -> list[Any]:
    return [
        village.code, safe(village.name), village.regular, village.formed, village.proposed, village.difference,
        village.locations, village.eligible, village.cause.value,
    ]  # fmt: skip
