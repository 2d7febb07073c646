// @ts-check
// The linear projection: a patch's cells times a learned filter, added up, is one number.

/** @import { Grid, Patch } from "../../shared/types.js" */
/** @import { Weights } from "./types.js" */

/** @typedef {Pick<Weights, "filters" | "scales" | "offsets">} Projection */
/** @typedef {Pick<Grid, "size" | "bins" | "timeStride" | "frequencyStride">} PatchShape */

/**
 * A patch's cells, bin by bin, each with its frames, in the order of the filters' weights.
 * @param {{ grid: PatchShape, values: Float32Array }} sound
 * @param {Patch} patch
 */
export function cellsOf({ grid, values }, { f, t }) {
  const { size, bins, timeStride, frequencyStride } = grid;
  return Float32Array.from({ length: size ** 2 }, (_, cell) => {
    const frame = t * timeStride + (cell % size);
    return values[frame * bins + f * frequencyStride + Math.floor(cell / size)];
  });
}

/**
 * One filter, its products with a patch's cells, and their sum with the offset.
 * @param {Projection} weights
 * @param {number} index of the filter
 * @param {Float32Array} cells
 */
export function projected({ filters, scales, offsets }, index, cells) {
  const filter = filters.subarray(index * cells.length, (index + 1) * cells.length);
  const products = Float32Array.from(filter, (step, i) => step * scales[index] * cells[i]);
  let sum = offsets[index];
  for (const each of products) sum += each;
  return { filter, products, sum };
}

/** All numbers of a patch. @param {Projection} weights @param {Float32Array} cells */
export const tokenOf = (weights, cells) =>
  Array.from(weights.offsets, (_, index) => projected(weights, index, cells).sum);
