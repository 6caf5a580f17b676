"""The page about whom a list does not name that replaces the one before: where, who, and making departures of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, may, require
from locations.models import Batch

from .. import masking, words
from .. import missing as verbs
from ..forms import MissingForm
from ..models import BatchMissing, VoterIdentity
from .upload import one_batch

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

    from accounts.models import User

ROWS_A_PAGE: Final = 50
PLACES_SHOWN: Final = 100


@require_http_methods(["GET", "POST"])
@never_cache
def missing(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A POST with `masih` (a voter's id) says that this one is still there; any other makes departures of the rest."""
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.SEE_VOTERS)
    batch = one_batch(user, pk)
    is_order = request.method == "POST"
    form = MissingForm(
        request.POST if is_order else None, batch_name=words.name_of(batch), outlook=verbs.outlook(batch)
    )
    if is_order:
        require(user, Permission.ENTER)
        if request.POST.get("masih"):
            keep(request, batch)
            return redirect("voters:batch_missing", batch.pk)
        if form.is_valid() and departed(request, batch, form):
            return redirect("voters:batch", batch.pk)
    return render(request, "voters/missing.html", page_of(batch, form, request))


def keep(request: HttpRequest, batch: Batch) -> None:
    user = cast("User", request.user)
    noted = BatchMissing.objects.visible_to(user).filter(batch=batch)
    try:
        row = get_object_or_404(noted.select_related("voter"), voter=request.POST["masih"])
    except ValidationError:
        return
    verbs.still_here(batch=batch, voter=row.voter, by=user)
    messages.success(request, _("%(name)s stays on the list.") % {"name": row.voter.name})


def departed(request: HttpRequest, batch: Batch, form: MissingForm) -> bool:
    """Whether it was done; if not, the form says why."""
    said = form.cleaned_data
    try:
        act = verbs.depart(
            batch=batch,
            on=said["tanggal"],
            reason=said["reason"],
            seen=request.POST.get("dilihat", ""),
            by=cast("User", request.user),
            name=words.name_of(batch),
            places=None if "tempat" not in said else {place.location.pk for place in form.chosen},
        )
    except ValidationError as fault:
        form.add_error(None, fault.messages)
        return False
    text = ngettext("%(count)s departure is entered.", "%(count)s departures are entered.", act.voters)
    messages.success(request, text % {"count": act.voters})
    return True


def page_of(batch: Batch, form: MissingForm, request: HttpRequest) -> dict[str, Any]:
    found = form.outlook
    chosen = {place.location.pk for place in form.chosen}
    is_choice = "tempat" in form.fields
    may_enter = may(request.user, Permission.ENTER) and batch.state == Batch.State.DONE
    button = ngettext("Enter %(count)s departure", "Enter %(count)s departures", found.missing)
    return {
        "batch": batch,
        "name": words.name_of(batch),
        "crumbs": trail_of(batch),
        "outlook": found,
        "figures": figures_of(found),
        "places": [(place, place.location.pk in chosen) for place in found.places[:PLACES_SHOWN]],
        "chosen_unseen": [place.location.pk for place in found.places[PLACES_SHOWN:] if place.location.pk in chosen],
        "picks": is_choice and may_enter,
        "more_places": max(0, len(found.places) - PLACES_SHOWN),
        "many_percent": verbs.MANY_PERCENT,
        "acts": verbs.departures(batch).within_reach(request.user.reach).order_by("at"),
        "page": rows_page(batch, request),
        "form": form,
        "may_enter": may_enter,
        "button": _("Enter these departures") if is_choice else button % {"count": found.missing},
    }


def figures_of(found: verbs.Outlook) -> list[dict[str, Any]]:
    present = sum(place.present for place in found.places)
    percent = round(100 * found.missing / present) if present else 0
    return [
        {"value": found.missing, "label": _("not on the list"), "tone": "warn" if found.missing else ""},
        {"value": present, "label": _("voters present at these locations")},
        {"value": percent, "label": _("percent of them"), "tone": "bad" if percent > verbs.MANY_PERCENT else ""},
        {"value": found.in_doubt, "label": _("in doubt: a refused row may be theirs")},
    ]


def rows_page(batch: Batch, request: HttpRequest) -> Any:
    """One line for each, those in doubt last."""
    noted = BatchMissing.objects.visible_to(request.user).filter(batch=batch)
    ordered = noted.select_related("voter__location", "voter__block").order_by(
        "is_in_doubt", "voter__location__name", "voter__name", "pk"
    )
    page: Any = Paginator(ordered, ROWS_A_PAGE).get_page(request.GET.get("halaman"))
    rows = list(page.object_list)
    identities = VoterIdentity.objects.visible_to(request.user).filter(pk__in=[row.voter_id for row in rows])
    niks = masking.masked_niks(identities)
    page.object_list = [{"row": row, "voter": row.voter, "nik": niks.get(row.voter_id, "")} for row in rows]
    return page


def trail_of(batch: Batch) -> list[dict[str, str]]:
    return [
        {"label": _("Voters"), "url": reverse("voters:search")},
        {"label": _("Uploads"), "url": reverse("voters:batches")},
        {"label": words.name_of(batch), "url": reverse("voters:batch", args=[batch.pk])},
        {"label": _("Not on the list")},
    ]
