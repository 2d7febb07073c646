// @ts-check
// The sound and the view, for what is shown only once they are there.

/** @import { App, Sound, SoundFacts, View } from "../types.js" */

/** @param {Pick<App, "sound">} app @returns {Sound} @throws {Error} if there is none */
export function soundOf({ sound }) {
  if (!sound) throw new Error("There is no sound in the picture.");
  return sound;
}

/** @param {Pick<App, "view">} app @returns {View} @throws {Error} before the first redraw */
export function viewOf({ view }) {
  if (!view) throw new Error("Nothing is drawn yet.");
  return view;
}

/**
 * Whether both are the same part of the same sound as the same model hears it: what a person chose
 * in one picture holds in the other. The page may tell a picture twice, and one may be asked for
 * again.
 * @param {SoundFacts} one
 * @param {SoundFacts} other
 */
export function isSamePicture(one, other) {
  if (one.id === other.id) return true;
  if (!one.source || !other.source) return false;
  const { source, model } = other;
  const { example, path, start } = one.source;
  const isSameSound = example === source.example && path === source.path;
  return isSameSound && (start ?? 0) === (source.start ?? 0) && one.model.name === model.name;
}
