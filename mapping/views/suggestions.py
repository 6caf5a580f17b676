"""Where unplaced voters are concentrated: look, take as a location, or say why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission, may, require
from regions.naming import path_of

from .. import discovery
from ..models import Suggestion

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

ROWS_A_PAGE: Final = 50
STATES: Final = {
    "terbuka": Suggestion.State.OPEN,
    "diterima": Suggestion.State.ACCEPTED,
    "diabaikan": Suggestion.State.DISMISSED,
}


@require_GET
def suggestions(request: HttpRequest) -> HttpResponse:
    """`keadaan`: open, accepted or dismissed."""
    require(request.user, Permission.SEE_VOTERS)
    own = Suggestion.objects.visible_to(request.user)
    counts = own.aggregate(**{name: Count("pk", filter=Q(state=state)) for name, state in STATES.items()})
    asked = request.GET.get("keadaan", "terbuka")
    asked = asked if asked in STATES else "terbuka"
    shown = own.filter(state=STATES[asked]).select_related("region__parent__parent__parent", "decided_by")
    page: Any = Paginator(shown.order_by("-voters", "pk"), ROWS_A_PAGE).get_page(request.GET.get("halaman"))
    page.object_list = [(each, path_of(each.region)) for each in page.object_list]
    labels = {"terbuka": _("open"), "diterima": _("accepted"), "diabaikan": _("dismissed")}
    context = {
        "page": page,
        "asked": asked,
        "states": [(name, labels[name], counts[name]) for name in STATES],
        "may_enter": may(request.user, Permission.ENTER),
    }
    return render(request, "mapping/suggestions.html", context)


@require_POST
def decide(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """`terima`, or `abaikan` with `alasan`."""
    require(request.user, Permission.ENTER)
    suggestion = Suggestion.objects.visible_to(request.user).filter(pk=pk).first()
    if suggestion is None:
        raise Http404
    try:
        if "terima" in request.POST:
            location = discovery.accept(suggestion=suggestion, by=request.user)
            messages.success(request, _("A location is made of it. Complete its name, category and letter."))
            return redirect("locations:edit", location.pk)
        discovery.dismiss(suggestion=suggestion, reason=request.POST.get("alasan", ""), by=request.user)
        messages.success(request, _("The suggestion is dismissed and will not come back."))
    except ValidationError as fault:
        messages.error(request, " ".join(fault.messages))
    return redirect("mapping:suggestions")
