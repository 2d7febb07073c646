// @ts-check
// Colour bars with numbers: what a colour means, next to the picture.

import { soundOf } from "../state/opened.js";
import { contextOf } from "../../shared/canvas.js";
import { colourTable } from "../../shared/colour.js";
import { make } from "../../shared/dom.js";
import { heatLegend, heatTable } from "../../shared/heat.js";
import { formatShare, formatSigned } from "../../shared/numbers.js";
import { overlapLevel } from "./picture.js";
import { spectrogramColours, valueRange } from "./scene.js";

/** @import { Grid, PatchMap } from "../../shared/types.js" */
/** @import { App, Choices, Heat } from "../types.js" */

const ENERGY = "normalized log-mel energy";
const LINES = { share: ", lines at 2\u00d7 and 4\u00d7", linear: ", lines at 25, 50 and 75 %" };

/**
 * What the present picture needs explained.
 * @param {Pick<App, "state" | "sound">} app
 * @param {Heat | null} map
 * @returns {HTMLElement[]}
 */
export function legendOf(app, map) {
  const { state } = app;
  const { grid } = soundOf(app);
  const nodes = [];
  if (state.grid === "overlap") nodes.push(overlapKey());
  else if (!map || state.style !== "alone") {
    const { low, high } = valueRange(app);
    const colours = spectrogramColours(state, map);
    nodes.push(spectrogramBar(colours, formatSigned(low), formatSigned(high)));
  }
  if (map) nodes.push(heatBar(map, grid, state.grid === "exploded" ? "tint" : state.style));
  if (state.grid === "outline") nodes.push(uncoveredKey());
  return nodes;
}

/**
 * A strip of 256 colours with marks under it.
 * @param {string} title
 * @param {Uint32Array} table
 * @param {[number, string][]} ticks place from 0 to 1, text
 * @param {string} [className]
 * @param {string} [hint]
 */
function colourBar(title, table, ticks, className = "", hint = title) {
  const node = make("span", `ex-legend ${className}`);
  const scale = make("span", "ex-bar-scale");
  const canvas = make("canvas", "", "", { "aria-hidden": "true" });
  canvas.width = 256;
  canvas.height = 1;
  const image = new ImageData(256, 1);
  new Uint32Array(image.data.buffer).set(table);
  contextOf(canvas).putImageData(image, 0, 0);
  const marks = ticks.map(([place, text]) => {
    const mark = make("span", "ex-tick ex-number", text);
    mark.style.left = `${100 * place}%`;
    return mark;
  });
  scale.append(canvas, ...marks);
  node.append(make("span", "ex-caption ex-legend-name", title, { title: hint }), scale);
  return node;
}

/**
 * @param {string} colours
 * @param {string} low
 * @param {string} high
 */
function spectrogramBar(colours, low, high) {
  return colourBar("energy", colourTable(colours), [[0, low], [1, high]], "", ENERGY);
}

/** @param {Heat} map @param {Grid} grid @param {Choices["style"]} style */
function heatBar(map, grid, style) {
  const { table, ticks } = heatLegend(map, grid.patches, formatShare);
  const unit = map.linear ? "" : ", \u00d7 even share";
  const lines = style === "contour" ? LINES[map.linear ? "linear" : "share"] : "";
  return colourBar(
    map.name + unit + lines,
    table,
    ticks,
    "ex-legend-heat",
    `${map.name}${unit && ", in multiples of an even share"}`,
  );
}

// What the outline and the overlap leave out.
function uncoveredKey() {
  const node = make("span", "ex-legend ex-legend-blind");
  node.append(
    make("span", "ex-swatch ex-blind"),
    make("span", "ex-caption", "outside every patch"),
  );
  return node;
}

// How many patches read a cell, as the overlap view paints it.
function overlapKey() {
  const node = make("span", "ex-legend");
  node.append(make("span", "ex-caption", "patches over a cell"));
  for (const count of [0, 1, 2, 4]) {
    const swatch = make("span", "ex-swatch");
    swatch.style.background = overlapColour(count);
    node.append(swatch, make("span", "ex-number", String(count)));
  }
  return node;
}

/** @param {number} count of patches over a cell */
function overlapColour(count) {
  const pixel = colourTable("viridis")[overlapLevel(count)];
  return `rgb(${pixel & 255}, ${(pixel >> 8) & 255}, ${(pixel >> 16) & 255})`;
}

/**
 * A small picture of the evidence for a label, on its own scale.
 * @param {PatchMap} map
 * @param {Grid} grid
 */
export function smallMap(map, grid) {
  const canvas = make("canvas", "ex-small-map", "", { role: "img" });
  canvas.setAttribute("aria-label", `Map with its highest value ${map.max.toPrecision(2)}`);
  drawSmallMap(canvas, { ...map, ceiling: map.max, linear: true }, grid);
  return canvas;
}

/**
 * Draw a map with one pixel a patch, row 0 at the bottom.
 * @param {HTMLCanvasElement} canvas
 * @param {PatchMap & { ceiling: number, linear: boolean }} map
 * @param {Grid} grid
 */
export function drawSmallMap(canvas, map, grid) {
  const colours = heatTable(map, grid.patches);
  canvas.width = grid.timePatches;
  canvas.height = grid.freqPatches;
  const image = new ImageData(grid.timePatches, grid.freqPatches);
  const pixels = new Uint32Array(image.data.buffer);
  for (let f = 0; f < grid.freqPatches; f++) {
    const row = (grid.freqPatches - 1 - f) * grid.timePatches;
    for (let t = 0; t < grid.timePatches; t++) {
      pixels[row + t] = colours[map.bytes[f * grid.timePatches + t]];
    }
  }
  contextOf(canvas).putImageData(image, 0, 0);
}
