"""How do several policies compare: TPS, voters with one, voters sent away, ballots, by province and kind, and where?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, Count, F, Max, Q, Sum, When
from django.db.models.functions import Substr

from .core.plan import BALLOTS
from .models import Outcome

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

    from .models import Policy
    from .querysets import ProposalQuerySet

COUNTED: Final = ("locations", "qualified", "tps", "registered", "eligible", "with_tps", "combined", "to_ordinary_tps")


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of one policy over some locations; `present` are those expected to be there on polling day."""

    locations: int = 0
    qualified: int = 0
    tps: int = 0
    registered: int = 0
    eligible: int = 0
    with_tps: int = 0
    combined: int = 0
    to_ordinary_tps: int = 0
    present: float = 0.0
    ballots: dict[str, int] = field(default_factory=dict)

    @property
    def per_tps(self) -> float:
        """Voters per TPS on the list."""
        return self.with_tps / self.tps if self.tps else 0.0

    @property
    def present_per_tps(self) -> float:
        """Voters per TPS that are expected to be there: the list less the departures that the policy expects."""
        return self.present / self.tps if self.tps else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One policy: in all, by province code and by kind; `as_of` its newest proposal."""

    policy: Policy
    total: Totals
    by_province: dict[str, Totals]
    by_kind: dict[str, Totals]
    as_of: Any


def figures(proposals: ProposalQuerySet, policies: Sequence[Policy]) -> list[Figures]:
    """Of each policy in the order given; one grouped query for all."""
    cells = _grouped(proposals, policies)
    return [_of(policy, [cell for cell in cells if cell["policy"] == policy.pk]) for policy in policies]


def _grouped(proposals: ProposalQuerySet, policies: Sequence[Policy]) -> list[dict[str, Any]]:
    stands = Q(outcome__in=[Outcome.QUALIFIED, Outcome.COMBINED])
    sums = {f"sum_{name}": Sum(name) for name in ("tps", "registered", "eligible", *BALLOTS)}
    current = proposals.filter(policy__in=policies, superseded_at=None)
    active: Any = current.filter(location__withdrawn_at=None, location__closed_at=None).order_by()
    grouped = active.values("policy", kind=F("location__kind"), province=Substr(F("territory"), 1, 2))
    return list(
        grouped.annotate(
            sum_locations=Count("pk"),
            sum_qualified=Count("pk", filter=Q(outcome=Outcome.QUALIFIED)),
            sum_with_tps=Sum(Case(When(stands, then=F("eligible")), default=0)),
            sum_combined=Sum(Case(When(outcome=Outcome.COMBINED, then=F("eligible")), default=0)),
            sum_to_ordinary_tps=Sum(Case(When(outcome=Outcome.NEAREST, then=F("eligible")), default=0)),
            as_of=Max("computed_at"),
            **sums,
        )
    )


def _of(policy: Policy, cells: list[dict[str, Any]]) -> Figures:
    return Figures(
        policy=policy,
        total=_added(policy, cells),
        by_province=_by(policy, cells, "province"),
        by_kind=_by(policy, cells, "kind"),
        as_of=max([cell["as_of"] for cell in cells], default=None),
    )


def _by(policy: Policy, cells: list[dict[str, Any]], key: str) -> dict[str, Totals]:
    values = sorted({cell[key] for cell in cells})
    return {value: _added(policy, [cell for cell in cells if cell[key] == value]) for value in values}


def _added(policy: Policy, cells: Iterable[dict[str, Any]]) -> Totals:
    rows = list(cells)
    return Totals(
        **{name: sum(row[f"sum_{name}"] for row in rows) for name in COUNTED},
        present=sum(row["sum_with_tps"] * (100 - policy.departures_for(row["kind"])) / 100 for row in rows),
        ballots={ballot: sum(row[f"sum_{ballot}"] for row in rows) for ballot in policy.ballots},
    )


@dataclass(frozen=True, slots=True)
class Moved:
    """A location that another policy gives another outcome, number of TPS or host: (outcome, TPS, id) of each."""

    location_id: uuid.UUID
    before: tuple[str, int, uuid.UUID]
    after: tuple[str, int, uuid.UUID]

    @property
    def difference(self) -> int:
        return self.after[1] - self.before[1]


def moved(proposals: ProposalQuerySet, official: Policy, scenario: Policy) -> list[Moved]:
    """Locations that change between two policies, those with the largest difference first. Two queries."""
    before, after = (_decided(proposals, policy) for policy in (official, scenario))
    found = [
        Moved(location, _shown(before[location]), _shown(after[location]))
        for location in before.keys() & after.keys()
        if before[location][:3] != after[location][:3]
    ]
    return sorted(found, key=lambda each: (-abs(each.difference), str(each.location_id)))


def _shown(row: tuple[str, int, Any, uuid.UUID]) -> tuple[str, int, uuid.UUID]:
    outcome, tps, _host, pk = row
    return outcome, tps, pk


def _decided(proposals: ProposalQuerySet, policy: Policy) -> dict[uuid.UUID, tuple[str, int, Any, uuid.UUID]]:
    rows = proposals.current(policy).values_list("location_id", "outcome", "tps", "host_id", "pk")
    return {location: (outcome, tps, host, pk) for location, outcome, tps, host, pk in rows}
