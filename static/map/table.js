// The rows of the map as a table: those in view, sorted by a click, and the way to them by keyboard.

import { words } from "./circles.js";

const FIELDS = { nama: "name", tps: "tps", dibentuk: "formed", pemilih: "eligible", lokasi: "locations" };
const lang = document.documentElement.lang;
const number = new Intl.NumberFormat(lang);

export class Table {
  constructor({ open, point }) {
    this.open = open;
    this.point = point;
    this.sort = "";
  }

  /** Takes over the table that the server wrote; a new one comes with every choice of filters. */
  attach(table) {
    if (this.table === table) return;
    this.table = table;
    table.addEventListener("click", (event) => this.clicked(event));
    table.addEventListener("mouseover", (event) => this.point(keyOf(event.target)));
    table.addEventListener("mouseleave", () => this.point(null));
    table.addEventListener("focusin", (event) => this.point(keyOf(event.target)));
    table.addEventListener("focusout", () => this.point(null));
  }

  show(scene) {
    this.scene = scene;
    const focused = keyOf(document.activeElement);
    this.most = Math.max(1, ...scene.shown.map((place) => mainFigure(place, scene.asked)));
    const rows = this.sorted(scene.shown).map((place) => this.row(place));
    this.head(scene);
    this.table.tBodies[0].replaceChildren(...rows);
    this.say(scene);
    if (focused) this.find(focused)?.querySelector("a").focus({ preventScroll: true });
  }

  head({ level, asked }) {
    const columns = columnsOf(level, asked);
    const cells = columns.map((name) => this.heading(name, level));
    this.table.tHead.rows[0].replaceChildren(...cells);
  }

  heading(name, level) {
    this.headings ??= new Map();
    for (const cell of this.table.tHead.rows[0].cells) this.headings.set(cell.dataset.column, cell);
    const known = this.headings.get(name) ?? blank(name);
    if (name === "nama") known.querySelector("a").textContent = document.querySelector(`template[data-heading="${level}"]`).content.textContent;
    const direction = { [name]: "ascending", [`-${name}`]: "descending" }[this.sort];
    if (direction) known.setAttribute("aria-sort", direction);
    else known.removeAttribute("aria-sort");
    return known;
  }

  row(place) {
    const row = document.createElement("tr");
    row.dataset.key = place.key;
    row.append(...columnsOf(this.scene.level, this.scene.asked).map((name) => (name === "nama" ? named(place) : figure(place, name))));
    row.cells[0].append(bar((100 * mainFigure(place, this.scene.asked)) / this.most));
    return row;
  }

  sorted(places) {
    if (!this.sort) return places;
    const field = FIELDS[this.sort.replace("-", "")];
    const way = this.sort.startsWith("-") ? -1 : 1;
    const compare = field === "name" ? (a, b) => a.name.localeCompare(b.name, lang) : (a, b) => a[field] - b[field];
    return [...places].sort((a, b) => way * compare(a, b));
  }

  say({ shown, places }) {
    const text = document.querySelector("[data-shown-text]");
    text.querySelector("[data-shown]").textContent = number.format(shown.length);
    text.querySelector("[data-all]").textContent = number.format(places.length);
    text.hidden = !places.length;
    document.querySelector("[data-nothing]").hidden = shown.length > 0 || !places.length;
  }

  clicked(event) {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const column = link.closest("th")?.dataset.column;
    if (column) return this.sortBy(column, event);
    const place = this.scene?.places.find((each) => each.key === keyOf(link));
    if (place) this.open(place, event);
  }

  /** Figures start with the most, names with A. */
  sortBy(column, event) {
    event.preventDefault();
    const [first, second] = column === "nama" ? [column, `-${column}`] : [`-${column}`, column];
    this.sort = this.sort === first ? second : first;
    this.show(this.scene);
  }

  /** Marks the row of a circle, without moving the focus. */
  mark(key) {
    for (const row of this.table.querySelectorAll("tr.is-shown")) row.classList.remove("is-shown");
    const row = key === null ? undefined : this.find(key);
    row?.classList.add("is-shown");
    row?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  find(key) {
    return this.table.querySelector(`tr[data-key="${CSS.escape(key)}"]`);
  }
}

function columnsOf(level, { proposals, formed }) {
  const hasProposals = proposals === "yes";
  const columns = ["nama"];
  if (hasProposals) columns.push("tps");
  if (formed === "yes" && level !== "location") columns.push("dibentuk");
  if (hasProposals) columns.push("pemilih");
  if (hasProposals && level !== "location") columns.push("lokasi");
  return columns;
}

function mainFigure(place, { proposals }) {
  return proposals === "yes" ? place.tps : place.formed;
}

function bar(width) {
  const picture = document.querySelector("template[data-bar]").content.cloneNode(true);
  picture.querySelector("rect").setAttribute("width", `${width}%`);
  return picture;
}

function blank(name) {
  const cell = document.createElement("th");
  cell.scope = "col";
  cell.dataset.column = name;
  cell.className = "num";
  const link = document.createElement("a");
  link.href = `?urut=-${name}`;
  link.textContent = document.querySelector(`template[data-heading="${name}"]`)?.content.textContent ?? "";
  cell.append(link);
  return cell;
}

function named(place) {
  const cell = document.createElement("td");
  const link = document.createElement("a");
  link.href = place.href;
  link.textContent = place.name;
  cell.append(link);
  if (place.above) cell.append(" ", span("aside", place.above));
  if (place.kind) {
    const what = span("what", "");
    what.append(...words(place));
    cell.append(" ", what);
  }
  return cell;
}

function figure(place, name) {
  const cell = document.createElement("td");
  cell.className = "num";
  cell.textContent = number.format(place[FIELDS[name]]);
  if (name === "tps" && place.indication) cell.append(" ", span("aside", `≈ ${number.format(place.indication)}`));
  return cell;
}

function span(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}

function keyOf(element) {
  return element?.closest?.("tr[data-key]")?.dataset.key ?? null;
}
