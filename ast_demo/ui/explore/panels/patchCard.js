// @ts-check
// The patch microscope: what one 16x16 patch holds, and how it overlaps its neighbours.

import { contextOf } from "../../shared/canvas.js";
import { colourTable } from "../../shared/colour.js";
import { button, make, setText } from "../../shared/dom.js";
import {
  coverage,
  firstBin,
  firstFrame,
  nearestPatch,
  sharedCells,
  tokenOf,
} from "../../shared/geometry.js";
import { formatTimes } from "../../shared/heat.js";
import { patchValue } from "../state/maps.js";
import { countPatches } from "./readout.js";
import { foldedTable, patchTable } from "./tables.js";
import {
  clamp,
  formatBand,
  formatSeconds,
  formatShare,
  formatSigned,
} from "../../shared/numbers.js";
import { patchHertz, patchSeconds, valueAt } from "../state/payload.js";
import { scrollTo } from "../state/view.js";
import { soundOf, viewOf } from "../state/opened.js";

/** @import { Cell, Grid, Patch } from "../../shared/types.js" */
/** @import { App, Heat, Pen, Sound } from "../types.js" */

/** @typedef {{ name: string, low: number, high: number }} ColourScale a colour map and its ends */

const CELL = 8; // CSS pixels a cell is enlarged to
const SHIFTS = [
  { text: "\u2190", name: "Patch before", along: -1, up: 0 },
  { text: "\u2192", name: "Patch after", along: 1, up: 0 },
  { text: "\u2191", name: "Patch above", along: 0, up: 1 },
  { text: "\u2193", name: "Patch below", along: 0, up: -1 },
];
// A dark line beside a light one shows on every colour map.
const DARK = "rgba(0, 0, 0, 0.8)";
const SHARED_LINES = [
  { colour: DARK, width: 6 },
  { colour: "#4dd2ff", width: 3 }, // the colour of the chosen patch
];
const OVERLAP_LINES = [
  { colour: DARK, offset: 0 },
  { colour: "rgba(255, 255, 255, 0.95)", offset: 4 },
];

/**
 * @param {App} app
 * @param {HTMLElement} panel
 * @returns {(map: Heat | null, colours: ColourScale) => void}
 */
export function makePatchCard(app, panel) {
  const { state, set } = app;
  const title = make("h3", "ex-heading");
  const canvas = make("canvas", "ex-enlarged", "", { role: "img" });
  const list = make("dl", "ex-facts");
  const note = make("p", "ex-muted");
  const arrows = make("div", "ex-arrows", "", { role: "group", "aria-label": "Next patch" });
  for (const { text, name, along, up } of SHIFTS) {
    arrows.append(button(text, () => shift(along, up), { "aria-label": name }));
  }
  const side = make("div", "ex-stack");
  const body = make("div", "ex-card-body");
  side.append(canvas, arrows);
  body.append(side, list);
  const close = button("Close", () => set({ patch: null }), { class: "ex-button ex-close" });
  const shifted = make("p", "ex-shifted");
  const values = foldedTable("The 256 values", patchTable);
  panel.append(title, close, body, shifted, note, values.node);

  /** @param {number} along columns @param {number} up rows */
  function shift(along, up) {
    const { grid } = soundOf(app);
    const from = state.patch ?? { f: 0, t: 0 };
    const f = clamp(from.f + up, 0, grid.freqPatches - 1);
    const patch = { f, t: clamp(from.t + along, 0, grid.timePatches - 1) };
    if (patch.f === from.f && patch.t === from.t) return; // at the edge
    set({ patch, before: from, ...inSight(app, patch) });
    app.speak(`Patch ${tokenOf(grid, patch) - 2}. ${describeShift(grid, from, patch)}`);
  }

  let drawn = "";
  let open = false;
  return function refresh(map, colours) {
    const sound = soundOf(app);
    if (!open && state.patch) uncoverPicture(panel);
    open = Boolean(state.patch);
    const patch = state.patch ?? underCursor(app);
    body.hidden = values.node.hidden = !patch;
    const { before } = state.patch ? state : { before: null };
    shifted.hidden = !before;
    setText(shifted, before && patch ? describeShift(sound.grid, before, patch) : "");
    setText(
      note,
      patch
        ? describeRemainder(sound.grid)
        : "Move over the picture, or click a patch to keep it here.",
    );
    if (!patch) return setText(title, "Patch");
    const key = JSON.stringify([sound.id, patch, before, colours]);
    values.refresh(`${sound.id} ${patch.f} ${patch.t}`, sound, patch);
    setText(title, `Patch ${tokenOf(sound.grid, patch) - 2} (token ${tokenOf(sound.grid, patch)})`);
    if (key !== drawn) drawEnlarged(canvas, sound, patch, before, colours);
    drawn = key;
    showFacts(list, patchFacts(sound, patch, state.cursor, map));
  };
}

