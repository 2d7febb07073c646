// @ts-check
// Step 8: one patch times one learned filter is one number.

import { slider } from "../../../shared/dom.js";
import { nearestPatch } from "../../../shared/geometry.js";
import { clamp } from "../../../shared/numbers.js";
import { spectrogramImage } from "../../../explore/draw/picture.js";
import { colourTable } from "../../../shared/colour.js";
import { drawLocator, drawSquare, pixelsOf, signedTable } from "../patchPictures.js";
import { Plot } from "../plot.js";
import { cellsOf, projected, tokenOf } from "../projection.js";
import { patchFacts, patchSlider } from "./patchFacts.js";
import { Step } from "./step.js";

/** @import { Box } from "../../../explore/types.js" */
/** @import { Patch } from "../../../shared/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { PointerActions, Surface, Weights } from "../types.js" */

/** @typedef {ReturnType<typeof layoutIn>} Layout */

const UNKNOWN = "\u2026"; // until the server has sent the filters
const TOKEN_HEIGHT = 144; // of the plot of all numbers, with its title and axis

export class Numbers extends Step {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "numbers");
    const { words, state, sound } = this;
    this.pattern = slider(
      words.control,
      { min: 0, max: sound.payload.hidden_size - 1, step: 1, value: state.pattern },
      String,
      (chosen) => lesson.set({ pattern: chosen }),
    );
    this.patch = patchSlider(lesson, words.card);
    this.controls = [this.pattern.node, this.patch.node];
    this.locator = spectrogramImage(sound, "magma", sound.low, sound.high);
    /** @type {Box | null} */
    this.map = null; // where the small picture of the whole sound lies
    /** @type {{ patch: Patch, numbers: number[] } | null} */
    this.known = null;
    this.keys = {
      ArrowLeft: () => this.walk(-1, 0),
      ArrowRight: () => this.walk(1, 0),
      ArrowUp: () => this.walk(0, 1),
      ArrowDown: () => this.walk(0, -1),
    };
    /** @type {PointerActions} */
    this.pointer = { up: (x, y) => this.pick(x, y) };
  }

  /** Whether a patch is summed up in fewer numbers than it has cells. */
  isLossy() {
    return this.sound.payload.hidden_size < this.sound.grid.size ** 2;
  }

  /** @override */
  right() {
    return this.isLossy() ? 0 : 1;
  }

  /** @override */
  why() {
    return this.isLossy() ? this.words.why_few : this.words.why_many;
  }

  /** @param {number} width @override */
  height(width) {
    return layoutIn(width).height;
  }

  /**
   * All numbers of the chosen patch, computed anew only for another one.
   * @param {Weights} weights
   */
  token(weights) {
    const { patch } = this.state;
    if (this.known?.patch !== patch) {
      this.known = { patch, numbers: tokenOf(weights, cellsOf(this.sound, patch)) };
    }
    return this.known.numbers;
  }

  /** @param {Surface} surface @override */
  draw(surface) {
    const { context, colours, width } = surface;
    const layout = layoutIn(width);
    context.font = colours.font;
    this.map = layout.map;
    drawLocator(surface, this.locator, this.sound, this.state.patch, layout.map);
    const weights = this.lesson.session.weights();
    if (!weights) return;
    this.drawProduct(surface, weights, layout.squares);
    this.drawToken(surface, this.token(weights), layout.token);
  }

  /**
   * Patch times filter gives products.
   * @param {Surface} surface
   * @param {Weights} weights
   * @param {Layout["squares"]} squares
   */
  drawProduct(surface, weights, squares) {
    const { context, colours, dark } = surface;
    const { words, sound } = this;
    const cells = cellsOf(sound, this.state.patch);
    const { filter, products } = projected(weights, this.state.pattern, cells);
    const signs = signedTable(dark);
    const signed = (/** @type {Int16Array | Float32Array} */ values) => {
      const most = Math.max(1e-9, ...Array.from(values, Math.abs));
      return pixelsOf(values, signs, -most, most);
    };
    const patchPixels = pixelsOf(cells, colourTable("magma"), sound.low, sound.high);
    drawSquare(surface, patchPixels, squares[0], words.card_picture);
    drawSquare(surface, signed(filter), squares[1], words.pattern_picture);
    drawSquare(surface, signed(products), squares[2], words.product_picture);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = colours.font.replace(/\d+px/, "20px");
    ["×", "="].forEach((sign, i) => {
      const { left, top, side } = squares[i];
      context.fillText(sign, left + side + 16, top + side / 2);
    });
    context.font = colours.font;
  }

  /** @param {Surface} surface @param {number[]} values @param {Box} box */
  drawToken(surface, values, box) {
    const { texts, words } = this;
    const { colours } = surface;
    const count = values.length;
    const tall = Math.max(1e-6, ...values.map(Math.abs));
    const title = texts.fill(words.token_picture, { hidden: texts.number(count) });
    const plot = new Plot(
      surface,
      box,
      { from: 0, to: count, ticks: [[0, "0"], [count, String(count)]] },
      { from: -tall, to: tall, title, ticks: [[0, "0"]] },
    );
    plot.bars(values, (i) => (i === this.state.pattern ? colours.hot : colours.accent), 0);
    plot.axes();
  }

  /** @override */
  refresh() {
    this.pattern.set(this.state.pattern);
    this.patch.refresh();
  }

  /** @override */
  read() {
    const { grid, numFrames } = this.sound;
    const isPadding = this.state.patch.t * grid.timeStride >= numFrames;
    return `${this.words.read}${isPadding ? ` ${this.texts.ui("padding_card")}` : ""}`;
  }

  /** @override */
  facts() {
    const { texts, sound } = this;
    const { patch, pattern } = this.state;
    const { hidden_size: hidden } = sound.payload;
    const area = sound.grid.size ** 2;
    const weights = this.lesson.session.weights();
    const values = weights ? this.token(weights) : [];
    const known = (/** @type {number | undefined} */ value) =>
      value === undefined ? UNKNOWN : texts.signed(value, 3);
    return {
      ...patchFacts(texts, sound, patch),
      area,
      hidden: texts.number(hidden),
      pattern,
      products: texts.number(area * hidden),
      all_products: texts.number(area * hidden * sound.grid.patches),
      offset: known(weights?.offsets[pattern]),
      value: known(values[pattern]),
      lowest: known(weights ? Math.min(...values) : undefined),
      highest: known(weights ? Math.max(...values) : undefined),
    };
  }

  /** @override */
  rows() {
    const weights = this.lesson.session.weights();
    const values = weights ? this.token(weights) : [];
    return values.map((value, index) => [index, this.texts.signed(value, 3)]);
  }

  /** @param {number} along patches @param {number} up */
  walk(along, up) {
    const { freqPatches, timePatches } = this.sound.grid;
    const { f, t } = this.state.patch;
    this.lesson.set({
      patch: { f: clamp(f + up, 0, freqPatches - 1), t: clamp(t + along, 0, timePatches - 1) },
    });
  }

  /** A click on the small picture. @param {number} x @param {number} y */
  pick(x, y) {
    const { map } = this;
    if (!map || x < map.left || y < map.top || y > map.top + map.height) return;
    const { grid } = this.sound;
    const frame = Math.floor(((x - map.left) / map.width) * grid.frames);
    const bin = Math.floor((1 - (y - map.top) / map.height) * grid.bins);
    if (frame >= grid.frames || bin >= grid.bins) return;
    const patch = nearestPatch(grid, bin, frame);
    if (patch) this.lesson.set({ patch });
  }
}

/**
 * Where all lies: the whole sound beside the squares, or above them where there is no room.
 * @param {number} width CSS pixels
 */
function layoutIn(width) {
  const isWide = width > 760;
  const side = isWide ? Math.min(176, (width - 420) / 3 - 40) : Math.min(144, (width - 64) / 3);
  const map = isWide
    ? { left: 16, top: 24, width: 360, height: side }
    : { left: 0, top: 8, width, height: 96 };
  const top = isWide ? 24 : 136;
  const first = isWide ? map.left + map.width + 32 : 0;
  return {
    map,
    squares: [0, 1, 2].map((i) => ({ left: first + i * (side + 32), top, side })),
    token: {
      left: isWide ? 72 : 40,
      top: top + side + 40,
      width: width - (isWide ? 88 : 48),
      height: TOKEN_HEIGHT / 2,
    },
    height: top + side + TOKEN_HEIGHT,
  };
}
