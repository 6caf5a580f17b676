"""One act over the chosen voters of a location: what is to be done, to whom it would happen, and then done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require

from .. import announcing, orders
from ..forms import OrderForm
from ..models import Act, OfficialMark, Voter
from .location import crumbs, matching, one_location

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User
    from locations.models import SpecialLocation

REFUSED: Final = 422
SHOWN: Final = 100


@require_http_methods(["GET", "POST"])
@never_cache
def order(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """`pemilih` are the chosen ones, or `semua` chooses whom the filters of the address leave. A POST asks, then shows what
    would happen (`tindakan`), then does it (`lakukan`)."""
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.ENTER)
    location = one_location(user, pk)
    voters = chosen(request, location)
    if not voters:
        if request.method == "POST":
            messages.error(request, _("Choose at least one row."))
        return redirect("voters:location_list", location.pk)
    asked = "tindakan" in request.POST and "ubah" not in request.POST
    form = form_of(request, location, is_bound=asked)
    if not form.is_valid():
        return page(request, location, voters, form, status=REFUSED if asked else 200)
    found = orders.outlook(order=form.order, voters=voters)
    if found.fitting and request.POST.get("lakukan") == str(len(found.fitting)):
        done = attempt(request, form, voters)
        if done:
            return redirect("voters:act", done.act.pk)
        return page(request, location, voters, form, status=REFUSED)
    return page(request, location, voters, form, found=found)


def form_of(request: HttpRequest, location: SpecialLocation, *, is_bound: bool) -> OrderForm:
    """Empty at first; with what was chosen, to be changed once more."""
    user = cast("User", request.user)
    if is_bound:
        return OrderForm(request.POST, user=user, location=location)
    typed = {name: request.POST[name] for name in OrderForm.base_fields if name in request.POST}
    return OrderForm(initial={"tanggal": timezone.localdate(), **typed}, user=user, location=location)


def chosen(request: HttpRequest, location: SpecialLocation) -> list[Voter]:
    """Voters of the location among these ids, or the first that match; whatever is no id, or stands elsewhere, is not there.

    From then on the page names them one by one: who comes to match meanwhile is not taken along.
    """
    if "semua" in request.POST:
        ids: Sequence[Any] = first_matching(request, location)
    else:
        ids = [text for text in request.POST.getlist("pemilih") if len(text) == 36][: orders.MOST + 1]
    try:
        found = Voter.objects.visible_to(request.user).at(location.pk).filter(pk__in=ids)
        return list(found.select_related("block").order_by("name", "pk"))
    except ValidationError:
        return []


def first_matching(request: HttpRequest, location: SpecialLocation) -> list[uuid.UUID]:
    """As many as one act takes of those whom the list shows on all its pages, in its order; says so where there are more."""
    _filters, _standing, ids = matching(request, location)
    if len(ids) > orders.MOST:
        words = _(
            "%(total)s match. At most %(most)s are acted upon at once: these are the first, as the list is sorted."
        )
        numbers = {"total": len(ids), "most": orders.MOST}
        messages.warning(request, words % {name: number_format(n, force_grouping=True) for name, n in numbers.items()})
    return ids[: orders.MOST]


def attempt(request: HttpRequest, form: OrderForm, voters: list[Voter]) -> orders.Done | None:
    """Carries it out, or says in the form why nothing of it could be done."""
    given = form.cleaned_data
    try:
        done = orders.carry_out(
            order=form.order,
            voters=voters,
            reason=given["reason"],
            name=given["name"],
            by=cast("User", request.user),
        )
    except ValidationError as fault:
        form.add_error(None, fault.messages)
        return None
    count = done.act.voters
    words = ngettext("Done for %(count)s voter.", "Done for %(count)s voters.", count)
    messages.success(request, words % {"count": count})
    return done


def page(
    request: HttpRequest,
    location: SpecialLocation,
    voters: list[Voter],
    form: OrderForm,
    *,
    found: orders.Outlook | None = None,
    status: int = 200,
) -> HttpResponse:
    listed = reverse("voters:location_list", args=[location.pk])
    context = {
        "form": form,
        "location": location,
        "voters": voters,
        "shown": voters[:SHOWN],
        "crumbs": [*crumbs(location), {"label": _("Voters"), "url": listed}, {"label": _("Act on many")}],
        "cancel_url": f"{listed}?{request.GET.urlencode()}",
        "places_url": reverse("voters:destinations"),
        **(what_happens(form, location, found) if found else {}),
    }
    return render(request, "voters/order.html", context, status=status)


def what_happens(form: OrderForm, location: SpecialLocation, found: orders.Outlook) -> dict[str, Any]:
    """The confirmation: in a sentence, in numbers, and by name."""
    count = len(found.fitting)
    return {
        "found": found,
        "fitting": found.fitting[:SHOWN],
        "more": max(0, count - SHOWN),
        "sentence": sentence_of(form.order, location),
        "button": button_of(form.order, count),
        "refused": [
            {"why": orders.REFUSALS[why], "names": [voter for voter, code in found.refused if code == why]}
            for why in found.by_reason
        ],
        "typed": [(name, text) for name in form.fields if (text := form.data.get(name, ""))],
    }


def sentence_of(order: orders.Order, location: SpecialLocation) -> str:
    if order.kind == Act.Kind.MARK:
        if not order.mark:
            return _("The official mark goes; they are judged as everybody else.")
        mark = OfficialMark(order.mark).label
        return _("They get the official mark %(code)s, %(mark)s, and count as not eligible.") % {
            "code": order.mark,
            "mark": mark,
        }
    day = date_format(order.on, "j M Y") if order.on else ""
    if order.to is None:
        return _("Their departure is entered for %(day)s. Who leaves by polling day does not vote here.") % {"day": day}
    if order.is_announced:
        return announced_sentence(order, day)
    said = _("They leave here on %(day)s and are registered at %(name)s from that day on, without a block.")
    told = _("Both regencies are told.") if order.to.territory != location.territory else ""
    return f"{said % {'day': day, 'name': order.to.name}} {told}".strip()


def announced_sentence(order: orders.Order, day: str) -> str:
    to = cast("SpecialLocation", order.to)
    said = _(
        "They leave here on %(day)s and are announced to %(office)s for %(name)s (%(code)s), with your reason. That "
        "office has to accept them: until it does, they are registered at no location and vote nowhere."
    )
    office = announcing.region_names([to.territory]).get(to.territory, to.territory)
    return said % {"day": day, "office": office, "name": to.name, "code": to.code}


def button_of(order: orders.Order, count: int) -> str:
    if order.is_announced:
        words = ngettext("Announce %(count)s voter", "Announce %(count)s voters", count)
    elif order.kind == Act.Kind.TRANSFER:
        words = ngettext("Transfer %(count)s voter", "Transfer %(count)s voters", count)
    elif order.kind == Act.Kind.DEPARTURE:
        words = ngettext("Enter %(count)s departure", "Enter %(count)s departures", count)
    elif order.mark:
        words = ngettext("Mark %(count)s voter", "Mark %(count)s voters", count)
    else:
        words = ngettext("Take the mark from %(count)s voter", "Take the mark from %(count)s voters", count)
    return words % {"count": count}
