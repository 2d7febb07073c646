// @ts-check
// Everything a person can choose in the lesson, with what holds at first.

import { STEP_IDS } from "../../shared/links.js";

const SHOWN_BEFORE = 40; // frames to the left of the chosen card, where the picture pans

/** @param {import("../../shared/links.js").Settings} link */
export function firstState(link) {
  return {
    step: Math.max(0, STEP_IDS.indexOf(String(link.step))),
    zoom: 0, // of the waveform, 0 to 100
    fade: "hann", // hann, none
    scale: "linear", // linear, mel
    bin: 64, // chosen bucket
    gain: 0, // dB
    whose: "own", // own, audioset, commands, off
    fstride: 10,
    tstride: 10,
    pattern: 0, // chosen filter of the projection
    layer: 0,
    head: "mean", // or its number as text
    listener: "answer", // answer, card
    kind: "paint", // of the last step's experiments
    mode: "paint", // paint, pan
    filling: "mean", // mean, silence
    outline: false,
    answers: link.answers === "1",
    ...firstPlaces(),
  };
}

// Forgotten with each new sound.
function firstPlaces() {
  return {
    from: 0, // first sample in sight
    frame: 0,
    left: 0, // first column in sight
    bottom: 0,
    patch: null, // chosen card: { f, t }
    painted: new Set(), // cards as "f t"
    label: null,
    tried: null, // experiment of the address step
    revealed: {}, // step -> what was guessed
  };
}

/**
 * Start anew with a sound; some settings may come from a link.
 * @param {ReturnType<typeof firstState>} state
 * @param {any} sound
 * @param {import("../../shared/links.js").Settings} keep
 */
export function placeIn(state, sound, keep) {
  const { grid, attention, stages } = sound;
  Object.assign(state, firstPlaces());
  state.frame = sound.loudest;
  state.from = Math.max(0, sound.loudest * stages.hop);
  state.patch = patchOf(grid, keep.patch) ?? loudestPatch(sound);
  state.left = Math.max(0, state.patch.t * grid.timeStride - SHOWN_BEFORE);
  state.fstride = Number(keep.stride ?? grid.frequencyStride);
  state.tstride = Number(keep.stride ?? grid.timeStride);
  state.layer = Math.min(Number(keep.layer ?? state.layer), attention.layers - 1);
  if (Number(keep.head ?? state.head) < attention.heads) {
    state.head = String(keep.head ?? state.head);
  } else state.head = "mean";
  state.bin = Math.min(state.bin, grid.bins - 1);
}

function patchOf({ timePatches, patches }, number) {
  return number < patches ? { f: Math.floor(number / timePatches), t: number % timePatches } : null;
}

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

function patchSum({ grid, values }, f, t) {
  let sum = 0;
  for (let along = 0; along < grid.size; along++) {
    const first = (t * grid.timeStride + along) * grid.bins + f * grid.frequencyStride;
    for (let up = 0; up < grid.size; up++) sum += values[first + up];
  }
  return sum;
}

/** What a link needs to come back to this place. */
export function linkSettings(app, example) {
  const { state, sound, props, link, texts } = app;
  const { timeStride, frequencyStride, timePatches } = sound.grid;
  const own = state.fstride === frequencyStride && state.tstride === timeStride;
  const step = app.step().id;
  const pointed = ["patches", "numbers", "address", "listening"].includes(step) && state.patch;
  const model = app.model();
  return {
    view: "learn",
    step,
    sound: example,
    stride: step === "patches" && !own && state.fstride === state.tstride ? state.tstride : null,
    patch: pointed ? state.patch.f * timePatches + state.patch.t : null,
    layer: step === "listening" && state.layer ? state.layer : null,
    head: step === "listening" && state.head !== "mean" ? state.head : null,
    model: model === props.default_model ? null : model,
    lang: link.lang ? texts.language : null,
    answers: state.answers ? "1" : null,
  };
}
