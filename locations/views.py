"""The pages of special locations: list, one of them, enter, correct, submit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import AuditEntry
from accounts.permissions import Permission, may, require
from regions.naming import path_of

from . import exporting, registration
from .filters import LocationFilter, in_order
from .forms import LocationForm, blocks_of, brought_up_to_date, initial_of, values_of
from .models import Block, SpecialLocation
from .words import action_label, facts_of, field_labels, figures_of, obstacles_of, region_name

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

    from accounts.models import User

    from .querysets import SpecialLocationQuerySet

PAGE_SIZE: Final = 50
HISTORY_LENGTH: Final = 30


@require_GET
def location_list(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.VIEW)
    everything = SpecialLocation.objects.visible_to(request.user).with_place()
    filters = LocationFilter(request.GET, everything, user=request.user)
    found = in_order(filters.found, request.GET.get("urut", ""))
    if request.GET.get("format") == "csv":
        return csv_of(found, request.user)
    return render(
        request,
        "locations/list.html",
        {
            "page": page_of(found, request.GET.get("halaman")),
            "filter": filters,
            "search": request.GET.get("cari", ""),
            "columns": columns(),
            "export_url": f"?{export_parameters(request)}",
            "may_enter": may(request.user, Permission.ENTER),
        },
    )


def page_of(found: SpecialLocationQuerySet, number: str | None) -> Any:
    page = Paginator(found, PAGE_SIZE).get_page(number)
    page.object_list = [(location, path_of(location.region)) for location in page.object_list]
    return page


def columns() -> list[dict[str, Any]]:
    return [
        {"label": _("Location"), "sort": "nama"},
        {"label": _("Category"), "sort": "kategori"},
        {"label": _("Code"), "sort": "kode"},
        {"label": _("Estimated voters"), "sort": "perkiraan", "is_number": True},
        {"label": _("Remarks")},
        {"label": _("Submitted"), "sort": "diajukan"},
    ]


def export_parameters(request: HttpRequest) -> str:
    parameters = request.GET.copy()
    parameters.pop("halaman", None)
    parameters["format"] = "csv"
    return parameters.urlencode()


def csv_of(found: SpecialLocationQuerySet, user: User) -> HttpResponse:
    """The filtered rows in the columns of the import; with a byte order mark, by which spreadsheets know UTF-8."""
    text = exporting.export(locations=found, by=user)
    response = HttpResponse(f"\ufeff{text}", content_type="text/csv; charset=utf-8")
    name = f"lokasi-khusus-{user.territory_id}-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f"attachment; filename={quote(name)}"
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.VIEW)
    location = one_of(request.user, pk)
    blocks = Block.objects.visible_to(request.user).filter(location=location).order_by("name")
    names = [block.name for block in blocks]
    return render(
        request,
        "locations/detail.html",
        {
            "location": location,
            "crumbs": crumbs(location),
            "path": path_of(location.region),
            "figures": figures_of(location, len(names)),
            "facts": facts_of(location),
            "blocks": names,
            "obstacles": obstacles_of(location),
            "may_correct": location.is_active and may(request.user, Permission.ENTER),
            "may_submit": is_submittable(location) and may(request.user, Permission.SUBMIT),
            "withdraw_url": url_if_any("voters:withdraw_location", location.pk),
            "panels": panels_of(location, request.user),
            "history": history_of(location, request.user),
        },
    )


def is_submittable(location: SpecialLocation) -> bool:
    return location.is_active and location.submitted_at is None


def panels_of(location: SpecialLocation, user: User) -> list[dict[str, str]]:
    """What the apps above show of this location, asked for by the name of their address."""
    wanted = [("mapping:location_panel", _("Proposed TPS"))]
    if may(user, Permission.SEE_VOTERS):
        wanted.append(("voters:location_panel", _("Voters")))
    found = [{"url": url_if_any(name, location.pk), "title": title} for name, title in wanted]
    return [panel for panel in found if panel["url"]]


def url_if_any(name: str, *args: Any) -> str:
    """The address of a page of an app above, empty where that app is not part of this installation."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def history_of(location: SpecialLocation, user: User) -> list[tuple[AuditEntry, str, str]]:
    """Entry, what was done, and which fields it touched; for those who read the audit trail."""
    if not may(user, Permission.READ_AUDIT):
        return []
    entries = AuditEntry.objects.visible_to(user).filter(
        subject_type=SpecialLocation._meta.label_lower, subject_id=str(location.pk)
    )
    newest = entries.order_by("-pk")[:HISTORY_LENGTH]
    return [(entry, action_label(entry.action), field_labels(entry.details.get("fields", []))) for entry in newest]


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.ENTER)
    form = LocationForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            location = registration.enter(data=values_of(form), by=request.user)
        except ValidationError as faults:
            form.add_error(None, faults)
        else:
            messages.success(
                request, _("%(name)s is entered as %(code)s.") % {"name": location.name, "code": location.code}
            )
            return redirect("locations:detail", location.pk)
    return render(
        request, "locations/form.html", form_page(form, request.user) | {"crumbs": crumbs(here=_("New location"))}
    )


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.ENTER)
    location = one_of(request.user, pk)
    blocks = blocks_of(location, request.user)
    form = LocationForm(request.POST or None, initial=initial_of(location, blocks), user=request.user, blocks=blocks)
    if form.is_valid():
        try:
            registration.correct(
                location=location, data=values_of(form), seen_version=form.cleaned_data["version"] or 0, by=request.user
            )
        except registration.Outdated as late:
            return conflict(request, form, late.current)
        except ValidationError as faults:
            form.add_error(None, faults)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": location.name})
            return redirect("locations:detail", location.pk)
    return render(request, "locations/form.html", edit_page(form, location, request.user))


