// @ts-check
// Two models compared on the same sounds; deletion and insertion curves of a model's heat.

import { make } from "../../shared/dom.js";
import { svg } from "../../shared/svg.js";
import { heading, score, table } from "./tables.js";

/** @import { Difference, Heat, Report } from "./types.js" */

const ROWS = 25;
/** Lines by the order of patches. @type {Record<string, string>} */
const STYLES = {
  relevance: "ck-score",
  rollout: "ck-alike-thick",
  random: "ck-rival",
  "loudest cells": "ck-dashdot",
  "random weights": "ck-alike",
};
const WIDTH = 320;
const HEIGHT = 160;
const SIDE = 240; // of the scatter
const EDGE = 8; // so that points at 0 and 1 are whole

/** @param {HTMLElement} section @param {Report} report */
export function showComparison(section, report) {
  const found = report.comparison;
  section.hidden = !found;
  if (!found) return;
  const rows = found.rows.slice(0, ROWS).map((row) => [
    row.sound,
    `${row.best_a} ${score(row.score_a)}`,
    `${row.best_b} ${score(row.score_b)}`,
    row.logit_difference.toPrecision(3),
    row.likeness === null ? "" : score(row.likeness),
  ]);
  section.replaceChildren(
    ...heading("A against B", found.sentence),
    scatter(found.rows),
    table(
      ["sound", "A", "B", "greatest logit difference", "maps alike"],
      rows,
      "worst disagreements first",
    ),
  );
}

/** One point a sound: what A and B give the same label. @param {Difference[]} rows */
function scatter(rows) {
  const figure = make("figure", "ck-chart ck-scatter");
  const words = "One point a sound: what A (across) and B (up) give its known label, or else A's " +
    "best. Hollow: their best labels differ. On the dashed line both give the same.";
  const picture = svg("svg", {
    viewBox: `0 0 ${SIDE} ${SIDE}`,
    role: "img",
    "aria-label": `${words} The numbers are in the table below.`,
    class: "ck-svg",
  });
  picture.append(...scatterLines(), ...rows.map(dot));
  figure.append(picture, make("figcaption", "in-muted", words));
  return figure;
}

/** @param {number} score */
const placeOf = (score) => EDGE + score * (SIDE - 2 * EDGE);

function scatterLines() {
  const [low, high] = [placeOf(0), placeOf(1)];
  const lines = [0, 0.5, 1].map(placeOf).flatMap((at) => [
    svg("line", { x1: low, x2: high, y1: at, y2: at, class: "ck-line" }),
    svg("line", { x1: at, x2: at, y1: low, y2: high, class: "ck-line" }),
  ]);
  return [
    ...lines,
    svg("polyline", { points: `${low},${high} ${high},${low}`, class: "ck-rival" }),
  ];
}

/** @param {Difference} row */
function dot({ sound, shown, shown_a, shown_b, agree }) {
  const place = { cx: placeOf(shown_a), cy: placeOf(1 - shown_b), r: 4 };
  const made = svg("circle", { ...place, class: agree ? "ck-dot" : "ck-flip" });
  const title = svg("title", {});
  title.textContent = `${sound}, ${shown}: A ${score(shown_a)}, B ${score(shown_b)}`;
  made.append(title);
  return made;
}

/** @param {HTMLElement} section @param {Report} report */
export function showHeat(section, report) {
  const heat = report.heat;
  section.hidden = !heat;
  if (!heat) return;
  const parts = [...heading("Is the heat honest?", heat.sentence)];
  if (heat.clips) {
    const row = make("div", "ck-pair");
    row.append(heatChart(heat, "deletion"), heatChart(heat, "insertion"));
    const rows = Object.entries(heat.beats).map((
      [map, beats],
    ) => [
      map,
      ...["random", "loudest cells", "random and loudest cells", "random weights"].map((name) =>
        `${beats[name]}`
      ),
    ]);
    parts.push(
      row,
      table(
        ["map", "random", "loudest", "both", "random weights"],
        rows,
        `clips of ${heat.clips} on which the map beats`,
      ),
    );
  }
  section.replaceChildren(...parts);
}

/** @param {Heat} heat @param {"deletion" | "insertion"} way */
function heatChart(heat, way) {
  const figure = make("figure", "ck-chart");
  const words = way === "deletion"
    ? "hottest removed first: an honest map falls fast"
    : "hottest put back first: an honest map rises fast";
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": `${way}, ${words}`,
    class: "ck-svg",
  });
  const { shares } = heat.mean_curves;
  const top = Math.max(1, ...Object.values(heat.mean_curves[way]).flat());
  for (const [order, style] of Object.entries(STYLES)) {
    const places = heat.mean_curves[way][order].map((value, i) =>
      `${shares[i] * WIDTH},${4 + (HEIGHT - 8) * (1 - value / top)}`
    );
    picture.append(svg("polyline", { points: places.join(" "), class: style }));
  }
  figure.append(
    make("h4", "ck-name", way),
    picture,
    make(
      "figcaption",
      "in-muted",
      `${words}. Thick relevance, thin rollout, dashed random, dash-dotted loudest cells, dotted ` +
        "random weights.",
    ),
  );
  return figure;
}
