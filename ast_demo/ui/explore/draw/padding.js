// @ts-check
// Images of one pixel a cell on the screen, and the hatching that says: there is no sound here.

import { contextOf } from "../../shared/canvas.js";
import { xOf, yOf } from "../state/view.js";

/** @import { Colours, Pen, View } from "../types.js" */

const HATCH = 8; // CSS pixels between the lines over padding

/**
 * @param {Pen} context
 * @param {View} view
 * @param {HTMLCanvasElement} image
 * @param {number} alpha
 */
export function drawImageAt(context, view, image, alpha) {
  context.imageSmoothingEnabled = view.cellWidth * view.pixelRatio < 1; // averages crowded cells
  context.globalAlpha = alpha;
  context.drawImage(
    image,
    xOf(view, 0),
    yOf(view, image.height),
    image.width * view.cellWidth,
    image.height * view.cellHeight,
  );
  context.globalAlpha = 1;
}

/**
 * Dim and hatch some boxes.
 * @param {Pen} context
 * @param {Colours} colours
 * @param {[number, number, number, number][]} boxes left, top, width, height
 */
export function veil(context, colours, boxes) {
  context.beginPath();
  for (const box of boxes) context.rect(...box);
  for (const style of [colours.veil, hatchPattern(context, colours.hatch)]) {
    context.fillStyle = style;
    context.fill();
  }
}

/** @param {Pen} context @param {string} colour */
function hatchPattern(context, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH;
  const pen = contextOf(tile);
  pen.strokeStyle = colour;
  pen.beginPath();
  for (const shift of [-HATCH, 0, HATCH]) {
    pen.moveTo(shift, HATCH);
    pen.lineTo(shift + HATCH, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat") ?? colour;
}
