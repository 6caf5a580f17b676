"""Where are people concentrated who have no special location yet?

People stand in H3 cells of resolution 9 (about 350 m across). A cell is **dense** if it and its six neighbours together hold
at least `fewest` people. Dense cells that touch belong to one concentration; occupied cells beside a dense one join it. That
is DBSCAN on a grid: each cell looks at its neighbours once, so the cost grows with the occupied cells and nothing else.

People known only to their village make a concentration of the village where at least `fewest` of them are; nobody can say how
close together they live, so it is never as sure. **How sure** a concentration is, is the share of it among all people within
about a kilometre of it: a boarding school stands out, a town does not.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple

from h3.api import basic_int as h3

EARTH_M: Final = 6_371_008.8
CELL_RADIUS_M: Final = 201
"""Mean edge of a hexagon of resolution 9, which is the distance from its centre to a corner."""
AROUND: Final = 3
"""Rings of cells looked at around a concentration: about a kilometre."""
VILLAGE_SURE: Final = 30
"""How sure a concentration is of which only the village is known, in percent."""
LEAST_SURE: Final = 50
"""Below this the surroundings are as crowded: no concentration, just a town."""


class Spot(NamedTuple):
    """So many people in one cell (an H3 index, None where only the village is known) of one village or other region."""

    cell: int | None
    region: str
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody asks of a spot


class Cluster(NamedTuple):
    """A concentration: its region (that of most of its people), how many people, how sure in percent, and where.

    `point` is latitude and longitude in degrees, `radius_m` metres around it, `cells` in ascending order; None, None and
    empty where only the village is known.
    """

    region: str
    people: int
    sure: int
    point: tuple[float, float] | None
    radius_m: int | None
    cells: tuple[int, ...]


def concentrations(spots: Iterable[Spot], *, fewest: int) -> list[Cluster]:
    """All concentrations of at least `fewest` people, the largest first. Near-linear in the occupied cells."""
    in_cells: Counter[int] = Counter()
    villages: Counter[str] = Counter()
    regions: dict[int, Counter[str]] = {}
    for cell, region, count in spots:
        if cell is None:
            villages[region] += count
        else:
            in_cells[cell] += count
            regions.setdefault(cell, Counter())[region] += count
    found = [_cluster(cells, in_cells, regions) for cells in _components(in_cells, fewest)]
    found = [cluster for cluster in found if cluster.people >= fewest and cluster.sure >= LEAST_SURE]
    found += [
        Cluster(region, people, VILLAGE_SURE, None, None, ()) for region, people in villages.items() if people >= fewest
    ]
    return sorted(found, key=lambda each: (-each.people, each.region, each.cells))


def _components(in_cells: Mapping[int, int], fewest: int) -> list[set[int]]:
    dense = _dense(in_cells, fewest)
    found: list[set[int]] = []
    left = set(dense)
    while left:
        start = left.pop()
        members, waiting = {start}, [start]
        while waiting:
            for neighbour in dense[waiting.pop()]:
                if neighbour in left:
                    left.remove(neighbour)
                    waiting.append(neighbour)
                members.add(neighbour)
        found.append(members)
    return found


def _dense(in_cells: Mapping[int, int], fewest: int) -> dict[int, list[int]]:
    """Dense cells, each with the occupied cells of its disk. A cell far below its share cannot be one: of seven cells that
    hold `fewest` together at least one holds a seventh, so only cells beside such a one are looked at."""
    share = -(-fewest // 7)
    candidates = {
        neighbour
        for cell, count in in_cells.items()
        if count >= share
        for neighbour in h3.grid_disk(cell, 1)
        if neighbour in in_cells
    }
    dense: dict[int, list[int]] = {}
    for cell in candidates:
        disk = [neighbour for neighbour in h3.grid_disk(cell, 1) if neighbour in in_cells]
        if sum([in_cells[neighbour] for neighbour in disk]) >= fewest:
            dense[cell] = disk
    return dense


def _cluster(cells: set[int], in_cells: Mapping[int, int], regions: Mapping[int, Counter[str]]) -> Cluster:
    people = sum([in_cells[cell] for cell in cells])
    points = {cell: h3.cell_to_latlng(cell) for cell in cells}
    latitude = sum([points[cell][0] * in_cells[cell] for cell in cells]) / people
    longitude = sum([points[cell][1] * in_cells[cell] for cell in cells]) / people
    by_region: Counter[str] = Counter()
    for cell in cells:
        by_region.update(regions[cell])
    region = min(by_region, key=lambda code: (-by_region[code], code))
    radius = max([metres((latitude, longitude), points[cell]) for cell in cells]) + CELL_RADIUS_M
    around = {neighbour for cell in cells for neighbour in h3.grid_disk(cell, AROUND)}
    near = sum([in_cells.get(cell, 0) for cell in around])
    sure = 100 * people // near
    return Cluster(region, people, sure, (latitude, longitude), round(radius), tuple(sorted(cells)))


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two points in degrees."""
    (south, west), (north, east) = [(radians(lat), radians(lng)) for lat, lng in (one, other)]
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * EARTH_M * asin(sqrt(half))


def overlap(one: Iterable[int], other: Iterable[int]) -> float:
    """The share of the smaller of two sets of cells that lies in the other; 0 where one is empty."""
    ours, theirs = set(one), set(other)
    return len(ours & theirs) / min(len(ours), len(theirs)) if ours and theirs else 0.0
