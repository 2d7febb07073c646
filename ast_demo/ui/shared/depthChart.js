// @ts-check
// When did the model decide? Scores after every layer, one line a label.

import { make } from "./dom.js";
import { svg } from "./svg.js";

const WIDTH = 480; // units of the drawing, which stretches to its place
const HEIGHT = 160;
const PAD = 4;
const STYLES = ["best", "second", "third", "fourth"]; // of the lines, in depthChart's CSS

/**
 * @param {Record<string, number[]>} curves label -> scores before the first layer and after each
 * @param {string} words what there is to see
 */
export function depthChart(curves, words) {
  const figure = make("figure", "dc-chart");
  const entries = Object.entries(curves).slice(0, STYLES.length);
  const count = entries[0][1].length;
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": `${words} ${entries.map(([label, scores]) => inWords(label, scores)).join(" ")}`,
    class: "dc-picture",
  });
  for (const level of [0, 0.5, 1]) {
    picture.append(line([[0, level], [count - 1, level]], count, "dc-level"));
  }
  entries.forEach(([, scores], number) => {
    picture.append(line([...scores.entries()], count, `dc-line dc-${STYLES[number]}`));
  });
  const axis = make("div", "dc-axis", "", { "aria-hidden": "true" });
  axis.append(...Array.from({ length: count }, (_, layer) => make("span", "", `${layer}`)));
  figure.append(key(entries), frame(picture), axis, make("figcaption", "dc-caption", "layer"));
  return figure;
}

/** The scale of scores stands to the left of the picture. @param {SVGElement} picture */
function frame(picture) {
  const box = make("div", "dc-frame");
  const scale = make("div", "dc-scale", "", { "aria-hidden": "true" });
  scale.append(...["1", "0.5", "0"].map((text) => make("span", "", text)));
  box.append(scale, picture);
  return box;
}

/** @param {[string, number[]][]} entries */
function key(entries) {
  const list = make("ul", "dc-key");
  entries.forEach(([label, scores], number) => {
    const item = make("li");
    const sample = svg("svg", { viewBox: "0 0 32 8", class: "dc-sample", "aria-hidden": "true" });
    sample.append(svg("polyline", { points: "0,4 32,4", class: `dc-line dc-${STYLES[number]}` }));
    item.append(sample, `${label} ${scores[scores.length - 1].toFixed(2)}`);
    list.append(item);
  });
  return list;
}

/** @param {string} label @param {number[]} scores */
function inWords(label, scores) {
  return `${label}: ${scores.map((score) => score.toFixed(2)).join(", ")}.`;
}

/**
 * @param {[number, number][]} places layer and score
 * @param {number} count of the layers
 * @param {string} className
 */
function line(places, count, className) {
  const x = (/** @type {number} */ layer) => (WIDTH * layer) / Math.max(1, count - 1);
  const y = (/** @type {number} */ score) => PAD + (HEIGHT - 2 * PAD) * (1 - score);
  const points = places.map(([layer, score]) => `${x(layer)},${y(score)}`).join(" ");
  return svg("polyline", { points, class: className });
}
