// @ts-check
// A picture as bare lines, without any filling: for printers that make lines rise to be touched.

import { contourPaths } from "../../explore/draw/contour.js";
import { xOf, yOf } from "../../explore/state/view.js";

const LINE = 2.5; // CSS pixels: thinner ones cannot be felt

/** Lines of equal loudness, card by card: cells are too small to be felt. */
export function outlinesOf({ values, numFrames }, grid) {
  const means = Float32Array.from({ length: grid.patches }, (_, card) => {
    const frame = (card % grid.timePatches) * grid.timeStride;
    if (frame >= numFrames) return NaN;
    return meanOf(values, grid, Math.floor(card / grid.timePatches) * grid.frequencyStride, frame);
  });
  const known = means.filter((mean) => !Number.isNaN(mean));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const span = high - low || 1;
  const bytes = Uint8Array.from(means, (mean) => Math.round((((mean || low) - low) / span) * 255));
  return contourPaths(grid, { bytes, max: 1, ceiling: 1, linear: true });
}

function meanOf(values, { bins, size }, bin, frame) {
  let sum = 0;
  for (let along = 0; along < size; along++) {
    for (let up = 0; up < size; up++) sum += values[(frame + along) * bins + bin + up];
  }
  return sum / size ** 2;
}

/** @param {CanvasRenderingContext2D} context */
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
