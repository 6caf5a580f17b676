"""The national recompute against its own reading statement: what do plan, hash and writing add to it?"""

from __future__ import annotations

from typing import Any, Final

from django.db import connection

from mapping import policies, recompute
from mapping.models import Proposal
from voters import eligibility

from . import crowd, measure

PAIRS: Final = 3


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """Every proposal is written each time; floor and work take turns, the middle of three counts."""
    crowd.fill(voters=voters, locations=locations)
    policy = policies.current()
    floors, works, counts = [], [], []
    _read(policy)  # the first reading warms the database's cache for both
    measure.forget_peak()
    for _pair in range(PAIRS):
        counts.append(measure.seconds(_count))
        floors.append(measure.seconds(lambda: _read(policy)))
        _forget_proposals()
        works.append(measure.seconds(lambda: recompute.territory(policy=policy)))
    return {
        "seconds": measure.middle(works),
        "floor_seconds": measure.middle(floors),
        "count_seconds": measure.middle(counts),
        "ratio": round(measure.middle([work / floor for work, floor in zip(works, floors, strict=True)]), 3),
        "rows": voters,
        "database": vendor,
        "peak_mb": measure.peak_mb(),
        "peers": {},
    }


def _read(policy: Any) -> None:
    """The very statement that `recompute` reads with, executed and fetched."""
    sql, params = eligibility.grouped_statement(policies.voter_rules(policy))
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.fetchall()


def _count() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT location_id, COUNT(*) FROM voters_voter GROUP BY location_id")
        cursor.fetchall()


def _forget_proposals() -> None:
    """Empties the table past its triggers, so that the next run is a first one."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("TRUNCATE mapping_proposal CASCADE")
            return
        cursor.execute("DROP TRIGGER IF EXISTS mapping_proposal_no_delete")
        cursor.execute(f"DELETE FROM {Proposal._meta.db_table}")
