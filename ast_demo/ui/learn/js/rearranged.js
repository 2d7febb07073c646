// @ts-check
// The spectrogram as an experiment leaves it: backward, upside down, moved up, patches shuffled.

import { pictureOf } from "./lessonSound.js";

/** @import { Grid } from "../../shared/types.js" */
/** @import { LessonSound, Outcome } from "./types.js" */

const LOWEST = 0; // byte of the lowest value: silence, where nothing is left

/** @typedef {(frame: number, bin: number) => number} CellRule the cell to take, -1 for silence */
/** @typedef {Pick<Outcome, "order" | "bins_up">} Change */

/**
 * @param {LessonSound} sound
 * @param {string} kind of experiment
 * @param {Change} change as the server made it
 * @returns {LessonSound} the same sound where its picture does not change
 */
export function rearranged(sound, kind, change) {
  if (kind === "reverse_time") {
    const { samples, stages } = sound;
    return { ...sound, ...pictureOf(sound, stages.logMel(samples.slice().reverse())) };
  }
  const rule = ruleOf(sound.grid, kind, change);
  if (!rule) return sound;
  const frames = kind.startsWith("shuffle") ? sound.grid.frames : sound.numFrames;
  return { ...sound, bytes: movedBytes(sound.bytes, sound.grid.bins, frames, rule) };
}

/** @param {Grid} grid @param {string} kind @param {Change} change @returns {CellRule | null} */
function ruleOf(grid, kind, { order, bins_up: up }) {
  const { bins } = grid;
  if (kind === "flip_frequency") return (frame, bin) => frame * bins + bins - 1 - bin;
  if (kind === "shift_up" && up) {
    return (frame, bin) => (bin < up ? -1 : frame * bins + bin - up);
  }
  return kind.startsWith("shuffle") && order ? shuffleRule(grid, order) : null;
}

/**
 * The cells of shuffled patches. Where patches overlap, the last one lies on top.
 * @param {Grid} grid
 * @param {number[]} order which patch comes to each place
 * @returns {CellRule}
 */
function shuffleRule(grid, order) {
  const { bins, frequencyStride, timeStride, freqPatches, timePatches } = grid;
  return (frame, bin) => {
    const [f, t] = [Math.floor(bin / frequencyStride), Math.floor(frame / timeStride)];
    if (f >= freqPatches || t >= timePatches) return frame * bins + bin;
    const source = order[f * timePatches + t];
    const up = Math.floor(source / timePatches) * frequencyStride + (bin - f * frequencyStride);
    const along = (source % timePatches) * timeStride + (frame - t * timeStride);
    return along * bins + up;
  };
}

/**
 * @param {Uint8Array} bytes time-major
 * @param {number} bins
 * @param {number} frames that the rule moves; those behind stay
 * @param {CellRule} rule
 */
function movedBytes(bytes, bins, frames, rule) {
  const moved = bytes.slice();
  for (let frame = 0; frame < frames; frame++) {
    for (let bin = 0; bin < bins; bin++) {
      const source = rule(frame, bin);
      moved[frame * bins + bin] = source < 0 ? LOWEST : bytes[source];
    }
  }
  return moved;
}
