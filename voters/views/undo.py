"""The page that takes a voter list back: who would leave, who returns to what they were; afterwards, who stayed and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, may, require
from locations.bell import ring
from locations.models import Batch

from .. import undo as verbs
from .. import undoing, words
from ..forms import ReasonForm
from ..models import BatchBefore
from ..tasks import run_undo
from .upload import one_batch

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

ROWS_A_PAGE: Final = 50
PLACES_SHOWN: Final = 100


@require_http_methods(["GET", "POST"])
@never_cache
def undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.SEE_VOTERS)
    batch = one_batch(user, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(user, Permission.ENTER)
        if form.is_valid() and took_back(request, batch, form):
            return redirect("voters:batch", batch.pk)
    context = {"batch": batch, "name": words.name_of(batch), "crumbs": trail_of(batch)}
    return render(request, "voters/undo.html", {**context, **about(batch, form, request)})


def took_back(request: HttpRequest, batch: Batch, form: ReasonForm) -> bool:
    """Whether it was done, or is left to the worker; if not, the form says why."""
    user = cast("User", request.user)
    reason, seen = form.cleaned_data["reason"], request.POST.get("dilihat", "")
    try:
        order = undoing.take_back(batch=batch, reason=reason, seen=seen, by=user)
    except ValidationError as fault:
        form.add_error(None, fault.messages)
        return False
    if order is not None:
        ring(run_undo, order_id=str(order.pk))
        return True
    messages.success(request, _("%(name)s is taken back.") % {"name": words.name_of(batch)})
    return True


def about(batch: Batch, form: ReasonForm, request: HttpRequest) -> dict[str, Any]:
    """What there is to say before, afterwards, and where it is not offered."""
    if batch.state == Batch.State.TAKEN_BACK:
        return {"page": kept_page(batch, request)}
    if not verbs.is_offered(batch, at=timezone.now()):
        return {}
    if order := undoing.open_order(batch):
        return {"order": order, "poll_url": reverse("voters:batch_progress", args=[batch.pk])}
    found = verbs.outlook(batch)
    return {
        "outlook": found,
        "form": form,
        "failed": words.undo_failure_of(undoing.failed_order(batch, at=timezone.now())),
        "may_take_back": may(request.user, Permission.ENTER),
        "figures": figures_of(found),
        "places": found.places[:PLACES_SHOWN],
        "more_places": max(0, len(found.places) - PLACES_SHOWN),
        "button": button_of(found),
        "is_large": undoing.is_large(found),
    }


def figures_of(found: verbs.Outlook) -> list[dict[str, Any]]:
    figures = [
        {"value": found.leaving, "label": _("leave the register"), "tone": "bad" if found.leaving else ""},
        {"value": found.returning, "label": _("are again as they were")},
        {"value": len(found.kept), "label": _("stay, changed since"), "tone": "warn" if found.kept else ""},
    ]
    gone = [{"value": found.gone, "label": _("were removed since")}] if found.gone else []
    return figures + gone


def button_of(found: verbs.Outlook) -> str:
    count = found.leaving + found.returning
    words_ = ngettext("Take back: %(count)s voter", "Take back: %(count)s voters", count)
    return words_ % {"count": number_format(count, force_grouping=True)}


def kept_page(batch: Batch, request: HttpRequest) -> Any:
    kept = BatchBefore.objects.visible_to(request.user).filter(batch=batch).exclude(kept_why="")
    ordered = kept.select_related("voter__location").order_by("voter__name", "pk")
    return Paginator(ordered, ROWS_A_PAGE).get_page(request.GET.get("halaman"))


def trail_of(batch: Batch) -> list[dict[str, str]]:
    return [
        {"label": _("Voters"), "url": reverse("voters:search")},
        {"label": _("Uploads"), "url": reverse("voters:batches")},
        {"label": words.name_of(batch), "url": reverse("voters:batch", args=[batch.pk])},
        {"label": _("Take back")},
    ]
