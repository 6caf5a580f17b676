"""Numbers over time: the versions of one location's proposal, and every run with its cause, duration and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, require
from locations.models import SpecialLocation

from .. import history, picture
from ..filters import RunFilter
from ..models import Policy, Proposal, Run

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

VERSIONS_A_PAGE: Final = 20
RUNS_A_PAGE: Final = 50


@require_GET
def versions(request: HttpRequest, location_id: uuid.UUID) -> HttpResponse:
    """Every version of a location under one policy, newest first, each with what changed in words."""
    require(request.user, Permission.VIEW)
    location = get_object_or_404(SpecialLocation.objects.visible_to(request.user), pk=location_id)
    policies = policies_of(request, location)
    policy = chosen(policies, request.GET.get("kebijakan", ""))
    context = {"location": location, "policies": policies, "policy": policy, "crumbs": crumbs(location)}
    if policy is not None:
        context |= page_of(request, location, policy)
    return render(request, "mapping/history.html", context)


def policies_of(request: HttpRequest, location: SpecialLocation) -> list[Policy]:
    """The policies under which the location was ever planned, the current one first."""
    planned = Proposal.objects.visible_to(request.user).filter(location=location).values("policy")
    return list(Policy.objects.filter(pk__in=planned).order_by("-is_current", "is_draft", "polling_day", "slug"))


def chosen(policies: list[Policy], slug: str) -> Policy | None:
    asked = [policy for policy in policies if policy.slug == slug]
    return next(iter(asked or policies), None)


def page_of(request: HttpRequest, location: SpecialLocation, policy: Policy) -> dict[str, Any]:
    found = history.versions_of(location, policy, request.user)
    page = Paginator(found, VERSIONS_A_PAGE).get_page(request.GET.get("halaman"))
    # One more than the page shows: the last one shown is compared with it.
    first = page.start_index() - 1 if page.paginator.count else 0
    shown = list(found[first : first + VERSIONS_A_PAGE + 1])
    names = picture.block_names(shown[0], request.user) if shown else {}
    page.object_list = history.steps(shown, names)[:VERSIONS_A_PAGE]
    return {"page": page}


def crumbs(location: SpecialLocation) -> list[dict[str, str]]:
    return [
        {"label": _("Special locations"), "url": reverse("locations:list")},
        {"label": location.name, "url": reverse("locations:detail", args=[location.pk])},
        {"label": _("History of the proposal")},
    ]


@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """Every recompute of the own territory, newest first."""
    require(request.user, Permission.VIEW)
    found = Run.objects.visible_to(request.user).select_related("policy").order_by("-started_at", "-pk")
    filters = RunFilter(request.GET, found)
    page = Paginator(filters.found, RUNS_A_PAGE).get_page(request.GET.get("halaman"))
    return render(request, "mapping/runs.html", {"page": page, "filter": filters, "columns": run_columns()})


def run_columns() -> list[dict[str, Any]]:
    figures = (_("Locations"), _("New versions"), _("TPS"), _("Registered"), _("Eligible"), _("Seconds"))
    return [
        {"label": _("When")},
        {"label": _("Region")},
        {"label": _("Policy")},
        {"label": _("Cause")},
        *({"label": label, "is_number": True} for label in figures),
    ]
