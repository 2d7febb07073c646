// @ts-check
// Which part of the picture is on the screen: zoom, pan, and cells <-> pixels.
//
// A layout says where cells lie on a plane measured in cells, x to the right, y upward. The plain
// layout is the spectrogram itself; the exploded one pulls the overlapping patches apart, as the
// model receives them. A view maps that plane to CSS pixels.

import { clamp } from "../../shared/numbers.js";
import { firstBin, firstFrame } from "../../shared/geometry.js";

/** @import { Cell, Grid, Patch } from "../../shared/types.js" */
/** @import { Layout, View } from "../types.js" */

export const MARGIN = { left: 48, right: 16, top: 8, bottom: 24 };
export const ZOOM_STEPS = [1, 2, 3, 4, 6, 8, 12, 16]; // CSS pixels a cell, both ways
const LEAST_HEIGHT = 200; // CSS pixels of the plot when fitted, if there is room
const EXPLODED_GAP = 3; // cells between patches pulled apart

/** @param {Grid} grid @returns {Layout} */
export function planeLayout(grid) {
  return {
    kind: "plane",
    columns: grid.frames,
    rows: grid.bins,
    cellAt(x, y) {
      const [frame, bin] = [Math.floor(x), Math.floor(y)];
      if (frame < 0 || bin < 0 || frame >= grid.frames || bin >= grid.bins) return null;
      return { frame, bin, patch: null };
    },
    patchCorner: (patch) => ({ x: firstFrame(grid, patch), y: firstBin(grid, patch) }),
  };
}

/** @param {Grid} grid @returns {Layout} */
export function explodedLayout(grid) {
  const pitch = grid.size + EXPLODED_GAP;
  return {
    kind: "exploded",
    columns: grid.timePatches * pitch - EXPLODED_GAP,
    rows: grid.freqPatches * pitch - EXPLODED_GAP,
    cellAt(x, y) {
      const patch = { f: Math.floor(y / pitch), t: Math.floor(x / pitch) };
      const [along, up] = [Math.floor(x - patch.t * pitch), Math.floor(y - patch.f * pitch)];
      if (patch.f < 0 || patch.t < 0 || patch.f >= grid.freqPatches) return null;
      if (patch.t >= grid.timePatches || along >= grid.size || up >= grid.size) return null;
      return { frame: firstFrame(grid, patch) + along, bin: firstBin(grid, patch) + up, patch };
    },
    patchCorner: (patch) => ({ x: patch.t * pitch, y: patch.f * pitch }),
  };
}

/**
 * Measure a view of a layout in a given width.
 * @param {Layout} layout
 * @param {{ zoom: "fit" | number, left: number, bottom: number }} place
 * @param {number} width CSS pixels
 * @param {number} pixelRatio screen pixels in a CSS pixel
 * @param {object} [room]
 * @param {number} [room.most] CSS pixels of height that the window spares for the plot
 * @param {number} [room.scale] of the type
 * @param {boolean} [room.tall] whether to take all of the height
 * @param {number} [room.frame] CSS pixels of height beyond which a zoomed picture pans upward, too
 * @returns {View}
 */
export function makeView(
  layout,
  place,
  width,
  pixelRatio,
  { most = Infinity, scale = 1, tall = false, frame = Infinity } = {},
) {
  const { zoom, left, bottom } = place;
  const margin = Object.fromEntries(
    Object.entries(MARGIN).map(([side, pixels]) => [side, Math.round(pixels * scale)]),
  );
  const plotWidth = Math.max(1, width - margin.left - margin.right);
  const fitting = zoom === "fit" && (layout.kind === "plane" || plotWidth >= layout.columns);
  const whole = (/** @type {number} */ pixels) =>
    Math.max(1, Math.round(pixels * pixelRatio)) / pixelRatio;
  let cellWidth = plotWidth / layout.columns;
  const tallest = Math.max(1, Math.floor((most / layout.rows) * pixelRatio)) / pixelRatio;
  const wanted = Math.max(cellWidth, LEAST_HEIGHT / layout.rows + 0.5 / pixelRatio);
  let cellHeight = tall ? tallest : Math.min(whole(wanted), tallest);
  if (!fitting) cellWidth = cellHeight = whole(zoom === "fit" ? 1 : zoom);
  const height = Math.min(layout.rows * cellHeight, fitting ? Infinity : frame);
  const columnsSeen = Math.min(layout.columns, plotWidth / cellWidth);
  const rowsSeen = height / cellHeight;
  return {
    layout,
    fitting,
    cellWidth,
    cellHeight,
    left: clamp(left, 0, layout.columns - columnsSeen),
    bottom: clamp(bottom, 0, layout.rows - rowsSeen),
    columnsSeen,
    rowsSeen,
    plot: { left: margin.left, top: margin.top, width: columnsSeen * cellWidth, height },
    width,
    height: height + margin.top + margin.bottom,
    fitWidth: plotWidth / layout.columns,
    pixelRatio,
    scale,
  };
}

/**
 * The next larger (1) or smaller (-1) zoom.
 * @param {View} view
 * @param {number} direction
 * @returns {"fit" | number}
 */
export function nextZoom(view, direction) {
  const now = view.cellWidth;
  if (direction > 0) {
    return ZOOM_STEPS.find((step) => step > now + 0.01) ?? ZOOM_STEPS[ZOOM_STEPS.length - 1];
  }
  const smaller = ZOOM_STEPS.filter((step) => step < now - 0.01 && step > view.fitWidth);
  return smaller.at(-1) ?? "fit";
}

/** @param {View} view @param {number} column */
export function xOf(view, column) {
  return view.plot.left + (column - view.left) * view.cellWidth;
}

/** @param {View} view @param {number} row */
export function yOf(view, row) {
  return view.plot.top + view.plot.height - (row - view.bottom) * view.cellHeight;
}

/** @param {View} view @param {number} x */
export function columnAt(view, x) {
  return view.left + (x - view.plot.left) / view.cellWidth;
}

/** @param {View} view @param {number} y */
export function rowAt(view, y) {
  return view.bottom + (view.plot.top + view.plot.height - y) / view.cellHeight;
}

/** @param {View} view @param {number} x @param {number} y @returns {Cell | null} */
export function cellAt(view, x, y) {
  const { left, top, width, height } = view.plot;
  if (x < left || y < top || x >= left + width || y >= top + height) return null;
  return view.layout.cellAt(columnAt(view, x), rowAt(view, y));
}

/**
 * Pixels of a patch.
 * @param {View} view
 * @param {Patch} patch
 * @param {number} size of a patch in cells
 * @returns {[number, number, number, number]} left, top, width, height
 */
export function patchBox(view, patch, size) {
  const corner = view.layout.patchCorner(patch);
  const top = yOf(view, corner.y + size);
  return [xOf(view, corner.x), top, size * view.cellWidth, size * view.cellHeight];
}

/**
 * Left and bottom that bring a square of cells into sight with the least movement.
 * @param {View} view
 * @param {number} column
 * @param {number} row
 * @param {number} size
 */
export function scrollTo(view, column, row, size) {
  /** @param {number} start @param {number} seen @param {number} from */
  const reach = (start, seen, from) => clamp(start, from + size - seen, from);
  return {
    left: reach(view.left, view.columnsSeen, column),
    bottom: reach(view.bottom, view.rowsSeen, row),
  };
}
