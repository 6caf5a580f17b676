"""The page that withdraws a location, with the number of voters who then no longer count there."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from locations.forms import WithdrawalForm
from locations.models import SpecialLocation

from .. import registration
from ..models import Voter, VoterIdentity

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User


@require_http_methods(["GET", "POST"])
def withdraw_location(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else in
    require(user, Permission.ENTER)
    location = get_object_or_404(SpecialLocation.objects.visible_to(user), pk=pk)
    form = WithdrawalForm(request.POST or None)
    if form.is_valid():
        try:
            registration.withdraw_location(location=location, reason=form.cleaned_data["reason"], by=user)
        except ValidationError as faults:
            form.add_error(None, faults)
        else:
            messages.success(request, _("%(name)s is withdrawn.") % {"name": location.name})
            return redirect("locations:detail", location.pk)
    return render(request, "voters/withdraw_location.html", page_of(form, location, user))


def page_of(form: WithdrawalForm, location: SpecialLocation, user: User) -> dict[str, object]:
    registered = Voter.objects.visible_to(user).at(location.pk).count()
    counting = VoterIdentity.objects.visible_to(user).filter(voter__location=location.pk, claim__isnull=False).count()
    here = reverse("locations:detail", args=[location.pk])
    return {
        "form": form,
        "location": location,
        "cancel_url": here,
        "crumbs": [
            {"label": _("Locations"), "url": reverse("locations:list")},
            {"label": location.name, "url": here},
            {"label": _("Withdraw")},
        ],
        "figures": [
            {"value": registered, "label": _("voters on its list")},
            {"value": counting, "label": _("of them count here today")},
        ],
        "button": ngettext(
            "Withdraw this location with %(count)s voter", "Withdraw this location with %(count)s voters", registered
        )
        % {"count": registered},
    }
