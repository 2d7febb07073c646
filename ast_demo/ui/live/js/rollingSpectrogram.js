// @ts-check
// The rolling spectrogram: the model's window, its patch grid, what is not filled yet, heat.

import {
  contextOf,
  fontFamily,
  hatch,
  palette,
  prepared,
  widthAround,
} from "../../shared/canvas.js";
import { colourTable } from "../../shared/colour.js";
import { makeGrid, spread } from "../../shared/geometry.js";
import { heatLegend, heatTable } from "../../shared/heat.js";
import { melOf } from "../../shared/mel.js";

/** @import { Colour, Facts } from "./types.js" */

/** @import { Grid } from "../../shared/types.js" */

/**
 * The window of the model that listens.
 * @typedef {object} Window
 * @property {Facts} facts of the stream
 * @property {Grid} grid
 * @property {Uint8Array} bytes time-major like the payload: frame * bins + bin
 * @property {ImageData} image a pixel a cell
 */

/** @typedef {ReturnType<RollingSpectrogram["layout"]> & { colour: Colour }} RollingPen */

const AXIS = 40; // CSS pixels for the Hz axis
const FOOT = 24; // for the time axis
const CELL = [2, 3]; // CSS pixels of a mel bin's height, at least and at most: patches are square
const HERTZ_TICKS = [125, 250, 500, 1000, 2000, 4000, 8000];
const HOP_SECONDS = 0.01;

const GHOST = {
  frames: 512,
  bins: 128,
  freqPatches: 12,
  timePatches: 50,
  frequencyStride: 10,
  timeStride: 10,
  coveredFrames: 506,
  coveredBins: 126,
}; // drawn before a model is there

