// Which single keys do what? They can be switched off (WCAG 2.1.4); the choice stays in this browser.

const SWITCH = "tpskhusus.keys";
const help = document.getElementById("keys");
const box = help?.querySelector("[data-keys-on]");

const KEYS = {
  "/": () => visible("[data-search]")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  x: () => here()?.querySelector("input[type=checkbox]:enabled")?.click(),
  "?": () => help.showModal(),
};

if (box) {
  box.checked = isOn();
  box.addEventListener("change", () => remember(box.checked));
  document.addEventListener("keydown", onKey);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || help.open || !isOn()) return;
  if (event.key === "Enter") return openHere(event);
  const act = KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
}

function isOn() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true;
  }
}

function remember(on) {
  try {
    localStorage.setItem(SWITCH, on ? "on" : "off");
  } catch {
    // a browser without storage keeps the keys on until the page is left
  }
}

function isTyping(element) {
  return element.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]") !== null;
}

function visible(selector) {
  const found = [...document.querySelectorAll(selector)].filter((element) => element.offsetParent);
  return found.find((element) => element.closest("main")) ?? found[0];
}

function here() {
  return document.querySelector("table[data-rows] tr.is-here");
}

// Pages with one thing instead of rows name their neighbours: <a rel="prev">, <a rel="next">.
function step(by) {
  const rows = [...document.querySelectorAll("table[data-rows] tbody tr")];
  if (!rows.length) return visible(by > 0 ? "main a[rel=next]" : "main a[rel=prev]")?.click();
  const at = rows.indexOf(here());
  const row = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  here()?.classList.remove("is-here");
  row.classList.add("is-here");
  row.scrollIntoView({ block: "nearest" });
  row.querySelector("a")?.focus({ preventScroll: true });
}

function openHere(event) {
  if (event.target.closest("a, button, summary, input")) return;
  here()?.querySelector("a")?.click();
}