/**
 * On a phone the card lies over the foot of the window: the picture moves up from under it.
 * @param {HTMLElement} panel
 */
function uncoverPicture(panel) {
  if (getComputedStyle(panel).position !== "fixed") return;
  const stage = panel.closest(".explorer")?.querySelector(".ex-stage");
  if (!stage) return;
  const hidden = stage.getBoundingClientRect().bottom - panel.getBoundingClientRect().top;
  if (hidden > 0) scrollBy({ top: hidden });
}

/** @param {App} app @returns {Patch | null} */
function underCursor(app) {
  const { cursor } = app.state;
  if (!cursor) return null;
  const { patch, bin, frame } = cursor;
  return patch ?? nearestPatch(soundOf(app).grid, bin, frame);
}

/**
 * The scroll that keeps a patch in sight while it is shifted.
 * @param {App} app
 * @param {Patch} patch
 */
function inSight(app, patch) {
  const view = viewOf(app);
  const corner = view.layout.patchCorner(patch);
  return scrollTo(view, corner.x, corner.y, soundOf(app).grid.size);
}

/**
 * What the patch shares with the one a stride away: the cells that the model reads twice.
 * @param {Grid} grid
 * @param {Patch} before
 * @param {Patch} patch
 */
function describeShift(grid, before, patch) {
  const { frames, bins } = sharedCells(grid, before, patch);
  const sideways = patch.t !== before.t;
  const shared = sideways ? frames : bins;
  const [stride, unit] = sideways
    ? [grid.timeStride, "frames"]
    : [grid.frequencyStride, "mel bins"];
  const moved = `Shifted by one stride, ${stride} ${unit}`;
  if (shared === 0) return `${moved}: nothing is shared with the patch before.`;
  return `${moved}: ${shared} of ${grid.size} ${unit} (framed) lie in the patch before, too.`;
}

/**
 * @param {Sound} sound
 * @param {Patch} patch
 * @param {Cell | null} cursor
 * @param {Heat | null} map
 * @returns {Record<string, string>} by what they are called
 */
function patchFacts(sound, patch, cursor, map) {
  const { grid, numFrames } = sound;
  const bin = firstBin(grid, patch);
  const frame = firstFrame(grid, patch);
  const last = grid.size - 1;
  const [start, end] = patchSeconds(sound, patch);
  const sounding = clamp(numFrames - frame, 0, grid.size);
  /** @type {Record<string, string>} */
  const facts = {
    place: `row ${patch.f}, column ${patch.t}`,
    frequency: `${formatBand(...patchHertz(sound, patch))} (mel bins ${bin} to ${bin + last})`,
    time: `${start.toFixed(2)} to ${formatSeconds(end, 3)} (frames ${frame} to ${frame + last})`,
    values: describeValues(sound, patch),
    padding: describePadding(sounding, grid.size),
    covered: describeCover(grid, patch, cursor),
    shared: describeOverlap(grid, patch),
  };
  if (map) {
    const value = patchValue(map, grid, patch);
    const times = map.linear ? "" : ` (${formatTimes(value * grid.patches)} an even share)`;
    facts.heat = formatShare(value) + times;
  }
  return facts;
}

/** @param {Sound} sound @param {Patch} patch */
function describeValues(sound, patch) {
  const { grid } = sound;
  let [low, high, sum] = [Infinity, -Infinity, 0];
  for (let up = 0; up < grid.size; up++) {
    for (let along = 0; along < grid.size; along++) {
      const value = valueAt(sound, firstBin(grid, patch) + up, firstFrame(grid, patch) + along);
      [low, high, sum] = [Math.min(low, value), Math.max(high, value), sum + value];
    }
  }
  const mean = formatSigned(sum / grid.size ** 2);
  return `${formatSigned(low)} to ${formatSigned(high)}, mean ${mean}`;
}

/** @param {number} sounding frames of the patch @param {number} size */
function describePadding(sounding, size) {
  if (sounding === size) return "none: all of it is sound";
  return sounding === 0
    ? "all of it: no sound here"
    : `the last ${size - sounding} of ${size} frames`;
}

/**
 * How many patches read the cell under the cursor; without one, the patch's cells.
 * @param {Grid} grid
 * @param {Patch} patch
 * @param {Cell | null} cursor
 */
function describeCover(grid, patch, cursor) {
  if (cursor) {
    const count = coverage(grid, cursor.bin, cursor.frame);
    return `${countPatches(count)} over bin ${cursor.bin}, frame ${cursor.frame}`;
  }
  const counts = [];
  for (let up = 0; up < grid.size; up++) {
    for (let along = 0; along < grid.size; along++) {
      counts.push(coverage(grid, firstBin(grid, patch) + up, firstFrame(grid, patch) + along));
    }
  }
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most
    ? `${countPatches(most)} over each cell`
    : `${least} to ${most} patches a cell`;
}

