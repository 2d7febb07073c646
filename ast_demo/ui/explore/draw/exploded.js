// @ts-check
// Patches pulled apart, as the model receives them: each is a picture of its own, and neighbours
// show the cells they share twice.

import { contextOf } from "../../shared/canvas.js";
import { HEAT_RGB } from "../../shared/colour.js";
import { firstBin, firstFrame, SPECIAL_TOKENS, tokenOf } from "../../shared/geometry.js";
import { heatAlpha } from "../../shared/heat.js";
import { clamp } from "../../shared/numbers.js";
import { drawImageAt, veil } from "./padding.js";
import { patchBox } from "../state/view.js";

const NUMBERED = 40; // CSS pixels of a patch that shows its token number

/** @import { Grid, Patch } from "../../shared/types.js" */
/** @import { Heat, Layout, Pen, Scene } from "../types.js" */

/**
 * One pixel a cell, with the gaps of the layout.
 * @param {Layout} layout
 * @param {Grid} grid
 * @param {(pen: Pen, patch: Patch, x: number, y: number) => void} paint draws one patch at its left
 *     and top
 */
function explode(layout, grid, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = layout.columns;
  canvas.height = layout.rows;
  const pen = contextOf(canvas);
  for (let f = 0; f < grid.freqPatches; f++) {
    for (let t = 0; t < grid.timePatches; t++) {
      const { x, y } = layout.patchCorner({ f, t });
      paint(pen, { f, t }, x, layout.rows - y - grid.size);
    }
  }
  return canvas;
}

/**
 * @param {Layout} layout
 * @param {Grid} grid
 * @param {HTMLCanvasElement} spectrogram one pixel a cell
 */
export function explodedEnergy(layout, grid, spectrogram) {
  return explode(layout, grid, (pen, patch, x, y) => {
    const top = grid.bins - firstBin(grid, patch) - grid.size;
    const left = firstFrame(grid, patch);
    const { size } = grid;
    pen.drawImage(spectrogram, left, top, size, size, x, y, size, size);
  });
}

/**
 * Each patch shows its own value, not the mean with its neighbours.
 * @param {Layout} layout
 * @param {Grid} grid
 * @param {Heat} map
 */
export function explodedHeat(layout, grid, map) {
  const alpha = heatAlpha(map, grid.patches);
  return explode(layout, grid, (pen, { f, t }, x, y) => {
    const value = (map.bytes[f * grid.timePatches + t] / 255) * map.max;
    pen.fillStyle = `rgba(${HEAT_RGB.join(", ")}, ${alpha(value)})`;
    pen.fillRect(x, y, grid.size, grid.size);
  });
}

/** @param {Pen} context @param {Scene} scene */
export function drawExploded(context, scene) {
  const { view, images, map } = scene;
  if (!map || scene.style !== "alone") drawImageAt(context, view, images.explodedEnergy, 1);
  veilPadding(context, scene);
  if (map) drawImageAt(context, view, images.explodedHeat, scene.opacity);
  if (view.cellWidth * scene.sound.grid.size >= NUMBERED) numberTokens(context, scene);
}

/**
 * Each patch's place in the sequence, once there is room for it.
 * @param {Pen} context
 * @param {Scene} scene
 */
function numberTokens(context, { view, sound, colours }) {
  const { grid } = sound;
  context.font = colours.font;
  context.textAlign = "left";
  context.textBaseline = "top";
  for (let f = 0; f < grid.freqPatches; f++) {
    for (let t = 0; t < grid.timePatches; t++) {
      const [left, top, width] = patchBox(view, { f, t }, grid.size);
      if (left + width < 0 || left > view.width) continue;
      const text = String(tokenOf(grid, { f, t }));
      context.fillStyle = colours.surface;
      context.fillRect(left, top, context.measureText(text).width + 6, 16);
      context.fillStyle = colours.text;
      context.fillText(text, left + 3, top + 3);
    }
  }
}

/** The order in which the model reads them. @param {Grid} grid */
export function describeOrder(grid) {
  const last = SPECIAL_TOKENS + grid.timePatches - 1;
  return (
    `Token order: the lowest row from left to right (tokens ${SPECIAL_TOKENS} to ${last}), then ` +
    "the row above it; before them come 0 (CLS) and 1 (distillation)."
  );
}

/** @param {Pen} context @param {Scene} scene */
function veilPadding(context, { view, sound, colours }) {
  const { grid, numFrames } = sound;
  /** @type {[number, number, number, number][]} */
  const boxes = [];
  for (let t = 0; t < grid.timePatches; t++) {
    const sounding = clamp(numFrames - firstFrame(grid, { f: 0, t }), 0, grid.size);
    const padded = (grid.size - sounding) * view.cellWidth;
    if (padded === 0) continue;
    for (let f = 0; f < grid.freqPatches; f++) {
      const [left, top, width, height] = patchBox(view, { f, t }, grid.size);
      boxes.push([left + width - padded, top, padded, height]);
    }
  }
  veil(context, colours, boxes);
}
