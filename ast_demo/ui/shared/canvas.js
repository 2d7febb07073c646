// @ts-check
// What the views draw alike on their canvases.

const HATCH_STEP = 8; // CSS pixels

/** @typedef {[number, number, number, number]} Rectangle left, top, width, height */

/**
 * The context of a canvas that nothing but the page draws on.
 * @param {HTMLCanvasElement} canvas
 * @throws {Error} if the browser has none left
 */
export function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("The browser gives no canvas to draw on.");
  return context;
}

/**
 * A context in CSS pixels, sharp on every screen, on a cleared canvas of this size.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function prepared(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = contextOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** The width that a canvas may fill, in CSS pixels. @param {HTMLCanvasElement} canvas */
export function widthAround(canvas) {
  return canvas.parentElement?.clientWidth ?? 0;
}

/**
 * The colours of instruments.css by their short names.
 * @param {HTMLElement} canvas
 * @returns {(name: string) => string}
 */
export function palette(canvas) {
  const style = getComputedStyle(canvas);
  return (name) => style.getPropertyValue(`--in-${name}`);
}

/** @param {HTMLElement} canvas */
export function fontFamily(canvas) {
  return getComputedStyle(canvas).fontFamily;
}

/**
 * Fill rectangles with slanted lines: what is not there.
 * @param {CanvasRenderingContext2D} context
 * @param {Rectangle[]} rectangles
 * @param {string} colour
 */
export function hatch(context, rectangles, colour) {
  if (!rectangles.length) return;
  const left = Math.min(...rectangles.map(([x]) => x));
  const right = Math.max(...rectangles.map(([x, , width]) => x + width));
  const top = Math.min(...rectangles.map(([, y]) => y));
  const bottom = Math.max(...rectangles.map(([, y, , height]) => y + height));
  context.save();
  context.beginPath();
  for (const rectangle of rectangles) context.rect(...rectangle);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  const first = Math.floor((left - (bottom - top)) / HATCH_STEP) * HATCH_STEP;
  for (let x = first; x < right; x += HATCH_STEP) {
    context.moveTo(x, bottom);
    context.lineTo(x + bottom - top, top);
  }
  context.stroke();
  context.restore();
}

/**
 * A text, shortened until it fits.
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 */
export function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let length = text.length;
  while (length > 1 && context.measureText(`${text.slice(0, length)}\u2026`).width > width) {
    length--;
  }
  return `${text.slice(0, length)}\u2026`;
}
