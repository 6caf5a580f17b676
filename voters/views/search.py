"""Where is a voter of the own territory, by name or by NIK, and what about voters waits for somebody?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, may, require
from regions.models import Region

from .. import duplicates, keyring
from ..filters import PLACED, UNPLACED, SearchFilter, in_order
from ..forms import NIKForm
from ..models import Voter, VoterIdentity
from ..rows import rows_of
from ..standing import standing_of
from ..words import batch_line, case_line, notice_line
from .upload import batches_of

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

PAGE_SIZE: Final = 50
SHOWN: Final = 8
MOST_OF_ONE_NIK: Final = 200


@require_http_methods(["GET", "POST"])
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """By name, place, role, condition or region, in the address; by NIK in the body only, and the answer is kept nowhere."""
    require(request.user, Permission.SEE_VOTERS)
    if request.method == "POST":
        return by_nik(request)
    filters = SearchFilter(request.GET, Voter.objects.visible_to(request.user))
    voters = filters.found if filters.is_filtered else Voter.objects.visible_to(request.user).none()
    found = in_order(voters, request.GET.get("urut", ""))
    paginator = Paginator(found.values_list("pk", flat=True), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("halaman"))
    page.object_list = with_standing(list(page.object_list), request.user)
    return render(request, "voters/search.html", context(request, page, filters))


def context(request: HttpRequest, page: Any, filters: SearchFilter) -> dict[str, Any]:
    code = request.GET.get("wilayah", "")
    asked = {
        "page": page,
        "search": request.GET.get("cari", ""),
        "filter": filters,
        "region_name": Region.objects.filter(pk=code).values_list("name", flat=True).first() if code else "",
        "download_url": f"{reverse('voters:voters_download')}?{request.GET.urlencode()}",
    }
    return overview(request.user) | asked


def by_nik(request: HttpRequest) -> HttpResponse:
    form = NIKForm(request.POST)
    if not form.is_valid():
        return render(request, "voters/search.html", overview(request.user) | {"nik_form": form}, status=422)
    hashed = keyring.nik_hash(form.cleaned_data["nik"])
    identities = VoterIdentity.objects.visible_to(request.user).of_nik(hashed)
    ids = list(identities.order_by("pk").values_list("pk", flat=True)[:MOST_OF_ONE_NIK])
    context = overview(request.user) | {"of_nik": with_standing(ids, request.user), "asked_by_nik": True}
    return render(request, "voters/search.html", context)


def with_standing(ids: list[uuid.UUID], user: User) -> Any:
    reasons = standing_of(Voter.objects.visible_to(user).filter(pk__in=ids)).reasons
    return rows_of(ids, reasons, user)


def overview(user: User) -> dict[str, Any]:
    """What stands on the page whatever was asked for."""
    voters = Voter.objects.visible_to(user)
    unplaced, cases, notices = voters.unplaced(), duplicates.open_cases(user), duplicates.unread_notices(user)
    here = reverse("voters:search")
    return {
        "nik_form": NIKForm(),
        "columns": columns(),
        "figures": [
            figure(
                voters.filter(location__isnull=False).count(),
                _("registered at special locations"),
                f"{here}?tempat={PLACED}",
            ),
            figure(unplaced.count(), _("without a location yet"), f"{here}?tempat={UNPLACED}"),
            figure(cases.count(), _("cases of duplicates"), f"{here}#cases"),
            figure(notices.count(), _("registrations moved"), f"{here}#notices"),
        ],
        "cases": [case_line(case) for case in cases[:SHOWN]],
        "more_cases": max(0, cases.count() - SHOWN),
        "notices": [notice_line(notice) for notice in notices[:SHOWN]],
        "batches": [batch_line(batch) for batch in batches_of(user)[:SHOWN]],
        "may_enter": may(user, Permission.ENTER),
    }


def figure(count: int, label: str, href: str) -> dict[str, Any]:
    """A link only where there is something to see."""
    return {"value": count, "label": label, "href": href if count else ""}


def columns() -> list[dict[str, Any]]:
    return [
        {"label": _("Name"), "sort": "nama"},
        {"label": _("NIK and birth year"), "sort": "lahir"},
        {"label": _("Location"), "sort": "lokasi"},
        {"label": _("Home"), "sort": "asal"},
        {"label": _("Eligibility")},
    ]


@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.ENTER)
    duplicates.read_notices(by=request.user)
    return redirect("voters:search")
