// @ts-check
// Score over strength, one small chart a perturbation; each strength can be heard.

import { button, make } from "../../shared/dom.js";
import { svg } from "../../shared/svg.js";
import { folded, heading, score, table } from "./tables.js";

/** @import { Detail } from "./detail.js" */
/** @import { Point, Report, Series } from "./types.js" */

const WORDS =
  "Thick: score of the label that was best before, with its range over sounds. Dashed: its " +
  "strongest rival. Dotted: how alike the maps are. Hollow: where the best label flips. Choose a " +
  "strength to hear it.";
const WIDTH = 240;
const HEIGHT = 110;
const PAD = 4;

/** @typedef {(index: number) => number} Across place of a point */

/**
 * Draw every series of several strengths, and list the others; each opens the detail.
 * @param {HTMLElement} section
 * @param {Report} report
 * @param {Detail} detail
 */
export function showCurves(section, report, detail) {
  const kept = report.settings.bars.kept;
  const several = report.series.filter((series) => series.points.length > 1);
  const once = report.series.filter((series) => series.points.length === 1);
  const grid = make("div", "ck-grid");
  grid.append(...several.map((series) => chart(series, kept, detail)));
  section.replaceChildren(...heading("Bend it", WORDS), grid);
  if (once.length) section.append(...heading("Tried once"), onceTable(once, detail));
}

/**
 * What was tried at one strength only, with a button that opens the detail below the table.
 * @param {Series[]} list
 * @param {Detail} detail
 */
function onceTable(list, detail) {
  const holder = make("div");
  const rows = list.map((series) => {
    const [point] = series.points;
    const look = () => detail.show(series, point, shown);
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
  const shown = table(["listen", "what", "kind", "kept", "score", "maps", "note"], rows);
  holder.append(shown);
  return holder;
}

/** @param {Series} series @param {number} kept the bar @param {Detail} detail */
function chart(series, kept, detail) {
  const figure = make("figure", "ck-chart");
  const strengths = make("div", "ck-strengths");
  strengths.style.gridTemplateColumns = `repeat(${series.points.length}, minmax(0, 1fr))`;
  for (const point of series.points) {
    const text = series.unit ? `${point.strength}`.replace("-", "\u2212") : "hear";
    const words =
      `${series.series} ${point.at}: ${point.kept} of ${point.cases} keep their best label`;
    strengths.append(
      button(text, () => detail.show(series, point, figure), {
        class: "ck-strength",
        "aria-label": words,
      }),
    );
  }
  const caption = make("figcaption", "in-muted", series.sentence);
  figure.append(make("h4", "ck-name", series.series), drawing(series, kept), strengths);
  figure.append(make("span", "ck-unit in-muted", series.unit), caption, numbers(series));
  return figure;
}

/** @param {Series} series */
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

/** @param {Series} series @param {number} kept share of cases below which a point is hollow */
function drawing({ points, sentence }, kept) {
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": sentence,
    class: "ck-svg",
  });
  const x = (/** @type {number} */ index) => (WIDTH * (index + 0.5)) / points.length;
  for (const level of [0, 0.5, 1]) {
    const [y1, y2] = [yOf(level), yOf(level)];
    picture.append(svg("line", { x1: 0, x2: WIDTH, y1, y2, class: "ck-line" }));
  }
  picture.append(
    band(points, x),
    line(points.map(({ rival }) => rival), x, "ck-rival"),
  );
  const alike = points.map(({ likeness }) => likeness);
  if (alike.filter((value) => value !== null).length > 1) {
    picture.append(line(alike, x, "ck-alike"));
  }
  picture.append(line(points.map(({ score }) => score), x, "ck-score"));
  points.forEach((point, i) => {
    const isFlipped = point.kept < kept * point.cases;
    const place = { cx: x(i), cy: yOf(point.score), r: 4 };
    picture.append(svg("circle", { ...place, class: isFlipped ? "ck-flip" : "ck-dot" }));
  });
  return picture;
}

/** @param {number} value from 0 to 1 */
const yOf = (value) => PAD + (HEIGHT - 2 * PAD) * (1 - value);

/** From the lowest to the highest score of a case. @param {Point[]} points @param {Across} x */
function band(points, x) {
  const upper = points.map(({ high }, i) => `${x(i)},${yOf(high)}`);
  const lower = points.map(({ low }, i) => `${x(i)},${yOf(low)}`).reverse();
  return svg("polygon", { points: [...upper, ...lower].join(" "), class: "ck-band" });
}

/** @param {(number | null)[]} values @param {Across} x @param {string} className */
function line(values, x, className) {
  const places = values.flatMap((value, i) =>
    value === null ? [] : [`${x(i)},${yOf(Math.max(0, value))}`]
  );
  return svg("polyline", { points: places.join(" "), class: className });
}
