// @ts-check
// Step 11: what each of the pooled numbers adds to a label, and how the sum becomes a score.

import { choice } from "../../../shared/dom.js";
import { isWide, Plot, wordedTicks } from "../plot.js";
import { Step } from "./step.js";

/** @import { Box } from "../../../explore/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { Row, Surface } from "../types.js" */

/**
 * How a label comes about.
 * @typedef {object} Sum
 * @property {string} name
 * @property {Float32Array} parts pooled numbers times the label's weights
 * @property {number} offset
 * @property {number} logit their sum
 * @property {number} score
 */

const MOST_ROWS = 40; // of the table
const UNKNOWN = "\u2026"; // until the server has sent the pooled numbers

export class Answer extends Step {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "answer");
    const { labels, weighed_labels: count } = this.sound.payload;
    this.names = labels.slice(0, count).map(({ name }) => name);
    this.label = choice(
      this.words.control,
      this.names.map((name) => [name, name]),
      this.chosenName(),
      (chosen) => lesson.set({ label: chosen }),
    );
    this.controls = [this.label.node];
    this.keys = { ArrowLeft: () => this.walk(-1), ArrowRight: () => this.walk(1) };
  }

  isSoftmax() {
    return this.sound.payload.rule === "softmax";
  }

  /** @override */
  right() {
    return this.isSoftmax() ? 0 : 1;
  }

  /** @override */
  why() {
    return this.isSoftmax() ? this.words.why_softmax : this.words.why_sigmoid;
  }

  /** @override */
  afterword() {
    return this.words.calibrated[this.sound.payload.model.name] ?? "";
  }

  /** @param {number} width @override */
  height(width) {
    return isWide(width) ? 256 : 480;
  }

  chosenName() {
    return this.state.label ?? this.names[0];
  }

  /** @param {number} by labels */
  walk(by) {
    const { names } = this;
    const at = names.indexOf(this.chosenName()) + by;
    this.lesson.set({ label: names[(at + names.length) % names.length] });
  }

  /** @returns {Sum | null} null until the server has sent the weights */
  sum() {
    const found = this.lesson.session.pooled();
    if (!found) return null;
    const index = Math.max(0, found.labels.indexOf(this.chosenName()));
    const hidden = found.pooled.length;
    const weights = found.weights.subarray(index * hidden, (index + 1) * hidden);
    return {
      name: found.labels[index],
      parts: found.pooled.map((value, i) => value * weights[i]),
      offset: found.offsets[index],
      logit: found.logits[index],
      score: found.scores[index],
    };
  }

  /** @param {Surface} surface @override */
  draw(surface) {
    const sum = this.sum();
    if (!sum) return;
    const [left, right] = boxesOn(surface);
    this.drawParts(surface, left, sum);
    this.drawCurve(surface, right, sum);
  }

  /** @param {Surface} surface @param {Box} box @param {Sum} sum */
  drawParts(surface, box, { parts, name }) {
    const { texts, words } = this;
    const { colours } = surface;
    const count = parts.length;
    const tall = Math.max(1e-6, ...parts.map(Math.abs)) * 1.05;
    const plot = new Plot(
      surface,
      box,
      { from: 0, to: count, ticks: [[0, "0"], [count, String(count)]] },
      {
        from: -tall,
        to: tall,
        ticks: wordedTicks(-tall, tall, (at) => texts.short(at, 2), 4),
        title: texts.fill(words.for, { label: name }),
      },
    );
    plot.bars(parts, (i) => (parts[i] < 0 ? colours.muted : colours.accent), 0);
    plot.axes();
  }

  /** @param {Surface} surface @param {Box} box @param {Sum} sum */
  drawCurve(surface, box, { logit, score }) {
    const { texts, words } = this;
    const { context, colours } = surface;
    const isLinear = this.sound.payload.rule === "linear";
    const reach = Math.max(8, Math.abs(logit) + 2);
    // Where the curve is at a half: at 0 for sigmoid, at the weight of all others for softmax.
    const bend = this.isSoftmax() ? logit - Math.log(score / (1 - score + 1e-12) + 1e-12) : 0;
    const curve = (/** @type {number} */ sum) => isLinear ? sum : 1 / (1 + Math.exp(bend - sum));
    const ticks = wordedTicks(-reach, reach, (at) => texts.number(at), 5);
    const plot = new Plot(surface, box, { from: -reach, to: reach, ticks }, {
      from: isLinear ? -reach : 0,
      to: isLinear ? reach : 1,
      ticks: isLinear ? [] : [0, 0.5, 1].map((at) => [at, texts.number(at, 1)]),
      title: words.score_axis,
    });
    const points = Array.from({ length: 101 }, (_, i) => -reach + (i / 50) * reach);
    plot.line(points.map(curve), colours.muted, 2, (i) => points[i]);
    plot.axes();
    const [x, y] = [plot.x(logit), plot.y(curve(logit))];
    context.fillStyle = colours.hot;
    context.fillRect(x - 0.5, y, 1, box.top + box.height - y);
    context.beginPath();
    context.arc(x, y, 6, 0, 7);
    context.fill();
  }

  /** @override */
  refresh() {
    this.label.set(this.chosenName());
  }

  /** @override */
  facts() {
    const { texts, words } = this;
    const { payload } = this.sound;
    const sum = this.sum();
    const total = (/** @type {number} */ sign) =>
      sum?.parts.reduce((all, part) => all + (part * sign > 0 ? part : 0), 0);
    const signed = (/** @type {number | undefined} */ value) =>
      value === undefined ? UNKNOWN : texts.signed(value);
    return {
      hidden: texts.number(payload.hidden_size),
      labels: texts.number(payload.labels.length),
      label: sum?.name ?? this.names[0] ?? UNKNOWN,
      plus: signed(total(1)),
      minus: signed(total(-1)),
      offset: signed(sum?.offset),
      logit: signed(sum?.logit),
      score: sum ? texts.number(sum.score, 3) : UNKNOWN,
      total: texts.number(payload.labels.reduce((all, { score }) => all + score, 0), 2),
      rule: words[payload.rule],
    };
  }

  /** The greatest parts first. @returns {Row[]} @override */
  rows() {
    const ranked = Array.from(this.sum()?.parts ?? [], (part, i) => ({ part, i }));
    ranked.sort((one, other) => Math.abs(other.part) - Math.abs(one.part));
    return ranked.slice(0, MOST_ROWS).map(({ part, i }) => [i, this.texts.signed(part, 3)]);
  }
}

/** The bars' box and the curve's. @param {Surface} surface @returns {[Box, Box]} */
function boxesOn({ width, height }) {
  if (isWide(width)) {
    const box = { top: 24, height: height - 56 };
    return [
      { ...box, left: 56, width: width * 0.62 - 72 },
      { ...box, left: width * 0.62 + 40, width: width * 0.38 - 56 },
    ];
  }
  const box = { left: 56, top: 24, width: width - 72, height: height / 2 - 56 };
  return [box, { ...box, top: height / 2 + 24 }];
}
