"""In what condition is the data: which share is complete, valid, duplicate, leaving before polling day, without e-KTP?

A figure counts voters at places that still ask for TPS. Every count has a condition of the same name, so that it
leads to exactly the rows it counts. What a share means stands in docs/operators/condition.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from locations.models import SpecialLocation
from regions.levels import COUNTRY_CODE, Level, level_of
from regions.models import Region

from .models import ConditionDay, NIKVerdict, Voter

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable

    from .querysets import VoterQuerySet

GOOD: Final = ("complete", "valid")
BAD: Final = ("duplicate", "leaving", "without_ektp")
MEASURES: Final = (*GOOD, *BAD)
LABELS: Final = {
    "complete": pgettext_lazy("condition", "complete"),
    "valid": pgettext_lazy("condition", "valid"),
    "duplicate": pgettext_lazy("condition", "duplicate"),
    "leaving": pgettext_lazy("condition", "leaving"),
    "without_ektp": pgettext_lazy("condition", "without e-KTP"),
}
EXPLANATIONS: Final = {
    "complete": _("NIK, home, marital status and e-KTP status are all known"),
    "valid": _("the NIK agrees with the person, and no matching spoke against it"),
    "duplicate": _("the same NIK counts at another place"),
    "leaving": _("leaves on or before polling day"),
    "without_ektp": _("has no e-KTP recorded yet"),
}
THRESHOLDS: Final = {"complete": 95, "valid": 98, "duplicate": 1, "leaving": 10, "without_ektp": 5}
"""Percent: at least so many are complete and valid, at most so many everything else; beyond it a figure is marked."""


def condition_of(measure: str, *, polling_day: datetime.date | None) -> Q:
    """The voters that a measure counts. Without a polling day nobody leaves before it."""
    if measure == "leaving":
        return Q(departure__lte=polling_day) if polling_day else Q(pk__in=[])
    return CONDITIONS[measure]


CONDITIONS: Final = {
    "complete": ~Q(nik_verdict=NIKVerdict.NONE)
    & Q(home__isnull=False, home_assumed=False)
    & ~Q(marital="")
    & ~Q(ektp=""),
    "valid": Q(nik_verdict=NIKVerdict.OK, is_mismatch=False),
    "duplicate": Q(is_duplicate=True),
    "without_ektp": Q(ektp="B"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One region or location (`key` its code or id): voters, and how many of them fall under each measure."""

    key: str
    name: str
    voters: int
    counts: dict[str, int] = field(default_factory=dict)

    def share(self, measure: str) -> float:
        """Percent; of nobody everything is in order."""
        if not self.voters:
            return 100.0 if measure in GOOD else 0.0
        return 100 * self.counts[measure] / self.voters

    def is_beyond(self, measure: str) -> bool:
        """Whether the share is worse than its threshold."""
        share, threshold = self.share(measure), THRESHOLDS[measure]
        return share < threshold if measure in GOOD else share > threshold

    @property
    def worst(self) -> float:
        """How far the worst measure lies beyond its threshold, in percent points; negative where all is well."""
        return max((THRESHOLDS[m] - self.share(m)) if m in GOOD else (self.share(m) - THRESHOLDS[m]) for m in MEASURES)


def rows(voters: VoterQuerySet, region_code: str, *, polling_day: datetime.date | None) -> list[Row]:
    """One row per province of the country, regency of a province, or location of a regency, the worst first.

    One GROUP BY over the voters and one query for the names.
    """
    counted = counts(voters, region_code, polling_day=polling_day)
    names = names_of([row["code"] for row in counted])
    found = [
        Row(str(row["code"]), names.get(row["code"], str(row["code"])), row["voters"], {m: row[m] for m in MEASURES})
        for row in counted
    ]
    return sorted(found, key=lambda row: (-row.worst, row.name))


def counts(voters: VoterQuerySet, region_code: str, *, polling_day: datetime.date | None) -> list[dict[str, Any]]:
    measures = {measure: Count("pk", filter=condition_of(measure, polling_day=polling_day)) for measure in MEASURES}
    grouped: Any = at_active_places(voters).order_by().annotate(code=group_by(region_code)).values("code")
    return list(grouped.annotate(voters=Count("pk"), **measures))


def at_active_places(voters: VoterQuerySet) -> VoterQuerySet:
    return voters.filter(location__isnull=False, location__withdrawn_at=None, location__closed_at=None)


def group_by(region_code: str) -> Any:
    """What one row of a region stands for."""
    if is_listed_by_location(region_code):
        return F("location_id")
    return Substr("territory", 1, Level(level_of(region_code) + 1).width)


def is_listed_by_location(region_code: str) -> bool:
    return level_of(region_code) >= Level.REGENCY


def names_of(keys: Iterable[Any]) -> dict[Any, str]:
    wanted = list(keys)
    if not all(isinstance(key, str) for key in wanted):
        return dict(SpecialLocation.everywhere.filter(pk__in=wanted).values_list("pk", "name"))
    return dict(Region.objects.filter(pk__in=wanted).values_list("pk", "name"))


def total(found: Iterable[Row], name: str = "", key: str = COUNTRY_CODE) -> Row:
    """The sum of rows."""
    listed = list(found)
    return Row(
        key,
        name,
        sum(row.voters for row in listed),
        {measure: sum(row.counts[measure] for row in listed) for measure in MEASURES},
    )


def take_snapshot(*, day: datetime.date, polling_day: datetime.date | None) -> int:
    """Keeps the figures of every regency for one day; the same day again is kept anew. Returns how many regencies."""
    grouped: Any = at_active_places(Voter.everywhere.all()).order_by().values("territory")
    measures = {m: Count("pk", filter=condition_of(m, polling_day=polling_day)) for m in MEASURES}
    found = list(grouped.annotate(voters=Count("pk"), **measures))
    with transaction.atomic():
        days = ConditionDay.everywhere.filter(day=day)
        days.exclude(territory__in=[row["territory"] for row in found]).delete()
        ConditionDay.everywhere.bulk_create(
            [ConditionDay(day=day, **row) for row in found],
            update_conflicts=True,
            unique_fields=["territory", "day"],
            update_fields=["voters", *MEASURES],
        )
    return len(found)


def trend(days: Any) -> list[tuple[datetime.date, Row]]:
    """The figures of some regencies' days, added up by day, the oldest first."""
    sums = {name: Sum(name) for name in ("voters", *MEASURES)}
    grouped = days.order_by("day").values("day").annotate(**{f"sum_{name}": total for name, total in sums.items()})
    return [(row["day"], Row("", "", row["sum_voters"], {m: row[f"sum_{m}"] for m in MEASURES})) for row in grouped]
