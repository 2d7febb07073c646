// @ts-check
// The lesson's sound: samples from the server, every later stage computed here.

import { unpackAttention, unpackMap } from "../../explore/state/payload.js";
import { makeGrid } from "../../shared/geometry.js";
import { decodeBytes } from "../../shared/numbers.js";
import { makeStages } from "./stages.js";

/**
 * What the drawing modules of Explore call a sound, with its samples and stages.
 * @param {any} payload of the server function learn_sound
 */
export function openSound(payload) {
  const pcm = new Int16Array(decodeBytes(payload.pcm).buffer);
  const samples = Float32Array.from(pcm, (value) => value / 32768);
  const grid = makeGrid(payload.grid);
  const stages = makeStages(payload.rate, grid.bins);
  const logMel = stages.logMel(samples);
  const sound = {
    payload,
    id: payload.id,
    title: payload.title,
    samples,
    stages,
    grid,
    logMel,
    numFrames: Math.min(payload.num_frames, grid.frames),
    rollout: unpackMap(payload.rollout),
    attention: unpackAttention(payload.attention),
    loudest: 0,
  };
  sound.loudest = loudestFrame(sound);
  return Object.assign(sound, pictureOf(sound, logMel));
}

/** Normalized values of a whole window, time-major, filled up as the model's extractor does. */
export function normalized({ payload, grid, numFrames }, logMel, { mean, std } = payload) {
  const values = new Float32Array(grid.frames * grid.bins);
  values.fill((payload.padding_log_mel - mean) / (2 * std));
  const end = numFrames * grid.bins;
  for (let i = 0; i < end; i++) values[i] = (logMel[i] - mean) / (2 * std);
  return values;
}

/** A picture for the drawing modules: normalized values and their bytes between low and high. */
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

/** Numbers in a picture that has another order of cells: bytes moved by a rule on (frame, bin). */
export function movedBytes({ bytes, grid, numFrames }, from, fill) {
  const moved = bytes.slice();
  for (let frame = 0; frame < numFrames; frame++) {
    for (let bin = 0; bin < grid.bins; bin++) {
      const source = from(frame, bin);
      moved[frame * grid.bins + bin] = source < 0 ? fill : bytes[source];
    }
  }
  return moved;
}

/** Where the sound is loudest: a good first slot to look through. */
function loudestFrame({ logMel, grid, numFrames }) {
  let [best, highest] = [0, -Infinity];
  for (let frame = 0; frame < numFrames; frame++) {
    let sum = 0;
    for (let bin = 0; bin < grid.bins; bin++) sum += logMel[frame * grid.bins + bin];
    if (sum > highest) [best, highest] = [frame, sum];
  }
  return best;
}

/** Mel energies of one frame, with a gain on the waveform. */
export function melOfFrame({ stages, samples }, frame, gain = 1) {
  const mel = stages.mel(stages.power(stages.windowed(samples, frame)));
  return mel.map((energy) => energy * gain * gain);
}

export const isSilent = ({ samples }) => samples.every((value) => value === 0);
