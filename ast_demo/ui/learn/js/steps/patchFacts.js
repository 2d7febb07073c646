// @ts-check
// Where a patch lies, as facts of a sentence, and the slider that chooses one.

import { slider } from "../../../shared/dom.js";
import { numberOf, patchAt } from "../state.js";

/** @import { Grid, Patch } from "../../../shared/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { Texts } from "../texts.js" */
/** @import { LessonSound } from "../types.js" */

/**
 * @param {Texts} texts
 * @param {Pick<LessonSound, "payload" | "grid">} sound
 * @param {Patch} patch
 * @param {Grid} [grid] that counts the patches
 */
export function patchFacts(texts, { payload, grid: own }, patch, grid = own) {
  const { mel_hertz, hop_seconds, window_seconds } = payload;
  const [bin, frame] = [patch.f * grid.frequencyStride, patch.t * grid.timeStride];
  return {
    card: texts.number(numberOf(grid, patch)),
    row: patch.f,
    column: patch.t,
    low: texts.number(mel_hertz[bin][0]),
    high: texts.number(mel_hertz[bin + grid.size - 1][2]),
    from: texts.number(frame * hop_seconds, 2),
    to: texts.number((frame + grid.size - 1) * hop_seconds + window_seconds, 2),
  };
}

/** @param {Lesson} lesson @param {string} title */
export function patchSlider(lesson, title) {
  const { grid } = lesson.sound;
  const made = slider(
    title,
    { min: 0, max: grid.patches - 1, step: 1, value: numberOf(grid, lesson.state.patch) },
    String,
    (number) => lesson.set({ patch: patchAt(grid, number) }),
  );
  return { node: made.node, refresh: () => made.set(numberOf(grid, lesson.state.patch)) };
}
