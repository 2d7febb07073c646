// @ts-check
// The chart: what was heard most, spectrogram, level, and a row of windows a label, over time.

import { contextOf, fitted, fontFamily, hatch, palette, prepared } from "../../shared/canvas.js";
import { colourTable } from "../../shared/colour.js";
import { clamp } from "../../shared/numbers.js";
import { clock, NOTHING_KNOWN, unknownStretches } from "./timelineData.js";

const NAMES = [88, 0.4]; // CSS pixels for the labels' names at least, part of the width at most
const NAME_GAP = 12;
const NAME_FONT = 13; // CSS pixels
const SMALL_FONT = 11; // of a name that takes two lines
const RIBBON = 32;
const STRIP = 48; // spectrogram
const LEVEL = 24;
const GAP = 8;
const ROW = 28;
const FOOT = 28;
const ROWS_TOP = RIBBON + GAP + STRIP + GAP + LEVEL + GAP;
export const COLOURS = 20; // --tl-0 to --tl-19 of timeline.css, one a label
const STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const TICKS_APART = 88; // CSS pixels, at least
const LANES = 4; // of bricks within a row, at most: windows that overlap lie in different ones
const LOUDNESS = [-80, 0]; // dB

/**
 * The width that the names of these labels need, within bounds.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width of the whole chart
 * @param {string[]} names
 */
export function namesWidth(canvas, width, names) {
  const context = contextOf(canvas);
  context.font = `${NAME_FONT}px ${fontFamily(canvas)}`;
  const widest = Math.max(0, ...names.map((name) => context.measureText(name).width));
  return Math.round(Math.min(Math.max(NAMES[0], widest + NAME_GAP), NAMES[1] * width));
}

/** @param {number} rows */
export function chartHeight(rows) {
  return ROWS_TOP + Math.max(1, rows) * ROW + FOOT;
}

/** @import { Event, Overview, Timeline } from "./timelineData.js" */

/**
 * What the chart shows.
 * @typedef {object} Scene
 * @property {{ width: number, names: number, start: number, seconds: number }} view widths of the
 *     chart and of the labels' names in CSS pixels, the visible stretch in seconds
 * @property {Timeline | null} timeline
 * @property {number[]} rows numbers of the labels that have one
 * @property {Event[]} events
 * @property {Map<string, number>} [colours] of the labels, see labelColours
 * @property {number | null} chosen window
 * @property {number | null} played seconds under the play cursor
 */

/**
 * @typedef {object} Drawing how to draw it
 * @property {CanvasRenderingContext2D} context
 * @property {(name: string) => string} colour of the page by its short name
 * @property {(label: string) => string} hue
 * @property {string} font its family
 * @property {(seconds: number) => number} xOf
 * @property {number} plot CSS pixels beside the names
 * @property {number} height
 * @property {number} bottom of the rows
 */

/** @typedef {Scene & Drawing} ChartPen */

/** @typedef {ChartPen & { timeline: Timeline }} TimelinePen once there is a recording */

/** @param {HTMLCanvasElement} canvas @param {Scene} scene */
export function drawChart(canvas, scene) {
  const { view, timeline, rows } = scene;
  const height = chartHeight(rows.length);
  const context = prepared(canvas, view.width, height);
  const colour = palette(canvas);
  const font = fontFamily(canvas);
  const plot = view.width - view.names;
  const xOf = (/** @type {number} */ seconds) =>
    view.names + ((seconds - view.start) / view.seconds) * plot;
  const style = getComputedStyle(canvas);
  const hue = (/** @type {string} */ label) =>
    style.getPropertyValue(`--tl-${scene.colours?.get(label) ?? 0}`);
  const bottom = height - FOOT;
  const pen = { context, colour, hue, font, xOf, plot, height, bottom, ...scene };
  const top = ROWS_TOP;

  context.save();
  context.beginPath();
  context.rect(view.names, 0, plot, height);
  context.clip();
  drawGround(pen, top);
  const filled = timeline && { ...pen, timeline };
  if (filled) {
    drawRibbon(filled);
    drawStrip(filled, RIBBON + GAP);
    drawLevels(filled, RIBBON + GAP + STRIP + GAP);
    rows.forEach((label, row) => drawWindows(filled, label, top + row * ROW));
    drawEvents(filled, top);
    drawGaps(filled);
    drawChosen(filled, top);
    drawCursor(filled);
  }
  context.restore();
  if (filled) drawNames(filled, top);
  drawTime(pen);
}

