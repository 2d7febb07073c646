// @ts-check
// Axes, bars and lines of the pictures that are no spectrograms.

/** @import { Box } from "../../explore/types.js" */
/** @import { Surface } from "./types.js" */

/** @typedef {[number, string]} Tick place on its axis, text */

/**
 * @typedef {object} Axis
 * @property {number} from
 * @property {number} to
 * @property {Tick[]} [ticks]
 * @property {string} [title]
 * @property {(value: number) => number} [scale] linear without it
 */

/** @typedef {ArrayLike<number>} Values */

/** A plot on the canvas: x and y turn values into CSS pixels. */
export class Plot {
  /**
   * @param {Surface} surface
   * @param {Box} box of the plot itself, axes outside of it
   * @param {Axis} across
   * @param {Axis} upward
   */
  constructor({ context, colours }, box, across, upward) {
    this.context = context;
    this.colours = colours;
    this.box = box;
    this.across = across;
    this.upward = upward;
    this.x = placing(across, box.left, box.width);
    this.y = placing(upward, box.top + box.height, -box.height);
  }

  axes() {
    const { context, colours, box, across, upward } = this;
    context.font = colours.font;
    context.lineWidth = 1;
    context.strokeStyle = colours.line;
    context.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
    context.textBaseline = "top";
    for (const [value, text] of across.ticks ?? []) this.tickBelow(Math.round(this.x(value)), text);
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const [value, text] of upward.ticks ?? []) {
      this.tickBeside(Math.round(this.y(value)), text);
    }
    context.textAlign = "left";
    context.textBaseline = "bottom";
    if (upward.title) context.fillText(upward.title, box.left, box.top - 4);
  }

  /** @param {number} at @param {string} text */
  tickBelow(at, text) {
    const { context, colours, box } = this;
    context.fillStyle = colours.line;
    context.fillRect(at, box.top + box.height, 1, 4);
    context.fillStyle = colours.muted;
    context.textAlign = "center";
    const half = context.measureText(text).width / 2;
    const middle = Math.min(at, box.left + box.width + 16 - half);
    context.fillText(text, middle, box.top + box.height + 7);
  }

  /** @param {number} at @param {string} text */
  tickBeside(at, text) {
    const { context, colours, box } = this;
    context.fillStyle = colours.line;
    context.fillRect(box.left - 5, at, 4, 1);
    context.fillStyle = colours.muted;
    context.fillText(text, box.left - 8, at);
  }

  /** Draw inside of the axes only. @param {() => void} draw */
  clipped(draw) {
    const { context, box } = this;
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    draw();
    context.restore();
  }

  /**
   * A line through values at places 0, 1, 2 ...; or at the places given.
   * @param {Values} values
   * @param {string} colour
   * @param {number} [width]
   * @param {(index: number) => number} [at]
   */
  line(values, colour, width = 1.5, at = (index) => index) {
    const { context } = this;
    this.clipped(() => {
      context.beginPath();
      for (let i = 0; i < values.length; i++) context.lineTo(this.x(at(i)), this.y(values[i]));
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    });
  }

  /**
   * @param {Values} values
   * @param {(index: number) => string} colourOf
   * @param {number} [base] value at which the bars stand
   * @param {(index: number) => number[]} [at] where a bar starts and ends
   */
  bars(values, colourOf, base = this.upward.from, at = (index) => [index, index + 1]) {
    const { context } = this;
    const foot = this.y(base);
    this.clipped(() => {
      for (let i = 0; i < values.length; i++) {
        const [start, end] = at(i).map(this.x);
        const top = this.y(values[i]);
        const width = Math.max(0.7, end - start - (end - start > 4 ? 1 : 0));
        context.fillStyle = colourOf(i);
        context.fillRect(start, Math.min(foot, top), width, Math.abs(foot - top));
      }
    });
  }
}

/** @param {Axis} axis @param {number} start @param {number} length both in CSS pixels */
function placing({ from, to, scale = (value) => value }, start, length) {
  const [low, high] = [scale(from), scale(to)];
  return (/** @type {number} */ value) =>
    start + ((scale(value) - low) / (high - low || 1)) * length;
}

/**
 * Round numbers that cut a range in a few parts.
 * @param {number} from
 * @param {number} to
 * @param {number} [most] parts
 */
export function roundTicks(from, to, most = 6) {
  const rough = (to - from) / most || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5].find((each) => each * unit >= rough - 1e-12) ?? 10;
  const step = factor * unit;
  const ticks = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) {
    ticks.push(i * step + 0); // not -0
  }
  return ticks;
}

/**
 * The same with their texts.
 * @param {number} from
 * @param {number} to
 * @param {(value: number) => string} format
 * @param {number} [most]
 * @returns {Tick[]}
 */
export const wordedTicks = (from, to, format, most) =>
  roundTicks(from, to, most).map((at) => [at, format(at)]);

/** @param {number} nyquist @param {boolean} even whether the axis is linear @returns {Tick[]} */
export const hertzTicks = (nyquist, even) =>
  (even
    ? [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]
    : [125, 250, 500, 1000, 2000, 4000, 8000])
    .filter((hertz) => hertz <= nyquist)
    .map((hertz, tick) => [
      hertz,
      (hertz < 1000 ? String(hertz) : `${hertz / 1000}k`) + (tick === 0 ? " Hz" : ""),
    ]);

const WIDE = 640; // CSS pixels from which on two plots stand side by side

/** @param {number} width */
export const isWide = (width) => width > WIDE;
