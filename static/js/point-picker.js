// Where does a location lie? A small map that shows a point, or fills latitude and longitude by click or key.

import { features } from "./outline.js";

const INDONESIA = [[-11.5, 94.5], [6.5, 141.5]];
const CLOSEST = 14;

for (const box of document.querySelectorAll("[data-point-map], [data-point-picker]")) show(box);

function show(box) {
  box.hidden = false;
  const map = L.map(box, { attributionControl: false, maxZoom: CLOSEST, zoomSnap: 0.5, scrollWheelZoom: "pointPicker" in box.dataset });
  map.fitBounds(INDONESIA);
  const point = L.circleMarker([0, 0], { radius: 7, className: "place", interactive: false });
  const areas = outline(box, map);
  if ("pointPicker" in box.dataset) pick(box, map, point, areas);
  else put(map, point, [Number(box.dataset.latitude), Number(box.dataset.longitude)]);
}

// The land comes late and lies below; a map that cannot get it still takes a point.
async function outline(box, map) {
  try {
    const answer = await fetch(box.dataset.outline);
    const land = L.geoJSON(features(await answer.json(), "regencies"), { style: { className: "land" }, interactive: false });
    land.addTo(map).bringToBack();
    return land.getLayers();
  } catch {
    return [];
  }
}

function pick(box, map, point, areas) {
  const latitude = document.getElementById(box.dataset.latitudeField);
  const longitude = document.getElementById(box.dataset.longitudeField);
  const region = document.getElementById(box.dataset.regionField);

  map.getContainer().setAttribute("aria-label", box.dataset.label);
  map.on("click", ({ latlng }) => take(latlng));
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== map.getContainer()) return;
    event.preventDefault();
    take(map.getCenter());
  });
  map.addControl(centreButton(box.dataset.centre, () => take(map.getCenter())));
  for (const field of [latitude, longitude]) field.addEventListener("change", read);
  region?.addEventListener("change", () => look(region.value));
  if (!read()) look(region?.value || box.dataset.within);

  function take({ lat, lng }) {
    latitude.value = lat.toFixed(6);
    longitude.value = lng.toFixed(6);
    point.setLatLng([lat, lng]).addTo(map).bringToFront();
  }

  function read() {
    const [lat, lng] = [latitude, longitude].map((field) => (field.value.trim() ? Number(field.value.replace(",", ".")) : NaN));
    if (!L.latLngBounds(INDONESIA).contains([lat || 99, lng || 0])) return false;
    put(map, point, [lat, lng]);
    return true;
  }

  async function look(code) {
    const within = (await areas).filter((area) => area.feature.properties.code.startsWith(code.slice(0, 5)));
    if (code !== "00" && within.length) map.fitBounds(L.featureGroup(within).getBounds(), { padding: [8, 8] });
  }
}

function put(map, point, place) {
  point.setLatLng(place).addTo(map);
  map.setView(place, 9);
}

function centreButton(label, act) {
  const control = L.control({ position: "bottomleft" });
  control.onAdd = () => {
    const button = L.DomUtil.create("button", "button");
    button.type = "button";
    button.textContent = label;
    L.DomEvent.disableClickPropagation(button);
    button.addEventListener("click", act);
    return button;
  };
  return control;
}
