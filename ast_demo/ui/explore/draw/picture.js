// @ts-check
// The lower canvas: spectrogram, heat, padding, grid and axes.

import { contextOf } from "../../shared/canvas.js";
import { drawAxes } from "./axes.js";
import { colourTable } from "../../shared/colour.js";
import { drawContours } from "./contour.js";
import { drawExploded } from "./exploded.js";
import { coverage, spread } from "../../shared/geometry.js";
import { heatAlpha, heatPixel } from "../../shared/heat.js";
import { clamp } from "../../shared/numbers.js";
import { drawImageAt, veil } from "./padding.js";
import { xOf, yOf } from "../state/view.js";

/** @import { Grid } from "../../shared/types.js" */
/** @import { Colours, Heat, Pen, Scene, Sound, View } from "../types.js" */

/**
 * A canvas with one pixel a cell, the highest mel bin on top.
 * @param {Grid} grid
 * @param {(frame: number, bin: number) => number} pixelOf
 */
function cellCanvas(grid, pixelOf) {
  const canvas = document.createElement("canvas");
  canvas.width = grid.frames;
  canvas.height = grid.bins;
  const image = new ImageData(grid.frames, grid.bins);
  const pixels = new Uint32Array(image.data.buffer);
  for (let bin = 0; bin < grid.bins; bin++) {
    const row = (grid.bins - 1 - bin) * grid.frames;
    for (let frame = 0; frame < grid.frames; frame++) pixels[row + frame] = pixelOf(frame, bin);
  }
  contextOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

/**
 * The spectrogram in a colour map; values from low to high take the whole of it.
 * @param {Pick<Sound, "bytes" | "grid" | "low" | "high">} sound
 * @param {string} colours
 * @param {number} low
 * @param {number} high
 */
export function spectrogramImage(sound, colours, low, high) {
  const table = colourTable(colours);
  const span = sound.high - sound.low;
  const levels = new Uint32Array(256); // byte of the payload -> pixel
  for (let byte = 0; byte < 256; byte++) {
    const value = sound.low + (byte / 255) * span;
    levels[byte] = table[Math.round(clamp((value - low) / (high - low || 1), 0, 1) * 255)];
  }
  const { bytes, grid } = sound;
  return cellCanvas(grid, (frame, bin) => levels[bytes[frame * grid.bins + bin]]);
}

/**
 * Heat as one hue, its alpha by the rule of heat.js; nothing where no patch looks.
 * @param {Grid} grid
 * @param {Pick<Heat, "bytes" | "max" | "ceiling" | "linear">} map
 */
export function heatImage(grid, map) {
  const plane = spread(grid, map.bytes);
  const alpha = heatAlpha(map, grid.patches);
  const step = map.max / 255; // a byte's worth
  return cellCanvas(grid, (frame, bin) => heatPixel(alpha(plane[frame * grid.bins + bin] * step)));
}

/** @param {Pen} context @param {Scene} scene */
export function drawPicture(context, scene) {
  const { view, images } = scene;
  const { plot } = view;
  context.save();
  context.beginPath();
  context.rect(plot.left, plot.top, plot.width, plot.height);
  context.clip();
  if (view.layout.kind === "exploded") drawExploded(context, scene);
  else {
    if (scene.grid === "overlap") drawImageAt(context, view, images.overlap, 1);
    else drawEnergy(context, scene);
    if (scene.map && scene.style !== "contour") {
      drawImageAt(context, view, images.heat, scene.opacity);
    }
    if (scene.map && scene.style === "contour") drawContours(context, scene);
    if (scene.grid === "outline") drawOutlines(context, scene);
    if (scene.grid !== "off") drawUncovered(context, scene);
  }
  context.restore();
  drawFrame(context, scene);
  drawAxes(context, scene);
}

/** @param {Pen} context @param {Scene} scene */
function drawEnergy(context, scene) {
  if (!scene.map || scene.style !== "alone") {
    drawImageAt(context, scene.view, scene.images.spectrogram, 1);
  }
  drawPadding(context, scene);
}

/** @param {Pen} context @param {Scene} scene */
function drawPadding(context, scene) {
  const { view, sound, colours, words } = scene;
  const start = xOf(view, sound.numFrames);
  const end = view.plot.left + view.plot.width;
  if (start >= end) return;
  const { top, height } = view.plot;
  veil(context, colours, [[start, top, end - start, height]]);
  context.fillStyle = colours.text;
  context.fillRect(start, top, 1, height);
  if (end - start < 72) return;
  const middle = (Math.max(start, view.plot.left) + end) / 2;
  tag(context, colours, words.padding, middle, top + height / 2);
}

/**
 * A word on a plate of the page's colour, around its middle.
 * @param {Pen} context
 * @param {Colours} colours
 * @param {string} text
 * @param {number} x
 * @param {number} y
 */
function tag(context, colours, text, x, y) {
  context.font = colours.font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const width = context.measureText(text).width + 16;
  context.fillStyle = colours.surface;
  context.fillRect(Math.round(x - width / 2), Math.round(y - 12), Math.round(width), 24);
  context.fillStyle = colours.text;
  context.fillText(text, x, y);
}

/**
 * Where patches begin, and fainter where they end when there is room to tell the two apart.
 * @param {Pen} context
 * @param {Scene} scene
 */
function drawOutlines(context, scene) {
  const { view, sound } = scene;
  const { grid } = sound;
  const roomy = view.cellWidth >= 3;
  strokeEdges(context, view, grid, 0, `rgba(${scene.ink}, ${roomy ? 0.75 : 0.45})`);
  if (roomy) strokeEdges(context, view, grid, grid.size, `rgba(${scene.ink}, 0.3)`);
}

/**
 * A line at an offset, in cells, from the start of each row and column of patches.
 * @param {Pen} context
 * @param {View} view
 * @param {Grid} grid
 * @param {number} offset
 * @param {string} colour
 */
function strokeEdges(context, view, grid, offset, colour) {
  const { left, top, width, height } = view.plot;
  const bottom = yOf(view, 0);
  const ceiling = yOf(view, grid.coveredBins);
  const end = xOf(view, grid.coveredFrames);
  context.fillStyle = colour;
  for (let t = 0; t < grid.timePatches; t++) {
    const x = Math.round(xOf(view, t * grid.timeStride + offset));
    if (x >= left && x <= left + width) context.fillRect(x, ceiling, 1, bottom - ceiling);
  }
  for (let f = 0; f < grid.freqPatches; f++) {
    const y = Math.round(yOf(view, f * grid.frequencyStride + offset));
    if (y >= top && y <= top + height) context.fillRect(xOf(view, 0), y, end - xOf(view, 0), 1);
  }
}

/**
 * The remainder at the top and at the end that no patch reads.
 * @param {Pen} context
 * @param {Scene} scene
 */
function drawUncovered(context, scene) {
  const { view, sound, colours } = scene;
  const { grid } = sound;
  const [left, right] = [xOf(view, 0), xOf(view, grid.frames)];
  const [top, bottom] = [yOf(view, grid.bins), yOf(view, 0)];
  const ceiling = yOf(view, grid.coveredBins);
  const end = xOf(view, grid.coveredFrames);
  context.fillStyle = colours.blind;
  context.fillRect(left, top, right - left, ceiling - top);
  context.fillRect(end, ceiling, right - end, bottom - ceiling);
}

/** Cells by how many patches read them: the more, the lighter. @param {Grid} grid */
export function overlapImage(grid) {
  const table = colourTable("viridis");
  return cellCanvas(grid, (frame, bin) => table[overlapLevel(coverage(grid, bin, frame))]);
}

/** Level of a colour table from 0 to 255. @param {number} count of patches over a cell */
export function overlapLevel(count) {
  return count === 0 ? 0 : Math.min(255, 64 + 48 * (count - 1));
}

/** @param {Pen} context @param {{ view: View, colours: Colours }} scene */
function drawFrame(context, { view, colours }) {
  const { left, top, width, height } = view.plot;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
}

/**
 * Before there is a sound: the grid of patches alone, faint.
 * @param {Pen} context
 * @param {View} view
 * @param {Grid} grid
 * @param {Colours} colours
 */
export function drawGhost(context, view, grid, colours) {
  const { left, top, width, height } = view.plot;
  context.fillStyle = colours.ghost;
  context.fillRect(left, top, width, height);
  strokeEdges(context, view, grid, 0, colours["ghost-line"]);
  drawFrame(context, { view, colours });
}
