// @ts-check
// A picture as bare lines, without any filling: for printers that make lines rise to be touched.

import { contourPaths } from "../../explore/draw/contour.js";
import { xOf, yOf } from "../../explore/state/view.js";

/** @import { Pen, View } from "../../explore/types.js" */
/** @import { Grid } from "../../shared/types.js" */
/** @import { ShownPicture } from "./types.js" */

const LINE = 2.5; // CSS pixels: thinner ones cannot be felt

/**
 * Lines of equal loudness, patch by patch: cells are too small to be felt.
 * @param {Pick<ShownPicture, "values" | "numFrames">} picture
 * @param {Grid} grid
 */
export function outlinesOf({ values, numFrames }, grid) {
  const means = Float32Array.from({ length: grid.patches }, (_, patch) => {
    const frame = (patch % grid.timePatches) * grid.timeStride;
    if (frame >= numFrames) return NaN;
    return meanOf(values, grid, Math.floor(patch / grid.timePatches) * grid.frequencyStride, frame);
  });
  const known = means.filter((mean) => !Number.isNaN(mean));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const span = high - low || 1;
  const bytes = Uint8Array.from(means, (mean) => Math.round((((mean || low) - low) / span) * 255));
  return contourPaths(grid, { bytes, max: 1, ceiling: 1, linear: true });
}

/**
 * Mean of a patch's cells.
 * @param {Float32Array} values
 * @param {Grid} grid
 * @param {number} bin its lowest
 * @param {number} frame its first
 */
function meanOf(values, { bins, size }, bin, frame) {
  let sum = 0;
  for (let along = 0; along < size; along++) {
    for (let up = 0; up < size; up++) sum += values[(frame + along) * bins + bin + up];
  }
  return sum / size ** 2;
}

/** @param {Pen} context @param {View} view @param {Path2D[]} paths in cells */
export function drawOutlines(context, view, paths) {
  const { cellWidth, cellHeight, plot } = view;
  context.fillStyle = "#fff";
  context.fillRect(plot.left, plot.top, plot.width, plot.height);
  const toPixels = new DOMMatrix([cellWidth, 0, 0, -cellHeight, xOf(view, 0), yOf(view, 0)]);
  context.strokeStyle = "#000";
  context.lineWidth = LINE;
  for (const path of paths) {
    const line = new Path2D();
    line.addPath(path, toPixels);
    context.stroke(line);
  }
}
