"""The search for concentrations: how many of those planted among scattered people are found, how many are false, how fast?"""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple

import h3
import numpy as np
from django.db import connection

from accounts.ids import new_id
from mapping import discovery, policies
from mapping.core.clusters import Cluster, Spot, concentrations
from regions.models import Region
from voters.loading import insert_rows
from voters.models import Voter

from . import measure

PEER_PEOPLE: Final = 100_000
FEWEST: Final = 100
SPREAD_M: Final = 90
"""Standard deviation of where the people of one planted concentration live."""
BOX: Final = (-8.2, -6.2, 106.0, 114.0)
TOWNS: Final = 60
METRE: Final = 1 / 111_320


class People(NamedTuple):
    """Points in degrees, and of each planted concentration its middle."""

    latitude: np.ndarray
    longitude: np.ndarray
    planted: np.ndarray


def people(count: int, seed: int = 2024) -> People:
    """A fifth of the people in concentrations of 120 to 600, half around towns, the rest anywhere on Java."""
    random = np.random.default_rng(seed)
    south, north, west, east = BOX
    sizes: list[int] = []
    while sum(sizes) < count // 5:
        sizes.append(int(random.integers(120, 600)))
    middles = np.column_stack([random.uniform(south, north, len(sizes)), random.uniform(west, east, len(sizes))])
    gathered = np.repeat(middles, sizes, axis=0) + random.normal(0, SPREAD_M * METRE, (sum(sizes), 2))
    towns = np.column_stack([random.uniform(south, north, TOWNS), random.uniform(west, east, TOWNS)])
    near = towns[random.integers(0, TOWNS, count // 2)] + random.normal(0, 6_000 * METRE, (count // 2, 2))
    rest = count - len(near) - len(gathered)
    anywhere = np.column_stack([random.uniform(south, north, rest), random.uniform(west, east, rest)])
    points = np.vstack([gathered, near, anywhere])
    return People(points[:, 0], points[:, 1], middles)


def run(*, voters: int, locations: int, peers: bool, vendor: str) -> dict[str, Any]:
    """From the table of voters to suggestions; the floor is its own reading statement, fetched."""
    policies.load_shipped()
    crowd = people(voters)
    cells = cells_of(crowd)
    write(cells)
    measure.forget_peak()
    policy = policies.current()
    floor = measure.seconds(lambda: list(discovery.spots(policy)))
    started = time.perf_counter()
    found = discovery.search()
    seconds = time.perf_counter() - started
    clusters = concentrations(spots_of(cells), fewest=FEWEST)
    assert len(found) == len(clusters)
    return {
        "seconds": round(seconds, 3),
        "floor_seconds": round(floor, 3),
        "count_seconds": 0.0,
        "ratio": round(seconds / floor, 3),
        "rows": voters,
        "database": vendor,
        "peak_mb": measure.peak_mb(),
        "planted": len(crowd.planted),
        **quality(clusters, crowd.planted),
        "peers": {"dbscan": _dbscan(min(voters, PEER_PEOPLE))} if peers else {},
    }


def cells_of(crowd: People) -> list[str]:
    return [
        h3.latlng_to_cell(*point, 9) for point in zip(crowd.latitude.tolist(), crowd.longitude.tolist(), strict=True)
    ]


def spots_of(cells: list[str]) -> list[Spot]:
    return [Spot(int(cell, 16), "32.01", 1) for cell in cells]


def write(cells: list[str]) -> None:
    """Unplaced voters, eligible by their row; their sealed halves are left out, since no search opens one."""
    regency, home = Region.objects.get(pk="32.01"), Region.objects.get(pk="36.03")
    fields = ("id", "territory", "role", "name", "sex", "birth_year", "marital", "home_id", "home_assumed", "is_foreign",
              "is_military_police", "official_mark", "ektp", "nik_verdict", "is_duplicate", "is_mismatch", "stay_id",
              "h3_cell", "is_placed")  # fmt: skip
    values = (
        "penghuni",
        "Contoh",
        "L",
        1990,
        "B",
        home.pk,
        False,
        False,
        False,
        "",
        "S",
        "ok",
        False,
        False,
        regency.pk,
    )
    for start in range(0, len(cells), 20_000):
        insert_rows(
            Voter, fields, [(new_id(), regency.pk, *values, cell, False) for cell in cells[start : start + 20_000]]
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE voters_voter")


def quality(found: list[Cluster], planted: np.ndarray) -> dict[str, Any]:
    """Found: a planted middle within the radius of a concentration. False: a concentration with no such middle."""
    hit: set[int] = set()
    false = 0
    for cluster in found:
        assert cluster.point is not None
        offsets = (planted - np.array(cluster.point)) / METRE
        near = np.flatnonzero(np.hypot(offsets[:, 0], offsets[:, 1]) <= (cluster.radius_m or 0) + SPREAD_M)
        hit.update(near.tolist())
        false += not len(near)
    return {
        "found_percent": round(100 * len(hit) / len(planted), 2),
        "false_percent": round(100 * false / max(len(found), 1), 2),
        "concentrations": len(found),
    }


def _dbscan(count: int) -> dict[str, Any]:
    """scikit-learn's DBSCAN on the same people, with its tree and great-circle distances, beside ours from the points on."""
    from sklearn.cluster import DBSCAN

    crowd = people(count)
    started = time.perf_counter()
    ours = concentrations(spots_of(cells_of(crowd)), fewest=FEWEST)
    our_seconds = time.perf_counter() - started
    points = np.radians(np.column_stack([crowd.latitude, crowd.longitude]))
    started = time.perf_counter()
    labels = (
        DBSCAN(eps=300 / 6_371_008.8, min_samples=FEWEST, metric="haversine", algorithm="ball_tree").fit(points).labels_
    )
    seconds = time.perf_counter() - started
    theirs = [_as_cluster(crowd, labels == label) for label in range(labels.max() + 1)]
    return {
        "rows": count,
        "seconds": round(seconds, 3),
        "ours_seconds": round(our_seconds, 3),
        "times_ours": round(seconds / our_seconds, 2),
        **quality(theirs, crowd.planted),
        "ours": quality(ours, crowd.planted),
    }


def _as_cluster(crowd: People, members: np.ndarray) -> Cluster:
    point = (float(crowd.latitude[members].mean()), float(crowd.longitude[members].mean()))
    return Cluster("", int(members.sum()), 100, point, 300, ())
