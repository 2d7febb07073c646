// @ts-check
// Maps of where the model looked, one value a patch, and the numbers that tell how flat they are.
//
// A map is { bytes, max, entropy, specialShare }, the value of a patch being byte / 255 * max.
// A pack holds the maps of every layer and head, seen from one token.

import { patchesAt } from "../../shared/geometry.js";

/** @typedef {import("../../shared/types.js").Grid} Grid */
/** @typedef {import("../../shared/types.js").PatchMap} PatchMap */
/** @typedef {import("../../shared/types.js").Pack} Pack */

/** @param {Pack} pack @param {number} layer @param {number} head @returns {PatchMap} */
export function headMap(pack, layer, head) {
  const patches = pack.bytes.length / (pack.layers * pack.heads);
  const index = layer * pack.heads + head;
  return {
    bytes: pack.bytes.subarray(index * patches, (index + 1) * patches),
    max: pack.max[index],
    entropy: pack.entropy[index],
    specialShare: pack.specialShare[index],
  };
}

/**
 * Mean of a layer's heads.
 * @param {Pack} pack
 * @param {number} layer
 * @returns {PatchMap}
 */
export function layerMap(pack, layer) {
  const maps = Array.from({ length: pack.heads }, (_, head) => headMap(pack, layer, head));
  const values = new Float32Array(maps[0].bytes.length);
  let special = 0;
  for (const map of maps) {
    const scale = map.max / 255 / maps.length;
    for (let i = 0; i < values.length; i++) values[i] += map.bytes[i] * scale;
    special += (map.specialShare ?? 0) / maps.length;
  }
  return mapOfValues(values, special);
}

/**
 * @param {ArrayLike<number> & Iterable<number>} values
 * @param {number | null} specialShare
 * @returns {PatchMap}
 */
export function mapOfValues(values, specialShare) {
  const max = Math.max(0, ...values);
  const bytes = new Uint8Array(values.length);
  if (max > 0) {
    for (let i = 0; i < values.length; i++) bytes[i] = Math.round((values[i] / max) * 255);
  }
  return { bytes, max, entropy: entropyBits(values), specialShare };
}

/**
 * Where one map is hotter than another, each taken as shares of its own sum.
 * @param {PatchMap} map
 * @param {PatchMap} other
 * @returns {PatchMap}
 */
export function differenceMap(map, other) {
  const [sum, otherSum] = [total(map.bytes) || 1, total(other.bytes) || 1];
  const values = Array.from(
    map.bytes,
    (byte, i) => Math.max(0, byte / sum - other.bytes[i] / otherSum),
  );
  return mapOfValues(values, null);
}

/** @param {Iterable<number>} values */
export function entropyBits(values) {
  const sum = total(values);
  let bits = 0;
  if (sum > 0) {
    for (const value of values) if (value > 0) bits -= (value / sum) * Math.log2(value / sum);
  }
  return bits;
}

/** @param {Iterable<number>} values */
function total(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/**
 * As many patches, all alike, would give the same entropy: 1 is a point, all of them is flat.
 * @param {PatchMap} map
 */
export function effectivePatches(map) {
  return 2 ** map.entropy;
}

/** @param {PatchMap} map @param {Grid} grid @param {import("../../shared/types.js").Patch} patch */
export function patchValue(map, grid, patch) {
  return (map.bytes[patch.f * grid.timePatches + patch.t] / 255) * map.max;
}

/**
 * The heat of a cell: the mean of the patches over it, or one patch's own where they are pulled
 * apart; null where no patch looks.
 * @param {PatchMap} map
 * @param {Grid} grid
 * @param {import("../../shared/types.js").Cell} cell
 */
export function heatAt(map, grid, { bin, frame, patch }) {
  const patches = patch ? [patch] : patchesAt(grid, bin, frame);
  if (patches.length === 0) return null;
  return patches.reduce((sum, each) => sum + patchValue(map, grid, each), 0) / patches.length;
}

/**
 * The part of a map that lies on patches without a single frame of sound.
 * @param {PatchMap} map
 * @param {Grid} grid
 * @param {number} numFrames
 */
export function paddingShare(map, grid, numFrames) {
  let padded = 0;
  map.bytes.forEach((byte, i) => {
    if ((i % grid.timePatches) * grid.timeStride >= numFrames) padded += byte;
  });
  return padded / (total(map.bytes) || 1);
}
