"""Penetapan on the page: what can be made final and what not, the act itself, what is final, and how the ballots will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, may, require
from regions.models import Region
from voters.models import Voter

from .. import determination, followup
from ..ballots import LABELS
from ..core.forecast import Forecast, forecast
from ..core.plan import BALLOTS
from ..filters import policy_asked
from ..forms import ReopenForm
from ..models import Assignment, Determination, Proposal
from ..places import region_asked

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

    from ..determination import Readiness
    from ..models import Policy

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
        "stations": [_station(station, shown.policy) for station in _stations(shown)],
        "ballots": [LABELS[ballot] for ballot in shown.policy.ballots],
        "overflow": followup.overflow(shown) if shown.reopened_at is None else 0,
        "crumbs": [
            {"label": _("Determination"), "url": reverse("mapping:determinations")},
            {"label": shown.location.name},
        ],
    }
    return render(request, "mapping/determination.html", context, status=422 if form.errors else 200)


def _stations(shown: Determination) -> Any:
    """Its own TPS; their figures count the places on the lists, in force or as they were."""
    in_force = shown.reopened_at is None
    on_list = Q(assignments__is_in_force=in_force)
    gone = Q(assignments__voter__departure__lte=shown.policy.polling_day)
    late = Q(assignments__kind=Assignment.Kind.LATE)
    return shown.stations.annotate(
        listed=Count("assignments", filter=on_list & ~late),
        late=Count("assignments", filter=on_list & late & ~gone),
        gone=Count("assignments", filter=on_list & ~late & gone),
    ).order_by("number")


def _station(station: Any, policy: Policy) -> dict[str, Any]:
    """What is printed, and whether it will do; the worst ballot decides the mark."""
    told = [_forecast(station, policy, ballot) for ballot in policy.ballots]
    return {
        "number": station.number,
        "listed": station.listed,
        "gone": station.gone,
        "late": station.late,
        "present": station.listed - station.gone + station.late,
        "ballots": told,
        "short": max((each.short for each in told), default=0),
    }


def _forecast(station: Any, policy: Policy, ballot: str) -> Forecast:
    """Those gone and late are taken to be entitled in the proportion of the list: which ballots each needs is known only to
    the recount, and the forecast is for acting early."""
    listed = station.ballots[list(BALLOTS).index(ballot)]
    share = listed / station.size if station.size else 0
    return forecast(
        listed=listed,
        gone=round(station.gone * share),
        late=-(-round(station.late * share * 1000) // 1000),
        reserve_percent=policy.reserve_percent,
        departures_percent=policy.departures_for(station.determination.location.kind),
    )


@require_GET
def voter_tps(request: HttpRequest, voter_id: uuid.UUID) -> HttpResponse:
    """At which TPS a voter stands, for the voter's own page."""
    require(request.user, Permission.SEE_VOTERS)
    voter = get_object_or_404(Voter.objects.visible_to(request.user), pk=voter_id)
    placed = Assignment.objects.visible_to(request.user).filter(voter=voter, is_in_force=True)
    found = placed.select_related("tps__determination__location", "tps__village").first()
    template = "mapping/voter_tps.html" if request.htmx else "mapping/voter_tps_page.html"
    return render(request, template, {"voter": voter, "assignment": found})
