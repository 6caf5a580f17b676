// How does TopoJSON become what Leaflet draws? Arcs of whole-number steps to rings of degrees.

/** GeoJSON features of one object ("regencies", "provinces") of a topology, each with its properties. */
export function features(topology, name) {
  const arcs = topology.arcs.map((arc) => decoded(arc, topology.transform));
  return topology.objects[name].geometries
    .filter((geometry) => geometry.arcs)
    .map((geometry) => ({
      type: "Feature",
      properties: geometry.properties ?? {},
      geometry: { type: geometry.type, coordinates: coordinates(geometry, arcs) },
    }));
}

function decoded(arc, transform) {
  if (!transform) return arc;
  let x = 0;
  let y = 0;
  return arc.map(([dx, dy]) => {
    x += dx;
    y += dy;
    return [x * transform.scale[0] + transform.translate[0], y * transform.scale[1] + transform.translate[1]];
  });
}

function coordinates(geometry, arcs) {
  const polygon = (rings) => rings.map((ring) => joined(ring, arcs));
  return geometry.type === "MultiPolygon" ? geometry.arcs.map(polygon) : polygon(geometry.arcs);
}

// A negative index is the arc ~index backwards; where arcs meet, their common point stands once.
function joined(ring, arcs) {
  return ring.flatMap((index, place) => {
    const arc = index < 0 ? [...arcs[~index]].reverse() : arcs[index];
    return place === 0 ? arc : arc.slice(1);
  });
}
