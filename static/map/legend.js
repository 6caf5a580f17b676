// How large is a circle of so many TPS? Three sizes, standing in one another.

import { radiusOf } from "./circles.js";

const LINE = 15;
const SVG = "http://www.w3.org/2000/svg";

export class Legend {
  constructor(map) {
    this.control = L.control({ position: "bottomleft" });
    this.control.onAdd = () => document.querySelector("template[data-legend]").content.firstElementChild.cloneNode(true);
    this.control.addTo(map);
  }

  show({ level, size, asked }) {
    const root = this.control.getContainer();
    for (const part of root.querySelectorAll("[data-level]")) part.hidden = part.dataset.level !== level;
    root.querySelector("[data-layer]").hidden = asked.formed === "no" || asked.proposals === "no" || level === "location";
    this.draw(root.querySelector(".sizes"), sizes(size.figure), size);
  }

  draw(picture, figures, size) {
    const largest = radiusOf(figures[0], size);
    const [width, height] = [largest * 2 + 64, Math.max(largest * 2 + 4, figures.length * LINE)];
    picture.setAttribute("width", width);
    picture.setAttribute("height", height);
    picture.replaceChildren(...figures.flatMap((figure, index) => row(figure, { size, largest, height, end: 8 + index * LINE })));
  }
}

function row(figure, { size, largest, height, end: level }) {
  const radius = radiusOf(figure, size);
  const [x, y] = [largest + 2, height - 2 - radius];
  const end = largest * 2 + 16;
  const text = drawn("text", { x: end + 4, y: level + 4 });
  text.textContent = new Intl.NumberFormat(document.documentElement.lang).format(figure);
  return [drawn("circle", { cx: x, cy: y, r: radius }), drawn("line", { x1: x, y1: y - radius, x2: end, y2: level }), text];
}

function drawn(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Three round figures up to the largest; fewer where it is small. */
function sizes(largest) {
  return [...new Set([1, 0.3, 0.05].map((share) => rounded(largest * share)))];
}

function rounded(figure) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, figure)));
  const step = [5, 2, 1].find((each) => each * power <= figure) ?? 1;
  return step * power;
}
