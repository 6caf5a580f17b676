"""Determination of the country: a place on a list for every eligible voter, beside a bare INSERT … SELECT of as many rows."""

from __future__ import annotations

from typing import Any, Final

from django.db import connection, transaction

from accounts.ids import new_id
from accounts.models import Role, User
from mapping import determination, policies, recompute
from mapping.models import Assignment, Determination, FinalTPS, Proposal
from regions.models import Region

from . import crowd, measure

PAIRS: Final = 3


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """Both write into the same table with its indexes and keys, emptied before each; the middle of three counts."""
    crowd.fill(voters=voters, locations=locations)
    policy = policies.current()
    recompute.territory(policy=policy)
    ready = list(Proposal.everywhere.current(policy).filter(outcome="qualified").select_related("location"))
    act = new_id()
    slices = determination._slices(ready, _stations(ready, policy, act))
    places = [proposal.location_id for proposal in ready]
    measure.forget_peak()
    works, floors, rows = [], [], 0
    for _pair in range(PAIRS):
        _empty()
        works.append(measure.seconds(lambda: _assign(slices, policy, places)))
        rows = Assignment.everywhere.count()
        _empty()
        floors.append(measure.seconds(lambda rows=rows: _bare(rows, slices[0][7])))
    _empty()
    _assign(slices, policy, places)
    strikes = measure.seconds(lambda: _strike(act))
    return {
        "seconds": measure.middle(works),
        "floor_seconds": measure.middle(floors),
        "count_seconds": 0.0,
        "ratio": measure.ratio(works, floors),
        "rows": rows,
        "strike_seconds": round(strikes, 3),
        "database": vendor,
        "peak_mb": measure.peak_mb(),
        "peers": {},
    }


def _stations(ready: list[Proposal], policy: Any, act: Any) -> Any:
    territory = Region.objects.get(pk="00")
    by = User.objects.create_user("bench", None, role=Role.REVIEWER, territory=territory)
    made = {
        proposal.location_id: Determination(
            territory=proposal.territory, act=act, policy=policy, location=proposal.location, proposal=proposal,
            fingerprint=proposal.fingerprint, tps=proposal.tps, voters=proposal.eligible, determined_by=by,
        )
        for proposal in ready
    }  # fmt: skip
    Determination.everywhere.bulk_create(made.values(), batch_size=500)
    with transaction.atomic():
        stations = determination._number(ready, made, policy)
        FinalTPS.everywhere.bulk_create([each for own in stations.values() for each in own], batch_size=500)
    return stations


def _assign(slices: Any, policy: Any, places: Any) -> None:
    with transaction.atomic():
        determination.assign(slices, policy, places)


def _strike(act: Any) -> None:
    with transaction.atomic():
        _lift_limits()
        determination.strike(act)


def _bare(rows: int, tps: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        _lift_limits()
        cursor.execute(
            "INSERT INTO mapping_assignment (territory, voter_id, tps_id, position, kind, is_in_force)"
            f" SELECT territory, id, {tps_id()}, 1, 'dpt', TRUE FROM voters_voter WHERE location_id IS NOT NULL LIMIT %s",
            [tps, rows],
        )


def tps_id() -> str:
    return "CAST(%s AS uuid)" if connection.vendor == "postgresql" else "%s"


def _lift_limits() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE mapping_assignment" if connection.vendor == "postgresql" else "DELETE FROM mapping_assignment"
        )
