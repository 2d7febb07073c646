// @ts-check
// Small multiples: score over strength, one chart a perturbation; each strength can be heard.

import { button, make } from "../../shared/dom.js";
import { folded, heading, score, table } from "./tables.js";

const WORDS =
  "Thick: score of the label that was best before, with its range over sounds. Dashed: its " +
  "strongest rival. Dotted: how alike the maps are. Hollow: where the best label flips. Choose a " +
  "strength to hear it.";
const NS = "http://www.w3.org/2000/svg";
const WIDTH = 240;
const HEIGHT = 110;
const PAD = 4;

/** Draw every series of several strengths, and list the others; each opens the detail. */
export function showCurves(section, report, detail) {
  const kept = report.settings.bars.kept;
  const several = report.series.filter((series) => series.points.length > 1);
  const once = report.series.filter((series) => series.points.length === 1);
  const grid = make("div", "ck-grid");
  const open = (series) => (point, figure) => detail.show(series, point, figure);
  grid.append(...several.map((series) => chart(series, kept, open(series))));
  section.replaceChildren(...heading("Bend it", WORDS), grid);
  if (once.length) section.append(...heading("Tried once"), onceTable(once, detail));
}

// What was tried at one strength only, with a button that opens the detail below the table.
function onceTable(list, detail) {
  const holder = make("div");
  const rows = list.map((series) => {
    const [point] = series.points;
    const look = () => detail.show(series, point, holder.firstElementChild);
    const words = `Hear ${series.series} ${point.at}`;
    return [
      button("Hear", look, { class: "in-chip", "aria-label": words }),
      `${series.series} ${point.at}`,
      point.kind,
      `${point.kept}/${point.cases}`,
      `${score(point.before)} \u2192 ${score(point.score)}`,
      point.likeness === null ? "" : score(point.likeness),
      point.note,
    ];
  });
  holder.append(table(["listen", "what", "kind", "kept", "score", "maps", "note"], rows));
  return holder;
}

function chart(series, kept, chosen) {
  const figure = make("figure", "ck-chart");
  const strengths = make("div", "ck-strengths");
  strengths.style.gridTemplateColumns = `repeat(${series.points.length}, minmax(0, 1fr))`;
  for (const point of series.points) {
    const text = series.unit ? `${point.strength}`.replace("-", "\u2212") : "hear";
    const words =
      `${series.series} ${point.at}: ${point.kept} of ${point.cases} keep their best label`;
    strengths.append(
      button(text, () => chosen(point, figure), { class: "ck-strength", "aria-label": words }),
    );
  }
  const caption = make("figcaption", "in-muted", series.sentence);
  figure.append(make("h4", "ck-name", series.series), drawing(series, kept), strengths);
  figure.append(make("span", "ck-unit in-muted", series.unit), caption, numbers(series));
  return figure;
}

function numbers(series) {
  const rows = series.points.map((point) => [
    point.at || "once",
    `${point.kept}/${point.cases}`,
    score(point.score),
    score(point.rival),
    point.likeness === null ? "" : score(point.likeness),
    point.note,
  ]);
  return folded("numbers", table(["strength", "kept", "score", "rival", "maps", "note"], rows));
}

function drawing(series, kept) {
  const svg = node("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": series.sentence,
    class: "ck-svg",
  });
  const points = series.points;
  const x = (index) => (WIDTH * (index + 0.5)) / points.length;
  const y = (value) => PAD + (HEIGHT - 2 * PAD) * (1 - value);
  for (const level of [0, 0.5, 1]) {
    svg.append(node("line", { x1: 0, x2: WIDTH, y1: y(level), y2: y(level), class: "ck-line" }));
  }
  const upper = points.map((point, i) => `${x(i)},${y(point.high)}`);
  const lower = points.map((point, i) => `${x(i)},${y(point.low)}`).reverse();
  svg.append(node("polygon", { points: [...upper, ...lower].join(" "), class: "ck-band" }));
  svg.append(line(points.map((point) => point.rival), "ck-rival"));
  const alike = points.map((point) => point.likeness);
  if (alike.filter((value) => value !== null).length > 1) svg.append(line(alike, "ck-alike"));
  svg.append(line(points.map((point) => point.score), "ck-score"));
  points.forEach((point, i) => {
    const flips = point.kept < kept * point.cases;
    svg.append(
      node("circle", { cx: x(i), cy: y(point.score), r: 4, class: flips ? "ck-flip" : "ck-dot" }),
    );
  });
  return svg;

  function line(values, className) {
    const places = values.map((
      value,
      i,
    ) => (value === null ? null : `${x(i)},${y(Math.max(0, value))}`));
    return node("polyline", {
      points: places.filter((place) => place).join(" "),
      class: className,
    });
  }
}

export function node(tag, attributes) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, `${value}`);
  return made;
}
