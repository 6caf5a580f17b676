"""How many voters stand at another TPS after one in a hundred left, or came? Counted person by person."""

from __future__ import annotations

import random
import time
from statistics import median, quantiles
from typing import Any, Final

from mapping.core.allocation import plan_location
from mapping.core.plan import Cell, PlanRules, canonical

LOCATIONS: Final = 1000
CHANGED: Final = 0.01
RULES: Final = PlanRules(maximum=300, minimum=1)
PROMISED: Final = 3.0
"""Percent of the staying voters, in the middle of the locations whose number of TPS stays."""

People = list[tuple[str, str, int]]
"""Block, sex and ballot set of each voter, in the order of their ids."""


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """`floor_seconds` is the time of the plans; the sizes of the run are its own."""
    randomness, started = random.Random(2024), time.perf_counter()
    places = [_place(randomness) for _ in range(LOCATIONS)]
    removed = [_share(people, _without_some(people, randomness)) for people in places]
    added = [_share(people, _with_some(people, randomness)) for people in places]
    seconds = time.perf_counter() - started
    return {
        "seconds": round(seconds, 3),
        "floor_seconds": round(seconds, 3),
        "count_seconds": 0.0,
        "ratio": 1.0,
        "rows": sum(len(people) for people in places),
        "database": vendor,
        "peak_mb": 0.0,
        "removed": _told(removed),
        "added": _told(added),
        "promised_median_percent": PROMISED,
        "peers": {},
    }


def _place(randomness: random.Random) -> list[tuple[int, tuple[str, str, int]]]:
    """Voters with their ids: one to nine blocks of 30 to 400 people, over several TPS."""
    blocks = randomness.randint(1, 9)
    kinds = [
        (f"Blok {block}", sex, ballots)
        for block in range(blocks)
        for sex, ballots in [("L", 31), ("L", 7), ("P", 31), ("L", 3)]
        for _ in range(randomness.randint(8, 100))
    ]
    randomness.shuffle(kinds)
    return list(enumerate(kinds))


def _without_some(people: list[Any], randomness: random.Random) -> list[Any]:
    gone = set(randomness.sample(range(len(people)), max(1, round(len(people) * CHANGED))))
    return [person for place, person in enumerate(people) if place not in gone]


def _with_some(people: list[Any], randomness: random.Random) -> list[Any]:
    """Who comes has a later id than everybody."""
    count = max(1, round(len(people) * CHANGED))
    return people + [(len(people) + n, randomness.choice(people)[1]) for n in range(count)]


def _share(before: list[Any], after: list[Any]) -> float | None:
    """Percent of those in both who stand at another TPS; None where the number of TPS changes."""
    stood, stand = _tps_of(before), _tps_of(after)
    if len(set(stood.values())) != len(set(stand.values())):
        return None
    staying = stood.keys() & stand.keys()
    return 100 * sum(stood[voter] != stand[voter] for voter in staying) / len(staying)


def _tps_of(people: list[Any]) -> dict[int, int]:
    members: dict[tuple[str, str, int], list[int]] = {}
    for voter, kind in people:
        members.setdefault(kind, []).append(voter)
    cells = canonical([Cell(*kind, len(voters)) for kind, voters in members.items()])  # type: ignore[arg-type]
    plan = plan_location(cells, RULES)
    return {
        voter: number
        for number, station in enumerate(plan.stations)
        for cell, first, last in station.slices
        for voter in members[cells[cell][:3]][first - 1 : last]
    }


def _told(shares: list[float | None]) -> dict[str, Any]:
    kept = [share for share in shares if share is not None]
    return {
        "locations_with_the_same_tps": len(kept),
        "median_percent": round(median(kept), 2),
        "p90_percent": round(quantiles(kept, n=10)[-1], 2),
        "largest_percent": round(max(kept), 2),
    }
