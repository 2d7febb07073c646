// @ts-check
// The axes: seconds to the right; Hz, mel or mel bins upward; rows and columns when pulled apart.

import { hertzOf } from "../../shared/mel.js";
import { clamp } from "../../shared/numbers.js";
import { frameSeconds, hertzToBins, secondsToFrames } from "../state/payload.js";
import { patchBox, xOf, yOf } from "../state/view.js";

/** @import { Pen, Scene, Sound, View } from "../types.js" */

/** @typedef {[number, string]} Tick place in bins, text */

const HERTZ_TICKS = [125, 250, 500, 1000, 2000, 4000, 8000];
const MEL_TICKS = [500, 1000, 1500, 2000, 2500];
const BIN_TICKS = [0, 16, 32, 48, 64, 80, 96, 112, 127];
const SECOND_STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60];
const TICK_DISTANCE = 64; // CSS pixels between ticks of the time axis, at least

/** @param {Pen} context @param {Scene} scene */
export function drawAxes(context, scene) {
  const { colours } = scene;
  context.font = colours.font;
  context.fillStyle = colours.muted;
  if (scene.view.layout.kind === "exploded") return drawPatchAxes(context, scene);
  const ticks = { hertz: hertzTicks, mel: melTicks, bin: binTicks }[scene.axis](scene.sound);
  drawUpwardTicks(context, scene, ticks);
  drawTimeTicks(context, scene);
}

/** @param {Sound} sound @returns {Tick[]} */
function hertzTicks(sound) {
  const name = (/** @type {number} */ hertz) => (hertz < 1000 ? String(hertz) : `${hertz / 1000}k`);
  return HERTZ_TICKS.map((hertz) => [hertzToBins(sound, hertz), name(hertz)]);
}

/** @param {Sound} sound @returns {Tick[]} */
function melTicks(sound) {
  return MEL_TICKS.map((mel) => [hertzToBins(sound, hertzOf(mel)), String(mel)]);
}

/** @param {Sound} sound @returns {Tick[]} */
function binTicks(sound) {
  const bins = BIN_TICKS.filter((bin) => bin < sound.grid.bins);
  return bins.map((bin) => [bin + 0.5, String(bin)]);
}

/** @param {Pen} context @param {Scene} scene @param {Tick[]} ticks */
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

/** @param {Pen} context @param {Scene} scene */
function drawTimeTicks(context, { view, sound, colours, words }) {
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
    const text = words.number(seconds, digits);
    context.fillText(i === 0 ? words.seconds(text) : text, x, top + height + 8);
  }
}

/** Seconds between ticks. @param {View} view @param {Sound} sound */
function secondStep(view, sound) {
  const second = view.cellWidth / sound.payload.hop_seconds;
  return SECOND_STEPS.find((step) => step * second >= TICK_DISTANCE * view.scale) ??
    SECOND_STEPS[SECOND_STEPS.length - 1];
}

/**
 * Pulled apart, the axes count rows and columns of patches.
 * @param {Pen} context
 * @param {Scene} scene
 */
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
