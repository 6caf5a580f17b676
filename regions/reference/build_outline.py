"""Draws the schematic outline of regencies and provinces that the map page shows under its circles.

    cd /tmp && npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    .venv/bin/python -m regions.reference.build_outline /tmp/package/countries-10m.json

Every point of land belongs to the nearest district centroid (a Voronoi partition), every district to its
regency. At national and province scale the result is hardly to be told from the surveyed boundaries; it is
a picture, never an authority on where a boundary runs. Land: Natural Earth 1:10m, public domain. Needs the
dev group (shapely, scipy, topojson) and takes about ten seconds.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import topojson
from scipy.spatial import Voronoi
from shapely.geometry import MultiPolygon, Point, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from regions import reference

Areas = dict[str, MultiPolygon]
Point2 = tuple[int, ...]

TARGET = Path(__file__).parents[2] / "static" / "map" / "outline.topo.json"
CIRCLE_DEGREES = 0.06
TOLERANCE_DEGREES = 0.012
ISLAND_SQUARE_DEGREES = 0.0008
QUANTISATION = 20_000


def build(atlas: Path) -> None:
    """Writes TopoJSON with the objects `regencies` and `provinces`, each with code and name."""
    topology = simplified(with_islands(regency_areas(land_of_indonesia(atlas))))
    topology["objects"]["provinces"] = provinces(topology)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(topology, separators=(",", ":"), ensure_ascii=False)
    TARGET.write_text(text + "\n", encoding="utf-8")


def simplified(areas: Areas) -> dict[str, Any]:
    """The areas as a topology: each border once, thinned and rounded for both of its sides."""
    exact = topojson.Topology(features(areas), object_name="regencies", prequantize=False)
    thinned = exact.toposimplify(TOLERANCE_DEGREES, prevent_oversimplify=True).topoquantize(QUANTISATION)
    return without_boxes(thinned.to_dict())


def land_of_indonesia(atlas: Path) -> MultiPolygon:
    topology = json.loads(atlas.read_text(encoding="utf-8"))
    country = next(
        geometry
        for geometry in topology["objects"]["countries"]["geometries"]
        if geometry["properties"]["name"] == "Indonesia"
    )
    arcs = [decode(arc, topology["transform"]) for arc in topology["arcs"]]
    polygons = [Polygon(ring(rings[0], arcs), [ring(hole, arcs) for hole in rings[1:]]) for rings in country["arcs"]]
    return polygons_of(shapely.make_valid(MultiPolygon(polygons)))


def decode(arc: list[list[int]], transform: dict[str, list[float]]) -> np.ndarray:
    """Steps of whole numbers to degrees, as the TopoJSON specification has it."""
    return np.cumsum(np.array(arc), axis=0) * transform["scale"] + transform["translate"]


def ring(indexes: list[int], arcs: list[np.ndarray]) -> np.ndarray:
    parts = [arcs[index] if index >= 0 else arcs[~index][::-1] for index in indexes]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def regency_areas(land: MultiPolygon) -> Areas:
    """The land by regency code; a regency whose cells hold no land is left out."""
    areas: dict[str, list[BaseGeometry]] = defaultdict(list)
    codes, cells = zip(*district_cells(), strict=True)
    islands = np.array(land.geoms)
    for cell, island in zip(*shapely.STRtree(islands).query(cells, predicate="intersects"), strict=True):
        areas[codes[cell][:5]].append(cells[cell].intersection(islands[island]))
    return {code: polygons_of(shapely.union_all(parts)) for code, parts in sorted(areas.items())}


def district_cells() -> list[tuple[str, Polygon]]:
    """A Voronoi cell for each distinct point; districts that share one share the regency as well."""
    points = {(float(row["longitude"]), float(row["latitude"])): row["code"] for row in district_centroids()}
    frame = [(60.0, -40.0), (60.0, 40.0), (180.0, -40.0), (180.0, 40.0)]
    diagram = Voronoi(np.array([*points, *frame]))
    inner = zip(points.values(), diagram.point_region[: len(points)], strict=True)
    return [(code, Polygon(diagram.vertices[diagram.regions[region]])) for code, region in inner]


def district_centroids() -> list[dict[str, str]]:
    return [row for row in reference.rows("region_centroids") if len(row["code"]) == 8]


def with_islands(areas: Areas) -> Areas:
    """Every regency has an area: one without land at this scale (Kepulauan Seribu) is a small circle."""
    centroids = {row["code"]: row for row in reference.rows("region_centroids") if len(row["code"]) == 5}
    missing = [code for code in centroids if code not in areas]
    circles = {code: circle(centroids[code]) for code in missing}
    kept = {code: without_specks(area) for code, area in areas.items()}
    return dict(sorted((kept | circles).items()))


def circle(centroid: dict[str, str]) -> MultiPolygon:
    centre = Point(float(centroid["longitude"]), float(centroid["latitude"]))
    return MultiPolygon([centre.buffer(CIRCLE_DEGREES, quad_segs=4)])


def without_specks(area: MultiPolygon) -> MultiPolygon:
    """The area without islands too small to see, but never without its largest part."""
    parts = sorted(area.geoms, key=lambda part: part.area, reverse=True)
    return MultiPolygon(parts[:1] + [part for part in parts[1:] if part.area >= ISLAND_SQUARE_DEGREES])


def polygons_of(geometry: BaseGeometry) -> MultiPolygon:
    """The areas of a geometry, without the points and lines that set operations leave."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return MultiPolygon([part for part in parts if isinstance(part, Polygon)])


