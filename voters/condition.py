"""In what condition is the data: which share is complete, valid, with NKK, matched, duplicate, leaving before polling day, without e-KTP?

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

from .models import ConditionDay, NIKVerdict, Strike, Voter

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable

    from .querysets import VoterQuerySet

GOOD: Final = ("complete", "valid", "nkk", "matched")
BAD: Final = ("duplicate", "leaving", "without_ektp")
MEASURES: Final = (*GOOD, *BAD)
COUNTED: Final = (*MEASURES, "listed")  # `listed`: whom the home regency was asked about, the whole of `matched`
LABELS: Final = {
    "complete": pgettext_lazy("condition", "complete"),
    "valid": pgettext_lazy("condition", "valid"),
    "nkk": pgettext_lazy("condition", "with NKK"),
    "matched": pgettext_lazy("condition", "matched"),
    "duplicate": pgettext_lazy("condition", "duplicate"),
    "leaving": pgettext_lazy("condition", "leaving"),
    "without_ektp": pgettext_lazy("condition", "without e-KTP"),
}
EXPLANATIONS: Final = {
    "complete": _("NIK, home, marital status and e-KTP status are all known"),
    "valid": _("the NIK agrees with the person, and no matching spoke against it"),
    "nkk": _("an NKK of 16 digits is known"),
    "matched": _("of those on a strike list: the home regency found them in its voter list"),
    "duplicate": _("the same NIK counts at another place"),
    "leaving": _("leaves on or before polling day"),
    "without_ektp": _("has no e-KTP recorded yet"),
}
THRESHOLDS: Final = {
    **dict(zip(GOOD, (95, 98, 95, 90), strict=True)),
    **dict(zip(BAD, (1, 10, 5), strict=True)),
}
"""Percent: at least so many are complete, valid, with NKK and matched, at most so many everything else; beyond it a figure is marked."""


def condition_of(measure: str, *, polling_day: datetime.date | None) -> Q:
    """The voters that a measure counts. Without a polling day nobody leaves before it."""
    if measure == "leaving":
        return Q(departure__lte=polling_day) if polling_day else Q(pk__in=[])
    if measure in ("listed", "matched"):
        asked = Strike.everywhere.filter(taken_back_at=None)
        return Q(pk__in=(asked.filter(answer__in=MATCHED) if measure == "matched" else asked).values("voter"))
    return CONDITIONS[measure]


MATCHED: Final = (Strike.Answer.FOUND, Strike.Answer.STRUCK)
CONDITIONS: Final = {
    "complete": ~Q(nik_verdict=NIKVerdict.NONE)
    & Q(home__isnull=False, home_assumed=False)
    & ~Q(marital="")
    & ~Q(ektp=""),
    "valid": Q(nik_verdict=NIKVerdict.OK, is_mismatch=False),
    "nkk": Q(has_nkk=True),
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

    def whole(self, measure: str) -> int:
        """Of how many the measure is a share."""
        return self.counts["listed"] if measure == "matched" else self.voters

    def share(self, measure: str) -> float:
        """Percent; of nobody everything is in order."""
        whole = self.whole(measure)
        if not whole:
            return 100.0 if measure in GOOD else 0.0
        return 100 * self.counts[measure] / whole

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
        Row(str(row["code"]), names.get(row["code"], str(row["code"])), row["voters"], {m: row[m] for m in COUNTED})
        for row in counted
    ]
    return sorted(found, key=lambda row: (-row.worst, row.name))


def counts(voters: VoterQuerySet, region_code: str, *, polling_day: datetime.date | None) -> list[dict[str, Any]]:
    measures = measured(polling_day)
    grouped: Any = at_active_places(voters).order_by().annotate(code=group_by(region_code)).values("code")
    return list(grouped.annotate(voters=Count("pk"), **measures))


def measured(polling_day: datetime.date | None) -> dict[str, Count]:
    return {m: Count("pk", filter=condition_of(m, polling_day=polling_day)) for m in COUNTED}


def at_active_places(voters: VoterQuerySet) -> VoterQuerySet:
    return voters.filter(location__isnull=False, location__withdrawn_at=None, location__closed_at=None)


def within(region_code: str) -> dict[str, str]:
    """What filters rows with a territory by the country, a province or a regency."""
    if region_code == COUNTRY_CODE:
        return {}
    return {"territory__startswith": f"{region_code}."} if len(region_code) == 2 else {"territory": region_code}


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
        {measure: sum(row.counts[measure] for row in listed) for measure in COUNTED},
    )


def take_snapshot(*, day: datetime.date, polling_day: datetime.date | None) -> int:
    """Keeps the figures of every regency for one day; the same day again is kept anew. Returns how many regencies."""
    grouped: Any = at_active_places(Voter.everywhere.all()).order_by().values("territory")
    found = list(grouped.annotate(voters=Count("pk"), **measured(polling_day)))
    with transaction.atomic():
        days = ConditionDay.everywhere.filter(day=day)
        days.exclude(territory__in=[row["territory"] for row in found]).delete()
        ConditionDay.everywhere.bulk_create(
            [ConditionDay(day=day, **row) for row in found],
            update_conflicts=True,
            unique_fields=["territory", "day"],
            update_fields=["voters", *COUNTED],
        )
    return len(found)


def trend(days: Any) -> list[tuple[datetime.date, Row]]:
    """The figures of some regencies' days, added up by day, the oldest first; without what was not counted on a day."""
    sums = {name: Sum(name) for name in ("voters", *COUNTED)}
    grouped = days.order_by("day").values("day").annotate(**{f"sum_{name}": total for name, total in sums.items()})
    return [(row["day"], Row("", "", row["sum_voters"], counted_on(row))) for row in grouped]


def counted_on(row: dict[str, Any]) -> dict[str, int]:
    return {measure: row[f"sum_{measure}"] for measure in COUNTED if row[f"sum_{measure}"] is not None}
