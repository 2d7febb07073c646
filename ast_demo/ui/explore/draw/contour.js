// @ts-check
// Heat as contour lines, which leave the energy under them uncovered.

import { HEAT_RGB } from "../../shared/colour.js";
import { spread } from "../../shared/geometry.js";
import { contourValues } from "../../shared/heat.js";
import { xOf, yOf } from "../state/view.js";

/** @import { Grid } from "../../shared/types.js" */
/** @import { Heat, Pen, Scene } from "../types.js" */

/**
 * Lines of equal heat, in cells: made once for a map, then only moved and stretched.
 * @param {Grid} grid
 * @param {Pick<Heat, "bytes" | "max" | "ceiling" | "linear">} map
 */
export function contourPaths(grid, map) {
  const plane = spread(grid, map.bytes);
  const step = map.max / 255; // a byte's worth
  return contourValues(map, grid.patches).map((value) => borderPath(grid, plane, value / step));
}

/**
 * The border around all cells of at least a value; straight runs become one line each.
 * @param {Grid} grid
 * @param {Float32Array} plane time-major
 * @param {number} least
 */
function borderPath(grid, plane, least) {
  const { bins, frames } = grid;
  const pitch = bins + 1; // a border of cold cells spares a bounds check
  const hot = new Uint8Array((frames + 1) * pitch);
  for (let frame = 0; frame < frames; frame++) {
    for (let bin = 0; bin < bins; bin++) {
      if (plane[frame * bins + bin] >= least) hot[frame * pitch + bin] = 1;
    }
  }
  const path = new Path2D();
  for (let frame = 0; frame < frames; frame++) {
    let start = -1;
    for (let bin = 0; bin < pitch; bin++) {
      const border = hot[frame * pitch + bin] !== hot[(frame + 1) * pitch + bin];
      if (border && start < 0) start = bin;
      if (!border && start >= 0) start = addLine(path, frame + 1, start, frame + 1, bin);
    }
  }
  for (let bin = 0; bin < bins; bin++) {
    let start = -1;
    for (let frame = 0; frame <= frames; frame++) {
      const border = hot[frame * pitch + bin] !== hot[frame * pitch + bin + 1];
      if (border && start < 0) start = frame;
      if (!border && start >= 0) start = addLine(path, start, bin + 1, frame, bin + 1);
    }
  }
  return path;
}

/**
 * @param {Path2D} path
 * @param {number} x
 * @param {number} y
 * @param {number} endX
 * @param {number} endY
 */
function addLine(path, x, y, endX, endY) {
  path.moveTo(x, y);
  path.lineTo(endX, endY);
  return -1; // the run has ended
}

/** @param {Pen} context @param {Scene} scene */
export function drawContours(context, { view, images, opacity }) {
  const { cellWidth, cellHeight } = view;
  const toPixels = new DOMMatrix([cellWidth, 0, 0, -cellHeight, xOf(view, 0), yOf(view, 0)]);
  const lines = images.contours.map((/** @type {Path2D} */ path) => {
    const line = new Path2D();
    line.addPath(path, toPixels);
    return line;
  });
  // One dark line under all of them keeps them visible on bright cells.
  const under = new Path2D();
  for (const line of lines) under.addPath(line);
  context.strokeStyle = `rgba(0, 0, 0, ${opacity})`;
  context.lineWidth = 3;
  context.stroke(under);
  context.strokeStyle = `rgba(${HEAT_RGB.join(", ")}, ${opacity})`;
  for (const [index, line] of lines.entries()) {
    context.lineWidth = 1 + index / 2;
    context.stroke(line);
  }
}