def features(areas: Areas) -> dict[str, Any]:
    names = names_by_code()
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"code": code, "name": names[code]}, "geometry": mapping(area)}
            for code, area in areas.items()
        ],
    }


def names_by_code() -> dict[str, str]:
    return {row["code"]: row["name"] for row in reference.rows("regions") if len(row["code"]) <= 5}


def without_boxes(topology: dict[str, Any]) -> dict[str, Any]:
    """Without what no reader of ours uses: bounding boxes and generated ids."""
    objects = topology["objects"].values()
    for part in (topology, *objects, *(geometry for each in objects for geometry in each["geometries"])):
        part.pop("bbox", None)
        part.pop("id", None)
    return topology


def provinces(topology: dict[str, Any]) -> dict[str, Any]:
    """The regencies dissolved: of a province's arcs those that no two of its regencies share."""
    names = names_by_code()
    sides: dict[str, Counter[int]] = defaultdict(Counter)
    for regency in topology["objects"]["regencies"]["geometries"]:
        sides[regency["properties"]["code"][:2]].update(arcs_of(regency))
    ends = [(tuple(arc[0]), tuple(map(sum, zip(*arc, strict=True)))) for arc in topology["arcs"]]
    geometries = [
        {"type": "MultiPolygon", "properties": {"code": code, "name": names[code]}, "arcs": rings(outer(arcs), ends)}
        for code, arcs in sides.items()
    ]
    return {"type": "GeometryCollection", "geometries": geometries}


def arcs_of(geometry: dict[str, Any]) -> Iterator[int]:
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    return (arc for polygon in polygons for ring in polygon for arc in ring)


def outer(arcs: Counter[int]) -> list[int]:
    """Arcs without inner borders: those stand twice, in either direction (`~3` is arc 3 walked backwards)."""
    return [arc for arc in arcs if arcs[arc] + arcs[~arc] == 1]


def rings(arcs: list[int], ends: list[tuple[Point2, Point2]]) -> list[list[list[int]]]:
    """The arcs put together to closed rings, each a polygon of its own: no province lies within another."""
    start = {arc: ends[arc][0] if arc >= 0 else ends[~arc][1] for arc in arcs}
    end = {arc: ends[arc][1] if arc >= 0 else ends[~arc][0] for arc in arcs}
    leaving: dict[Point2, list[int]] = defaultdict(list)
    for arc in arcs:
        leaving[start[arc]].append(arc)
    found = []
    while any(leaving.values()):
        ring = [next(waiting for waiting in leaving.values() if waiting).pop()]
        while end[ring[-1]] != start[ring[0]]:
            ring.append(leaving[end[ring[-1]]].pop())
        found.append([ring])
    return found


if __name__ == "__main__":
    build(Path(sys.argv[1]))
