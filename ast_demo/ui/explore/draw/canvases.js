// @ts-check
// The two canvases of the stage: one pixel of theirs is one of the screen.

import { contextOf } from "../../shared/canvas.js";

/** @import { Pen, View } from "../types.js" */

/**
 * @param {HTMLCanvasElement} picture
 * @param {HTMLCanvasElement} marks on top of it, drawn anew with every movement
 */
export function makeCanvases(picture, marks) {
  return {
    /** @param {View} view */
    resize(view) {
      for (const canvas of [picture, marks]) resize(canvas, view);
    },
    /** @param {View} view */
    picture: (view) => penOf(picture, view),
    /** @param {View} view */
    marks: (view) => penOf(marks, view),
  };
}

/**
 * Setting a size clears a canvas, so it is set only when it changes.
 * @param {HTMLCanvasElement} canvas
 * @param {View} view
 */
function resize(canvas, { width, height, pixelRatio }) {
  const pixels = [width, height].map((css) => Math.round(css * pixelRatio));
  if (canvas.width === pixels[0] && canvas.height === pixels[1]) return;
  [canvas.width, canvas.height] = pixels;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

/**
 * A context in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {View} view
 * @returns {Pen}
 */
function penOf(canvas, { pixelRatio }) {
  const context = contextOf(canvas);
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  return context;
}
