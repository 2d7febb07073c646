// @ts-check
// The upper canvas: cross-hair, the patches under the cursor, the chosen patch. Redrawn on every
// movement, so it holds nothing that is costly to draw.

import { patchesAt, sharedCells } from "../../shared/geometry.js";
import { patchBox, xOf, yOf } from "../state/view.js";

/** @import { Cell, Grid, Patch } from "../../shared/types.js" */
/** @import { MarkedScene, Pen, View } from "../types.js" */

/** @param {Pen} context @param {MarkedScene} scene */
export function drawMarks(context, scene) {
  const { view, sound, cursor, patch } = scene;
  context.clearRect(0, 0, view.width, view.height);
  context.save();
  context.beginPath();
  context.rect(view.plot.left, view.plot.top, view.plot.width, view.plot.height);
  context.clip();
  if (cursor) {
    const under = cursor.patch ? [cursor.patch] : patchesAt(sound.grid, cursor.bin, cursor.frame);
    for (const each of under) {
      outline(context, view, sound.grid, each, "rgba(255, 255, 255, 0.9)", 1);
    }
    if (view.layout.kind === "plane") crossHair(context, view, cursor);
  }
  if (patch && scene.before) showShared(context, scene, scene.before, patch);
  if (patch) outline(context, view, sound.grid, patch, scene.colours.chosen, 2);
  if (scene.playing !== null) playCursor(context, scene, scene.playing);
  context.restore();
}

/**
 * A light line inside a dark one shows on every colour map.
 * @param {Pen} context
 * @param {View} view
 * @param {Grid} grid
 * @param {Patch} patch
 * @param {string} colour
 * @param {number} width
 */
function outline(context, view, grid, patch, colour, width) {
  const [x, y, boxWidth, boxHeight] = patchBox(view, patch, grid.size).map(Math.round);
  context.lineWidth = width + 2;
  context.strokeStyle = "rgba(0, 0, 0, 0.6)";
  context.strokeRect(x + 0.5, y + 0.5, boxWidth - 1, boxHeight - 1);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.strokeRect(x + 0.5, y + 0.5, boxWidth - 1, boxHeight - 1);
}

/**
 * The patch before the shift, and what both hold: once on the plane, in each when pulled apart.
 * @param {Pen} context
 * @param {MarkedScene} scene
 * @param {Patch} before
 * @param {Patch} patch
 */
function showShared(context, { view, sound, colours }, before, patch) {
  const { grid } = sound;
  context.setLineDash([4, 3]);
  outline(context, view, grid, before, colours.chosen, 1);
  context.setLineDash([]);
  context.fillStyle = colours.chosen;
  context.globalAlpha = 0.45;
  const pairs = [[before, patch], [patch, before]];
  for (const [other, each] of view.layout.kind === "plane" ? pairs.slice(0, 1) : pairs) {
    const { along, up, frames, bins } = sharedCells(grid, other, each);
    const [left, top, width, height] = patchBox(view, each, grid.size);
    const bottom = top + height - (up / grid.size) * height;
    const tall = (bins / grid.size) * height;
    context.fillRect(
      left + (along / grid.size) * width,
      bottom - tall,
      (frames / grid.size) * width,
      tall,
    );
  }
  context.globalAlpha = 1;
}

/** @param {Pen} context @param {View} view @param {Cell} cursor */
function crossHair(context, view, cursor) {
  const x = Math.round(xOf(view, cursor.frame + 0.5));
  const y = Math.round(yOf(view, cursor.bin + 0.5));
  const { left, top, width, height } = view.plot;
  context.fillStyle = "rgba(0, 0, 0, 0.5)";
  context.fillRect(x - 1, top, 3, height);
  context.fillRect(left, y - 1, width, 3);
  context.fillStyle = "rgba(255, 255, 255, 0.9)";
  context.fillRect(x, top, 1, height);
  context.fillRect(left, y, width, 1);
}

/** @param {Pen} context @param {MarkedScene} scene @param {number} playing frame */
function playCursor(context, { view, colours }, playing) {
  const x = Math.round(xOf(view, playing));
  context.fillStyle = "rgba(0, 0, 0, 0.6)";
  context.fillRect(x - 2, view.plot.top, 5, view.plot.height);
  context.fillStyle = colours.chosen;
  context.fillRect(x - 1, view.plot.top, 3, view.plot.height);
}