/** @param {ChartPen} pen @param {number} top */
function drawGround({ context, colour, view, plot, bottom, timeline, xOf }, top) {
  context.fillStyle = colour("ghost");
  context.fillRect(view.names, top, plot, bottom - top);
  context.fillRect(view.names, 0, plot, RIBBON);
  if (!timeline) return;
  const end = xOf(timeline.facts.total);
  context.fillStyle = colour("surface");
  context.fillRect(end, 0, view.names + plot - end, bottom);
}

/**
 * The event with the highest score at each moment; where there is none, it is said if the model
 * knows nothing there.
 * @param {TimelinePen} pen
 */
function drawRibbon(pen) {
  const { context, colour, hue, font, xOf, events, timeline } = pen;
  hatchStretches(pen, silentStretches(timeline), RIBBON);
  context.font = `14px ${font}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  const pieces = strongest(events);
  drawUnknown(pen, unknownStretches(timeline, pieces));
  for (const { label, from, to, peak } of pieces) {
    const left = xOf(from);
    const width = Math.max(2, xOf(to) - left);
    context.globalAlpha = 0.15 + 0.35 * peak;
    context.fillStyle = hue(label);
    context.fillRect(left, 0, width, RIBBON);
    context.globalAlpha = 1;
    context.fillStyle = colour("surface");
    context.fillRect(left, 0, 1, RIBBON);
    const text = fitted(context, label, width - 10);
    if (text.length < Math.min(4, label.length)) continue;
    context.fillStyle = colour("text");
    context.fillText(text, left + 6, RIBBON / 2);
  }
}

/**
 * Words where there is room for all of them; what is seen of a stretch counts.
 *
 * @param {TimelinePen} pen
 * @param {[number, number][]} stretches in seconds
 */
function drawUnknown({ context, colour, view, plot, xOf }, stretches) {
  context.fillStyle = colour("muted");
  const needed = context.measureText(NOTHING_KNOWN).width;
  for (const [from, to] of stretches) {
    const left = Math.max(xOf(from), view.names) + 6;
    const right = Math.min(xOf(to), view.names + plot);
    if (right - left >= needed) context.fillText(NOTHING_KNOWN, left, RIBBON / 2);
  }
}

/**
 * @typedef {object} Piece of an event
 * @property {Event} event
 * @property {string} label
 * @property {number} peak
 * @property {number} from seconds
 * @property {number} to seconds
 */

/**
 * Cut overlapping events so that at each moment the strongest is left.
 * @param {Event[]} events
 */
export function strongest(events) {
  const edges = [...new Set(events.flatMap(({ start, end }) => [start, end]))].sort((a, b) =>
    a - b
  );
  /** @type {Piece[]} */
  const pieces = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const [from, to] = [edges[i], edges[i + 1]];
    let best = null;
    for (const event of events) {
      if (event.start < to && event.end > from && (!best || event.peak > best.peak)) best = event;
    }
    if (!best) continue;
    const last = pieces.at(-1);
    if (last?.event === best && last.to === from) last.to = to;
    else pieces.push({ event: best, label: best.label, peak: best.peak, from, to });
  }
  return pieces;
}

/**
 * The spectrogram of the whole recording, a column for every few frames.
 * @param {TimelinePen} pen
 * @param {number} top
 */
function drawStrip({ context, xOf, timeline }, top) {
  if (!timeline.overview) return;
  const { columns, seconds } = timeline.overview;
  const left = xOf(0);
  context.imageSmoothingEnabled = true;
  const width = xOf(columns * seconds) - left;
  context.drawImage(stripImage(timeline.overview), left, top, width, STRIP);
}

/** @type {WeakMap<Overview, HTMLCanvasElement>} */
const images = new WeakMap();

/** @param {Overview} overview */
function stripImage(overview) {
  const known = images.get(overview);
  if (known) return known;
  const { columns, rows, cells } = overview;
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const table = colourTable("magma");
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      pixels[(rows - 1 - row) * columns + column] = table[cells[column * rows + row]];
    }
  }
  contextOf(canvas).putImageData(image, 0, 0);
  images.set(overview, canvas);
  return canvas;
}

/** @param {TimelinePen} pen @param {number} top */
function drawLevels(pen, top) {
  const { context, colour, xOf, timeline } = pen;
  const { windows, levels, hop_seconds } = timeline.facts;
  context.fillStyle = colour("weak");
  levels.forEach((level, i) => {
    const middle = (windows[i][0] + windows[i][1]) / 2;
    const left = xOf(i ? middle - hop_seconds / 2 : windows[i][0]);
    const right = xOf(i + 1 < levels.length ? middle + hop_seconds / 2 : windows[i][1]);
    const share = clamp((level - LOUDNESS[0]) / (LOUDNESS[1] - LOUDNESS[0]), 0, 1);
    const tall = Math.max(1, share * LEVEL);
    context.fillRect(left, top + LEVEL - tall, Math.max(0.5, right - left), tall);
  });
}

/**
 * One brick a window with its true edges; windows that overlap lie in lanes below each other.
 * @param {TimelinePen} pen
 * @param {number} label
 * @param {number} top
 */
function drawWindows(pen, label, top) {
  const { context, hue, xOf, view, plot, timeline } = pen;
  const { labels, windows, window_seconds, hop_seconds } = timeline.facts;
  const lanes = clamp(Math.ceil(window_seconds / hop_seconds - 0.01), 1, LANES);
  const tall = (ROW - 2) / lanes;
  const apart = (hop_seconds / view.seconds) * plot;
  context.fillStyle = hue(labels[label]);
  if (apart < 3) return drawColumns(pen, label, top);
  for (let i = 0; i < windows.length; i++) {
    const [left, right] = [xOf(windows[i][0]), xOf(windows[i][1])];
    if (right < view.names || left > view.width || timeline.silent[i]) continue;
    context.globalAlpha = strength(timeline.scoreOf(i, label), timeline);
    context.fillRect(left + 0.5, top + (i % lanes) * tall + 0.5, right - left - 1, tall - 1);
  }
  context.globalAlpha = 1;
}

/**
 * From afar a column of pixels shows the highest score of its windows, so that nothing is lost.
 * @param {TimelinePen} pen
 * @param {number} label
 * @param {number} top
 */
function drawColumns({ context, xOf, view, plot, timeline }, label, top) {
  const highest = new Float32Array(Math.ceil(plot) + 1);
  const { windows } = timeline.facts;
  for (let i = 0; i < windows.length; i++) {
    if (timeline.silent[i]) continue;
    const score = timeline.scoreOf(i, label);
    const left = Math.max(0, Math.floor(xOf(windows[i][0]) - view.names));
    const right = Math.min(highest.length - 1, Math.ceil(xOf(windows[i][1]) - view.names));
    for (let x = left; x < right; x++) highest[x] = Math.max(highest[x], score);
  }
  highest.forEach((score, x) => {
    if (!score) return;
    context.globalAlpha = strength(score, timeline);
    context.fillRect(view.names + x, top + 1, 1, ROW - 2);
  });
  context.globalAlpha = 1;
}

/** @param {number} score @param {Timeline} timeline */
function strength(score, { ceiling }) {
  return 0.02 + 0.93 * Math.min(1, score / ceiling);
}

/**
 * Where the label was, by the windows that heard it and those beside them that did not.
 * @param {TimelinePen} pen
 * @param {number} top
 */
function drawEvents({ context, colour, xOf, rows, events, timeline }, top) {
  context.fillStyle = colour("text");
  for (const { label, start, end } of events) {
    const row = rows.findIndex((number) => timeline.facts.labels[number] === label);
    if (row < 0) continue;
    const left = xOf(start);
    context.fillRect(left, top + row * ROW + ROW - 3, Math.max(2, xOf(end) - left), 2);
  }
}

/** @param {Timeline} timeline */
function silentStretches({ facts, silent }) {
  return facts.windows.filter((_, i) => silent[i]);
}

/** @param {ChartPen} pen @param {[number, number][]} stretches @param {number} height */
function hatchStretches({ context, colour, xOf }, stretches, height) {
  hatch(
    context,
    stretches.map(([start, end]) => [xOf(start), 0, xOf(end) - xOf(start), height]),
    colour("hatch"),
  );
}

/** @param {TimelinePen} pen */
function drawGaps(pen) {
  const { context, colour, xOf, timeline, bottom, font } = pen;
  hatchStretches(pen, timeline.facts.gaps, bottom);
  context.font = `12px ${font}`;
  context.fillStyle = colour("text");
  context.textAlign = "left";
  for (const [start, end] of timeline.facts.gaps) {
    if (xOf(end) - xOf(start) > 80) context.fillText("no numbers", xOf(start) + 4, bottom - 10);
  }
}

/** @param {TimelinePen} pen @param {number} top */
function drawChosen({ context, colour, xOf, timeline, chosen, bottom }, top) {
  if (chosen === null) return;
  const [start, end] = timeline.facts.windows[chosen];
  const left = Math.round(xOf(start));
  const width = Math.round(xOf(end)) - left;
  context.strokeStyle = colour("text");
  context.lineWidth = 1.5;
  context.strokeRect(left, top - 1, Math.max(2, width), bottom - top + 2);
}

/** @param {ChartPen} pen */
function drawCursor({ context, colour, xOf, played, bottom }) {
  if (played === null) return;
  context.fillStyle = colour("text");
  context.fillRect(Math.round(xOf(played)), 0, 1, bottom);
}

/** @param {TimelinePen} pen @param {number} top */
function drawNames({ context, colour, hue, font, view, rows, timeline }, top) {
  context.fillStyle = colour("surface");
  context.fillRect(0, 0, view.names, top + rows.length * ROW);
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.font = `${NAME_FONT}px ${font}`;
  context.fillStyle = colour("muted");
  context.fillText("most likely", 0, RIBBON / 2);
  if (timeline.overview) context.fillText("spectrogram", 0, RIBBON + GAP + STRIP / 2);
  context.fillText("level", 0, RIBBON + GAP + STRIP + GAP + LEVEL / 2);
  rows.forEach((number, row) => {
    const label = timeline.facts.labels[number];
    const middle = top + row * ROW + ROW / 2;
    context.fillStyle = colour("line");
    context.fillRect(0, middle + ROW / 2 - 1, view.names - NAME_GAP / 2, 1);
    context.fillStyle = hue(label);
    context.fillRect(view.names - 5, middle - ROW / 2 + 2, 3, ROW - 4);
    context.fillStyle = colour("text");
    drawName(context, font, label, middle, view.names - NAME_GAP);
  });
}

/**
 * A name in one line, in two small ones where it is too long for that, shortened at last.
 * @param {CanvasRenderingContext2D} context
 * @param {string} font
 * @param {string} name
 * @param {number} middle
 * @param {number} width
 */
function drawName(context, font, name, middle, width) {
  context.font = `${NAME_FONT}px ${font}`;
  if (context.measureText(name).width <= width) return context.fillText(name, 0, middle);
  context.font = `${SMALL_FONT}px ${font}`;
  const words = name.split(" ");
  let first = words.shift() ?? "";
  while (words.length > 1 && context.measureText(`${first} ${words[0]}`).width <= width) {
    first += ` ${words.shift()}`;
  }
  if (!words.length) return context.fillText(fitted(context, first, width), 0, middle);
  context.fillText(fitted(context, first, width), 0, middle - SMALL_FONT / 2);
  context.fillText(fitted(context, words.join(" "), width), 0, middle + SMALL_FONT / 2 + 1);
}

/** @param {ChartPen} pen */
function drawTime({ context, colour, font, view, plot, bottom, xOf, timeline }) {
  context.font = `12px ${font}`;
  context.textBaseline = "top";
  context.textAlign = "center";
  const fitting = (/** @type {number} */ seconds) => (seconds / view.seconds) * plot >= TICKS_APART;
  const step = STEPS.find(fitting) ?? STEPS[STEPS.length - 1];
  const end = Math.min(view.start + view.seconds, timeline ? timeline.facts.total : view.seconds);
  for (let at = Math.ceil(view.start / step) * step; at <= end + 1e-6; at += step) {
    const x = Math.round(xOf(at));
    context.fillStyle = colour("line");
    context.fillRect(Math.min(x, view.width - 1), bottom, 1, 5);
    context.fillStyle = colour("muted");
    const text = clock(at, step < 1 ? 1 : 0);
    const half = context.measureText(text).width / 2;
    context.fillText(text, clamp(x, view.names + (at ? half : 0), view.width - half), bottom + 9);
  }
}
