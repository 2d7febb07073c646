// @ts-check
// Step 1: the waveform, down to its samples.

import { slider } from "../../../shared/dom.js";
import { clamp } from "../../../shared/numbers.js";
import { Plot, wordedTicks } from "../plot.js";
import { Step } from "./step.js";

/** @import { Lesson } from "../lesson.js" */
/** @import { Row, Surface } from "../types.js" */

const CLOSEST = 40; // samples that fill the width when zoomed in all the way
const DOTS = 3; // CSS pixels a sample from which on each is a dot
const BESIDE = 72; // CSS pixels to the left and right of the plot

export class Air extends Step {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "air");
    const { state, texts, words } = this;
    this.playable = true;
    this.zoom = slider(
      words.control,
      { min: 0, max: 100, step: 1, value: state.zoom },
      (at) => `×${texts.short(this.timesOf(at), 2)}`,
      (at) => {
        const middle = state.from + this.shownAt(state.zoom) / 2;
        lesson.set({ zoom: at, from: middle - this.shownAt(at) / 2 });
      },
    );
    this.controls = [this.zoom.node];
    this.keys = { ArrowLeft: () => this.pan(-1 / 8), ArrowRight: () => this.pan(1 / 8) };
    this.pointer = this.dragging();
  }

  /** @override */
  right() {
    return 1;
  }

  /** @override */
  height() {
    return 240;
  }

  // --- the part in sight ---

  /** @param {number} at position of the slider */
  timesOf(at) {
    return Math.max(1, this.sound.samples.length / CLOSEST) ** (at / 100);
  }

  /** @param {number} at */
  shownAt(at) {
    return this.sound.samples.length / this.timesOf(at);
  }

  /** @returns {[number, number]} in samples */
  range() {
    const shown = Math.max(2, this.shownAt(this.state.zoom));
    const from = clamp(this.state.from, 0, Math.max(0, this.sound.samples.length - shown));
    return [from, from + shown];
  }

  /** @param {number} share of what is in sight */
  pan(share) {
    this.lesson.set({ from: this.range()[0] + share * this.shownAt(this.state.zoom) });
  }

  dragging() {
    /** @type {{ x: number, from: number } | null} */
    let drag = null;
    const end = () => {
      drag = null;
    };
    return {
      down: (/** @type {number} */ x) => (drag = { x, from: this.range()[0] }),
      move: (/** @type {number} */ x, /** @type {number} */ _y, /** @type {number} */ width) => {
        if (!drag) return;
        const moved = ((x - drag.x) / (width - BESIDE)) * this.shownAt(this.state.zoom);
        this.lesson.set({ from: drag.from - moved });
      },
      up: end,
      cancel: end,
    };
  }

  // --- picture and words ---

  /** @param {Surface} surface @override */
  draw(surface) {
    const { context, colours, width, height } = surface;
    const { texts, words } = this;
    const { samples, stages } = this.sound;
    const { rate } = stages;
    const [from, to] = this.range();
    const isRevealed = this.state.revealed.air !== undefined;
    const peak = Math.max(0.02, peakOf(samples, 0, samples.length));
    const tall = isRevealed ? Math.min(2 * peak, 2) : peak;
    const box = { left: 56, top: 24, width: width - BESIDE, height: height - 56 };
    const seconds = (/** @type {number} */ at) => this.secondsText(at, to - from);
    const ticks = wordedTicks(from / rate, to / rate, seconds);
    const plot = new Plot(
      surface,
      box,
      { from, to, ticks: ticks.map(([at, text]) => [at * rate, text]) },
      {
        from: -tall,
        to: tall,
        title: words.axis,
        ticks: [-tall, 0, tall].map((at) => [at, texts.short(at, 2)]),
      },
    );
    plot.clipped(() => {
      if (isRevealed) drawWave(plot, samples, 2, colours.hot);
      drawWave(plot, samples, 1, colours.accent);
    });
    plot.axes();
    if (!isRevealed) return;
    context.fillStyle = colours.hot;
    context.textAlign = "right";
    context.fillText(words.outline, box.left + box.width - 8, box.top + 16);
  }

  /** @param {number} at seconds @param {number} shown samples in sight */
  secondsText(at, shown) {
    const digits = shown < 800 ? 4 : shown < 16000 ? 2 : 1;
    return this.texts.ui("seconds", { value: this.texts.number(at, digits) });
  }

  /** @override */
  facts() {
    const { texts } = this;
    const { stages, samples } = this.sound;
    const [from, to] = this.range();
    return {
      nyquist: texts.number(stages.rate / 2),
      from: texts.number(from / stages.rate, 3),
      to: texts.number(to / stages.rate, 3),
      shown: texts.number(Math.round(to - from)),
      peak: texts.percent(peakOf(samples, from, to)),
    };
  }

  /** @override */
  rows() {
    const { samples, stages } = this.sound;
    const [from, to] = this.range().map(Math.floor);
    const step = Math.max(1, Math.round((to - from) / 40));
    /** @type {Row[]} */
    const rows = [];
    for (let i = from; i < to; i += step) {
      rows.push([this.texts.number(i / stages.rate, 5), this.texts.number(samples[i], 4)]);
    }
    return rows;
  }
}

/** @param {Float32Array} samples @param {number} from @param {number} to */
function peakOf(samples, from, to) {
  let peak = 0;
  for (let i = Math.floor(from); i < Math.min(to, samples.length); i++) {
    peak = Math.max(peak, Math.abs(samples[i]));
  }
  return peak;
}

/**
 * Many samples a pixel: lowest and highest of each column; few: a line, and dots when far apart.
 * @param {Plot} plot
 * @param {Float32Array} samples
 * @param {number} gain
 * @param {string} colour
 */
function drawWave(plot, samples, gain, colour) {
  const { context, box, across } = plot;
  const pixels = box.width / (across.to - across.from);
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  if (pixels < 0.5) return strokeColumns(plot, samples, gain, pixels);
  const first = Math.max(0, Math.floor(across.from));
  const last = Math.min(samples.length - 1, Math.ceil(across.to));
  for (let i = first; i <= last; i++) context.lineTo(plot.x(i), plot.y(samples[i] * gain));
  context.stroke();
  if (pixels < DOTS || gain !== 1) return;
  for (let i = first; i <= last; i++) {
    context.beginPath();
    context.arc(plot.x(i), plot.y(samples[i]), Math.min(4, pixels / 3), 0, 7);
    context.fill();
  }
}

/**
 * @param {Plot} plot
 * @param {Float32Array} samples
 * @param {number} gain
 * @param {number} pixels a sample
 */
function strokeColumns({ context, box, across, y }, samples, gain, pixels) {
  for (let column = 0; column < box.width; column++) {
    const first = Math.floor(across.from + column / pixels);
    let [low, high] = [Infinity, -Infinity];
    for (let i = first; i <= across.from + (column + 1) / pixels && i < samples.length; i++) {
      low = Math.min(low, samples[i]);
      high = Math.max(high, samples[i]);
    }
    const x = box.left + column + 0.5;
    context.moveTo(x, y(low * gain));
    context.lineTo(x, y(high * gain) - 0.5);
  }
  context.stroke();
}
