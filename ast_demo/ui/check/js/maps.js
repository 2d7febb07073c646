// @ts-check
// A spectrogram in grey with its rollout as heat, small enough to stand beside another.

import { contextOf } from "../../shared/canvas.js";
import { colourTable } from "../../shared/colour.js";
import { heatTable } from "../../shared/heat.js";
import { decodeBytes } from "../../shared/numbers.js";
import { make } from "../../shared/dom.js";

/** @import { MapPair, MapPicture } from "./types.js" */

/** @typedef {Omit<MapPair, "pictures">} Shape */

/**
 * @param {Shape} shape
 * @param {MapPicture} picture
 * @param {string} title
 */
export function drawPicture(shape, picture, title) {
  const figure = make("figure", "ck-map");
  const canvas = make("canvas", "", "", {
    role: "img",
    "aria-label": `${title}: ${picture.label} ${picture.score.toFixed(2)}`,
  });
  canvas.width = shape.frames;
  canvas.height = shape.bins;
  const context = contextOf(canvas);
  context.putImageData(greyCells(shape, decodeBytes(picture.cells)), 0, 0);
  paintHeat(context, shape, decodeBytes(picture.heat), picture.max);
  figure.append(
    canvas,
    make("figcaption", "in-muted", `${title}: ${picture.label} ${picture.score.toFixed(2)}`),
  );
  return figure;
}

/** @param {Shape} shape @param {Uint8Array} cells time-major */
function greyCells({ frames, bins }, cells) {
  const image = new ImageData(frames, bins);
  const pixels = new Uint32Array(image.data.buffer);
  const table = colourTable("under");
  for (let frame = 0; frame < frames; frame++) {
    for (let bin = 0; bin < bins; bin++) {
      pixels[(bins - 1 - bin) * frames + frame] = table[cells[frame * bins + bin]];
    }
  }
  return image;
}

/**
 * Each patch's share, stretched over the spectrogram, by the one rule that paints all maps.
 * @param {CanvasRenderingContext2D} context
 * @param {Shape} shape
 * @param {Uint8Array} heat
 * @param {number} max value of byte 255
 */
function paintHeat(context, { frames, bins, columns, rows }, heat, max) {
  const small = new OffscreenCanvas(columns, rows);
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const table = heatTable({ ceiling: max, max }, columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      pixels[(rows - 1 - row) * columns + column] = table[heat[row * columns + column]];
    }
  }
  small.getContext("2d")?.putImageData(image, 0, 0);
  context.drawImage(small, 0, 0, frames, bins);
}
