"""The policies: which rules are in force, and which others there are?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, may, require
from locations.models import Kind

from ..ballots import LABELS
from ..models import Policy

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    require(request.user, Permission.VIEW)
    found = Policy.objects.filter(archived_at=None).select_related("based_on")
    ordered = found.order_by("-is_current", "is_draft", "polling_day", "pk")
    context = {
        "policies": [shown(policy) for policy in ordered],
        "may_draft": may(request.user, Permission.DECIDE),
    }
    return render(request, "mapping/policies.html", context)


def shown(policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "slug": policy.slug,
        "standing": standing(policy),
        "rules": rules_of(policy),
        "is_current": policy.is_current,
        "url": reverse("mapping:scenario", args=[policy.slug]) if policy.is_scenario else "",
        "based_on": policy.based_on.name if policy.based_on else "",
    }


def standing(policy: Policy) -> dict[str, str]:
    if policy.is_current:
        return {"text": _("in force"), "tone": "good"}
    if policy.is_scenario:
        return {"text": _("scenario"), "tone": "warn"}
    return {"text": _("draft"), "tone": "warn"} if policy.is_draft else {"text": _("not in force"), "tone": ""}


def rules_of(policy: Policy) -> list[tuple[str, str]]:
    """Label and text of every rule that there is."""
    rules = [
        (_("Polling day"), date_format(policy.polling_day, "j F Y")),
        (_("Ballots"), ", ".join(str(LABELS[ballot]) for ballot in policy.ballots)),
        (_("Not everywhere"), without_ballot(policy)),
        (_("Most voters per TPS"), str(policy.maximum)),
        (_("Fewest voters of a TPS"), minimums(policy)),
        (_("Kinds served"), ", ".join(str(Kind(kind).label) for kind in policy.kinds)),
        (_("Home and location are compared by"), policy.get_away_level_display()),
        (_("Combining below the minimum"), combining(policy)),
        (_("Headroom"), headroom(policy)),
        (_("Expected departures"), by_kind(policy.departures, "%")),
        (_("Reserve of ballots"), f"{policy.reserve_percent}%"),
        (_("First TPS number"), str(policy.first_number)),
        (_("Electoral districts"), policy.edition),
        (_("Source"), policy.source),
    ]
    return [(label, text) for label, text in rules if text]


def minimums(policy: Policy) -> str:
    return "; ".join(filter(None, [str(policy.minimum), by_kind(policy.minimums)]))


def headroom(policy: Policy) -> str:
    return "; ".join(filter(None, [f"{policy.headroom_percent}%", by_kind(policy.headrooms, "%")]))


def by_kind(numbers: dict[str, int], unit: str = "") -> str:
    return "; ".join(f"{Kind(kind).label}: {number}{unit}" for kind, number in numbers.items())


def without_ballot(policy: Policy) -> str:
    words = _("no %(ballot)s in %(provinces)s")
    return "; ".join(
        words % {"ballot": LABELS[ballot], "provinces": ", ".join(provinces)}
        for ballot, provinces in policy.without_ballot.items()
    )


def combining(policy: Policy) -> str:
    if policy.combining_distance_m is None:
        return _("off")
    return _("up to %(distance)s m") % {"distance": policy.combining_distance_m}
