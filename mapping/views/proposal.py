"""One version of a proposal: what it says, why, and the decision on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, may, require
from locations import registration
from locations.models import Change

from .. import comparing, deciding, history, picture, review
from .. import queue as queues
from .. import sheet as sheets
from ..forms import APPROVE, REJECT, RETURN, REVOKE, DecisionForm
from ..models import Decision, Proposal
from ..states import State

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

VERBS: Final[dict[str, Callable[..., Decision]]] = {
    APPROVE: review.approve,
    RETURN: review.return_,
    REJECT: review.reject,
    REVOKE: review.revoke,
}


@require_http_methods(["GET", "POST"])
def proposal(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponse:
    require(request.user, Permission.VIEW)
    shown = get_object_or_404(readable(request), pk=proposal_id)
    if request.method == "POST":
        return decide(request, shown)
    return page(request, shown)


def readable(request: HttpRequest) -> Any:
    proposals = Proposal.objects.visible_to(request.user).with_state()
    return proposals.select_related(
        "location__region__parent__parent__parent", "location__submitted_by", "policy", "host"
    )


def decide(request: HttpRequest, shown: Any) -> HttpResponse:
    require(request.user, Permission.DECIDE)
    form = DecisionForm(request.POST, verdict=request.POST.get("verdict", "")[:20])
    if not form.is_valid():
        return page(request, shown, form=form, status=422)
    asked = form.cleaned_data
    try:
        decision = VERBS[asked["verdict"]](
            proposal=shown, seen=asked["seen"], note=asked["note"], after=str(asked["after"] or ""), by=request.user
        )
    except review.Outdated as late:
        return outdated(request, late)
    except review.AlreadyDecided as late:
        return already_decided(request, shown, late.decision)
    except review.Busy:
        return busy(request, shown)
    except ValidationError as fault:
        form.add_error(None if not hasattr(fault, "error_dict") else "note", fault.messages)
        return page(request, shown, form=form, status=422)
    messages.success(request, deciding.done(decision, shown.location))
    return redirect("mapping:proposal", decision.proposal_id)


def outdated(request: HttpRequest, late: review.Outdated) -> HttpResponse:
    """Nothing was decided: the version in force, with what differs from the one that was open."""
    current = get_object_or_404(readable(request), pk=late.current.pk)
    lines = comparing.lines(late.difference, picture.block_names(current, request.user))
    notice = {
        "title": _("Nothing was decided: the data moved while the page was open."),
        "text": _("This is how it stands now. Look at the difference and decide again."),
        "lines": lines or [_("The figures are the same; a newer version has been computed.")],
    }
    return page(request, current, notice=notice, status=409)


def already_decided(request: HttpRequest, shown: Any, decision: Decision) -> HttpResponse:
    notice = {
        "title": _("Nothing was decided: somebody else was faster."),
        "text": deciding.told(decision, shown.location),
        "lines": [],
    }
    return page(request, get_object_or_404(readable(request), pk=shown.pk), notice=notice, status=409)


def busy(request: HttpRequest, shown: Any) -> HttpResponse:
    notice = {
        "title": _("Nothing was decided: this location is being recomputed just now."),
        "text": _("Try again in a moment."),
        "lines": [],
    }
    return page(request, shown, notice=notice, status=409)


@require_POST
def submit_again(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponse:
    """The operator has mended what was returned; it waits for a decision again."""
    shown = get_object_or_404(readable(request), pk=proposal_id)
    if shown.state != State.RETURNED or shown.superseded_at is not None:
        messages.error(request, _("Only a returned location can be submitted again."))
        return redirect("mapping:proposal", shown.pk)
    registration.submit(location=shown.location, by=request.user, again=True)
    messages.success(request, _("%(name)s is submitted again.") % {"name": shown.location.name})
    return redirect("mapping:proposal", shown.pk)


def page(
    request: HttpRequest,
    shown: Any,
    *,
    form: DecisionForm | None = None,
    notice: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    user = request.user
    in_force = (
        shown if shown.superseded_at is None else readable(request).in_force(shown.policy).get(location=shown.location)
    )
    is_in_force = in_force.pk == shown.pk
    context = {
        **sheets.sheet(shown, who=user, sees_voters=may(user, Permission.SEE_VOTERS)),
        "in_force": in_force,
        "is_in_force": is_in_force,
        "beside": history.neighbours(shown, user),
        "state": "withdrawn" if shown.location.withdrawn_at else shown.state,
        "crumbs": crumbs(shown),
        "notice": notice,
        "is_pending": is_pending(request, shown) and is_in_force,
        "steps": neighbours(request, shown) if may(user, Permission.DECIDE) else {},
        "bar": deciding.bar(shown, form, user) if is_in_force and may(user, Permission.DECIDE) else None,
        "submit_again_url": submit_again_url(request, shown) if is_in_force else "",
    }
    return render(request, "mapping/proposal.html", context, status=status)


def is_pending(request: HttpRequest, shown: Any) -> bool:
    changes = Change.objects.visible_to(request.user).filter(location=shown.location_id)
    return shown.policy.is_current and shown.location.is_active and changes.exists()


def submit_again_url(request: HttpRequest, shown: Any) -> str:
    if shown.state != State.RETURNED or not shown.location.is_active or not may(request.user, Permission.SUBMIT):
        return ""
    return reverse("mapping:submit_again", args=[shown.pk])


def crumbs(shown: Any) -> list[dict[str, str]]:
    """Review, province, and on to the smallest known region."""
    regions: list[Any] = []
    here = shown.location.region
    while here is not None and here.parent_id is not None:
        regions.insert(0, here)
        here = here.parent
    queue = reverse("mapping:queue")
    found = [{"label": _("Review"), "url": queue}]
    for region in regions:
        url = f"{queue}?provinsi={region.pk}&keadaan={queues.ALL}" if len(region.pk) == 2 else ""
        found.append({"label": region.name, "url": url})
    return found


def neighbours(request: HttpRequest, shown: Any) -> dict[str, str]:
    """The addresses of the one before and the one after in the queue of work."""
    waiting = queues.in_order(queues.proposals_for(request.user, shown.policy).filter(state=State.WAITING), "")
    keys = list(waiting.values_list("pk", flat=True))
    if shown.pk not in keys:
        return {"next": reverse("mapping:proposal", args=[keys[0]])} if keys else {}
    at = keys.index(shown.pk)
    found = {"previous": keys[at - 1] if at else None, "next": keys[at + 1] if at + 1 < len(keys) else None}
    return {name: reverse("mapping:proposal", args=[pk]) for name, pk in found.items() if pk}
