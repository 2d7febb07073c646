// @ts-check
// Scores over the last minutes: one row a label, the height of the fill is the score.

import {
  contextOf,
  fitted,
  fontFamily,
  hatch,
  palette,
  prepared,
  widthAround,
} from "../../shared/canvas.js";

const PAST_SECONDS = 180;
const FIRST_SECONDS = 60; // shown until there is more
const NAME_WIDTH = 176; // CSS pixels for the labels' names, at most
const ROW = 24; // CSS pixels
const MOST_ROWS = 8;
const FOOT = 24;

/** @import { Colour, Moment } from "./types.js" */

export class ScoreHistory {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = contextOf(canvas);
    this.threshold = 0.4;
    /** @type {string[]} */
    this.labels = [];
    /** @type {number[]} */
    this.silence = []; // labels that say silence: it is hatched instead
    /** @type {number[]} */
    this.watched = [];
    /** @type {Moment[]} */
    this.past = [];
    /** @type {number[]} */
    this.rows = []; // numbers of labels, in the order in which they first counted
    this.draw();
  }

  /** @param {{ labels: string[], silence: number[] }} facts */
  begin({ labels, silence }) {
    this.labels = labels;
    this.silence = silence;
    this.watched = [];
    this.clear();
  }

  clear() {
    this.past = [];
    this.rows = [];
    this.draw();
  }

  /** @param {number} at @param {Uint8Array} scores @param {boolean} silent */
  add(at, scores, silent) {
    this.past.push({ at, scores, silent });
    while (this.past.length && this.past[0].at < at - PAST_SECONDS) this.past.shift();
    this.chooseRows();
  }

  /** @param {number[]} numbers labels to show; the ones that count if empty */
  watch(numbers) {
    this.watched = numbers;
    this.chooseRows();
    this.draw();
  }

  /** @param {number} score */
  setThreshold(score) {
    this.threshold = score;
    this.rows = [];
    for (const moment of this.past) this.noteLabels(moment);
    this.chooseRows();
    this.draw();
  }

  // Labels that count keep their row; a label that has not counted for minutes makes room.
  chooseRows() {
    if (this.watched.length) {
      this.rows = this.watched;
      return;
    }
    const last = this.past.at(-1);
    if (last) this.noteLabels(last);
    if (this.rows.length <= MOST_ROWS) return;
    const latest = (/** @type {number} */ label) =>
      this.past.findLastIndex((moment) => this.counts(moment, label));
    const oldest = this.rows.reduce((least, label) =>
      latest(label) < latest(least) ? label : least
    );
    this.rows = this.rows.filter((label) => label !== oldest);
  }

  /** @param {Moment} moment @param {number} label */
  counts({ scores }, label) {
    return scores[label] >= 255 * this.threshold;
  }

  /** @param {Moment} moment */
  noteLabels(moment) {
    if (moment.silent) return;
    for (let label = 0; label < moment.scores.length; label++) {
      if (this.counts(moment, label) && ![...this.rows, ...this.silence].includes(label)) {
        this.rows = [...this.rows, label];
      }
    }
  }

  draw() {
    const width = widthAround(this.canvas);
    if (width <= 0) return;
    const { context } = this;
    const name = Math.min(NAME_WIDTH, width * 0.36);
    const height = Math.max(3, this.rows.length) * ROW;
    prepared(this.canvas, width, height + FOOT);
    const colour = palette(this.canvas);
    context.font = `13px ${fontFamily(this.canvas)}`;
    const plot = width - name;
    const now = this.past.at(-1)?.at ?? 0;
    const span = now - (this.past[0]?.at ?? now) > FIRST_SECONDS ? PAST_SECONDS : FIRST_SECONDS;
    const xOf = (/** @type {number} */ at) => name + plot * (1 - (now - at) / span);
    context.fillStyle = colour("ghost");
    context.fillRect(name, 0, plot, height);
    this.drawSilence(xOf, height, colour);
    context.textBaseline = "middle";
    context.textAlign = "left";
    this.rows.forEach((label, row) => {
      const bottom = (row + 1) * ROW;
      this.drawRow(label, bottom, xOf, colour);
      context.fillStyle = colour("line");
      context.fillRect(0, bottom - 1, width, 1);
      context.fillStyle = colour("text");
      context.fillText(fitted(context, this.labels[label], name - 8), 0, bottom - ROW / 2);
    });
    context.fillStyle = colour("muted");
    if (!this.rows.length && this.past.length) {
      context.fillText(`no label reached ${this.threshold.toFixed(2)} yet`, name + 8, height / 2);
    }
    this.drawTime(span, name, plot, height);
  }

  /**
   * @param {number} span seconds
   * @param {number} name
   * @param {number} plot
   * @param {number} height
   */
  drawTime(span, name, plot, height) {
    const { context } = this;
    context.textBaseline = "top";
    const step = span / (plot < 480 ? 3 : 6);
    for (let ago = 0; ago <= span; ago += step) {
      const x = name + plot * (1 - ago / span);
      context.fillRect(Math.min(x, name + plot - 1), height, 1, 4);
      context.textAlign = ago === 0 ? "right" : ago === span ? "left" : "center";
      const text = `\u2212${Math.floor(ago / 60)}:${String(ago % 60).padStart(2, "0")}`;
      context.fillText(ago === 0 ? "now" : text, x, height + 8);
    }
  }

  /**
   * @param {number} label
   * @param {number} bottom
   * @param {(at: number) => number} xOf
   * @param {Colour} colour
   */
  drawRow(label, bottom, xOf, colour) {
    const { context, past } = this;
    const strong = colour("accent");
    const weak = colour("weak");
    past.forEach((moment, i) => {
      if (moment.silent) return;
      const left = i ? xOf(past[i - 1].at) : xOf(moment.at) - 2;
      const right = xOf(moment.at);
      context.fillStyle = this.counts(moment, label) ? strong : weak;
      const tall = Math.max(1, (ROW - 4) * moment.scores[label] / 255);
      context.fillRect(left, bottom - 1 - tall, Math.min(right - left, 8) + 0.5, tall);
    });
  }

  /** @param {(at: number) => number} xOf @param {number} height @param {Colour} colour */
  drawSilence(xOf, height, colour) {
    /** @type {import("../../shared/canvas.js").Rectangle[]} */
    const stretches = this.past.flatMap(({ at, silent }, i) => {
      const from = silent && i ? xOf(this.past[i - 1].at) : null;
      return from === null ? [] : [[from, 0, xOf(at) - from, height]];
    });
    hatch(this.context, stretches, colour("hatch"));
  }
}
