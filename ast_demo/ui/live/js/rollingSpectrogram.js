// The rolling spectrogram: the model's window, its patch grid, what is not filled yet, heat.

import { fontFamily, hatch, palette, prepared } from "../../shared/canvas.js";
import { colourTable, HEAT_RGB } from "../../shared/colour.js";
import { makeGrid, spread } from "../../shared/geometry.js";

const AXIS = 40; // CSS pixels for the Hz axis
const FOOT = 24; // for the time axis
const CELL = [2, 3]; // CSS pixels of a mel bin's height, at least and at most: patches are square
const HERTZ_TICKS = [125, 250, 500, 1000, 2000, 4000, 8000];
const HOP_SECONDS = 0.01;

export function makeScroll(canvas) {
  const context = canvas.getContext("2d");
  const cells = document.createElement("canvas");
  let facts = null;
  let grid = null;
  let bytes = null; // time-major like the payload: frame * bins + bin
  let image = null;
  let filled = 0;
  let heat = null;
  let tables = {};

  function begin(stream) {
    facts = stream;
    grid = makeGrid(stream.grid);
    bytes = new Uint8Array(grid.frames * grid.bins);
    cells.width = grid.frames;
    cells.height = grid.bins;
    image = new ImageData(grid.frames, grid.bins);
    tables = { plain: colourTable("magma"), under: colourTable("under") };
    clear();
  }

  function clear() {
    filled = 0;
    heat = null;
    bytes?.fill(0);
    draw();
  }

  // New frames push the oldest out on the left once the window is full.
  function add(frames, count, nowFilled) {
    const { bins } = grid;
    const kept = nowFilled - count; // frames of before that are still in the window
    if (kept < filled) bytes.copyWithin(0, (filled - kept) * bins, filled * bins);
    bytes.set(frames, kept * bins);
    filled = nowFilled;
  }

  function look(shares) {
    heat = shares;
  }

  function layout() {
    const width = canvas.parentElement.clientWidth;
    const frames = grid?.frames ?? 512;
    const room = width - AXIS;
    const cell = room >= frames ? Math.min(CELL[1], Math.floor(room / frames)) : room / frames;
    const tall = Math.max(CELL[0], Math.floor(cell));
    return { width, cell, tall, plot: cell * frames, height: (grid?.bins ?? 128) * tall };
  }

  function draw() {
    const { width, cell, tall, plot, height } = layout();
    if (width <= 0) return;
    prepared(canvas, width, height + FOOT);
    const colour = palette(canvas);
    context.font = `12px ${fontFamily(canvas)}`;
    context.fillStyle = colour("ghost");
    context.fillRect(AXIS, 0, plot, height);
    if (grid && filled) drawCells(cell, height);
    if (grid && filled < grid.frames && filled) drawUnfilled(cell, plot, height, colour);
    drawGrid(cell, tall, height, colour);
    context.strokeStyle = colour("line");
    context.strokeRect(AXIS - 0.5, 0.5, plot, height);
    if (grid) drawAxes(cell, tall, plot, height, colour);
  }

  function drawCells(cell, height) {
    const { bins, frames } = grid;
    const pixels = new Uint32Array(image.data.buffer);
    const table = heat ? tables.under : tables.plain;
    for (let bin = 0; bin < bins; bin++) {
      const row = (bins - 1 - bin) * frames;
      for (let frame = 0; frame < filled; frame++) {
        pixels[row + frame] = table[bytes[frame * bins + bin]];
      }
      for (let frame = filled; frame < frames; frame++) pixels[row + frame] = 0;
    }
    drawPlane(cell, height);
    if (!heat) return;
    const plane = spread(grid, heat);
    for (let bin = 0; bin < bins; bin++) {
      const row = (bins - 1 - bin) * frames;
      for (let frame = 0; frame < frames; frame++) {
        const value = plane[frame * bins + bin];
        const alpha = value >= 0 ? Math.round(value * 0.85) : 0;
        pixels[row + frame] =
          ((alpha << 24) | (HEAT_RGB[2] << 16) | (HEAT_RGB[1] << 8) | HEAT_RGB[0]) >>> 0;
      }
    }
    drawPlane(cell, height);
  }

  function drawPlane(cell, height) {
    cells.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = cell * (devicePixelRatio || 1) < 1;
    context.drawImage(cells, AXIS, 0, cell * grid.frames, height);
  }

  // The part of the window that no sound has reached: the model gets padding there.
  function drawUnfilled(cell, plot, height, colour) {
    const start = AXIS + filled * cell;
    hatch(context, [[start, 0, AXIS + plot - start, height]], colour("hatch"));
    if (AXIS + plot - start < 160) return;
    context.fillStyle = colour("text");
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

  function drawGrid(cell, tall, height, colour) {
    const rows = grid ??
      {
        freqPatches: 12,
        timePatches: 50,
        frequencyStride: 10,
        timeStride: 10,
        coveredFrames: 506,
        coveredBins: 126,
      };
    const end = AXIS + rows.coveredFrames * cell;
    const ceiling = height - rows.coveredBins * tall;
    context.fillStyle = filled ? "rgba(255, 255, 255, 0.22)" : colour("ghost-line");
    for (let t = 0; t < rows.timePatches; t++) {
      context.fillRect(Math.round(AXIS + t * rows.timeStride * cell), ceiling, 1, height - ceiling);
    }
    for (let f = 0; f < rows.freqPatches; f++) {
      context.fillRect(AXIS, height - f * rows.frequencyStride * tall - 1, end - AXIS, 1);
    }
  }

  function drawAxes(cell, tall, plot, height, colour) {
    const mel = (hertz) => 1127 * Math.log(1 + hertz / 700);
    const first = mel(facts.mel_hertz[0][1]);
    const last = mel(facts.mel_hertz.at(-1)[1]);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const hertz of HERTZ_TICKS) {
      const bin = ((mel(hertz) - first) / (last - first)) * (grid.bins - 1) + 0.5;
      const y = Math.max(6, height - Math.min(grid.bins, bin) * tall);
      context.fillStyle = colour("muted");
      context.fillText(hertz < 1000 ? String(hertz) : `${hertz / 1000}k`, AXIS - 8, y);
      context.fillRect(AXIS - 5, y, 4, 1);
    }
    context.textBaseline = "top";
    context.textAlign = "center";
    const seconds = filled * HOP_SECONDS;
    const whole = facts.window_seconds > 2;
    const step = (whole ? 1 : 0.2) * (plot < 480 ? 2 : 1);
    for (let ago = 0; ago <= seconds + 1e-9; ago += step) {
      const x = AXIS + (filled - ago / HOP_SECONDS) * cell;
      context.fillRect(Math.round(x), height + 1, 1, 4);
      const text = ago === 0
        ? "now"
        : `\u2212${whole ? ago : ago.toFixed(1)}${ago === step ? " s" : ""}`;
      context.fillText(text, Math.min(Math.max(x, AXIS + 8), AXIS + plot - 10), height + 8);
    }
  }

  // What the colours mean: words, a number, the scale, a number.
  function legend(looking) {
    if (looking) return ["grey: energy, orange: where it listened (attention rollout)"];
    const bar = document.createElement("canvas");
    bar.width = 256;
    bar.height = 1;
    const scale = new ImageData(256, 1);
    new Uint32Array(scale.data.buffer).set(tables.plain);
    bar.getContext("2d").putImageData(scale, 0, 0);
    const [low, high] = facts.range.map((value) => String(value).replace("-", "\u2212"));
    return ["energy (log-mel) ", low, bar, high];
  }

  return { begin, clear, add, look, draw, legend };
}
