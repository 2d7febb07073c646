// Maps of where the model looked: which one is chosen, its numbers, and how it is scaled.

import { SPECIAL_TOKENS } from "./geometry.js";

// A map is { name, bytes (patches), max, entropy, specialShare }; value = byte / 255 * max.

export function rolloutMap(sound) {
  return { name: "Attention rollout", ...sound.rollout };
}

export function headMap(sound, layer, head) {
  const { heads, bytes } = sound.attention;
  const { max, entropy, special_share } = sound.payload.attention;
  const index = layer * heads + head;
  const patches = sound.grid.patches;
  return {
    name: `Layer ${layer}, head ${head}`,
    bytes: bytes.subarray(index * patches, (index + 1) * patches),
    max: max[index],
    entropy: entropy[index],
    specialShare: special_share[index],
  };
}

// Mean of a layer's heads, computed here from the bytes of its heads.
export function layerMap(sound, layer) {
  const values = new Float32Array(sound.grid.patches);
  const { heads } = sound.attention;
  let special = 0;
  for (let head = 0; head < heads; head++) {
    const map = headMap(sound, layer, head);
    const scale = map.max / 255 / heads;
    for (let i = 0; i < values.length; i++) values[i] += map.bytes[i] * scale;
    special += map.specialShare / heads;
  }
  return { ...mapOfValues(values, special), name: `Layer ${layer}, mean of ${heads} heads` };
}

export function mapOfValues(values, specialShare) {
  let max = 0;
  for (const value of values) max = Math.max(max, value);
  const bytes = new Uint8Array(values.length);
  if (max > 0) for (let i = 0; i < values.length; i++) bytes[i] = Math.round((values[i] / max) * 255);
  return { bytes, max, entropy: entropyBits(values), specialShare };
}

export function entropyBits(values) {
  let total = 0;
  for (const value of values) total += value;
  let bits = 0;
  if (total > 0) {
    for (const value of values) if (value > 0) bits -= (value / total) * Math.log2(value / total);
  }
  return bits;
}

// How many patches an even map of the same entropy would have: 1 is a point, all is flat.
export function effectivePatches(map) {
  return 2 ** map.entropy;
}

// The same weight on every token: what a map without any preference would show.
export function evenShare(sound) {
  return 1 / (sound.grid.patches + SPECIAL_TOKENS);
}

// The highest value over all heads, the ceiling of the shared scale.
export function sharedMax(sound) {
  return Math.max(...sound.payload.attention.max);
}

export function valueOfPatch(map, grid, patch) {
  return (map.bytes[patch.f * grid.timePatches + patch.t] / 255) * map.max;
}
