"""The voters of a location, as far as the filters leave them, as a file: hidden or in full, CSV or XLSX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, may, require

from .. import books, exporting
from ..filters import VoterFilter
from ..forms import DownloadForm
from ..models import Voter
from ..standing import standing_of
from .location import blocks_of, book_answer, crumbs, csv_answer, found_by, one_location

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

    from locations.models import SpecialLocation

REFUSED: Final = 422


@require_http_methods(["GET", "POST"])
@never_cache
def location_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Filters as the list has them. A POST gives the file, and is recorded."""
    require(request.user, Permission.SEE_VOTERS)
    location = one_location(request.user, pk)
    everybody = Voter.objects.visible_to(request.user).at(location.pk)
    standing = standing_of(everybody)
    filters = VoterFilter(request.GET, everybody, blocks=blocks_of(location, request.user))
    ids = found_by(filters, standing, request)
    form = DownloadForm(
        request.POST if request.method == "POST" else None,
        may_reveal=may(request.user, Permission.REVEAL_IDENTITY),
        rows=len(ids),
    )
    if not form.is_valid():
        return page(request, location, form, len(ids))
    given: dict[str, Any] = form.cleaned_data
    name = f"pemilih-{location.code}-{timezone.localdate().isoformat()}"
    if given["isi"] == DownloadForm.OVERVIEW:
        text = exporting.export(location=location, voter_ids=ids, standing=standing, by=request.user)
        return csv_answer(text, f"{name}.csv")
    if given["isi"] == DownloadForm.FULL:
        rows = exporting.export_in_full(location=location, voter_ids=ids, reason=given["reason"], by=request.user)
    else:
        rows = exporting.export_list(location=location, voter_ids=ids, by=request.user)
    if given["bentuk"] == DownloadForm.XLSX:
        return book_answer(exporting.as_book(rows), f"{name}.xlsx")
    return csv_answer(exporting.as_csv(rows), f"{name}.csv")


def page(request: HttpRequest, location: SpecialLocation, form: DownloadForm, count: int) -> HttpResponse:
    listed = reverse("voters:location_list", args=[location.pk])
    context = {
        "form": form,
        "location": location,
        "count": count,
        "most": books.MOST_ROWS,
        "cancel_url": f"{listed}?{request.GET.urlencode()}",
        "crumbs": [*crumbs(location), {"label": _("Voters"), "url": listed}, {"label": _("Download")}],
    }
    return render(request, "voters/download.html", context, status=REFUSED if form.is_bound else 200)
