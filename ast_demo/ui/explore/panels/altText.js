// @ts-check
// The picture in words, for those who do not see it.

import { firstFrame } from "../../shared/geometry.js";
import { formatBand, formatCount, formatSeconds } from "../../shared/numbers.js";
import { meanOver, patchHertz, patchSeconds } from "../state/payload.js";

/** @import { Patch } from "../../shared/types.js" */
/** @import { Heat, Sound, SoundFacts } from "../types.js" */

/** @param {Sound} sound */
export function describePicture(sound) {
  const { title, seconds, labels } = sound.payload;
  const loudest = loudestPatch(sound);
  const when = formatSeconds(patchSeconds(sound, loudest)[0], 1);
  const best = labels[0];
  const answer = sound.payload.abstains
    ? `Nothing the model knows; closest is ${best.name}`
    : `Most likely ${best.name}`;
  return (
    `Spectrogram of ${title}, ${formatSeconds(seconds)}. Loudest at ${when}, ` +
    `${formatBand(...patchHertz(sound, loudest))}. ${answer}, score ${best.score.toFixed(2)}.`
  );
}

/** The answer in one line, for where the labels are out of sight. @param {SoundFacts} payload */
export function describeBest({ labels, abstains }) {
  const { name, score } = labels[0];
  return `heard: ${abstains ? "nothing it knows" : `${name} ${score.toFixed(2)}`}`;
}

export const STAGE_KEYS =
  "Arrow keys move by a patch, with shift by a cell; Enter chooses the patch, Space plays, " +
  "plus and minus zoom, Escape lets go.";

/** @param {Sound} sound @param {Heat} map */
export function describeMapPlace(sound, map) {
  const { grid } = sound;
  let best = 0;
  map.bytes.forEach((byte, i) => (best = byte > map.bytes[best] ? i : best));
  const patch = { f: Math.floor(best / grid.timePatches), t: best % grid.timePatches };
  const [start, end] = patchSeconds(sound, patch);
  return (
    `${map.name}: hottest from ${start.toFixed(2)} to ${formatSeconds(end)}, ` +
    `${formatBand(...patchHertz(sound, patch))}.`
  );
}

/** @param {Sound} sound @returns {Patch} */
function loudestPatch(sound) {
  const { grid, numFrames } = sound;
  let [best, highest] = [{ f: 0, t: 0 }, -Infinity];
  for (let f = 0; f < grid.freqPatches; f++) {
    for (let t = 0; t < grid.timePatches; t++) {
      if (firstFrame(grid, { f, t }) >= numFrames) break;
      const value = patchMean(sound, { f, t });
      if (value > highest) [best, highest] = [{ f, t }, value];
    }
  }
  return best;
}

/** @param {Sound} sound @param {Patch} patch */
function patchMean(sound, patch) {
  const { grid, numFrames } = sound;
  const first = firstFrame(grid, patch);
  const end = Math.min(first + grid.size, numFrames);
  return meanOver(sound, patch.f, first, end);
}

/** What made the picture, and how long each stage took. @param {SoundFacts} payload */
export function describeRun({ timings, model }) {
  const stages = Object.entries(timings).map(([name, spent]) => `${name} ${spent.toFixed(0)}`);
  const where = `${model.device.toUpperCase()} ${model.dtype}`;
  const parameters = `${formatCount(model.parameters)} parameters`;
  return `${stages.join(" \u00b7 ")} ms \u00b7 ${where} \u00b7 ${model.name}, ${parameters}`;
}
