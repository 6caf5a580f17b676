"""Penetapan on the page: what can be made final and what not, the act itself, what is final, and how the ballots will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, may, require
from regions.models import Region
from voters.models import Voter

from .. import determination, followup, printed
from ..ballots import LABELS
from ..filters import policy_asked
from ..forms import ReopenForm
from ..models import Assignment, Determination, Proposal
from ..places import region_asked

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

    from ..determination import Readiness
    from ..models import Policy
    from ..printed import Printed

ROWS_A_PAGE: Final = 50


@require_http_methods(["GET", "POST"])
def determinations(request: HttpRequest) -> HttpResponse:
    """`wilayah`: what of a region is ready, what stands in the way of the rest, and what is final already."""
    require(request.user, Permission.VIEW)
    policy = policy_asked(None)
    region = _region(request)
    if request.method == "POST":
        return _determine(request, policy, region)
    proposals = Proposal.objects.visible_to(request.user).within(region.pk)
    found = determination.readiness(proposals, policy)
    final = _final(request, policy, region)
    page = Paginator(final, ROWS_A_PAGE).get_page(request.GET.get("halaman"))
    context = {
        "policy": policy,
        "region": region,
        "regions": _choices(request),
        "ready": found.ready,
        "seen": found.seen,
        "button": _button(found),
        "blocked": [(each, [determination.BLOCKED[code] for code in codes]) for each, codes in found.blocked],
        "page": page,
        "figures": _figures(found, final),
        "may_determine": may(request.user, Permission.DECIDE),
    }
    return render(request, "mapping/determinations.html", context)


def _region(request: HttpRequest) -> Region:
    code = request.GET.get("wilayah") or request.POST.get("wilayah") or request.user.territory_id
    try:
        return region_asked(code, who=request.user)
    except ValueError:
        raise Http404 from None


def _choices(request: HttpRequest) -> list[tuple[str, str]]:
    """The own territory, and for central KPU every province."""
    user = request.user
    own = [(user.territory_id, user.territory.name)]
    if not user.is_central:
        return own
    return own + list(Region.objects.current().filter(level=1).order_by("name").values_list("pk", "name"))


def _determine(request: HttpRequest, policy: Policy, region: Region) -> HttpResponse:
    require(request.user, Permission.DECIDE)
    address = f"{reverse('mapping:determinations')}?wilayah={region.pk}"
    try:
        act = determination.determine(
            policy=policy, region=region, seen=request.POST.get("seen", "")[:64], by=request.user
        )
    except determination.Moved:
        messages.error(request, _("Nothing was determined: the data moved while the page was open. Look at it again."))
        return redirect(address)
    count = Determination.objects.visible_to(request.user).filter(act=act).count()
    words = ngettext("%(count)s location is determined.", "%(count)s locations are determined.", count)
    messages.success(request, words % {"count": count})
    return redirect(address)


def _final(request: HttpRequest, policy: Policy, region: Region) -> Any:
    final = Determination.objects.visible_to(request.user).filter(policy=policy, reopened_at=None)
    if region.pk != "00":
        final = final.filter(Q(location__region=region.pk) | Q(location__region__code__startswith=f"{region.pk}."))
    return final.select_related("location", "determined_by", "proposal").order_by("location__code")


def _button(found: Readiness) -> str:
    """`Tetapkan 12 TPS di 5 lokasi`."""
    figures = {"tps": found.tps, "count": len(found.ready)}
    words = ngettext(
        "Determine %(tps)s TPS at %(count)s location", "Determine %(tps)s TPS at %(count)s locations", len(found.ready)
    )
    return words % figures


def _figures(found: Readiness, final: Any) -> list[dict[str, Any]]:
    return [
        {"value": len(found.ready), "label": _("locations ready")},
        {"value": found.tps, "label": _("TPS ready")},
        {"value": len(found.blocked), "label": _("approved, not ready")},
        {"value": final.count(), "label": _("locations determined")},
    ]


@require_http_methods(["GET", "POST"])
def final(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One location's determination: its TPS with lists and ballots, and, for a reviewer, the way to reopen it."""
    require(request.user, Permission.VIEW)
    visible = Determination.objects.visible_to(request.user)
    shown = get_object_or_404(
        visible.select_related("location", "policy", "proposal__host", "determined_by", "reopened_by"), pk=pk
    )
    form = ReopenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(request.user, Permission.DECIDE)
        if form.is_valid():
            try:
                determination.reopen(determination=shown, reason=form.cleaned_data["reason"], by=request.user)
            except ValidationError as fault:
                form.add_error(None, fault.messages)
            else:
                messages.success(request, _("%(name)s is open again.") % {"name": shown.location.name})
                return redirect("mapping:determination", shown.pk)
    context = {
        "shown": shown,
        "location": shown.location,
        "form": form,
        "may_reopen": shown.reopened_at is None and may(request.user, Permission.DECIDE),
        "stations": [_station(tps) for tps in printed.of(shown)],
        "ballots": [LABELS[ballot] for ballot in shown.policy.ballots],
        "overflow": followup.overflow(shown) if shown.reopened_at is None else 0,
        "crumbs": [
            {"label": _("Determination"), "url": reverse("mapping:determinations")},
            {"label": shown.location.name},
        ],
    }
    return render(request, "mapping/determination.html", context, status=422 if form.errors else 200)


def _station(tps: Printed) -> dict[str, Any]:
    return {
        "number": tps.station.number,
        "listed": tps.listed,
        "gone": tps.gone,
        "late": tps.late,
        "present": tps.listed - tps.gone + tps.late,
        "ballots": tps.ballots,
        "short": tps.short,
    }


@require_GET
def voter_tps(request: HttpRequest, voter_id: uuid.UUID) -> HttpResponse:
    """At which TPS a voter stands, for the voter's own page."""
    require(request.user, Permission.SEE_VOTERS)
    voter = get_object_or_404(Voter.objects.visible_to(request.user), pk=voter_id)
    placed = Assignment.objects.visible_to(request.user).filter(voter=voter, is_in_force=True)
    found = placed.select_related("tps__determination__location", "tps__village").first()
    template = "mapping/voter_tps.html" if request.htmx else "mapping/voter_tps_page.html"
    return render(request, template, {"voter": voter, "assignment": found})
