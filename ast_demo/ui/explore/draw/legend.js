// Colour bars with numbers: what a colour means, next to the picture.

import { colourTable, heatTable } from "../../shared/colour.js";
import { make } from "../../shared/dom.js";
import { describeOrder } from "./exploded.js";
import { overlapLevel } from "./picture.js";

const BAR_WIDTH = 128; // CSS pixels

export function colourBar(title, table, low, high) {
  const node = make("span", "ex-legend");
  const canvas = make("canvas", "ex-bar-scale", "", { "aria-hidden": "true" });
  canvas.width = 256;
  canvas.height = 1;
  canvas.style.width = `${BAR_WIDTH}px`;
  const image = new ImageData(256, 1);
  new Uint32Array(image.data.buffer).set(table);
  canvas.getContext("2d").putImageData(image, 0, 0);
  node.append(make("span", "ex-caption", title), make("span", "ex-number", low), canvas);
  node.append(make("span", "ex-number", high));
  return node;
}

export function spectrogramBar(colours, low, high) {
  return colourBar("energy (normalized log-mel)", colourTable(colours), low, high);
}

export function heatBar(title, high, style) {
  const lines = style === "contour" ? ", lines at 25, 50 and 75 %" : "";
  return colourBar(title + lines, heatTable(), "0", high);
}

// What the outline and the overlap leave out.
export function uncoveredKey() {
  const node = make("span", "ex-legend");
  node.append(
    make("span", "ex-swatch ex-blind"),
    make("span", "ex-caption", "no patch reads this"),
  );
  return node;
}

export function orderNote(grid) {
  return make("span", "ex-caption", describeOrder(grid));
}

// How many patches read a cell, as the overlap view paints it.
export function overlapKey() {
  const node = make("span", "ex-legend");
  node.append(make("span", "ex-caption", "patches over a cell"));
  for (const count of [0, 1, 2, 4]) {
    const swatch = make("span", "ex-swatch");
    swatch.style.background = overlapColour(count);
    node.append(swatch, make("span", "ex-number", String(count)));
  }
  return node;
}

function overlapColour(count) {
  const pixel = colourTable("viridis")[overlapLevel(count)];
  return `rgb(${pixel & 255}, ${(pixel >> 8) & 255}, ${(pixel >> 16) & 255})`;
}

// A small picture of a whole map on its own scale.
export function smallMap(map, grid) {
  const canvas = make("canvas", "ex-small-map", "", { role: "img" });
  canvas.setAttribute("aria-label", `Map with its highest value ${map.max.toPrecision(2)}`);
  drawSmallMap(canvas, map, grid, 1);
  return canvas;
}

// One pixel a patch, row 0 at the bottom; strength scales a map down to a shared scale.
export function drawSmallMap(canvas, map, grid, strength) {
  const colours = heatTable();
  canvas.width = grid.timePatches;
  canvas.height = grid.freqPatches;
  const image = new ImageData(grid.timePatches, grid.freqPatches);
  const pixels = new Uint32Array(image.data.buffer);
  for (let f = 0; f < grid.freqPatches; f++) {
    const row = (grid.freqPatches - 1 - f) * grid.timePatches;
    for (let t = 0; t < grid.timePatches; t++) {
      pixels[row + t] = colours[Math.round(map.bytes[f * grid.timePatches + t] * strength)];
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
