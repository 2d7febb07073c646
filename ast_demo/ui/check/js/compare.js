// @ts-check
// A against B, and whether the heat is honest.

import { make } from "../../shared/dom.js";
import { node } from "./curves.js";
import { heading, score, table } from "./tables.js";

const ROWS = 25;
const STYLES = {
  relevance: "ck-score",
  rollout: "ck-alike-thick",
  random: "ck-rival",
  "loudest cells": "ck-dashdot",
  "random weights": "ck-alike",
};
const WIDTH = 320;
const HEIGHT = 160;

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

const SIDE = 240; // of the scatter
const EDGE = 8; // so that points at 0 and 1 are whole

// One point a sound: what A and B give the same label.
function scatter(rows) {
  const figure = make("figure", "ck-chart ck-scatter");
  const words = "One point a sound: what A (across) and B (up) give its known label, or else A's " +
    "best. Hollow: their best labels differ. On the dashed line both give the same.";
  const svg = node("svg", {
    viewBox: `0 0 ${SIDE} ${SIDE}`,
    role: "img",
    "aria-label": `${words} The numbers are in the table below.`,
    class: "ck-svg",
  });
  const place = (score) => EDGE + score * (SIDE - 2 * EDGE);
  for (const level of [0, 0.5, 1]) {
    const [at, low, high] = [level, 0, 1].map(place);
    svg.append(node("line", { x1: low, x2: high, y1: at, y2: at, class: "ck-line" }));
    svg.append(node("line", { x1: at, x2: at, y1: low, y2: high, class: "ck-line" }));
  }
  svg.append(
    node("polyline", {
      points: `${place(0)},${place(1)} ${place(1)},${place(0)}`,
      class: "ck-rival",
    }),
  );
  for (const row of rows) {
    const dot = node("circle", {
      cx: place(row.shown_a),
      cy: place(1 - row.shown_b),
      r: 4,
      class: row.agree ? "ck-dot" : "ck-flip",
    });
    const title = node("title", {});
    title.textContent = `${row.sound}, ${row.shown}: A ${score(row.shown_a)}, B ${
      score(row.shown_b)
    }`;
    dot.append(title);
    svg.append(dot);
  }
  figure.append(svg, make("figcaption", "in-muted", words));
  return figure;
}

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

function heatChart(heat, way) {
  const figure = make("figure", "ck-chart");
  const words = way === "deletion"
    ? "hottest removed first: an honest map falls fast"
    : "hottest put back first: an honest map rises fast";
  const svg = node("svg", {
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
    svg.append(node("polyline", { points: places.join(" "), class: style }));
  }
  figure.append(
    make("h4", "ck-name", way),
    svg,
    make(
      "figcaption",
      "in-muted",
      `${words}. Thick relevance, thin rollout, dashed random, dash-dotted loudest cells, dotted ` +
        "random weights.",
    ),
  );
  return figure;
}
