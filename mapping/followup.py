"""What happens at a location that is final, when its data moves: late voters find room, whoever leaves leaves a gap.

Nobody who is listed moves. Late voters become DPTb in the TPS with the most room; whoever finds none stays without a TPS and
shows as an obstacle, never as a TPS above the maximum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Count, Max, Q
from django.utils import timezone

from voters import eligibility
from voters.models import Strike, Voter
from voters.models.voter import Role

from . import policies, printed
from .core import movers
from .models import Assignment, Determination, FinalTPS

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from .models import Policy


def follow(*, policy: Policy, location_ids: Iterable[uuid.UUID]) -> int:
    """Admits late voters of these final locations, in the running transaction; returns how many found no room."""
    in_force = Determination.everywhere.filter(policy=policy, reopened_at=None, location__in=list(location_ids))
    left_out = 0
    for determination in in_force.order_by("location__code").select_related("proposal", "location", "policy"):
        _take_back_strikes(policy, determination)
        late = list(_late(policy, [determination.location_id]))
        in_time = _in_time(policy, determination, late)
        without_room = len(in_time) - _admit(policy, determination, in_time)
        _note(determination, without_room=without_room, too_late=len(late) - len(in_time))
        left_out += without_room
    return left_out


def _note(determination: Determination, **counts: int) -> None:
    """Writes what a follow-up found where it differs, so that lists and desks need no search of their own."""
    place = determination.proposal.host_id or determination.location_id
    there = Determination.everywhere.filter(policy=determination.policy_id, reopened_at=None, location=place)
    for each in there.select_related("proposal", "location", "policy"):
        short = max((tps.short for tps in printed.of(each)), default=0)
        Determination.everywhere.filter(pk=each.pk).exclude(ballots_short=short).update(ballots_short=short)
    same = Determination.everywhere.filter(pk=determination.pk)
    same.exclude(**counts).update(**counts)


def _in_time(policy: Policy, determination: Determination, late: list[uuid.UUID]) -> list[uuid.UUID]:
    """Those of them who may still be entered as movers today, in the same order."""
    location, today = determination.location, timezone.localdate()
    staff = set(Voter.everywhere.filter(pk__in=late, role=Role.STAFF).values_list("pk", flat=True))
    return [
        voter
        for voter in late
        if movers.is_in_time(
            today,
            kind=location.kind,
            subkind=location.subkind,
            is_on_duty=voter in staff,
            polling_day=policy.polling_day,
        )
    ]


def overflow(determination: Determination) -> int:
    """Eligible voters of a final location who have no TPS: no room was left, or they came too late."""
    return len(list(_late(determination.policy, [determination.location_id])))


def _late(policy: Policy, location_ids: list[uuid.UUID]) -> Iterable[uuid.UUID]:
    """Eligible voters without a place on a list, in the order in which they came."""
    sql, params = eligibility.eligible_statement(policies.voter_rules(policy), location_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{sql} SELECT id FROM eligible WHERE NOT EXISTS (
                SELECT 1 FROM mapping_assignment a WHERE a.voter_id = eligible.id AND a.is_in_force
            ) ORDER BY id""",
            params,
        )
        return [_uuid(pk) for (pk,) in cursor.fetchall()]


def _uuid(value: Any) -> uuid.UUID:
    return Voter._meta.pk.to_python(value)


def stations_of(determination: Determination) -> Any:
    """The final TPS where a location votes: its own, or those of its host."""
    place = determination.proposal.host_id or determination.location_id
    stations = FinalTPS.everywhere.filter(is_in_force=True, policy=determination.policy_id)
    return stations.filter(determination__location=place).order_by("number")


def with_room(stations: Any, policy: Policy) -> Any:
    """Annotates `present`, voters on the list who are there on polling day, and `last`, the last place on it."""
    on_list = Q(assignments__is_in_force=True)
    gone = Q(assignments__voter__departure__lte=policy.polling_day)
    return stations.annotate(
        present=Count("assignments", filter=on_list & ~gone, distinct=True),
        last=Max("assignments__position", filter=on_list),
    )


def _admit(policy: Policy, determination: Determination, late: list[uuid.UUID]) -> int:
    if not late:
        return 0
    stations = list(with_room(stations_of(determination), policy))
    room = {station.pk: policy.maximum - station.present for station in stations}
    last = {station.pk: station.last or 0 for station in stations}
    admitted = []
    for voter in late:
        best = max(stations, key=lambda station: (room[station.pk], -station.number), default=None)
        if best is None or room[best.pk] <= 0:
            break
        room[best.pk] -= 1
        last[best.pk] += 1
        admitted.append(
            Assignment(
                territory=determination.territory,
                voter_id=voter,
                tps=best,
                position=last[best.pk],
                kind=Assignment.Kind.LATE,
            )
        )
    Assignment.everywhere.bulk_create(admitted, batch_size=1000)
    return len(admitted)


def _take_back_strikes(policy: Policy, determination: Determination) -> None:
    gone = Strike.everywhere.filter(voter__location=determination.location_id, taken_back_at=None)
    gone.filter(voter__departure__lte=policy.polling_day).update(taken_back_at=timezone.now())
