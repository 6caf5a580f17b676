"""The national recompute against its own reading statement: what do plan, hash and writing add to it?"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from django.db import connection, transaction

from locations.models import SpecialLocation
from mapping import policies, recompute
from mapping.models import Proposal
from voters import eligibility
from voters.models import Voter

from . import crowd, measure

PAIRS: Final = 3
CHANGED_PERCENT: Final = 1


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """A first run writes every proposal; then it is run again with voters gone at every hundredth location.

    Floor and work take turns; the middle of three counts.
    """
    crowd.fill(voters=voters, locations=locations)
    policy = policies.current()
    read(policy)  # the first reading warms the database's cache for both
    measure.forget_peak()
    counts, index_counts, floors, first, again = [], [], [], [], []
    for number in range(PAIRS):
        counts.append(measure.seconds(_count))
        index_counts.append(measure.seconds(_count_index))
        floors.append(measure.seconds(lambda: read(policy)))
        forget_proposals()
        first.append(measure.seconds(lambda: recompute.territory(policy=policy)))
        _let_some_go(number)
        again.append(measure.seconds(lambda: recompute.territory(policy=policy)))
    peak = measure.peak_mb()
    seconds, count = measure.middle(first), measure.middle(counts)
    return {
        "seconds": seconds,
        "floor_seconds": measure.middle(floors),
        "count_seconds": count,
        "ratio": measure.ratio(first, floors),
        "again_seconds": measure.middle(again),
        "again_ratio": measure.ratio(again, floors),
        "index_count_seconds": measure.middle(index_counts),
        "count_ratio": round(seconds / count, 2),
        "rows": voters,
        "locations": locations,
        "database": vendor,
        "peak_mb": peak,
        "peers": _peers(policy, voters) if peers else {},
    }


def read(policy: Any) -> None:
    """The very statement that `recompute` reads with, executed and fetched in the same way."""
    sql, params = eligibility.grouped_statement(policies.voter_rules(policy))
    with transaction.atomic():
        deque(eligibility.scanned(sql, params), maxlen=0)


def _count() -> None:
    """The bare count per location, reading the rows: what a count from the index alone does not do."""
    _fetch("SELECT location_id, COUNT(sex) FROM voters_voter GROUP BY location_id")


def _count_index() -> None:
    _fetch("SELECT location_id, COUNT(*) FROM voters_voter GROUP BY location_id")


def _fetch(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.fetchall()


def forget_proposals() -> None:
    """Empties the table past its triggers, so that the next run is a first one."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("TRUNCATE mapping_proposal CASCADE")
            return
        cursor.execute("DROP TRIGGER IF EXISTS mapping_proposal_no_delete")
        cursor.execute(f"DELETE FROM {Proposal._meta.db_table}")


def _let_some_go(number: int) -> None:
    """One voter in a hundred locations leaves before polling day, each time at other ones."""
    step = 100 // CHANGED_PERCENT
    ids = list(SpecialLocation.everywhere.order_by("pk").values_list("pk", flat=True)[number::step])
    with transaction.atomic():
        for location in ids:
            leaving = Voter.everywhere.filter(location=location, departure=None).order_by("pk").values("pk")[:1]
            Voter.everywhere.filter(pk__in=leaving).update(departure=crowd.LEAVING)


def _peers(policy: Any, voters: int) -> dict[str, Any]:
    from .peers import orm_remap, pandas_remap

    ours = {p.location_id: p.tps for p in Proposal.everywhere.current(policy).only("location_id", "tps")}
    return {"pandas": pandas_remap.measured(policy, ours), "orm": orm_remap.measured(policy, ours)}