def conflict(request: HttpRequest, form: LocationForm, current: SpecialLocation) -> HttpResponse:
    """Nothing was saved: the page shows what somebody else saved meanwhile, and keeps what was typed."""
    renewed, movements = brought_up_to_date(form, current, request.user)
    page = edit_page(renewed, current, request.user) | {"movements": movements, "is_outdated": True}
    return render(request, "locations/form.html", page, status=409)


def edit_page(form: LocationForm, location: SpecialLocation, user: User) -> dict[str, Any]:
    return form_page(form, user, location.territory) | {
        "location": location,
        "crumbs": crumbs(location, pgettext("verb", "Correct")),
        "cancel_url": reverse("locations:detail", args=[location.pk]),
    }


def form_page(form: LocationForm, user: User, territory: str = "") -> dict[str, Any]:
    within = territory or user.territory_id
    return {
        "form": form,
        "region_url": f"{reverse('regions:search')}?dalam={within}",
        "region_chosen": region_name(str(form["region"].value() or ""), form.fields["region"].allowed),
        "within": within,
        "cancel_url": reverse("locations:list"),
    }


@require_POST
def submit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.SUBMIT)
    location = one_of(request.user, pk)
    try:
        registration.submit(location=location, by=request.user)
    except ValidationError as faults:
        messages.error(request, " ".join(faults.messages))
    else:
        messages.success(request, _("%(name)s is submitted to the centre.") % {"name": location.name})
    return redirect("locations:detail", location.pk)


def one_of(user: User, pk: uuid.UUID) -> SpecialLocation:
    """The location, or 404 for a foreign one as for one that does not exist."""
    visible = SpecialLocation.objects.visible_to(user).with_place().select_related("submitted_by", "withdrawn_by")
    return get_object_or_404(visible, pk=pk)


def crumbs(location: SpecialLocation | None = None, here: str = "") -> list[dict[str, str]]:
    trail = [{"label": _("Locations"), "url": reverse("locations:list")}]
    if location is not None:
        trail.append({"label": location.name, "url": reverse("locations:detail", args=[location.pk]) if here else ""})
    return [*trail, {"label": here}] if here else trail
