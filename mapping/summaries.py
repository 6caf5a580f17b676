"""How many locations, TPS and voters are there per region? The grouped query behind page, API and export."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, TextField, When
from django.db.models.functions import Length, Substr

from regions.models import Region
from voters.models import Voter

from .core.plan import BALLOTS
from .models import Outcome

if TYPE_CHECKING:
    import datetime

    from regions.levels import Level
    from regions.territory import Asks

    from .querysets import ProposalQuerySet

FIGURES: Final = ("locations", "qualified", "tps", "registered", "eligible", "ineligible")


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one region; `region` None holds all places that are not known down to the level asked."""

    region: str | None
    name: str | None
    locations: int = 0
    qualified: int = 0
    tps: int = 0
    registered: int = 0
    eligible: int = 0
    ineligible: int = 0
    ballots: dict[str, int] = field(default_factory=dict)


def by_level(proposals: ProposalQuerySet, level: Level) -> list[Row]:
    """The rows of one policy's proposals on one level, by region code, what is coarser last.

    Every level adds up to the same totals. Ballots are of every kind, 0 where the policy lacks it.
    Two queries: the figures in one GROUP BY, then the names.
    """
    grouped = grouped_by(proposals, level)
    names = Region.objects.only("name").in_bulk([row["code"] for row in grouped if row["code"]])
    return [row_of(values, names) for values in grouped]


def grouped_by(proposals: ProposalQuerySet, level: Level) -> list[dict[str, Any]]:
    reaches_level = Q(length__gte=level.width)
    grouped: Any = (
        proposals.order_by()
        .alias(length=Length(F("location__region_id")))
        .annotate(
            code=Case(
                When(reaches_level, then=Substr(F("location__region_id"), 1, level.width)),
                output_field=TextField(),
            )
        )
        .values("code")
        .annotate(**sums())
        .order_by(F("code").asc(nulls_last=True))
    )
    return list(grouped)


def sums() -> dict[str, Count | Sum]:
    """The figures as aggregates, under names that no column of a proposal has."""
    summed = {f"sum_{name}": Sum(name) for name in ("tps", "registered", "eligible", *BALLOTS)}
    return {
        "sum_locations": Count("pk"),
        "sum_qualified": Count("pk", filter=Q(outcome=Outcome.QUALIFIED)),
        **summed,
    }


def row_of(values: dict[str, Any], names: dict[str, Region]) -> Row:
    figures = {name: values[f"sum_{name}"] for name in FIGURES if name != "ineligible"}
    return Row(
        region=values["code"],
        name=names[values["code"]].name if values["code"] in names else None,
        ineligible=figures["registered"] - figures["eligible"],
        ballots={ballot: values[f"sum_{ballot}"] for ballot in BALLOTS},
        **figures,
    )


def totals(rows: list[Row]) -> dict[str, Any]:
    """The sum of rows: the figures, and the ballots by kind."""
    figures: dict[str, Any] = {name: sum(getattr(row, name) for row in rows) for name in FIGURES}
    return figures | {"ballots": {ballot: sum(row.ballots[ballot] for row in rows) for ballot in BALLOTS}}


def as_of(proposals: ProposalQuerySet) -> datetime.datetime | None:
    """When the newest of them was computed; None without any."""
    return proposals.order_by().aggregate(newest=Max("computed_at"))["newest"]


def unplaced(region_code: str, *, who: Asks) -> int:
    """Voters away from home within a region who have no special location yet."""
    waiting: QuerySet[Voter] = Voter.objects.visible_to(who).unplaced()
    if region_code == "00":
        return waiting.count()
    return waiting.filter(Q(stay=region_code) | Q(stay__code__startswith=f"{region_code}.")).count()
