// The map page: which rows lie in view, drawn as circles and listed in the table, and how one leads to the other.

import { features } from "../js/outline.js";
import { Circles } from "./circles.js";
import { Labels } from "./labels.js";
import { Legend } from "./legend.js";
import { Table } from "./table.js";

const INDONESIA = [[-11.1, 94.9], [6.2, 141.1]];
const LEVELS = [
  { name: "province", asked: "provinsi", from: 0 },
  { name: "regency", asked: "kabkota", from: 6 },
  { name: "location", asked: "lokasi", from: 8.5 },
];
const CLOSEST = 13;
const box = document.getElementById("map");
if (box) start();

async function start() {
  const map = L.map(box, {
    attributionControl: false, zoomControl: false, zoomSnap: 0.1, zoomDelta: 0.75, wheelPxPerZoomLevel: 90,
    minZoom: 3, maxZoom: CLOSEST, maxBounds: L.latLngBounds(INDONESIA).pad(0.5), boxZoom: true,
  });
  const zoom = L.control.zoom({ zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
  L.control.attribution({ prefix: false }).addAttribution(box.dataset.attribution).addTo(map);
  const areas = await land(map);
  const page = new Page(map, areas);
  addWhole(zoom, () => page.look({ forget: true }));
  page.begin();
}

/** A third button below the zoom: the whole region again. */
function addWhole(zoom, act) {
  const button = L.DomUtil.create("a", "whole", zoom.getContainer());
  Object.assign(button, { href: "#", role: "button", title: box.dataset.whole, textContent: "⤢" });
  button.setAttribute("aria-label", box.dataset.whole);
  L.DomEvent.disableClickPropagation(button);
  L.DomEvent.on(button, "click", L.DomEvent.stop).on(button, "click", act);
}

// The land comes from a file of ours; without it the circles still stand where they belong.
async function land(map) {
  map.createPane("land").style.zIndex = 200;
  try {
    const topology = await (await fetch(box.parentElement.dataset.outline)).json();
    const options = { pane: "land", renderer: L.svg({ pane: "land", padding: 0.5 }), interactive: false, smoothFactor: 0.6 };
    const regencies = L.geoJSON(features(topology, "regencies"), { ...options, style: { className: "land" } }).addTo(map);
    const provinces = L.geoJSON(features(topology, "provinces"), { ...options, style: { className: "borders" } }).addTo(map);
    return [...provinces.getLayers(), ...regencies.getLayers()];
  } catch {
    return [];
  }
}

class Page {
  constructor(map, areas) {
    this.map = map;
    this.areas = areas;
    this.answers = new Map();
    this.circles = new Circles(map, { open: (place) => this.open(place), point: (key) => this.table.mark(key) });
    this.labels = new Labels(map);
    this.legend = new Legend(map);
    this.table = new Table({ open: (place, event) => this.open(place, event), point: (key) => this.circles.mark(key) });
  }

  begin() {
    this.read();
    this.look();
    this.map.on("moveend", () => this.draw());
    document.body.addEventListener("htmx:afterSettle", () => this.filtered());
    this.draw();
  }

  /** What the page asked for: filters, layer, region; new after every choice in the filter bar. */
  read() {
    this.asked = document.getElementById("asked").dataset;
    this.table.attach(document.getElementById("places"));
  }

  filtered() {
    const within = this.asked.within;
    this.read();
    if (this.asked.within !== within) this.look({ forget: true });
    this.draw();
  }

  /** The place in the URL's hash, else the region asked for. */
  look({ forget = false } = {}) {
    const [zoom, latitude, longitude] = location.hash.slice(1).split("/").map(Number);
    if (!forget && Number.isFinite(longitude)) this.map.setView([latitude, longitude], zoom);
    else this.map.fitBounds(this.bounds(this.asked.within) ?? INDONESIA, { animate: false });
  }

  bounds(code) {
    const known = this.areas.filter((area) => area.feature.properties.code === code.slice(0, 5));
    return code !== "00" && known.length ? L.featureGroup(known).getBounds() : null;
  }

  level() {
    const level = LEVELS.findLast((each) => this.map.getZoom() >= each.from).name;
    return this.asked.proposals === "yes" ? level : "regency";
  }

  /** The rows of one level, asked once for every choice of filters. */
  places(level) {
    const url = new URL(this.asked.url, location.href);
    url.searchParams.set("level", level);
    if (!this.answers.has(url.href)) this.answers.set(url.href, fetched(url));
    return this.answers.get(url.href).catch((error) => {
      this.answers.delete(url.href);
      throw error;
    });
  }

  async draw() {
    const level = this.level();
    const places = await this.places(level);
    if (level !== this.level()) return;
    const scene = { level, places, asked: this.asked, size: largest(this.map, level, places) };
    const view = this.map.getBounds();
    const shown = places.filter((place) => place.latitude === null || view.contains([place.latitude, place.longitude]));
    this.circles.show(scene);
    this.labels.show(this.circles.drawn, level);
    this.legend.show(scene);
    this.table.show({ ...scene, shown });
    this.exportLink(level);
    this.remember();
  }

  /** The file holds the level that is shown. */
  exportLink(level) {
    const link = document.querySelector("a.export");
    const url = new URL(link.href);
    url.searchParams.set("tingkat", LEVELS.find((each) => each.name === level).asked);
    link.href = url.href;
  }

  remember() {
    const { lat, lng } = this.map.getCenter();
    const hash = `#${Number(this.map.getZoom().toFixed(2))}/${lat.toFixed(3)}/${lng.toFixed(3)}`;
    history.replaceState(history.state, "", location.pathname + location.search + hash);
  }

  /** A region comes nearer until its parts show; a location opens its proposal. */
  open(place, event) {
    if (place.kind) return event ? undefined : location.assign(place.href);
    event?.preventDefault();
    const bounds = this.bounds(place.key) ?? L.latLng(place.latitude, place.longitude).toBounds(60_000);
    const [nearest, farthest] = place.key.length === 2 ? [LEVELS[1].from, LEVELS[2].from - 0.25] : [LEVELS[2].from, 10];
    const zoom = Math.min(Math.max(this.map.getBoundsZoom(bounds), nearest), farthest);
    this.map.flyTo(bounds.getCenter(), zoom, { duration: 0.6 });
  }
}

async function fetched(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()).places;
}

/** Radius in pixels of the circle of the largest figure, and that figure. */
function largest(map, level, places) {
  const figure = Math.max(1, ...places.map((place) => Math.max(place.tps, place.formed, place.indication)));
  const room = Math.min(1, map.getSize().x / 900);
  const isFar = level === "regency" && map.getZoom() < LEVELS[1].from;
  const radius = isFar ? 20 : { province: 40, regency: 28, location: 24 }[level];
  return { figure, radius: radius * Math.max(room, 0.6) };
}
