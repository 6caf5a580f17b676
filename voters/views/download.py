"""Voters of a location, or of the search over all, as far as the filters leave them, as a file: hidden or in full, CSV or XLSX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, may, require

from .. import exporting
from ..filters import SearchFilter, in_order
from ..forms import DownloadForm
from ..models import Voter
from .location import book_answer, crumbs, csv_stream, matching, one_location

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, StreamingHttpResponse

    from accounts.models import User
    from locations.models import SpecialLocation

REFUSED: Final = 422


@require_http_methods(["GET", "POST"])
@never_cache
def location_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """Filters as the list has them. A POST gives the file, and is recorded."""
    require(request.user, Permission.SEE_VOTERS)
    location = one_location(request.user, pk)
    _filters, standing, ids = matching(request, location)
    form = DownloadForm(
        request.POST if request.method == "POST" else None,
        may_reveal=may(request.user, Permission.REVEAL_IDENTITY),
        rows=len(ids),
    )
    if not form.is_valid():
        return location_page(request, location, form, len(ids))
    given: dict[str, Any] = form.cleaned_data
    name = f"pemilih-{location.code}-{timezone.localdate().isoformat()}"
    if given["isi"] == DownloadForm.OVERVIEW:
        overview = exporting.export(location=location, voter_ids=ids, standing=standing, by=request.user)
        return csv_stream(exporting.csv_pieces(overview), f"{name}.csv")
    if given["isi"] == DownloadForm.FULL:
        rows = exporting.export_in_full(location=location, voter_ids=ids, reason=given["reason"], by=request.user)
    else:
        rows = exporting.export_list(location=location, voter_ids=ids, by=request.user)
    if given["bentuk"] == DownloadForm.XLSX:
        return book_answer(exporting.as_book(rows), f"{name}.xlsx")
    return csv_stream(exporting.csv_pieces(rows), f"{name}.csv")


@require_http_methods(["GET", "POST"])
@never_cache
def voters_download(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Filters as the search has them; without any, everybody of the own territory. A POST gives the file, and is recorded."""
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.SEE_VOTERS)
    filters = SearchFilter(request.GET, Voter.objects.visible_to(user))
    found = in_order(filters.found, request.GET.get("urut", ""))
    count = found.count()
    form = DownloadForm(
        request.POST if request.method == "POST" else None,
        may_reveal=may(user, Permission.REVEAL_IDENTITY),
        rows=count,
        has_overview=False,
    )
    if not form.is_valid():
        return search_page(request, form, count)
    given: dict[str, Any] = form.cleaned_data
    if given["isi"] == DownloadForm.FULL:
        rows = exporting.export_found_in_full(found=found, filters=filters.asked, reason=given["reason"], by=user)
    else:
        rows = exporting.export_found(found=found, filters=filters.asked, by=user)
    name = f"pemilih-{user.territory_id}-{timezone.localdate().isoformat()}"
    if given["bentuk"] == DownloadForm.XLSX:
        return book_answer(exporting.as_book(rows), f"{name}.xlsx")
    return csv_stream(exporting.csv_pieces(rows), f"{name}.csv")


def location_page(request: HttpRequest, location: SpecialLocation, form: DownloadForm, count: int) -> HttpResponse:
    listed = reverse("voters:location_list", args=[location.pk])
    trail = [*crumbs(location), {"label": _("Voters"), "url": listed}, {"label": _("Download")}]
    title = _("Download the voters of %(name)s") % {"name": location.name}
    return page(request, form, count, title=title, crumbs=trail, back_url=listed)


def search_page(request: HttpRequest, form: DownloadForm, count: int) -> HttpResponse:
    search = reverse("voters:search")
    trail = [{"label": _("Voters"), "url": search}, {"label": _("Download")}]
    return page(request, form, count, title=_("Download voters"), crumbs=trail, back_url=search)


def page(
    request: HttpRequest, form: DownloadForm, count: int, *, title: str, crumbs: list[dict[str, str]], back_url: str
) -> HttpResponse:
    """What is taken along, and how many rows; back to the list with the filters it had."""
    context = {
        "form": form,
        "title": title,
        "count": count,
        "cancel_url": f"{back_url}?{request.GET.urlencode()}",
        "crumbs": crumbs,
    }
    return render(request, "voters/download.html", context, status=REFUSED if form.is_bound else 200)
