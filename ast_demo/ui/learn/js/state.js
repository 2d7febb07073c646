// @ts-check
// Everything a person can choose in the lesson, with what holds at first.

import { STEP_IDS } from "../../shared/links.js";

/** @import { Grid, Patch } from "../../shared/types.js" */
/** @import { Settings, Wish } from "../../shared/links.js" */
/** @import { LessonSound, LessonState, Places } from "./types.js" */

const SHOWN_BEFORE = 40; // frames to the left of the chosen patch, where the picture pans
const POINTED_STEPS = ["patches", "numbers", "address", "listening"]; // their links name a patch

/** @typedef {Pick<LessonSound, "grid" | "values" | "numFrames">} Spectrogram */
/** @typedef {Spectrogram & { loudest: number, stages: { hop: number },
 *     attention: { layers: number, heads: number } }} OpenedSound */

/** @param {Settings} link @returns {LessonState} */
export function firstState(link) {
  return {
    step: Math.max(0, STEP_IDS.indexOf(String(link.step))),
    zoom: 0,
    fade: "hann",
    scale: "linear",
    bin: 64,
    gain: 0,
    whose: "own",
    fstride: 10,
    tstride: 10,
    pattern: 0,
    layer: 0,
    head: "mean",
    listener: "answer",
    kind: "paint",
    mode: "paint",
    filling: "mean",
    outline: false,
    answers: link.answers === "1",
    ...firstPlaces(),
  };
}

/** @returns {Places} */
function firstPlaces() {
  return {
    from: 0,
    frame: 0,
    left: 0,
    bottom: 0,
    patch: { f: 0, t: 0 },
    painted: new Set(),
    label: null,
    tried: null,
    revealed: {},
  };
}

/**
 * Start anew with a sound; some settings may come from a link.
 * @param {LessonState} state
 * @param {OpenedSound} sound
 * @param {Settings} keep
 */
export function placeIn(state, sound, keep) {
  const { grid, attention, stages } = sound;
  Object.assign(state, firstPlaces());
  state.frame = sound.loudest;
  state.from = Math.max(0, sound.loudest * stages.hop);
  state.patch = patchNumbered(grid, keep.patch) ?? loudestPatch(sound);
  state.left = Math.max(0, state.patch.t * grid.timeStride - SHOWN_BEFORE);
  state.fstride = Number(keep.stride ?? grid.frequencyStride);
  state.tstride = Number(keep.stride ?? grid.timeStride);
  state.layer = Math.min(Number(keep.layer ?? state.layer), attention.layers - 1);
  if (Number(keep.head ?? state.head) < attention.heads) {
    state.head = String(keep.head ?? state.head);
  } else state.head = "mean";
  state.bin = Math.min(state.bin, grid.bins - 1);
}

/** @param {Grid} grid @param {string | number | undefined} number @returns {Patch | null} */
function patchNumbered(grid, number) {
  const patch = Number(number);
  return patch < grid.patches ? patchAt(grid, patch) : null;
}

/** @param {Pick<Grid, "timePatches">} grid @param {number} number @returns {Patch} */
export function patchAt({ timePatches }, number) {
  return { f: Math.floor(number / timePatches), t: number % timePatches };
}

/** @param {Pick<Grid, "timePatches">} grid @param {Patch} patch */
export const numberOf = ({ timePatches }, { f, t }) => f * timePatches + t;

/** @param {Spectrogram} sound @returns {Patch} */
function loudestPatch(sound) {
  const { grid, numFrames } = sound;
  const end = Math.max(numFrames, grid.size);
  let [best, highest] = [{ f: 0, t: 0 }, -Infinity];
  for (let f = 0; f < grid.freqPatches; f++) {
    for (let t = 0; t < grid.timePatches && t * grid.timeStride + grid.size <= end; t++) {
      const sum = patchSum(sound, f, t);
      if (sum > highest) [best, highest] = [{ f, t }, sum];
    }
  }
  return best;
}

/** @param {Spectrogram} sound @param {number} f @param {number} t */
function patchSum({ grid, values }, f, t) {
  let sum = 0;
  for (let along = 0; along < grid.size; along++) {
    const first = (t * grid.timeStride + along) * grid.bins + f * grid.frequencyStride;
    for (let up = 0; up < grid.size; up++) sum += values[first + up];
  }
  return sum;
}

/**
 * What a link needs to come back to this place; null where the first settings hold.
 * @param {LessonState} state
 * @param {Grid} grid
 * @param {object} around
 * @param {string | null} around.example name of the example that is open
 * @param {string} around.model
 * @param {string} around.firstModel the page's
 * @param {string | null} around.language if the link is to name it
 * @returns {Wish}
 */
export function linkSettings(state, grid, { example, model, firstModel, language }) {
  const { frequencyStride, timeStride } = grid;
  const step = STEP_IDS[state.step];
  const own = state.fstride === frequencyStride && state.tstride === timeStride;
  const listening = step === "listening";
  return {
    view: "learn",
    step,
    sound: example,
    stride: step === "patches" && !own && state.fstride === state.tstride ? state.tstride : null,
    patch: POINTED_STEPS.includes(step) ? numberOf(grid, state.patch) : null,
    layer: listening && state.layer ? state.layer : null,
    head: listening && state.head !== "mean" ? state.head : null,
    model: model === firstModel ? null : model,
    lang: language,
    answers: state.answers ? "1" : null,
  };
}
