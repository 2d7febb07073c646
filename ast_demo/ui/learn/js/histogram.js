// @ts-check
// How often each value occurs among the cells of a normalized spectrogram.

import { clamp } from "../../shared/numbers.js";
import { normalized } from "./lessonSound.js";

/** @import { Framed, Statistics } from "./lessonSound.js" */

/** @typedef {Framed & { logMel: Float32Array }} Cells time-major, natural log */

/**
 * @typedef {object} Histogram
 * @property {Float64Array} sound cells in each bin
 * @property {Float64Array} padding the same of the cells behind the sound
 * @property {number} mean of the sound
 * @property {number} spread its standard deviation
 */

/**
 * @param {Cells} cells
 * @param {Statistics} statistics to normalize by
 * @param {{ low: number, high: number, count: number }} bins evenly spaced; the outermost ones
 *     hold what lies beyond
 * @returns {Histogram}
 */
export function countCells(cells, statistics, { low, high, count }) {
  const values = normalized(cells, cells.logMel, statistics);
  const end = cells.numFrames * cells.grid.bins;
  const [sound, padding] = [new Float64Array(count), new Float64Array(count)];
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const bin = clamp(Math.floor(((value - low) / (high - low)) * count), 0, count - 1);
    (i < end ? sound : padding)[bin]++;
    if (i >= end) continue;
    sum += value;
    squares += value * value;
  }
  const mean = sum / end;
  return { sound, padding, mean, spread: Math.sqrt(Math.max(0, squares / end - mean * mean)) };
}

/** Share of the sound's cells below a level. @param {Cells} cells @param {number} level */
export function shareBelow({ logMel, numFrames, grid }, level) {
  const end = numFrames * grid.bins;
  let count = 0;
  for (let i = 0; i < end; i++) if (logMel[i] < level) count++;
  return count / end;
}