/** @param {Grid} grid @param {Patch} patch */
function describeOverlap(grid, { f, t }) {
  const cells = (/** @type {number} */ stride) => Math.max(0, grid.size - stride);
  const beside = Number(t > 0) + Number(t < grid.timePatches - 1);
  const stacked = Number(f > 0) + Number(f < grid.freqPatches - 1);
  if (cells(grid.timeStride) + cells(grid.frequencyStride) === 0) return "with no other patch";
  return (
    `${cells(grid.timeStride)} frames with each of ${beside} beside, ` +
    `${cells(grid.frequencyStride)} bins with each of ${stacked} above and below`
  );
}

/** @param {Grid} grid */
function describeRemainder(grid) {
  const parts = [];
  if (grid.coveredBins < grid.bins) parts.push(`mel bins ${grid.coveredBins} to ${grid.bins - 1}`);
  if (grid.coveredFrames < grid.frames) {
    parts.push(`frames ${grid.coveredFrames} to ${grid.frames - 1}`);
  }
  return parts.length ? `Outside every patch: ${parts.join(", ")}.` : "";
}

/** @param {HTMLElement} list @param {Record<string, string>} facts */
function showFacts(list, facts) {
  const names = Object.keys(facts);
  if (list.children.length !== names.length * 2) {
    list.replaceChildren(
      ...names.flatMap((name) => [make("dt", "ex-caption", name), make("dd", "ex-number")]),
    );
  }
  names.forEach((name, i) => {
    setText(list.children[2 * i], name);
    setText(list.children[2 * i + 1], facts[name]);
  });
}

/**
 * The 256 cells enlarged; dashed lines mark what the neighbours read too.
 * @param {HTMLCanvasElement} canvas
 * @param {Sound} sound
 * @param {Patch} patch
 * @param {Patch | null} before
 * @param {ColourScale} colours
 */
function drawEnlarged(canvas, sound, patch, before, colours) {
  const { grid } = sound;
  const ratio = devicePixelRatio;
  const side = grid.size * CELL;
  canvas.width = canvas.height = Math.round(side * ratio);
  canvas.style.width = canvas.style.height = `${side}px`;
  canvas.setAttribute(
    "aria-label",
    `The ${grid.size} by ${grid.size} values of this patch, ${describeValues(sound, patch)}`,
  );
  const pen = contextOf(canvas);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const table = colourTable(colours.name);
  for (let up = 0; up < grid.size; up++) {
    for (let along = 0; along < grid.size; along++) {
      const value = valueAt(sound, firstBin(grid, patch) + up, firstFrame(grid, patch) + along);
      const level = clamp((value - colours.low) / (colours.high - colours.low || 1), 0, 1) * 255;
      const pixel = table[Math.round(level)];
      pen.fillStyle = `rgb(${pixel & 255}, ${(pixel >> 8) & 255}, ${(pixel >> 16) & 255})`;
      pen.fillRect(along * CELL, side - (up + 1) * CELL, CELL, CELL);
    }
  }
  drawOverlapLines(pen, grid, patch, side);
  if (before) frameShared(pen, grid, before, patch, side);
}

/**
 * A frame around what the patch before holds, too.
 * @param {Pen} pen
 * @param {Grid} grid
 * @param {Patch} before
 * @param {Patch} patch
 * @param {number} side CSS pixels
 */
function frameShared(pen, grid, before, patch, side) {
  const { frames, bins, along, up } = sharedCells(grid, before, patch);
  if (frames === 0 || bins === 0) return;
  const box = [along * CELL, side - (up + bins) * CELL, frames * CELL, bins * CELL];
  pen.setLineDash([]);
  for (const { colour, width } of SHARED_LINES) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.strokeRect(box[0] + 3, box[1] + 3, box[2] - 6, box[3] - 6);
  }
}

/** @param {Pen} pen @param {Grid} grid @param {Patch} patch @param {number} side */
function drawOverlapLines(pen, grid, patch, side) {
  const along = grid.size - grid.timeStride;
  const up = grid.size - grid.frequencyStride;
  /** @type {[number, number, number, number][]} */
  const lines = [];
  const vertical = (/** @type {number} */ x) => lines.push([x, 0, x, side]);
  const horizontal = (/** @type {number} */ y) => lines.push([0, y, side, y]);
  if (along > 0 && patch.t > 0) vertical(along * CELL);
  if (along > 0 && patch.t < grid.timePatches - 1) vertical(side - along * CELL);
  if (up > 0 && patch.f > 0) horizontal(side - up * CELL);
  if (up > 0 && patch.f < grid.freqPatches - 1) horizontal(up * CELL);
  for (const { colour, offset } of OVERLAP_LINES) {
    pen.strokeStyle = colour;
    pen.setLineDash([4, 4]);
    pen.lineDashOffset = offset;
    pen.beginPath();
    for (const [x, y, endX, endY] of lines) {
      pen.moveTo(x, y);
      pen.lineTo(endX, endY);
    }
    pen.stroke();
  }
}
