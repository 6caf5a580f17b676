"""The review queue: what waits for central KPU, as a page and as a file; and a location's proposal in short."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, require
from locations.exporting import safe
from locations.models import Change, SpecialLocation
from regions.models import Region

from .. import queue as queues
from .. import risks
from ..indication import tps_for_estimate
from ..models import Determination, Outcome, Policy, Proposal
from ..states import State

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

PAGE_SIZE: Final = 50
EXPORTED: Final = (
    "kode_lokasi", "nama", "kategori", "kode_wilayah", "terdaftar", "memenuhi_syarat", "tps", "hasil", "keadaan",
    "risiko", "diajukan", "kebijakan", "dihitung", "sumber",
)  # fmt: skip
SOURCE: Final = "TPS Khusus, KPU"


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.VIEW)
    policy = Policy.objects.filter(is_current=True).first()
    if policy is None:
        return render(request, "mapping/queue.html", {"policy": None})
    filters = queues.QueueFilter(request.GET, queues.proposals_for(request.user, policy), user=request.user)
    found = queues.in_order(filters.found, request.GET.get("urut", ""))
    if request.GET.get("format") == "csv":
        return csv_of(found, policy)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("halaman"))
    page.object_list = rows_of(list(page.object_list), policy)
    return render(
        request,
        "mapping/queue.html",
        {
            "policy": policy,
            "page": page,
            "filter": filters,
            "search": request.GET.get("cari", ""),
            "columns": columns(),
            "about": about(filters, page.paginator.count),
            "export_url": f"?{export_parameters(request)}",
        },
    )


def about(filters: queues.QueueFilter, count: int) -> str:
    if filters.is_narrowed:
        return ngettext("%(count)s proposal found", "%(count)s proposals found", count) % {"count": count}
    return ngettext("%(count)s proposal waiting", "%(count)s proposals waiting", count) % {"count": count}


def columns() -> list[dict[str, Any]]:
    return [
        {"label": _("Location"), "sort": "nama"},
        {"label": _("Category"), "sort": "kategori"},
        {"label": _("Eligible"), "sort": "memenuhi_syarat", "is_number": True},
        {"label": _("TPS"), "sort": "tps", "is_number": True},
        {"label": _("Risk"), "sort": "risiko"},
        {"label": _("State")},
        {"label": _("Waiting"), "sort": "menunggu"},
    ]


def rows_of(proposals: list[Any], policy: Policy) -> list[dict[str, Any]]:
    """The finished values of a page's rows; one query for the names of regions."""
    names = region_names(proposals)
    return [
        {
            "url": reverse("mapping:proposal", args=[proposal.pk]),
            "name": proposal.location.name,
            "where": where(proposal.territory, names),
            "kind": proposal.location.kind,
            "eligible": proposal.eligible,
            "tps": proposal.tps or None,
            "badges": risks.badges(proposal, policy),
            "state": proposal.state,
            "has_moved": proposal.moved_since_approval,
            "waiting": waiting(proposal),
        }
        for proposal in proposals
    ]


def region_names(proposals: list[Any]) -> dict[str, Region]:
    codes = {code for proposal in proposals for code in (proposal.territory, proposal.territory[:2])}
    return Region.objects.only("name").in_bulk(sorted(codes))


def where(territory: str, names: dict[str, Region]) -> str:
    """`Kab. Tangerang, Banten`."""
    codes = dict.fromkeys((territory, territory[:2]))
    return ", ".join(names[code].name for code in codes if code in names)


def waiting(proposal: Any) -> str:
    """How long it has waited, in one unit: `3 days`; empty if it does not wait."""
    if proposal.state != State.WAITING:
        return ""
    return timesince(proposal.location.submitted_at, depth=1)


def export_parameters(request: HttpRequest) -> str:
    parameters = request.GET.copy()
    parameters.pop("halaman", None)
    parameters["format"] = "csv"
    return parameters.urlencode()


def csv_of(found: Any, policy: Policy) -> HttpResponse:
    """The filtered rows, each with policy, time of computing and source; no personal data."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    name = f"telaah-{policy.slug}-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f"attachment; filename={quote(name)}"
    response["Cache-Control"] = "no-store"
    writer = csv.writer(response)
    writer.writerow(EXPORTED)
    writer.writerows(csv_row(proposal, policy) for proposal in found)
    return response


def csv_row(proposal: Any, policy: Policy) -> list[Any]:
    location = proposal.location
    submitted = location.submitted_at.isoformat(timespec="seconds") if location.submitted_at else ""
    risk = "+".join(name for name in risks.LABELS if getattr(proposal, f"risk_{name}"))
    return [
        safe(location.code), safe(location.name), location.kind, location.region_id, proposal.registered,
        proposal.eligible, proposal.tps, proposal.outcome, proposal.state, risk, submitted, policy.slug,
        proposal.computed_at.isoformat(timespec="seconds"), SOURCE,
    ]  # fmt: skip


@require_GET
def location_panel(request: HttpRequest, location_id: uuid.UUID) -> HttpResponse:
    """The current proposal of a location in short, for the location's own page; polls while a recompute is pending."""
    require(request.user, Permission.VIEW)
    location = get_object_or_404(SpecialLocation.objects.visible_to(request.user), pk=location_id)
    policy = Policy.objects.filter(is_current=True).first()
    # Asked before the proposal is read: what no longer waits is in it.
    pending = location.is_active and is_pending(request, location)
    proposal = proposal_of(request, location, policy) if policy else None
    template = "mapping/location_panel.html" if request.htmx else "mapping/location_panel_page.html"
    return render(
        request,
        template,
        {
            "location": location,
            "url": reverse("mapping:location_panel", args=[location.pk]),
            "policy": policy,
            "proposal": proposal,
            "outcome": Outcome(proposal.outcome).label if proposal else "",
            "proposal_url": reverse("mapping:proposal", args=[proposal.pk]) if proposal else "",
            "figures": figures_of(proposal) if proposal else [],
            "indication": indication_of(location, policy, proposal),
            "is_pending": pending,
            "final": final_of(request, location, policy) if policy else None,
        },
    )


def final_of(request: HttpRequest, location: SpecialLocation, policy: Policy) -> Determination | None:
    """What is determined of it, with what happened since."""
    return (
        Determination.objects.visible_to(request.user)
        .filter(location=location, policy=policy, reopened_at=None)
        .first()
    )


def proposal_of(request: HttpRequest, location: SpecialLocation, policy: Policy) -> Any:
    in_force = Proposal.objects.visible_to(request.user).in_force(policy)
    return in_force.with_state().filter(location=location).first()


def figures_of(proposal: Proposal) -> list[dict[str, Any]]:
    return [
        {"value": proposal.registered, "label": _("registered")},
        {"value": proposal.eligible, "label": _("eligible")},
        {"value": proposal.tps, "label": _("TPS")},
    ]


def indication_of(location: SpecialLocation, policy: Policy | None, proposal: Proposal | None) -> dict[str, int] | None:
    """What the rough mapping's estimate would give, as long as there are no voters; never counted as a proposal."""
    if policy is None or not location.estimated_voters or (proposal is not None and proposal.registered):
        return None
    return {"voters": location.estimated_voters, "tps": tps_for_estimate(location, policy)}


def is_pending(request: HttpRequest, location: SpecialLocation) -> bool:
    return Change.objects.visible_to(request.user).filter(location=location).exists()
