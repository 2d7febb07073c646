// The lower canvas: spectrogram, heat, padding, grid and axes.

import { HEAT_RGB, colourTable, heatTable } from "./colour.js";
import { coverage, firstBin, firstFrame, spread } from "./geometry.js";
import { clamp } from "./numbers.js";
import { frameSeconds, hertzToBins, secondsToFrames } from "./sound.js";
import { patchBox, xOf, yOf } from "./view.js";

const HERTZ_TICKS = [125, 250, 500, 1000, 2000, 4000, 8000];
const BIN_TICKS = [0, 16, 32, 48, 64, 80, 96, 112, 127];
const SECOND_STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60];
const TICK_DISTANCE = 64; // CSS pixels between ticks of the time axis, at least
const HATCH = 8; // CSS pixels between the lines over padding

// A canvas with one pixel a cell, the highest mel bin on top.
function cellCanvas(grid, pixelOf) {
  const canvas = document.createElement("canvas");
  canvas.width = grid.frames;
  canvas.height = grid.bins;
  const image = new ImageData(grid.frames, grid.bins);
  const pixels = new Uint32Array(image.data.buffer);
  for (let bin = 0; bin < grid.bins; bin++) {
    const row = (grid.bins - 1 - bin) * grid.frames;
    for (let frame = 0; frame < grid.frames; frame++) pixels[row + frame] = pixelOf(frame, bin);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// The spectrogram in a colour map; values from low to high take the whole of it.
export function spectrogramImage(sound, colours, low, high) {
  const table = colourTable(colours);
  const span = sound.high - sound.low;
  const levels = new Uint32Array(256); // byte of the payload -> pixel
  for (let byte = 0; byte < 256; byte++) {
    const value = sound.low + (byte / 255) * span;
    levels[byte] = table[Math.round(clamp((value - low) / (high - low || 1), 0, 1) * 255)];
  }
  const { bytes, grid } = sound;
  return cellCanvas(grid, (frame, bin) => levels[bytes[frame * grid.bins + bin]]);
}

// Heat as one hue with alpha; the map's ceiling is the value that becomes opaque.
export function heatImage(grid, map) {
  const table = heatTable();
  const plane = spread(grid, map.bytes);
  const scale = map.ceiling > 0 ? map.max / map.ceiling : 0;
  return cellCanvas(grid, (frame, bin) => {
    const value = plane[frame * grid.bins + bin];
    return value >= 0 ? table[Math.min(255, Math.round(value * scale))] : 0; // NaN: no patch looks
  });
}

export function drawPicture(context, scene) {
  const { view, images } = scene;
  const { plot } = view;
  context.save();
  context.beginPath();
  context.rect(plot.left, plot.top, plot.width, plot.height);
  context.clip();
  if (view.layout.kind === "exploded") drawExploded(context, scene);
  else {
    if (scene.grid === "overlap") drawPlane(context, view, images.overlap, 1);
    else drawEnergy(context, scene);
    if (scene.map && scene.style !== "contour") drawPlane(context, view, images.heat, scene.opacity);
    if (scene.map && scene.style === "contour") drawContours(context, scene);
    if (scene.grid === "outline") drawOutlines(context, scene);
    if (scene.grid !== "off") drawUncovered(context, scene);
  }
  context.restore();
  drawFrame(context, scene);
  drawAxes(context, scene);
}

function drawEnergy(context, scene) {
  if (!scene.map || scene.style !== "alone") drawPlane(context, scene.view, scene.images.spectrogram, 1);
  drawPadding(context, scene);
}

function drawPlane(context, view, image, alpha) {
  context.imageSmoothingEnabled = view.cellWidth * view.pixelRatio < 1; // then cells must be averaged
  context.globalAlpha = alpha;
  context.drawImage(
    image,
    xOf(view, 0),
    yOf(view, image.height),
    image.width * view.cellWidth,
    image.height * view.cellHeight,
  );
  context.globalAlpha = 1;
}

function drawPadding(context, scene) {
  const { view, sound, colours } = scene;
  const start = xOf(view, sound.numFrames);
  const end = view.plot.left + view.plot.width;
  if (start >= end) return;
  const { top, height } = view.plot;
  veil(context, colours, start, top, end - start, height);
  context.fillStyle = colours.text;
  context.fillRect(start, top, 1, height);
  if (end - start < 72) return;
  const middle = (Math.max(start, view.plot.left) + end) / 2;
  tag(context, colours, "padding", middle, top + height / 2);
}

// Dimmed and hatched: there is no sound here.
function veil(context, colours, x, y, width, height) {
  context.fillStyle = colours.veil;
  context.fillRect(x, y, width, height);
  context.fillStyle = hatchPattern(context, colours.hatch);
  context.fillRect(x, y, width, height);
}

function hatchPattern(context, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.beginPath();
  for (const shift of [-HATCH, 0, HATCH]) {
    pen.moveTo(shift, HATCH);
    pen.lineTo(shift + HATCH, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

function tag(context, colours, text, x, y) {
  context.font = colours.font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const width = context.measureText(text).width + 16;
  context.fillStyle = colours.surface;
  context.fillRect(Math.round(x - width / 2), Math.round(y - 12), Math.round(width), 24);
  context.fillStyle = colours.text;
  context.fillText(text, x, y);
}

// Where patches begin, and fainter where they end when there is room to tell the two apart.
function drawOutlines(context, scene) {
  const { view, sound } = scene;
  const { grid } = sound;
  const roomy = view.cellWidth >= 3;
  strokeEdges(context, view, grid, 0, `rgba(${scene.ink}, ${roomy ? 0.75 : 0.45})`);
  if (roomy) strokeEdges(context, view, grid, grid.size, `rgba(${scene.ink}, 0.3)`);
}

function strokeEdges(context, view, grid, offset, colour) {
  const { left, top, width, height } = view.plot;
  const bottom = yOf(view, 0);
  const ceiling = yOf(view, grid.coveredBins);
  const end = xOf(view, grid.coveredFrames);
  context.fillStyle = colour;
  for (let t = 0; t < grid.timePatches; t++) {
    const x = Math.round(xOf(view, t * grid.timeStride + offset));
    if (x >= left && x <= left + width) context.fillRect(x, ceiling, 1, bottom - ceiling);
  }
  for (let f = 0; f < grid.freqPatches; f++) {
    const y = Math.round(yOf(view, f * grid.frequencyStride + offset));
    if (y >= top && y <= top + height) context.fillRect(xOf(view, 0), y, end - xOf(view, 0), 1);
  }
}

// The remainder at the top and at the end that no patch reads.
function drawUncovered(context, scene) {
  const { view, sound, colours } = scene;
  const { grid } = sound;
  const [left, right] = [xOf(view, 0), xOf(view, grid.frames)];
  const [top, bottom] = [yOf(view, grid.bins), yOf(view, 0)];
  const ceiling = yOf(view, grid.coveredBins);
  const end = xOf(view, grid.coveredFrames);
  context.fillStyle = colours.blind;
  context.fillRect(left, top, right - left, ceiling - top);
  context.fillRect(end, ceiling, right - end, bottom - ceiling);
}

// Cells by how many patches read them: the more, the lighter.
export function overlapImage(grid) {
  const table = colourTable("viridis");
  return cellCanvas(grid, (frame, bin) => table[overlapLevel(coverage(grid, bin, frame))]);
}

export function overlapLevel(count) {
  return count === 0 ? 0 : Math.min(255, 64 + 48 * (count - 1));
}

function drawExploded(context, scene) {
  const { view, sound, images, colours } = scene;
  const { grid } = sound;
  context.imageSmoothingEnabled = false;
  const { left, width } = view.plot;
  for (let f = 0; f < grid.freqPatches; f++) {
    for (let t = 0; t < grid.timePatches; t++) {
      const box = patchBox(view, { f, t }, grid.size);
      if (box[0] > left + width || box[0] + box[2] < left) continue;
      const source = [firstFrame(grid, { f, t }), grid.bins - firstBin(grid, { f, t }) - grid.size];
      const energy = !scene.map || scene.style !== "alone";
      if (energy) context.drawImage(images.spectrogram, ...source, grid.size, grid.size, ...box);
      const sounding = clamp(sound.numFrames - source[0], 0, grid.size);
      const padded = (grid.size - sounding) * view.cellWidth;
      if (padded > 0) veil(context, colours, box[0] + box[2] - padded, box[1], padded, box[3]);
      if (scene.map) fillPatch(context, scene, f * grid.timePatches + t, box);
    }
  }
}

// Pulled apart, each patch shows its own value, not the mean with its neighbours.
function fillPatch(context, scene, index, box) {
  const share = Math.min(1, (scene.map.bytes[index] / 255) * (scene.map.max / scene.map.ceiling));
  context.fillStyle = `rgba(${HEAT_RGB.join(", ")}, ${share * scene.opacity})`;
  context.fillRect(...box);
}

// Lines of equal heat at a quarter, a half and three quarters of the ceiling, in cells: made once
// for a map, then only moved and stretched.
export function contourPaths(grid, map) {
  const plane = spread(grid, map.bytes);
  const scale = map.ceiling > 0 ? map.max / map.ceiling / 255 : 0;
  return [0.25, 0.5, 0.75].map((level) => borderPath(grid, plane, level / scale));
}

// The border around all cells of at least a value; straight runs become one line each.
function borderPath(grid, plane, least) {
  const { bins, frames } = grid;
  const pitch = bins + 1; // a rim of cold cells spares a look at every edge
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

function addLine(path, x, y, endX, endY) {
  path.moveTo(x, y);
  path.lineTo(endX, endY);
  return -1; // no run is open any more
}

function drawContours(context, { view, images, opacity }) {
  const { cellWidth, cellHeight } = view;
  const toPixels = new DOMMatrix([cellWidth, 0, 0, -cellHeight, xOf(view, 0), yOf(view, 0)]);
  const lines = images.contours.map((path) => {
    const line = new Path2D();
    line.addPath(path, toPixels);
    return line;
  });
  // A dark line under each keeps it visible on the bright end of every colour map.
  for (const [colour, wider] of [["0, 0, 0", 1.5], [HEAT_RGB.join(", "), 0]]) {
    context.strokeStyle = `rgba(${colour}, ${opacity})`;
    lines.forEach((line, index) => {
      context.lineWidth = 1 + index / 2 + wider;
      context.stroke(line);
    });
  }
}

function drawFrame(context, { view, colours }) {
  const { left, top, width, height } = view.plot;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
}

function drawAxes(context, scene) {
  const { colours } = scene;
  context.font = colours.font;
  context.fillStyle = colours.muted;
  if (scene.view.layout.kind === "exploded") return drawPatchAxes(context, scene);
  const ticks = { hertz: hertzTicks, mel: melTicks, bin: binTicks }[scene.axis](scene.sound);
  drawUpwardTicks(context, scene, ticks);
  drawTimeTicks(context, scene);
}

function hertzTicks(sound) {
  const name = (hertz) => (hertz < 1000 ? String(hertz) : `${hertz / 1000}k`);
  return HERTZ_TICKS.map((hertz) => [hertzToBins(sound, hertz), name(hertz)]);
}

function melTicks(sound) {
  const hertz = (mel) => 700 * (Math.exp(mel / 1127) - 1);
  return [500, 1000, 1500, 2000, 2500].map((mel) => [hertzToBins(sound, hertz(mel)), String(mel)]);
}

function binTicks(sound) {
  const bins = BIN_TICKS.filter((bin) => bin < sound.grid.bins);
  return bins.map((bin) => [bin + 0.5, String(bin)]);
}

function drawUpwardTicks(context, { view, sound, colours }, ticks) {
  const { left, top, height } = view.plot;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const [bin, text] of ticks) {
    const y = Math.round(yOf(view, clamp(bin, 0, sound.grid.bins)));
    if (y < top || y > top + height) continue;
    context.fillStyle = colours.line;
    context.fillRect(left - 5, y, 4, 1);
    context.fillStyle = colours.muted;
    context.fillText(text, left - 8, clamp(y, top + 5, top + height - 4));
  }
}

function drawTimeTicks(context, { view, sound, colours }) {
  const { left, top, width, height } = view.plot;
  const step = secondStep(view, sound);
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const last = frameSeconds(sound, view.left + view.columnsSeen);
  const start = (view.left - 1) * sound.payload.hop_seconds;
  const first = Math.max(0, Math.ceil(start / step) * step);
  context.textAlign = "center";
  context.textBaseline = "top";
  for (let i = 0; first + i * step <= last; i++) {
    const seconds = first + i * step;
    const x = Math.round(xOf(view, Math.max(0, secondsToFrames(sound, seconds))));
    if (x < left || x > left + width) continue;
    context.fillStyle = colours.line;
    context.fillRect(x, top + height + 1, 1, 4);
    context.fillStyle = colours.muted;
    context.fillText(seconds.toFixed(digits) + (i === 0 ? " s" : ""), x, top + height + 8);
  }
}

function secondStep(view, sound) {
  const second = view.cellWidth / sound.payload.hop_seconds;
  return SECOND_STEPS.find((step) => step * second >= TICK_DISTANCE) ?? SECOND_STEPS.at(-1);
}

// Pulled apart, the axes count rows and columns of patches.
function drawPatchAxes(context, { view, sound, colours }) {
  const { grid } = sound;
  const { left, top, width, height } = view.plot;
  context.fillStyle = colours.muted;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (let f = 0; f < grid.freqPatches; f++) {
    const [, y, , boxHeight] = patchBox(view, { f, t: 0 }, grid.size);
    if (y + boxHeight / 2 > top && y + boxHeight / 2 < top + height) {
      context.fillText(f === 0 ? "row 0" : String(f), left - 8, y + boxHeight / 2);
    }
  }
  context.textAlign = "center";
  context.textBaseline = "top";
  for (let t = 0; t < grid.timePatches; t += 5) {
    const [x, , boxWidth] = patchBox(view, { f: 0, t }, grid.size);
    const middle = x + boxWidth / 2;
    if (middle > left && middle < left + width) {
      context.fillText(t === 0 ? "col 0" : String(t), middle, top + height + 8);
    }
  }
}

// Before there is a sound: the grid of patches alone, faint.
export function drawGhost(context, view, grid, colours) {
  const { left, top, width, height } = view.plot;
  context.fillStyle = colours.ghost;
  context.fillRect(left, top, width, height);
  strokeEdges(context, view, grid, 0, colours.ghostLine);
  drawFrame(context, { view, colours });
}

