// @ts-check
// What a redraw needs: the choices, the sound, and images that are drawn anew only when what they
// show has changed.

import { inkOver } from "../../shared/colour.js";
import { contourPaths } from "./contour.js";
import { explodedEnergy, explodedHeat } from "./exploded.js";
import { heatImage, overlapImage, spectrogramImage } from "./picture.js";
import { soundOf, viewOf } from "../state/opened.js";

/** @import { App, Choices, Colours, Heat } from "../types.js" */
/** @import { MarkedScene, PictureWords } from "../types.js" */

/**
 * Normalized values of the darkest and the brightest cell.
 * @param {Pick<App, "state" | "sound">} app
 */
export function valueRange(app) {
  const { low, high } = app.state.range === "fixed" ? app.state : soundOf(app);
  return { low, high };
}

/**
 * Energy is lightness, attention is hue: under heat the spectrogram turns grey.
 * @param {Choices} state
 * @param {Heat | null} map
 */
export function spectrogramColours(state, map) {
  if (!map && state.heat === "none") return state.colours; // heat on its way finds grey, too
  return state.colours === "inverted" ? "underInverted" : "under";
}

/** A lesson writes these in its own language. @type {PictureWords} */
const WORDS = {
  padding: "padding",
  seconds: (text) => `${text} s`,
  number: (value, digits) => value.toFixed(digits),
};

/** @param {App} app */
export function makeScenes(app) {
  const { state } = app;
  /** @type {Record<string, { key: string, drawn: any }>} */
  const images = {}; // offscreen canvases and paths by name, each with what it was drawn for

  /** @param {string} name @param {string} key @param {() => any} draw */
  function keep(name, key, draw) {
    if (images[name]?.key !== key) images[name] = { key, drawn: draw() };
  }

  /** @param {Heat | null} map */
  function refreshImages(map) {
    const sound = soundOf(app);
    const { low, high } = valueRange(app);
    const colours = spectrogramColours(state, map);
    const energy = `${sound.id} ${colours} ${low} ${high}`;
    keep("spectrogram", energy, () => spectrogramImage(sound, colours, low, high));
    const { layout } = viewOf(app);
    const key = `${sound.id} ${map?.key}`;
    if (layout.kind === "exploded") {
      const { drawn } = images.spectrogram;
      keep("explodedEnergy", energy, () => explodedEnergy(layout, sound.grid, drawn));
      if (map) keep("explodedHeat", key, () => explodedHeat(layout, sound.grid, map));
    } else if (map && state.style === "contour") {
      keep("contours", key, () => contourPaths(sound.grid, map));
    } else if (map) {
      keep("heat", key, () => heatImage(sound.grid, map));
    }
    if (state.grid === "overlap") keep("overlap", sound.id, () => overlapImage(sound.grid));
  }

  /** @param {Heat | null} map @param {Colours} colours @returns {MarkedScene} */
  function makeScene(map, colours) {
    return {
      ...state,
      view: viewOf(app),
      sound: soundOf(app),
      images: Object.fromEntries(Object.entries(images).map(([name, { drawn }]) => [name, drawn])),
      map,
      ink: inkOver(spectrogramColours(state, map)),
      colours,
      words: WORDS,
    };
  }

  return { refreshImages, makeScene };
}
