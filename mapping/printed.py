"""Will the ballots printed for a final TPS do? Counted by who left and who came, each with his own ballots."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from voters import eligibility
from voters.models import Voter

from . import policies
from .core.fingerprint import cells_from_json, plan_from_json
from .core.forecast import Forecast, forecast
from .core.plan import BALLOTS
from .models import Assignment, Determination

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .models import FinalTPS, Policy


class Printed(NamedTuple):
    """One TPS: who is on the list, who of them is gone, who came late, and a forecast for each ballot of the policy."""

    station: FinalTPS
    listed: int
    gone: int
    late: int
    ballots: list[Forecast]

    @property
    def short(self) -> int:
        return max((each.short for each in self.ballots), default=0)


def of(determination: Determination) -> list[Printed]:
    """The TPS of a determination by number. O(voters who moved): who stayed is counted, not read."""
    stations = list(determination.stations.order_by("number"))
    on_list = Assignment.everywhere.filter(tps__in=stations, is_in_force=determination.reopened_at is None)
    is_gone = Q(voter__departure__lte=determination.policy.polling_day)
    gone = on_list.filter(is_gone, kind=Assignment.Kind.LISTED).values_list("tps_id", "position")
    late = list(on_list.filter(~is_gone, kind=Assignment.Kind.LATE).values_list("tps_id", "voter_id"))
    rules = policies.voter_rules(determination.policy)
    held = eligibility.judge(Voter.everywhere.filter(pk__in=[voter for _tps, voter in late]), rules) if late else {}
    planned = plan_from_json(determination.proposal.plan).stations
    cells = cells_from_json(determination.proposal.plan)
    found = []
    for station, plan in zip(stations, planned, strict=True):
        ends = list(accumulate(part.voters for part in plan.slices))
        left = [cells[plan.slices[bisect_left(ends, place)].cell].ballots for tps, place in gone if tps == station.pk]
        came = [held[voter][0] for tps, voter in late if tps == station.pk and voter in held]
        found.append(_printed(station, determination, left, came))
    return found


def _printed(station: FinalTPS, determination: Determination, left: Sequence[int], came: Sequence[int]) -> Printed:
    policy = determination.policy
    told = [_forecast(station, determination, ballot, left, came) for ballot in policy.ballots]
    return Printed(station, station.size, len(left), len(came), told)


def _forecast(
    station: FinalTPS, determination: Determination, ballot: str, left: Iterable[int], came: Iterable[int]
) -> Forecast:
    policy: Policy = determination.policy
    bit, place = BALLOTS[ballot], list(BALLOTS).index(ballot)
    return forecast(
        listed=station.ballots[place],
        gone=sum(1 for ballots in left if ballots & bit),
        late=sum(1 for ballots in came if ballots & bit),
        reserve_percent=policy.reserve_percent,
        departures_percent=policy.departures_for(determination.location.kind),
    )
