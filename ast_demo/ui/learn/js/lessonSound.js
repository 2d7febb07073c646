// @ts-check
// The lesson's sound: samples from the server, every later stage computed here.

import { unpackAttention, unpackMap } from "../../explore/state/payload.js";
import { makeGrid } from "../../shared/geometry.js";
import { decodeBytes } from "../../shared/numbers.js";
import { makeStages } from "./stages.js";

/** @import { LessonPayload, LessonSound, Picture, SoundParts } from "./types.js" */

/** @typedef {Pick<SoundParts, "payload" | "grid" | "numFrames">} Framed */
/** @typedef {{ mean: number, std: number }} Statistics */

/** @param {LessonPayload} payload of the server function learn_sound @returns {LessonSound} */
export function openSound(payload) {
  const pcm = new Int16Array(decodeBytes(payload.pcm).buffer);
  const samples = Float32Array.from(pcm, (value) => value / 32768);
  const grid = makeGrid(payload.grid);
  const stages = makeStages(payload.rate, grid.bins);
  const logMel = stages.logMel(samples);
  const numFrames = Math.min(payload.num_frames, grid.frames);
  return {
    payload,
    id: payload.id,
    title: payload.title,
    samples,
    stages,
    grid,
    logMel,
    numFrames,
    rollout: unpackMap(payload.rollout),
    attention: unpackAttention(payload.attention),
    loudest: loudestFrame(logMel, grid.bins, numFrames),
    ...pictureOf({ payload, grid, numFrames }, logMel),
  };
}

/**
 * Normalized values of a whole window, time-major, padded as the model's feature extractor does.
 * @param {Framed} sound
 * @param {Float32Array} logMel
 * @param {Statistics} [statistics] the model's own, or others to compare with
 */
export function normalized({ payload, grid, numFrames }, logMel, { mean, std } = payload) {
  const values = new Float32Array(grid.frames * grid.bins);
  values.fill((payload.padding_log_mel - mean) / (2 * std));
  const end = numFrames * grid.bins;
  for (let i = 0; i < end; i++) values[i] = (logMel[i] - mean) / (2 * std);
  return values;
}

/** @param {Framed} sound @param {Float32Array} logMel @returns {Picture} */
export function pictureOf(sound, logMel) {
  const values = normalized(sound, logMel);
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const span = high - low || 1;
  return {
    values,
    low,
    high,
    bytes: Uint8Array.from(values, (value) => Math.round(((value - low) / span) * 255)),
  };
}

/** @param {Float32Array} logMel time-major @param {number} bins @param {number} frames */
function loudestFrame(logMel, bins, frames) {
  let [best, highest] = [0, -Infinity];
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let bin = 0; bin < bins; bin++) sum += logMel[frame * bins + bin];
    if (sum > highest) [best, highest] = [frame, sum];
  }
  return best;
}

/**
 * Mel energies of one frame, with a gain on the waveform.
 * @param {Pick<LessonSound, "stages" | "samples">} sound
 * @param {number} frame
 * @param {number} [gain]
 */
export function melOfFrame({ stages, samples }, frame, gain = 1) {
  const mel = stages.mel(stages.power(stages.windowed(samples, frame)));
  return mel.map((energy) => energy * gain * gain);
}

/** @param {Pick<LessonSound, "samples">} sound */
export const isSilent = ({ samples }) => samples.every((value) => value === 0);
