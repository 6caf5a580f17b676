"""The voters of one location: the list, and the panel on the location's own page."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, may, require
from locations.models import Block, SpecialLocation

from .. import exporting
from ..acts import MOST
from ..filters import VoterFilter, in_order
from ..models import Voter
from ..reasons import LABELS
from ..rows import rows_of
from ..standing import ELIGIBLE, Standing, standing_of

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from django.http import HttpRequest

    from accounts.models import User

Answer = TypeVar("Answer", bound=HttpResponseBase)

PAGE_SIZE: Final = 50
CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def location_list(request: HttpRequest, pk: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    require(request.user, Permission.SEE_VOTERS)
    location = one_location(request.user, pk)
    filters, standing, ids = matching(request, location)
    if request.GET.get("format") == "csv":
        return csv_of(location, ids, standing, request.user)
    page: Any = Paginator(ids, PAGE_SIZE).get_page(request.GET.get("halaman"))
    page.object_list = rows_of(page.object_list, standing.reasons, request.user)
    registered = filters.queryset.count()
    return render(
        request,
        "voters/location_list.html",
        {
            "location": location,
            "crumbs": crumbs(location, _("Voters")),
            "figures": figures_of(location, standing, registered),
            "why_not": why_not(location, standing),
            "registered": registered,
            "page": page,
            "filter": filters,
            "search": request.GET.get("cari", ""),
            "columns": columns(),
            "download_url": f"{reverse('voters:location_download', args=[location.pk])}?{request.GET.urlencode()}",
            "may_enter": location.is_active and may(request.user, Permission.ENTER),
            "may_act": may(request.user, Permission.ENTER),
            "order_url": f"{reverse('voters:location_order', args=[location.pk])}?{request.GET.urlencode()}",
            "choose_all": choose_all(len(ids)) if page.has_other_pages() else "",
            "upload_url": upload_url(location),
        },
    )


def matching(request: HttpRequest, location: SpecialLocation) -> tuple[VoterFilter, Standing, list[uuid.UUID]]:
    """The filters of the address, how the location's voters stand, and the ids of whom the filters leave, in the order asked for."""
    everybody = Voter.objects.visible_to(request.user).at(location.pk)
    standing = standing_of(everybody)
    filters = VoterFilter(request.GET, everybody, blocks=blocks_by_id(location, request.user))
    ordered = in_order(filters.found, request.GET.get("urut", "")).values_list("pk", flat=True)
    ids = [voter_id for voter_id in ordered if standing.fits(voter_id, filters.reason_asked)]
    return filters, standing, ids


def choose_all(count: int) -> str:
    """Of whom all pages show, as many as one act takes."""
    total, most = (number_format(number, force_grouping=True) for number in (count, MOST))
    if count > MOST:
        return _("Choose the first %(most)s of %(total)s, as many as go at once") % {"most": most, "total": total}
    return _("Choose all %(total)s that match") % {"total": total}


@require_GET
def location_panel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Figures and ways on, for the location's own page; a page of its own without script."""
    require(request.user, Permission.SEE_VOTERS)
    location = one_location(request.user, pk)
    everybody = Voter.objects.visible_to(request.user).at(location.pk)
    registered = everybody.count()
    template = "voters/location_panel.html" if request.htmx else "voters/location_panel_page.html"
    return render(
        request,
        template,
        {
            "location": location,
            "registered": registered,
            "figures": figures_of(location, standing_of(everybody), registered),
            "may_enter": location.is_active and may(request.user, Permission.ENTER),
            "upload_url": upload_url(location),
        },
    )


def one_location(user: User, pk: uuid.UUID) -> SpecialLocation:
    """The location, or 404 for a foreign one as for one that does not exist."""
    return get_object_or_404(SpecialLocation.objects.visible_to(user), pk=pk)


def blocks_of(location: SpecialLocation, user: User) -> list[str]:
    return [name for _pk, name in blocks_by_id(location, user)]


def blocks_by_id(location: SpecialLocation, user: User) -> list[tuple[uuid.UUID, str]]:
    return list(Block.objects.visible_to(user).filter(location=location).order_by("name").values_list("pk", "name"))


def figures_of(location: SpecialLocation, standing: Standing, registered: int) -> list[dict[str, Any]]:
    url = reverse("voters:location_list", args=[location.pk])
    figures: list[dict[str, Any]] = [{"value": registered, "label": _("registered"), "href": url}]
    if standing.reasons:
        eligible = standing.eligible
        figures.append({"value": eligible, "label": _("eligible"), "tone": "good", "href": f"{url}?reason={ELIGIBLE}"})
        figures.append({"value": registered - eligible, "label": _("not eligible")})
    return figures


def why_not(location: SpecialLocation, standing: Standing) -> list[dict[str, Any]]:
    """Why others are not eligible, the commonest reason first, each with its list."""
    url = reverse("voters:location_list", args=[location.pk])
    counted = sorted(standing.by_reason.items(), key=lambda item: -item[1])
    return [
        {"label": LABELS[code], "count": count, "href": f"{url}?{urlencode({'reason': code})}"}
        for code, count in counted
    ]


def columns() -> list[dict[str, Any]]:
    return [
        {"label": _("Name"), "sort": "nama"},
        {"label": _("NIK and birth year"), "sort": "lahir"},
        {"label": _("Block"), "sort": "blok"},
        {"label": _("Home"), "sort": "asal"},
        {"label": _("Arrival"), "sort": "masuk"},
        {"label": _("Departure"), "sort": "keluar"},
        {"label": _("Eligibility")},
    ]


def export_parameters(request: HttpRequest) -> str:
    parameters = request.GET.copy()
    parameters.pop("halaman", None)
    parameters["format"] = "csv"
    return parameters.urlencode()


def csv_of(location: SpecialLocation, ids: list[uuid.UUID], standing: Standing, user: User) -> StreamingHttpResponse:
    rows = exporting.export(location=location, voter_ids=ids, standing=standing, by=user)
    return csv_stream(exporting.csv_pieces(rows), f"pemilih-{location.code}-{timezone.localdate().isoformat()}.csv")


def csv_answer(text: str, name: str) -> HttpResponse:
    """A file to keep; with a byte order mark, by which spreadsheets know UTF-8."""
    return to_keep(HttpResponse(f"\ufeff{text}", content_type=CSV), name)


def csv_stream(pieces: Iterable[str], name: str) -> StreamingHttpResponse:
    """As `csv_answer`, sent while it is made: its memory does not grow with its rows."""
    return to_keep(StreamingHttpResponse(chain(["\ufeff"], pieces), content_type=CSV), name)


def book_answer(data: bytes, name: str) -> HttpResponse:
    """A workbook to keep."""
    return to_keep(HttpResponse(data, content_type=XLSX), name)


def to_keep(response: Answer, name: str) -> Answer:
    response["Content-Disposition"] = f"attachment; filename={quote(name)}"
    response["Cache-Control"] = "no-store"
    return response


def upload_url(location: SpecialLocation) -> str:
    return f"{reverse('voters:upload')}?lokasi={location.pk}"


def crumbs(location: SpecialLocation, here: str = "") -> list[dict[str, str]]:
    trail = [
        {"label": _("Locations"), "url": reverse("locations:list")},
        {"label": location.name, "url": reverse("locations:detail", args=[location.pk])},
    ]
    return [*trail, {"label": here}] if here else trail
