"""The search for likely duplicates: how do seconds grow with people, how many are found, how many are false?"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Final

from voters import likely

from . import measure, namesakes

PEER_PEOPLE: Final = 100_000


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """The floor is reading the people into arrays; a tenth of the people shows how the seconds grow."""
    tenth, _ = _searched(*namesakes.people(voters // 10))
    people, planted = namesakes.people(voters)
    measure.forget_peak()
    seconds, quality = _searched(people, planted)
    floor = measure.seconds(lambda: likely.Columns.of(people))
    return {
        "seconds": round(seconds, 3),
        "floor_seconds": round(floor, 3),
        "count_seconds": 0.0,
        "ratio": round(seconds / floor, 3),
        "rows": voters,
        "database": vendor,
        "peak_mb": measure.peak_mb(),
        "seconds_of_a_tenth": round(tenth, 3),
        "growth_for_ten_times": round(seconds / tenth, 2),
        **quality,
        "peers": {"splink": _splink(min(voters, PEER_PEOPLE))} if peers else {},
    }


def _searched(people: list[likely.Person], planted: dict[tuple[int, int], str]) -> tuple[float, dict[str, Any]]:
    started = time.perf_counter()
    found = likely.pairs(people)
    seconds = time.perf_counter() - started
    return seconds, _quality({(pair.one, pair.other) for pair in found}, planted)


def _quality(found: set[tuple[int, int]], planted: dict[tuple[int, int], str]) -> dict[str, Any]:
    """Recall in all and by kind, and precision; a pair that was not planted is counted as false."""
    of_kind = Counter(planted.values())
    hits = Counter(kind for pair, kind in planted.items() if pair in found)
    right = sum(hits.values())
    return {
        "recall": round(right / len(planted), 4),
        "precision": round(right / max(len(found), 1), 4),
        "recall_by_kind": {kind: round(hits[kind] / of_kind[kind], 4) for kind in namesakes.KINDS},
    }


def _splink(count: int) -> dict[str, Any]:
    """splink and ours on the same people; splink's time without its import."""
    from .peers import splink_duplicates

    people, planted = namesakes.people(count)
    ours, quality = _searched(people, planted)
    found, seconds = splink_duplicates.pairs(people)
    theirs = _quality(found, planted)
    return {
        "rows": count,
        "seconds": round(seconds, 3),
        "ours_seconds": round(ours, 3),
        "times_ours": round(seconds / ours, 1),
        "recall": theirs["recall"],
        "precision": theirs["precision"],
        "ours_recall": quality["recall"],
        "ours_precision": quality["precision"],
    }
