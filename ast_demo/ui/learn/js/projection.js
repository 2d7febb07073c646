// @ts-check
// The linear projection: a card's cells times a learned pattern, added up, is one number.

/**
 * @typedef {{ filters: Int16Array, scales: Float32Array, offsets: Float32Array }} Weights
 * @typedef {{ f: number, t: number }} Patch
 */

/**
 * A card's cells, bin by bin, each with its frames, as the patterns lie.
 * @param {{ grid: any, values: Float32Array }} sound @param {Patch} patch
 */
export function cellsOf({ grid, values }, { f, t }) {
  const { size, bins, timeStride, frequencyStride } = grid;
  return Float32Array.from({ length: size ** 2 }, (_, cell) => {
    const frame = t * timeStride + (cell % size);
    return values[frame * bins + f * frequencyStride + Math.floor(cell / size)];
  });
}

/**
 * One pattern, its products with a card's cells, and their sum with the offset.
 * @param {Weights} weights @param {number} index of the pattern @param {Float32Array} cells
 */
export function projected({ filters, scales, offsets }, index, cells) {
  const filter = filters.subarray(index * cells.length, (index + 1) * cells.length);
  const products = Float32Array.from(filter, (step, i) => step * scales[index] * cells[i]);
  let sum = offsets[index];
  for (const each of products) sum += each;
  return { filter, products, sum };
}

/** All numbers of a card. @param {Weights} weights @param {Float32Array} cells */
export const tokenOf = (weights, cells) =>
  Array.from(weights.offsets, (_, index) => projected(weights, index, cells).sum);
