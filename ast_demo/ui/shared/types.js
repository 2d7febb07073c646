// @ts-check
// What the page's modules hand to each other, for editors and `deno check`; nothing runs here.

/**
 * The patch grid of a model, see geometry.js.
 * @typedef {object} Grid
 * @property {number} bins mel bins
 * @property {number} frames of the window
 * @property {number} size of a patch, in bins and frames
 * @property {number} frequencyStride
 * @property {number} timeStride
 * @property {number} freqPatches
 * @property {number} timePatches
 * @property {number} patches
 * @property {number} coveredBins that some patch reads
 * @property {number} coveredFrames
 * @property {Covering} rows
 * @property {Covering} columns
 */

/**
 * First and last patch over each position; first > last where there is none.
 * @typedef {{ first: Int16Array, last: Int16Array }} Covering
 */

/** @typedef {{ f: number, t: number }} Patch row and column, f = 0 the lowest band */

/** @typedef {{ bin: number, frame: number, patch?: Patch | null }} Cell under the cursor */

/**
 * One value a patch: byte / 255 * max.
 * @typedef {object} PatchMap
 * @property {Uint8Array} bytes
 * @property {number} max
 * @property {number} entropy in bits
 * @property {number | null} specialShare what CLS and distillation got
 */

/**
 * The maps of every layer and head, seen from one token.
 * @typedef {object} Pack
 * @property {number} layers
 * @property {number} heads
 * @property {Uint8Array} bytes
 * @property {number[]} max
 * @property {number[]} entropy
 * @property {number[]} specialShare
 */

/** @typedef {Record<string, (request: object) => Promise<any>>} Server functions by name */

export {};
