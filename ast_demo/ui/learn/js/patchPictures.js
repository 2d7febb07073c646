// @ts-check
// Pictures of single patches and filters, and the whole sound in small with a patch marked.

import { veil } from "../../explore/draw/padding.js";
import { clamp } from "../../shared/numbers.js";

/** @import { Box } from "../../explore/types.js" */
/** @import { Patch } from "../../shared/types.js" */
/** @import { LessonSound, Surface } from "./types.js" */

const BLUE = [30, 110, 220];
const ORANGE = [240, 110, 10];

/**
 * Colours of values between low and high.
 * @param {ArrayLike<number>} values
 * @param {Uint32Array} table
 * @param {number} low
 * @param {number} high
 */
export const pixelsOf = (values, table, low, high) =>
  Array.from(
    values,
    (value) => table[Math.round(clamp((value - low) / (high - low || 1), 0, 1) * 255)],
  );

/**
 * @param {Surface} surface
 * @param {number[]} pixels bin by bin
 * @param {{ left: number, top: number, side: number }} place
 * @param {string} title
 */
export function drawSquare({ context, colours }, pixels, { left, top, side }, title) {
  const size = Math.sqrt(pixels.length);
  const image = new ImageData(size, size);
  const target = new Uint32Array(image.data.buffer);
  pixels.forEach((pixel, cell) => {
    target[(size - 1 - Math.floor(cell / size)) * size + (cell % size)] = pixel; // bin 0 below
  });
  const small = new OffscreenCanvas(size, size);
  small.getContext("2d")?.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, left, top, side, side);
  context.strokeStyle = colours.line;
  context.strokeRect(left - 0.5, top - 0.5, side + 1, side + 1);
  context.fillStyle = colours.text;
  context.textAlign = "left";
  context.textBaseline = "bottom";
  context.fillText(title, left, top - 4);
}

/**
 * The whole picture, small, its padding hatched, with a frame around a patch.
 * @param {Surface} surface
 * @param {CanvasImageSource} image
 * @param {Pick<LessonSound, "grid" | "numFrames">} sound
 * @param {Patch} patch
 * @param {Box} box
 */
export function drawLocator({ context, colours }, image, { grid, numFrames }, patch, box) {
  context.imageSmoothingEnabled = true;
  context.drawImage(image, box.left, box.top, box.width, box.height);
  const [x, y] = [box.width / grid.frames, box.height / grid.bins];
  const end = box.left + Math.min(numFrames, grid.frames) * x;
  veil(context, colours, [[end, box.top, box.left + box.width - end, box.height]]);
  const left = box.left + patch.t * grid.timeStride * x;
  const top = box.top + box.height - (patch.f * grid.frequencyStride + grid.size) * y;
  for (const under of [true, false]) { // a light line inside a dark one shows on every colour
    context.lineWidth = under ? 4 : 2;
    context.strokeStyle = under ? "#000" : colours.chosen;
    context.strokeRect(left, top, grid.size * x, grid.size * y);
  }
  context.lineWidth = 1;
}

/** Blue below zero, orange above, the surface's own light between. @param {boolean} dark */
export function signedTable(dark) {
  const middle = dark ? 24 : 250;
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const strength = Math.abs(level - 127.5) / 127.5;
    const hue = level < 127.5 ? BLUE : ORANGE;
    const [red, green, blue] = hue.map((part) => Math.round(middle + (part - middle) * strength));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
