"""Where could a special location be formed? Verbs: search, accept, dismiss.

A search reads the unplaced voters who would be eligible, grouped by cell and region, and keeps what it finds as suggestions.
One that was dismissed stays so while the concentration is the same place; one that nobody decided on follows the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, IntegerField, Q, Value
from django.db.models.functions import Least, Length, Substr
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.permissions import Permission, require
from locations import registration as places
from locations.models import Kind, Subkind
from regions.levels import Level
from regions.territory import territory_of
from voters import eligibility
from voters import registration as voters
from voters.models import Voter

from . import policies
from .core.clusters import Cluster, Spot, concentrations, overlap
from .models import Policy, Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from locations.models import SpecialLocation
    from voters.querysets import VoterQuerySet

SAME_PLACE: Final = 0.5
"""Two concentrations are the same place if so much of the smaller one lies in the other."""


def search(*, region_code: str = "00") -> list[Suggestion]:
    """Searches a territory under the current policy and returns the open suggestions; nothing without a policy.

    O(unplaced voters) in the database, near-linear in their cells here.
    """
    policy = Policy.objects.filter(is_current=True).first()
    if policy is None:
        return []
    with transaction.atomic():
        own = Suggestion.everywhere.filter(**_within(region_code))
        known = list(own.select_for_update(no_key=True).order_by("pk"))
        found = concentrations(spots(policy, region_code), fewest=policy.minimum_for(Kind.OTHER))
        return _kept(found, known)


def spots(policy: Policy, region_code: str = "00") -> Iterator[Spot]:
    """Unplaced voters who would be eligible where they stay, by cell and region of stay."""
    rows = (
        eligible(policy)
        .filter(**_within(region_code))
        .order_by()
        .values_list("h3_cell", "stay_id")
        .annotate(count=Count("*"))
    )
    for cell, region, count in rows.iterator(10_000):
        yield Spot(int(cell, 16) if cell else None, region, count)


def _within(region_code: str) -> dict[str, str]:
    return {} if region_code == "00" else {"territory__startswith": region_code[: Level.REGENCY.width]}


def eligible(policy: Policy) -> VoterQuerySet:
    """Unplaced voters whom no rule of their own row excludes, who are away from home, and who have a ballot there."""
    rules = policies.voter_rules(policy)
    known = Least(Value(rules.away_width), Length("home_id"), Length("stay_id"), output_field=IntegerField())
    found: Any = Voter.everywhere.unplaced().alias(
        reasons=eligibility.row_reasons(rules),
        at_home=Substr("home_id", 1, known),
        here=Substr("stay_id", 1, known),
    )
    found = found.filter(reasons=0).exclude(at_home=F("here"))
    if "ppwp" not in policy.ballots:  # everybody has a ballot for the president; others vote in their province alone
        found = found.filter(home_id__startswith=Substr("stay_id", 1, Level.PROVINCE.width))
    return found


def members(suggestion: Suggestion) -> VoterQuerySet:
    """The voters it is about, as of now."""
    policy = policies.current()
    there = Q(h3_cell__in=suggestion.cell_list) if suggestion.cells else Q(stay=suggestion.region_id, h3_cell="")
    return eligible(policy).filter(there)


@transaction.atomic
def accept(*, suggestion: Suggestion, by: User) -> SpecialLocation:
    """A location to be completed, with these voters; whoever lives in another regency stays where he is listed.

    Raises ValidationError where it was decided already or nobody is left.
    """
    require(by, Permission.ENTER, territories=[suggestion.territory])
    kept = _open(suggestion)
    there = list(members(kept).filter(territory=kept.territory).order_by("pk"))
    if not there:
        raise ValidationError(_("None of these voters is without a location any more."), code="nobody_left")
    location = places.enter(data=_as_location(kept), by=by)
    for voter in there:
        voters.place(voter=voter, location=location, by=by)
    _decide(kept, by, state=Suggestion.State.ACCEPTED, became=location.code)
    audit.record(
        by=by,
        action="suggestion.accepted",
        subject=kept,
        territory=kept.territory,
        code=location.code,
        voters=len(there),
    )
    return location


@transaction.atomic
def dismiss(*, suggestion: Suggestion, reason: str, by: User) -> Suggestion:
    """Raises ValidationError without a reason, or where it was decided already."""
    require(by, Permission.ENTER, territories=[suggestion.territory])
    voters.require_reason(reason)
    kept = _open(suggestion)
    _decide(kept, by, state=Suggestion.State.DISMISSED, reason=reason.strip()[:300])
    audit.record(by=by, action="suggestion.dismissed", subject=kept, territory=kept.territory)
    return kept


def _open(suggestion: Suggestion) -> Suggestion:
    kept: Suggestion = Suggestion.everywhere.select_for_update(no_key=True).get(pk=suggestion.pk)
    if not kept.is_open:
        raise ValidationError(_("This suggestion was decided already."), code="decided")
    return kept


def _decide(suggestion: Suggestion, by: User, **values: Any) -> None:
    suggestion.decided_at, suggestion.decided_by = timezone.now(), by
    for name, value in values.items():
        setattr(suggestion, name, value)
    suggestion.save(update_fields=["decided_at", "decided_by", *values])


def _as_location(suggestion: Suggestion) -> dict[str, Any]:
    name = gettext("Concentration in %(region)s") % {"region": suggestion.region.name}
    return {
        "name": name,
        "kind": Kind.OTHER,
        "subkind": Subkind.OTHER,
        "region": suggestion.region,
        "latitude": round(suggestion.latitude, 6) if suggestion.latitude is not None else None,
        "longitude": round(suggestion.longitude, 6) if suggestion.longitude is not None else None,
        "estimated_voters": suggestion.voters,
        "notes": gettext("Suggested: unplaced voters are concentrated here. Complete name, category and letter."),
    }


def _kept(found: list[Cluster], known: list[Suggestion]) -> list[Suggestion]:
    """New ones are added, open ones follow the figures, those nobody finds any more go, dismissed ones stay dismissed."""
    left = {each.pk: each for each in known if each.is_open}
    dismissed = [each for each in known if each.state == Suggestion.State.DISMISSED]
    by_cell = {cell: each for each in [*dismissed, *left.values()] for cell in each.cell_list}
    of_region = {each.region_id: each for each in [*dismissed, *left.values()] if not each.cells}
    now: list[Suggestion] = []
    for cluster in found:
        same = _same(cluster, by_cell, of_region)
        if same is not None and same.state == Suggestion.State.DISMISSED:
            continue
        suggestion = left.pop(same.pk, None) if same is not None else None
        now.append(_written(cluster, suggestion))
    Suggestion.everywhere.filter(pk__in=list(left)).delete()
    return now


def _same(cluster: Cluster, by_cell: dict[str, Suggestion], of_region: dict[str, Suggestion]) -> Suggestion | None:
    if not cluster.cells:
        return of_region.get(cluster.region)
    cells = [f"{cell:x}" for cell in cluster.cells]
    near = {each.pk: each for cell in cells if (each := by_cell.get(cell))}
    shares = {pk: overlap(cluster.cells, [int(cell, 16) for cell in each.cell_list]) for pk, each in near.items()}
    best = max(near, key=lambda pk: (shares[pk], pk), default=None)
    return near[best] if best is not None and shares[best] >= SAME_PLACE else None


def _written(cluster: Cluster, known: Suggestion | None) -> Suggestion:
    latitude, longitude = cluster.point or (None, None)
    values = {
        "territory": territory_of(cluster.region),
        "region_id": cluster.region,
        "voters": cluster.people,
        "sure_percent": cluster.sure,
        "latitude": latitude,
        "longitude": longitude,
        "radius_m": cluster.radius_m,
        "cells": " ".join([f"{cell:x}" for cell in cluster.cells]),
    }
    if known is None:
        return Suggestion.everywhere.create(**values)
    if any(getattr(known, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(known, name, value)
        known.save()
    return known
