// @ts-check
// Patches to paint away: the hottest tenth of those that hold sound, or a random one.

import { clamp } from "../../shared/numbers.js";
import { patchAt } from "./state.js";

/** @import { Patch } from "../../shared/types.js" */
/** @import { LessonSound } from "./types.js" */

const TENTH = 0.1; // of the patches that hold sound

/**
 * @param {Pick<LessonSound, "grid" | "numFrames" | "rollout">} sound
 * @param {"hottest" | "random"} which
 * @returns {Patch[]} the hottest first
 */
export function suggestedPatches({ grid, numFrames, rollout }, which) {
  const heat = which === "hottest"
    ? (/** @type {number} */ number) => rollout.bytes[number]
    : () => Math.random();
  const ranked = Array.from({ length: grid.patches }, (_, number) => ({
    patch: patchAt(grid, number),
    heat: heat(number),
  })).filter(({ patch }) => patch.t * grid.timeStride < numFrames);
  ranked.sort((one, other) => other.heat - one.heat);
  const count = clamp(Math.round(TENTH * ranked.length), 1, ranked.length);
  return ranked.slice(0, count).map(({ patch }) => patch);
}
