// @ts-check
// The sound and the view, for what is shown only once they are there.

/** @import { App, Sound, View } from "../types.js" */

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
