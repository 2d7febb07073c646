// @ts-check
// How strongly a map is painted, alike in the picture, in small maps, in Live and in figures.
//
// Maps of attention are shares: with N patches, 1/N is what each would get without any preference.
// At or below an even share nothing is painted, above it every doubling adds as much, so that a
// flat map stays grey and a hot spot glows. Maps that have no even share, such as the relevance
// for a label, are painted in proportion. figures/heat.py is the same rule in Python.

import { HEAT_RGB, packed } from "./colour.js";
import { clamp } from "./numbers.js";

/**
 * @typedef {object} Scale
 * @property {number} ceiling value that is painted at full strength
 * @property {boolean} [linear] true where there is no even share
 */

export const MOST_ALPHA = 0.9; // the sound stays visible under the hottest place
export const LEAST_TOP = 4; // times an even share: what a nearly flat map is measured against
const LINEAR_LINES = [0.25, 0.5, 0.75]; // of the ceiling
const SHARE_LINES = [2, 4]; // times an even share
const SHARE_TICKS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/**
 * The share each patch would get without any preference.
 * @param {number} patches
 */
export function evenShare(patches) {
  return 1 / patches;
}

/**
 * Make the function that turns a value of a map into alpha from 0 to MOST_ALPHA.
 * @param {Scale} scale
 * @param {number} patches
 * @returns {(value: number) => number}
 */
export function heatAlpha({ ceiling, linear }, patches) {
  if (linear) {
    return (value) => (ceiling > 0 && value > 0 ? MOST_ALPHA * Math.min(1, value / ceiling) : 0);
  }
  const octaves = Math.log2(topTimes(ceiling, patches));
  return (value) =>
    value * patches > 1 ? MOST_ALPHA * Math.min(1, Math.log2(value * patches) / octaves) : 0;
}

/**
 * How many times an even share is painted at full strength.
 * @param {number} ceiling
 * @param {number} patches
 */
export function topTimes(ceiling, patches) {
  return Math.max(LEAST_TOP, ceiling * patches);
}

/**
 * The pixel of each byte of a map whose byte 255 is its highest value.
 * @param {Scale & { max: number }} map
 * @param {number} patches
 * @returns {Uint32Array}
 */
export function heatTable(map, patches) {
  const alpha = heatAlpha(map, patches);
  return Uint32Array.from({ length: 256 }, (_, byte) => heatPixel(alpha((byte / 255) * map.max)));
}

/** @param {number} alpha from 0 to 1 */
export function heatPixel(alpha) {
  return packed(...HEAT_RGB, Math.round(255 * alpha));
}

/**
 * The values at which contour lines run.
 * @param {Scale} scale
 * @param {number} patches
 */
export function contourValues({ ceiling, linear }, patches) {
  return linear
    ? LINEAR_LINES.map((part) => part * ceiling)
    : SHARE_LINES.map((times) => times * evenShare(patches));
}

/**
 * What a colour bar shows: 256 pixels from weak to strong, and marks [place from 0 to 1, text].
 * @param {Scale} scale
 * @param {number} patches
 * @param {(value: number) => string} format for values of linear maps
 * @param {(times: number) => string} [formatTop] for the strongest share, in even ones
 * @returns {{ table: Uint32Array, ticks: [number, string][] }}
 */
export function heatLegend({ ceiling, linear }, patches, format, formatTop = formatTimes) {
  const table = Uint32Array.from(
    { length: 256 },
    (_, level) => heatPixel(MOST_ALPHA * (level / 255)),
  );
  if (linear) return { table, ticks: [[0, "0"], [1, format(ceiling)]] };
  const top = topTimes(ceiling, patches);
  const octaves = Math.log2(top);
  const ticks = SHARE_TICKS.filter((times) => times <= 4 || (top >= 32 && times === 16)).map(
    (times) => /** @type {[number, string]} */ ([Math.log2(times) / octaves, `${times}\u00d7`]),
  );
  if (top > 6) ticks.push([1, formatTop(top)]);
  return { table, ticks };
}

/**
 * A share as a multiple of the even one, with as many digits as there are.
 * @param {number} times
 * @param {number} [step] what the numbers are exact to
 */
export function formatTimes(times, step = 0.1) {
  const digits = clamp(Math.round(-Math.log10(step || 1)), 0, 2);
  return `${times.toFixed(times >= 10 ? 0 : digits)}\u00d7`;
}
