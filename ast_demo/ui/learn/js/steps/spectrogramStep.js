// @ts-check
// A step whose picture is the spectrogram in patches: drawn by Explore's modules, picked, walked
// and painted.

import { drawPicture, heatImage, spectrogramImage } from "../../../explore/draw/picture.js";
import {
  cellAt,
  makeView,
  MARGIN,
  patchBox,
  planeLayout,
  scrollTo,
} from "../../../explore/state/view.js";
import { inkOver } from "../../../shared/colour.js";
import { nearestPatch } from "../../../shared/geometry.js";
import { clamp } from "../../../shared/numbers.js";
import { drawOutlines, outlinesOf } from "../outline.js";
import { Step } from "./step.js";

/** @import { Colours, Heat, Pen, PictureWords, View } from "../../../explore/types.js" */
/** @import { Grid, Patch } from "../../../shared/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { LessonSound, PointerActions, Surface } from "../types.js" */

const DRAG_PIXELS = 5; // less is a click with an unsteady hand
const MOST_CELL = 3; // CSS pixels; 128 frames would fill a screen
const LEAST_CELL = 2; // patches shall be seen: on a phone the picture pans
const PAPER_PIXELS = 1024; // of the plot, shrunk to the paper's width

/**
 * @typedef {object} Drag
 * @property {number} x
 * @property {number} y
 * @property {number} left
 * @property {number} bottom
 * @property {boolean} panning
 * @property {boolean} erasing
 */

/** @param {Patch} patch */
export const patchKey = ({ f, t }) => `${f} ${t}`;

/** @param {string} key @returns {Patch} */
export function patchOfKey(key) {
  const [f, t] = key.split(" ").map(Number);
  return { f, t };
}

export class SpectrogramStep extends Step {
  /** @param {Lesson} lesson @param {string} id */
  constructor(lesson, id) {
    super(lesson, id);
    /** @type {Map<string, { key: string, drawn: any }>} */
    this.images = new Map();
    /** @type {View | null} */
    this.view = null;
    /** @type {Drag | null} */
    this.drag = null;
    this.keys = {
      ArrowLeft: () => this.walk(-1, 0),
      ArrowRight: () => this.walk(1, 0),
      ArrowUp: () => this.walk(0, 1),
      ArrowDown: () => this.walk(0, -1),
      " ": () => this.paint(this.state.patch, !this.isPainted(this.state.patch)),
    };
    /** @type {PointerActions} */
    this.pointer = {
      down: (x, y) => this.press(x, y),
      move: (x, y) => this.drag && this.move(this.drag, x, y),
      up: (x, y) => this.release(x, y),
      cancel: () => (this.drag = null),
    };
  }

  // --- what steps of this kind override ---

  /** @returns {Grid} */
  grid() {
    return this.sound.grid;
  }

  /** What is shown, and a key of its own where it is not the sound as it was. */
  picture() {
    return /** @type {LessonSound & { key?: string }} */ (this.sound);
  }

  /** @returns {Heat | null} */
  map() {
    return null;
  }

  /** Whether dragging paints patches rather than panning. */
  isPainting() {
    return false;
  }

  /** @param {Patch} patch */
  isPainted(patch) {
    return this.state.painted.has(patchKey(patch));
  }

  /** Patches that are painted away. @returns {Iterable<Patch>} */
  paintedPatches() {
    return [];
  }

  /** @param {Patch} _patch @param {boolean} _on */
  paint(_patch, _on) {}

  // --- drawing ---

  /** @override */
  legend() {
    return this.map();
  }

  /** @param {number} width @override */
  height(width) {
    return this.viewIn(width).height;
  }

  /** @override */
  paper() { // shows all frames
    const cell = clamp(Math.floor(PAPER_PIXELS / this.grid().frames), 1, MOST_CELL);
    return MARGIN.left + MARGIN.right + cell * this.grid().frames;
  }

  /** @param {number} width */
  viewIn(width) {
    const { lesson, state } = this;
    const fitting = Math.floor((width - 64) / this.grid().frames);
    const zoom = clamp(fitting, lesson.printing ? 1 : LEAST_CELL, MOST_CELL);
    const place = { zoom, left: state.left, bottom: state.bottom };
    return makeView(planeLayout(this.grid()), place, width, (devicePixelRatio || 1) * lesson.scale);
  }

  /** @param {Surface} surface @override */
  draw({ context, colours, width }) {
    const view = this.viewIn(width);
    this.view = view;
    const map = this.map();
    const look = map ? "under" : "magma";
    const sound = { ...this.picture(), grid: this.grid() };
    drawPicture(context, {
      view,
      map,
      colours,
      sound,
      images: this.imagesOf(sound, map, look),
      ink: inkOver(look),
      style: "tint",
      opacity: 1,
      grid: "outline",
      axis: "hertz",
      words: this.pictureWords(),
    });
    const { plot } = view;
    context.save();
    context.beginPath();
    context.rect(plot.left, plot.top, plot.width, plot.height);
    context.clip();
    if (this.state.outline) {
      const { timeStride, frequencyStride } = sound.grid;
      const key = `${sound.id} ${sound.key} ${timeStride} ${frequencyStride}`;
      const paths = this.kept("outline", key, () => outlinesOf(sound, sound.grid));
      drawOutlines(context, view, paths);
    }
    for (const patch of this.paintedPatches()) this.coverPatch(context, view, patch, colours);
    this.framePatch(context, view, this.state.patch, colours.chosen);
    context.restore();
  }

