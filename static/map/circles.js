// Circles whose area is the number of TPS: the largest drawn first, all equally opaque.

const SMALLEST = 3;
const ROOM = 140; // pixels that a tooltip may need

export function radiusOf(figure, { figure: most, radius }) {
  return Math.max(SMALLEST, radius * Math.sqrt(figure / most));
}

export class Circles {
  constructor(map, { open, point }) {
    this.map = map;
    this.open = open;
    this.point = point;
    this.group = L.layerGroup().addTo(map);
    this.renderer = L.svg({ padding: 0.4 });
    this.drawn = [];
  }

  /** Replaces what is drawn; `drawn` then holds each place with its point and radius in pixels. */
  show(scene) {
    this.group.clearLayers();
    this.circles = new Map();
    const near = this.map.getBounds().pad(0.4);
    const standing = scene.places.filter((place) => place.latitude !== null && near.contains([place.latitude, place.longitude]));
    this.drawn = spread(this.map, standing.map((place) => measured(place, scene)).sort((a, b) => b.radius - a.radius));
    for (const each of this.drawn) this.add(each);
  }

  add({ place, at, radius, ring, classes }) {
    const circle = L.circleMarker(at, { radius, renderer: this.renderer, className: `circle ${classes}`, weight: null, fillOpacity: null });
    circle.bindTooltip(() => tooltip(place), { ...this.side(at, radius), opacity: 1 });
    circle.on("click", () => this.open(place));
    circle.on("mouseover", () => this.point(place.key));
    circle.on("mouseout", () => this.point(null));
    this.group.addLayer(circle);
    this.circles.set(place.key, circle);
    if (ring) this.group.addLayer(L.circleMarker(at, { radius: ring, renderer: this.renderer, className: "circle formed", interactive: false }));
  }

  /** Where a tooltip has room: above, but not at the edges of the map. */
  side(at, radius) {
    const { x, y } = this.map.latLngToContainerPoint(at);
    if (x < ROOM) return { direction: "right", offset: [radius, 0] };
    if (x > this.map.getSize().x - ROOM) return { direction: "left", offset: [-radius, 0] };
    return y < ROOM + radius ? { direction: "bottom", offset: [0, radius] } : { direction: "top", offset: [0, -radius] };
  }

  /** Makes one circle stand out and says what it is; null takes that back. */
  mark(key) {
    this.marked?.getElement()?.classList.remove("is-shown");
    this.marked?.closeTooltip();
    this.marked = key === null ? undefined : this.circles?.get(key);
    this.marked?.getElement()?.classList.add("is-shown");
    this.marked?.openTooltip();
  }
}

function measured(place, { size, asked }) {
  const isAlone = asked.proposals === "no";
  const figure = (isAlone ? place.formed : place.tps) || place.indication;
  const kind = place.kind ? ` ${place.kind}` : "";
  return {
    place,
    radius: figure ? radiusOf(figure, size) : SMALLEST + 1,
    ring: !isAlone && place.formed ? radiusOf(place.formed, size) : 0,
    classes: isAlone ? "formed alone" : (place.tps ? "" : place.indication ? "indication" : "nothing") + kind,
  };
}

/** Places that share a point stand round it like the seeds of a sunflower, so that each can be seen and reached. */
function spread(map, drawn) {
  const seats = new Map();
  for (const each of drawn) {
    const key = `${each.place.latitude},${each.place.longitude}`;
    const seat = seats.get(key) ?? { taken: 0, step: each.radius * 1.25 + 2 };
    const centre = map.latLngToLayerPoint([each.place.latitude, each.place.longitude]);
    const distance = seat.step * Math.sqrt(seat.taken) * 1.15;
    const angle = seat.taken * 2.39996;
    each.at = map.layerPointToLatLng(centre.add([distance * Math.cos(angle), distance * Math.sin(angle)]));
    seats.set(key, { ...seat, taken: seat.taken + 1 });
  }
  return drawn;
}

const number = new Intl.NumberFormat(document.documentElement.lang);

function tooltip(place) {
  const content = document.querySelector("template[data-tooltip]").content.cloneNode(true);
  for (const part of content.querySelectorAll("[data-of]")) {
    const value = place[part.dataset.of];
    part.textContent = typeof value === "number" ? number.format(value) : value;
  }
  for (const part of content.querySelectorAll("[data-if]")) if (!place[part.dataset.if]) part.remove();
  content.querySelector(".what")?.append(...words(place));
  const root = document.createElement("div");
  root.append(content);
  return root;
}

/** Kind and state of a location as words with their shapes. */
export function words(place) {
  return ["kind", "state"]
    .filter((name) => place[name])
    .map((name) => document.querySelector(`template[data-${name}="${place[name]}"]`)?.content.cloneNode(true))
    .filter(Boolean);
}
