"""Who leaves which list at home: for the home regency to strike, tick off, and take along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, may, require
from regions.naming import path_of

from .. import strikes as verbs
from ..models import Strike
from .location import csv_answer

if TYPE_CHECKING:
    from django.http import HttpRequest

ROWS_A_PAGE: Final = 50
OPEN: Final = Q(acknowledged_at=None, taken_back_at=None)
STATES: Final = {
    "menunggu": OPEN,
    "dicoret": Q(acknowledged_at__isnull=False, taken_back_at=None),
    "ditarik": ~Q(taken_back_at=None),
}


@require_http_methods(["GET", "POST"])
def strikes(request: HttpRequest) -> HttpResponse:
    """`keadaan`: waiting, struck or taken back. A POST ticks off the chosen ones, or all that wait."""
    require(request.user, Permission.SEE_VOTERS)
    if request.method == "POST":
        return _acknowledge(request)
    if request.GET.get("format") == "csv":
        return csv_answer(verbs.export(by=request.user), f"coret-{timezone.localdate().isoformat()}.csv")
    own = Strike.objects.visible_to(request.user)
    counts = own.aggregate(**{state: Count("pk", filter=condition) for state, condition in STATES.items()})
    asked = request.GET.get("keadaan", "menunggu")
    shown = own.filter(STATES.get(asked, OPEN)).select_related(
        "voter__home__parent__parent__parent", "voter__location", "acknowledged_by"
    )
    page: Any = Paginator(shown.order_by("voter__home", "voter__name", "pk"), ROWS_A_PAGE).get_page(
        request.GET.get("halaman")
    )
    page.object_list = [(each, path_of(each.voter.home)) for each in page.object_list]
    labels = {"menunggu": _("waiting"), "dicoret": _("struck"), "ditarik": _("taken back")}
    context = {
        "page": page,
        "asked": asked,
        "states": [(state, labels[state], counts[state]) for state in STATES],
        "waiting": counts["menunggu"],
        "may_enter": may(request.user, Permission.ENTER),
    }
    return render(request, "voters/strikes.html", context)


def _acknowledge(request: HttpRequest) -> HttpResponse:
    everything = "semua" in request.POST
    ids = (
        None
        if everything
        else [int(text) for text in request.POST.getlist("coret") if text.isdigit() and len(text) < 19]
    )
    count = verbs.acknowledge(ids=ids, by=request.user)
    words = ngettext("%(count)s voter is ticked off as struck.", "%(count)s voters are ticked off as struck.", count)
    messages.success(request, words % {"count": count})
    return redirect("voters:strikes")
