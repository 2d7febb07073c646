// @ts-check
// Patch grids at any stride, and what a pass of the model costs with them.

import { makeGrid, SPECIAL_TOKENS } from "../../shared/geometry.js";

/** @import { Grid } from "../../shared/types.js" */
/** @import { LessonFacts } from "./types.js" */

/**
 * The grid of the same window and patch size at other strides.
 * @param {Pick<Grid, "bins" | "frames" | "size">} grid
 * @param {number} frequencyStride
 * @param {number} timeStride
 */
export function gridAt({ bins, frames, size }, frequencyStride, timeStride) {
  const count = (/** @type {number} */ length, /** @type {number} */ stride) =>
    Math.floor((length - size) / stride) + 1;
  return makeGrid({
    num_mel_bins: bins,
    max_length: frames,
    patch_size: size,
    frequency_stride: frequencyStride,
    time_stride: timeStride,
    freq_patches: count(bins, frequencyStride),
    time_patches: count(frames, timeStride),
  });
}

/**
 * Multiplications and additions of one pass, in billions: projection, attention, perceptron.
 * @param {Pick<LessonFacts, "hidden_size" | "intermediate_size" | "num_layers">} model
 * @param {Pick<Grid, "patches" | "size">} grid
 */
export function gigaflops(model, { patches, size }) {
  const { hidden_size: hidden, intermediate_size: wide, num_layers: layers } = model;
  const tokens = patches + SPECIAL_TOKENS;
  const layer = 8 * tokens * hidden ** 2 + 4 * tokens * hidden * wide + 4 * tokens ** 2 * hidden;
  return (2 * patches * size ** 2 * hidden + layers * layer) / 1e9;
}