export class RollingSpectrogram {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = contextOf(canvas);
    this.cells = document.createElement("canvas");
    /** @type {Window | null} */
    this.window = null; // until there is a model
    this.filled = 0;
    /** @type {{ shares: Uint8Array, max: number } | null} */
    this.heat = null;
    this.tables = { plain: colourTable("magma"), under: colourTable("under") };
  }

  /** @param {Facts} facts of the stream */
  begin(facts) {
    const grid = makeGrid(facts.grid);
    const { frames, bins } = grid;
    this.window = {
      facts,
      grid,
      bytes: new Uint8Array(frames * bins),
      image: new ImageData(frames, bins),
    };
    this.cells.width = frames;
    this.cells.height = bins;
    this.clear();
  }

  clear() {
    this.filled = 0;
    this.heat = null;
    this.window?.bytes.fill(0);
    this.draw();
  }

  /**
   * Take new frames; they push the oldest out on the left once the window is full.
   *
   * @param {Uint8Array} frames
   * @param {number} count
   * @param {number} filled frames of sound in the window from now on
   */
  add(frames, count, filled) {
    if (!this.window) return;
    const { bytes, grid: { bins } } = this.window;
    const kept = filled - count; // frames of before that are still in the window
    if (kept < this.filled) {
      bytes.copyWithin(0, (this.filled - kept) * bins, this.filled * bins);
    }
    bytes.set(frames, kept * bins);
    this.filled = filled;
  }

  /**
   * Paint where the model looked, or nothing.
   *
   * @param {Uint8Array | null} shares of the patches, 255 for `max`
   * @param {number} [max] the highest share
   */
  look(shares, max = 0) {
    this.heat = shares && { shares, max };
  }

  layout() {
    const width = widthAround(this.canvas);
    const { frames, bins } = this.window?.grid ?? GHOST;
    const room = width - AXIS;
    const cell = room >= frames ? Math.min(CELL[1], Math.floor(room / frames)) : room / frames;
    const tall = Math.max(CELL[0], Math.floor(cell));
    return { width, cell, tall, plot: cell * frames, height: bins * tall };
  }

  draw() {
    const { context, window, filled } = this;
    const layout = this.layout();
    if (layout.width <= 0) return;
    prepared(this.canvas, layout.width, layout.height + FOOT);
    const colour = palette(this.canvas);
    const pen = { ...layout, colour };
    context.font = `12px ${fontFamily(this.canvas)}`;
    context.fillStyle = colour("ghost");
    context.fillRect(AXIS, 0, layout.plot, layout.height);
    if (window && filled) this.drawCells(pen, window);
    if (window && filled && filled < window.grid.frames) this.drawUnfilled(pen);
    this.drawGrid(pen);
    context.strokeStyle = colour("line");
    context.strokeRect(AXIS - 0.5, 0.5, layout.plot, layout.height);
    if (!window) return;
    this.drawHertz(pen, window);
    this.drawSeconds(pen, window.facts.window_seconds);
  }

  /** @param {RollingPen} pen @param {Window} window */
  drawCells(pen, window) {
    const { grid, bytes } = window;
    const { bins, frames, patches } = grid;
    const table = this.heat ? this.tables.under : this.tables.plain;
    this.paint(pen, window, (cell, frame) => frame < this.filled ? table[bytes[cell]] : 0);
    if (!this.heat) return;
    const { shares, max } = this.heat;
    const heat = heatTable({ max, ceiling: max }, patches);
    const plane = spread(grid, shares);
    const reached = frames * bins;
    this.paint(
      pen,
      window,
      (cell) => (cell < reached && plane[cell] >= 0 ? heat[Math.round(plane[cell])] : 0),
    );
  }

  /**
   * @param {RollingPen} pen
   * @param {Window} window
   * @param {(cell: number, frame: number) => number} pixelOf takes a cell's place in time-major
   *     order, and its frame
   */
  paint({ cell, height }, { grid: { bins, frames }, image }, pixelOf) {
    const pixels = new Uint32Array(image.data.buffer);
    for (let bin = 0; bin < bins; bin++) {
      const row = (bins - 1 - bin) * frames;
      for (let frame = 0; frame < frames; frame++) {
        pixels[row + frame] = pixelOf(frame * bins + bin, frame);
      }
    }
    contextOf(this.cells).putImageData(image, 0, 0);
    this.context.imageSmoothingEnabled = cell * (devicePixelRatio || 1) < 1;
    this.context.drawImage(this.cells, AXIS, 0, cell * frames, height);
  }

  /**
   * What no sound of the window has reached: the model gets padding there.
   * @param {RollingPen} pen
   */
  drawUnfilled({ cell, plot, height, colour }) {
    const { context } = this;
    const start = AXIS + this.filled * cell;
    hatch(context, [[start, 0, AXIS + plot - start, height]], colour("hatch"));
    if (AXIS + plot - start < 160) return;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const middle = (start + AXIS + plot) / 2;
    const text = "padding, filling up";
    const half = context.measureText(text).width / 2 + 8;
    context.fillStyle = colour("ghost");
    context.fillRect(middle - half, height / 2 - 12, 2 * half, 24);
    context.fillStyle = colour("text");
    context.fillText(text, middle, height / 2);
  }

  /** @param {RollingPen} pen */
  drawGrid({ cell, tall, height, colour }) {
    const { context } = this;
    const rows = this.window?.grid ?? GHOST;
    const end = AXIS + rows.coveredFrames * cell;
    const ceiling = height - rows.coveredBins * tall;
    context.fillStyle = this.filled ? "rgba(255, 255, 255, 0.22)" : colour("ghost-line");
    for (let t = 0; t < rows.timePatches; t++) {
      const x = Math.round(AXIS + t * rows.timeStride * cell);
      context.fillRect(x, ceiling, 1, height - ceiling);
    }
    for (let f = 0; f < rows.freqPatches; f++) {
      context.fillRect(AXIS, height - f * rows.frequencyStride * tall - 1, end - AXIS, 1);
    }
  }

  /** @param {RollingPen} pen @param {Window} window */
  drawHertz({ tall, height, colour }, { facts, grid }) {
    const { context } = this;
    const first = melOf(facts.mel_hertz[0][1]);
    const last = melOf(facts.mel_hertz[grid.bins - 1][1]);
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillStyle = colour("muted");
    for (const hertz of HERTZ_TICKS) {
      const bin = ((melOf(hertz) - first) / (last - first)) * (grid.bins - 1) + 0.5;
      const y = Math.max(6, height - Math.min(grid.bins, bin) * tall);
      context.fillText(hertz < 1000 ? String(hertz) : `${hertz / 1000}k`, AXIS - 8, y);
      context.fillRect(AXIS - 5, y, 4, 1);
    }
  }

  /** @param {RollingPen} pen @param {number} windowSeconds */
  drawSeconds({ cell, plot, height, colour }, windowSeconds) {
    const { context, filled } = this;
    context.textBaseline = "top";
    context.textAlign = "center";
    context.fillStyle = colour("muted");
    const seconds = filled * HOP_SECONDS;
    const whole = windowSeconds > 2;
    const step = (whole ? 1 : 0.2) * (plot < 480 ? 2 : 1);
    for (let ago = 0; ago <= seconds + 1e-9; ago += step) {
      const x = AXIS + (filled - ago / HOP_SECONDS) * cell;
      context.fillRect(Math.round(x), height + 1, 1, 4);
      const number = `\u2212${whole ? ago : ago.toFixed(1)}${ago === step ? " s" : ""}`;
      const text = ago === 0 ? "now" : number;
      context.fillText(text, Math.min(Math.max(x, AXIS + 8), AXIS + plot - 10), height + 8);
    }
  }

  /**
   * What the colours mean: a name, 256 pixels, and marks [place from 0 to 1, text]; null until
   * there is a model.
   *
   * @param {boolean} looking
   * @returns {{ name: string, table: Uint32Array, ticks: [number, string][] } | null}
   */
  legend(looking) {
    if (!this.window) return null;
    const { facts, grid } = this.window;
    if (!looking) {
      const [low, high] = facts.range.map((value) => String(value).replace("-", "\u2212"));
      return { name: "energy (log-mel)", table: this.tables.plain, ticks: [[0, low], [1, high]] };
    }
    const { table, ticks } = heatLegend(
      { ceiling: this.heat?.max ?? 0 },
      grid.patches,
      String,
    );
    return { name: "attention rollout, \u00d7 even share", table, ticks };
  }
}

/** @param {Uint32Array} table */
export function colourBar(table) {
  const bar = document.createElement("canvas");
  bar.width = 256;
  bar.height = 1;
  const scale = new ImageData(256, 1);
  new Uint32Array(scale.data.buffer).set(table);
  contextOf(bar).putImageData(scale, 0, 0);
  return bar;
}
