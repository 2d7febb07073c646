// @ts-check
// The payload, decoded once: typed arrays and the physical meaning of every cell.

import { melOf } from "../../shared/mel.js";
import { decodeBytes } from "../../shared/numbers.js";
import { makeGrid } from "../../shared/geometry.js";

/** @import { Pack, Patch, PatchMap } from "../../shared/types.js" */
/** @import { PackedMap, PackedMaps, Payload, Sound } from "../types.js" */

/** @param {Payload} payload @returns {Sound} */
export function decodeSound(payload) {
  const { low, high, data } = payload.spectrogram;
  return {
    payload,
    id: payload.id,
    grid: makeGrid(payload.grid),
    numFrames: payload.num_frames,
    bytes: decodeBytes(data), // time-major: frame * bins + bin
    low,
    high,
    rollout: unpackMap(payload.rollout),
    attention: unpackAttention(payload.attention),
  };
}

/** @param {PackedMap} packed @returns {PatchMap} */
export function unpackMap({ data, max, entropy, special_share }) {
  return { bytes: decodeBytes(data), max, entropy, specialShare: special_share };
}

/**
 * What one token attended to in every layer and head.
 * @param {PackedMaps} packed
 * @returns {Pack}
 */
export function unpackAttention({ layers, heads, data, max, entropy, special_share }) {
  return { layers, heads, bytes: decodeBytes(data), max, entropy, specialShare: special_share };
}

/**
 * Normalized value of a cell, exact to half a step of 1/255 of the spectrogram's range.
 * @param {Sound} sound
 * @param {number} bin
 * @param {number} frame
 */
export function valueAt(sound, bin, frame) {
  const byte = sound.bytes[frame * sound.grid.bins + bin];
  return sound.low + (byte / 255) * (sound.high - sound.low);
}

/**
 * Natural-log energy before normalization.
 * @param {Sound} sound
 * @param {number} bin
 * @param {number} frame
 */
export function logMelAt(sound, bin, frame) {
  const { mean, std } = sound.payload;
  return valueAt(sound, bin, frame) * 2 * std + mean;
}

/** @param {Sound} sound @param {number} frame */
export function isPadding(sound, frame) {
  return frame >= sound.numFrames;
}

/** @param {Sound} sound @param {number} bin */
export function binHertz(sound, bin) {
  return sound.payload.mel_hertz[bin][1];
}

/** Middle of a frame's window. @param {Sound} sound @param {number} frame */
export function frameSeconds(sound, frame) {
  return frame * sound.payload.hop_seconds + sound.payload.window_seconds / 2;
}

/**
 * Where a moment lies on the frame axis; a frame occupies [frame, frame + 1).
 * @param {Sound} sound
 * @param {number} seconds
 */
export function secondsToFrames(sound, seconds) {
  const { hop_seconds, window_seconds } = sound.payload;
  return (seconds - window_seconds / 2) / hop_seconds + 0.5;
}

/**
 * Where a frequency lies on the bin axis; filters are evenly spaced in mel.
 * @param {Sound} sound
 * @param {number} hertz
 */
export function hertzToBins(sound, hertz) {
  const first = melOf(binHertz(sound, 0));
  const last = melOf(binHertz(sound, sound.grid.bins - 1));
  return ((melOf(hertz) - first) / (last - first)) * (sound.grid.bins - 1) + 0.5;
}

/**
 * Mean value of a row of patches between two frames.
 * @param {Sound} sound
 * @param {number} row
 * @param {number} first frame
 * @param {number} end frame behind the last one
 */
export function meanOver(sound, row, first, end) {
  const { grid } = sound;
  let [sum, count] = [0, 0];
  for (let frame = first; frame < end; frame++) {
    for (let up = 0; up < grid.size; up++) {
      sum += valueAt(sound, row * grid.frequencyStride + up, frame);
      count++;
    }
  }
  return count ? sum / count : NaN;
}

/**
 * Hz of a whole row of patches: lower edge of its first filter, upper edge of its last.
 * @param {Sound} sound
 * @param {Patch} patch
 * @returns {[number, number]}
 */
export function patchHertz(sound, patch) {
  const { grid, payload } = sound;
  const first = patch.f * grid.frequencyStride;
  return [payload.mel_hertz[first][0], payload.mel_hertz[first + grid.size - 1][2]];
}

/**
 * From the start of a patch's first window to the end of its last one.
 * @param {Sound} sound
 * @param {Patch} patch
 * @returns {[number, number]} seconds
 */
export function patchSeconds(sound, patch) {
  const { hop_seconds, window_seconds } = sound.payload;
  const first = patch.t * sound.grid.timeStride;
  return [first * hop_seconds, (first + sound.grid.size - 1) * hop_seconds + window_seconds];
}
