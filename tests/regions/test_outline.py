"""The schematic outline under the map: every regency is drawn, and a province is the sum of its regencies."""

import gzip
import json
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon

from regions import reference
from regions.reference.build_outline import TARGET

pytestmark = pytest.mark.once
Place = tuple[int, ...]


@pytest.fixture(scope="module")
def topology() -> dict[str, Any]:
    return json.loads(TARGET.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def regencies(topology: dict[str, Any]) -> dict[str, shapely.Geometry]:
    return dict(areas(topology, "regencies"))


@pytest.fixture(scope="module")
def provinces(topology: dict[str, Any]) -> dict[str, shapely.Geometry]:
    return dict(areas(topology, "provinces"))


def areas(topology: dict[str, Any], name: str) -> Iterator[tuple[str, shapely.Geometry]]:
    """Code and area of each region, in steps of the topology's grid."""
    arcs = [list(accumulate(map(tuple, arc), lambda a, b: (a[0] + b[0], a[1] + b[1]))) for arc in topology["arcs"]]
    for geometry in topology["objects"][name]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        drawn = [[ring(indexes, arcs) for indexes in polygon] for polygon in polygons]
        whole = MultiPolygon([Polygon(outer, holes) for outer, *holes in drawn if len(outer) > 3])
        yield geometry["properties"]["code"], shapely.make_valid(whole)


def ring(indexes: list[int], arcs: list[list[Place]]) -> list[Place]:
    return [place for index in indexes for place in (arcs[index] if index >= 0 else arcs[~index][::-1])]


def test_every_regency_and_province_is_drawn_under_its_code(
    regencies: dict[str, shapely.Geometry], provinces: dict[str, shapely.Geometry]
) -> None:
    codes = {row["code"] for row in reference.rows("regions")}

    assert set(regencies) == {code for code in codes if len(code) == 5}
    assert set(provinces) == {code for code in codes if len(code) == 2}
    assert all(area.area > 0 for area in regencies.values())


def test_a_province_is_the_sum_of_its_regencies(
    regencies: dict[str, shapely.Geometry], provinces: dict[str, shapely.Geometry]
) -> None:
    for code, area in provinces.items():
        parts = shapely.union_all([part for regency, part in regencies.items() if regency[:2] == code])
        assert parts.symmetric_difference(area).area < 1e-6 * area.area, code


def test_nearly_every_regency_lies_where_its_point_is(
    topology: dict[str, Any], regencies: dict[str, shapely.Geometry]
) -> None:
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    points = {
        row["code"]: (float(row["longitude"]), float(row["latitude"])) for row in reference.rows("region_centroids")
    }
    away = [
        code
        for code, area in regencies.items()
        if not area.contains(Point([(points[code][axis] - shift[axis]) / scale[axis] for axis in (0, 1)]))
    ]

    assert len(away) < 50  # groups of islands have their point in the sea


def test_the_outline_is_light_enough_for_a_telephone() -> None:
    assert len(gzip.compress(TARGET.read_bytes())) <= 60_000
