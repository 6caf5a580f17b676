"""One location changed: does the recompute cost what that location costs, whatever the size of the country?"""

from __future__ import annotations

from typing import Any, Final

from django.db import connection, transaction

from locations import changes
from locations.models import SpecialLocation
from mapping import policies, recompute
from voters import eligibility
from voters.models import Voter

from . import crowd, measure

REPEATS: Final = 60


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """The floor is the location's own query, fetched, and one empty durable commit."""
    crowd.fill(voters=voters, locations=locations)
    policy = policies.current()
    recompute.territory(policy=policy)
    places = list(SpecialLocation.everywhere.order_by("pk").values_list("pk", flat=True)[:REPEATS])
    measure.forget_peak()
    works, floors = [], []
    for place in places:
        _change(place)
        floors.append(measure.seconds(lambda place=place: _own_query(policy, place)) + measure.seconds(_empty_commit))
        works.append(measure.seconds(recompute.changed))
    return {
        "seconds": measure.middle(works),
        "floor_seconds": measure.middle(floors),
        "count_seconds": 0.0,
        "ratio": measure.ratio(works, floors),
        "rows": voters,
        "database": vendor,
        "peak_mb": measure.peak_mb(),
        "peers": {},
    }


def _change(place: Any) -> None:
    with transaction.atomic():
        leaving = Voter.everywhere.filter(location=place, departure=None).order_by("pk").values("pk")[:1]
        Voter.everywhere.filter(pk__in=leaving).update(departure=crowd.LEAVING)
        changes.record([place])


def _own_query(policy: Any, place: Any) -> None:
    with transaction.atomic():
        list(eligibility.scanned(*eligibility.grouped_statement(policies.voter_rules(policy), [place])))


def _empty_commit() -> None:
    """A transaction that has a number and nothing else; PostgreSQL waits until it is on the disk."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()" if connection.vendor == "postgresql" else "SELECT 1")