  /** @returns {PictureWords} */
  pictureWords() {
    const { texts } = this;
    return {
      padding: texts.ui("padding"),
      seconds: (value) => texts.ui("seconds", { value }),
      number: texts.number,
    };
  }

  /**
   * @param {LessonSound & { key?: string }} sound
   * @param {Heat | null} map
   * @param {string} look
   */
  imagesOf(sound, map, look) {
    const { low, high } = sound;
    const whole = { ...sound, grid: this.sound.grid }; // a stride of the grid changes no cell
    const drawSound = () => spectrogramImage(whole, look, low, high);
    return {
      spectrogram: this.kept("spectrogram", `${sound.id} ${sound.key} ${look}`, drawSound),
      heat: map && this.kept("heat", map.key, () => heatImage(sound.grid, map)),
    };
  }

  /**
   * Draw anew only for another key.
   * @template Drawn
   * @param {string} name
   * @param {string} key
   * @param {() => Drawn} draw
   * @returns {Drawn}
   */
  kept(name, key, draw) {
    const known = this.images.get(name);
    if (known?.key === key) return known.drawn;
    const drawn = draw();
    this.images.set(name, { key, drawn });
    return drawn;
  }

  /**
   * @param {Pen} context
   * @param {View} view
   * @param {Patch} patch
   * @param {Colours} colours
   */
  coverPatch(context, view, patch, colours) {
    const box = patchBox(view, patch, this.grid().size);
    for (const colour of [colours.surface, colours.hatch]) {
      context.fillStyle = colour;
      context.fillRect(...box);
    }
  }

  /**
   * A light line inside a dark one shows on every colour map.
   * @param {Pen} context
   * @param {View} view
   * @param {Patch} patch
   * @param {string} colour
   */
  framePatch(context, view, patch, colour) {
    const [x, y, wide, tall] = patchBox(view, patch, this.grid().size).map(Math.round);
    for (const light of [false, true]) {
      context.lineWidth = light ? 2 : 4;
      context.strokeStyle = light ? colour : "rgba(0, 0, 0, 0.7)";
      context.strokeRect(x + 0.5, y + 0.5, wide - 1, tall - 1);
    }
  }

  // --- pointers and keys ---

  /** @param {number} x @param {number} y */
  patchUnder(x, y) {
    const cell = this.view && cellAt(this.view, x, y);
    return cell && nearestPatch(this.grid(), cell.bin, cell.frame);
  }

  /** @param {Patch} patch */
  pick(patch) {
    this.lesson.set({ patch });
  }

  /** @param {number} x @param {number} y */
  press(x, y) {
    const { left, bottom } = this.view ?? { left: 0, bottom: 0 };
    const drag = { x, y, left, bottom, panning: false, erasing: false };
    this.drag = drag;
    const patch = this.isPainting() ? this.patchUnder(x, y) : null;
    if (!patch) return;
    drag.erasing = this.isPainted(patch);
    this.paint(patch, !drag.erasing);
    this.pick(patch);
  }

  /** @param {Drag} drag @param {number} x @param {number} y */
  move(drag, x, y) {
    if (!this.view) return;
    if (this.isPainting()) {
      const patch = this.patchUnder(x, y);
      if (!patch) return;
      this.paint(patch, !drag.erasing);
      this.pick(patch);
      return;
    }
    if (Math.hypot(x - drag.x, y - drag.y) > DRAG_PIXELS) drag.panning = true;
    if (!drag.panning) return;
    this.lesson.set({
      left: drag.left - (x - drag.x) / this.view.cellWidth,
      bottom: drag.bottom + (y - drag.y) / this.view.cellHeight,
    });
  }

  /** @param {number} x @param {number} y */
  release(x, y) {
    const isClick = this.drag && !this.drag.panning && !this.isPainting();
    const patch = isClick ? this.patchUnder(x, y) : null;
    if (patch) this.pick(patch);
    this.drag = null;
  }

  /** @param {number} along patches @param {number} up */
  walk(along, up) {
    const { freqPatches, timePatches, size, timeStride, frequencyStride } = this.grid();
    const { f, t } = this.state.patch;
    const patch = { f: clamp(f + up, 0, freqPatches - 1), t: clamp(t + along, 0, timePatches - 1) };
    const [column, row] = [patch.t * timeStride, patch.f * frequencyStride];
    if (this.view) this.lesson.set(scrollTo(this.view, column, row, size));
    this.pick(patch);
  }
}
