"""Which locations below the minimum vote together, and where?

Candidates are locations with fewer eligible voters than the minimum of their kind. A group votes at the largest of its
members, the **host**. Every guest lies in the host's village, or in its district (kecamatan) and no farther from it than the
policy's distance; all belong to the same electoral districts, so that nobody's ballots depend on the place to vote. A group
reaches the minimum of the host. Nobody who qualifies alone is asked.

The groups are those that give a TPS to the most voters; among these, with the fewest TPS; then with the shortest ways; then
first in canonical order. Candidates fall apart into components that do not reach each other. A component of up to EXACT
candidates is solved exactly: the best groups of a set are the best of either leaving its first member alone or putting it
into one of its feasible groups, and then the best groups of the rest (each set solved once, at most 2 to the power of EXACT).
A larger one is filled host by host, the largest first, each with all neighbours that are still free.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations
from math import asin, cos, radians, sin, sqrt
from typing import Final, Literal, NamedTuple

EXACT: Final = 12
EARTH_M: Final = 6_371_008.8

WhyNot = Literal["alone", "other_districts", "too_far", "too_few"]


class Candidate(NamedTuple):
    """A location below its minimum. Codes of village and district are None where not known; `constituencies` too: unknown
    never equals unknown. `point` is latitude and longitude in degrees."""

    key: str
    voters: int
    minimum: int
    village: str | None
    district: str | None
    point: tuple[float, float] | None
    constituencies: tuple[str | None, ...] | None


class Combination(NamedTuple):
    """One group: the host, and its guests with their distance from it in whole metres, None within a village."""

    host: str
    guests: tuple[tuple[str, int | None], ...]


Score = tuple[int, int, int]
"""Voters with a TPS, TPS and metres, the latter two negative: the larger the better."""


def combine(candidates: Iterable[Candidate], *, distance_m: int, maximum: int) -> list[Combination]:
    """The groups, in canonical order of their hosts; whoever is in none stays alone."""
    ordered = sorted(candidates, key=lambda each: (-each.voters, each.key))
    parts = _components(ordered, distance_m)
    found = [group for part in parts for group in _groups(part, distance_m, maximum)]
    return sorted(found, key=lambda group: group.host)


def why_not(candidate: Candidate, candidates: Iterable[Candidate], *, distance_m: int) -> WhyNot:
    """What keeps a candidate that no group took from voting with its neighbours: the nearest to being mended last."""
    others = [each for each in candidates if each.key != candidate.key and _same_district(each, candidate)]
    if not others:
        return "alone"
    fitting = [each for each in others if _same_constituencies(each, candidate)]
    if not fitting:
        return "other_districts"
    return "too_few" if any(_way(each, candidate, distance_m) is not None for each in fitting) else "too_far"


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two points given in degrees."""
    (lat, lon), (lat2, lon2) = ((radians(a), radians(b)) for a, b in (one, other))
    half = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))


def _same_district(one: Candidate, other: Candidate) -> bool:
    return one.district is not None and one.district == other.district


def _same_constituencies(one: Candidate, other: Candidate) -> bool:
    return one.constituencies is not None and one.constituencies == other.constituencies


def _way(one: Candidate, other: Candidate, distance_m: int) -> int | None:
    """Metres from one to the other, 0 within a village; None where they may not vote together."""
    if not _same_constituencies(one, other):
        return None
    if one.village is not None and one.village == other.village:
        return 0
    if not _same_district(one, other) or one.point is None or other.point is None:
        return None
    way = metres(one.point, other.point)
    return max(1, round(way)) if way <= distance_m else None


def _components(ordered: Sequence[Candidate], distance_m: int) -> list[list[Candidate]]:
    """Candidates that reach each other over others; a single one makes no group."""
    left, parts = list(ordered), []
    while left:
        part, edge = [left[0]], [left.pop(0)]
        while edge:
            here = edge.pop()
            near = [each for each in left if _way(here, each, distance_m) is not None]
            left = [each for each in left if each not in near]
            part += near
            edge += near
        parts.append(sorted(part, key=ordered.index))
    return [part for part in parts if len(part) > 1]


def _groups(part: Sequence[Candidate], distance_m: int, maximum: int) -> list[Combination]:
    """The groups of one component; `part` is largest first, so the first of any group is its host."""
    ways = [[_way(one, other, distance_m) for other in part] for one in part]
    if len(part) > EXACT:
        return _host_by_host(part, ways)
    feasible = _feasible(part, ways, maximum)

    @cache
    def best(left: int) -> tuple[Score, tuple[int, ...]]:
        if not left:
            return (0, 0, 0), ()
        first = left & -left
        found = best(left ^ first)
        for group, score in feasible.get(first, ()):
            if group & left == group:
                rest, groups = best(left ^ group)
                total = (score[0] + rest[0], score[1] + rest[1], score[2] + rest[2])
                if total > found[0]:
                    found = total, (group, *groups)
        return found

    return [_combination(part, ways, group) for group in best((1 << len(part)) - 1)[1]]


def _feasible(
    part: Sequence[Candidate], ways: Sequence[Sequence[int | None]], maximum: int
) -> dict[int, list[tuple[int, Score]]]:
    """Every group that may be formed, as a bit set, by the bit of its host."""
    found: dict[int, list[tuple[int, Score]]] = {}
    for host, candidate in enumerate(part):
        near = [guest for guest in range(host + 1, len(part)) if ways[host][guest] is not None]
        for size in range(1, len(near) + 1):
            for guests in combinations(near, size):
                voters = candidate.voters + sum([part[guest].voters for guest in guests])
                if voters >= candidate.minimum:
                    metres_in_all = sum([ways[host][guest] or 0 for guest in guests])
                    group = sum([1 << guest for guest in (host, *guests)])
                    score = (voters, -voters // maximum, -metres_in_all)
                    found.setdefault(1 << host, []).append((group, score))
    return found


def _host_by_host(part: Sequence[Candidate], ways: Sequence[Sequence[int | None]]) -> list[Combination]:
    free, found = set(range(len(part))), []
    for host, candidate in enumerate(part):
        near = [guest for guest in sorted(free) if guest > host and ways[host][guest] is not None]
        if (
            host in free
            and candidate.voters + sum([part[guest].voters for guest in near]) >= candidate.minimum
            and near
        ):
            free -= {host, *near}
            found.append(_combination(part, ways, sum([1 << place for place in (host, *near)])))
    return found


def _combination(part: Sequence[Candidate], ways: Sequence[Sequence[int | None]], group: int) -> Combination:
    host, *guests = [place for place in range(len(part)) if group >> place & 1]
    return Combination(part[host].key, tuple([(part[guest].key, ways[host][guest] or None) for guest in guests]))
