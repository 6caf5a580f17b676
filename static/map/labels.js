// Names beside the circles, the largest first, and only where they touch nothing.

const HEIGHT = 15;
const GAP = 3;
const MOST = 120;
const FEW = 40; // up to so many circles every one may have its name, beyond that the larger ones
const LARGE = 6.5;
const measure = document.createElement("canvas").getContext("2d");

export class Labels {
  constructor(map) {
    this.map = map;
    map.createPane("labels").style.zIndex = 450;
    map.getPane("labels").style.pointerEvents = "none";
    this.group = L.layerGroup().addTo(map);
  }

  show(drawn, level) {
    this.group.clearLayers();
    measure.font = '600 11.5px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
    const taken = drawn.map((each) => circleBox(this.map.latLngToContainerPoint(each.at), each.radius));
    let shown = 0;
    for (const [index, each] of drawn.entries()) {
      if (shown >= MOST || (drawn.length > FEW && each.radius < LARGE)) break;
      const name = shortened(each.place.name, level);
      const place = this.free(each, name, taken, index);
      if (!place) continue;
      taken.push(place);
      this.add(name, place);
      shown += 1;
    }
  }

  /** A box below, above, right or left of the circle that meets no other circle or name and lies within the map. */
  free(each, name, taken, own) {
    const { x, y } = this.map.latLngToContainerPoint(each.at);
    const width = measure.measureText(name).width + 4;
    const away = each.radius + GAP;
    const size = this.map.getSize();
    return [
      [x - width / 2, y + away],
      [x - width / 2, y - away - HEIGHT],
      [x + away, y - HEIGHT / 2],
      [x - away - width, y - HEIGHT / 2],
    ]
      .map(([left, top]) => ({ left, top, right: left + width, bottom: top + HEIGHT }))
      .find((box) => isInside(box, size) && !taken.some((other, index) => index !== own && meet(box, other)));
  }

  add(name, { left, top }) {
    const label = L.divIcon({ className: "label", html: document.createTextNode(name), iconSize: null, iconAnchor: [0, 0] });
    const marker = L.marker(this.map.containerPointToLatLng([left, top]), { icon: label, pane: "labels", interactive: false, keyboard: false });
    marker.addTo(this.group);
    marker.getElement().setAttribute("aria-hidden", "true");
    marker.getElement().textContent = name;
  }
}

function circleBox({ x, y }, radius) {
  const inner = radius * 0.8;
  return { left: x - inner, top: y - inner, right: x + inner, bottom: y + inner };
}

function meet(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function isInside(box, { x, y }) {
  return box.left > 2 && box.top > 2 && box.right < x - 2 && box.bottom < y - 2;
}

function shortened(name, level) {
  return level === "regency" ? name.replace(/^Kabupaten /, "") : name;
}
