// @ts-check
// Step 6: all cells as a histogram, by several models' mean and spread; padding stands apart.

import { button, choice, make } from "../../../shared/dom.js";
import { clamp } from "../../../shared/numbers.js";
import { countCells, shareBelow } from "../histogram.js";
import { Plot, wordedTicks } from "../plot.js";
import { ENERGY_FLOOR } from "../stages.js";
import { scoreRow } from "../outcomes.js";
import { Step } from "./step.js";

/** @import { Lesson } from "../lesson.js" */
/** @import { Histogram } from "../histogram.js" */
/** @import { Statistics } from "../lessonSound.js" */
/** @import { StatisticsTried, Surface } from "../types.js" */

const SILENCE = Math.log(ENERGY_FLOOR);
const BINS = 96; // of the histogram
const RANGE = [-2.5, 2]; // of normalized values
const PLAIN_RANGE = [-17, 8]; // of log-mel values as they are
const WHOSE = ["own", "audioset", "commands", "off"];
/**
 * Mean and std as the authors' run.py has them; "off" leaves the numbers as they are.
 * @type {Record<string, Statistics>}
 */
const STATISTICS = {
  audioset: { mean: -4.2677393, std: 4.5689974 },
  commands: { mean: -6.845978, std: 5.5654526 },
  off: { mean: 0, std: 0.5 },
};

/** @param {number} value @param {Statistics} statistics */
const scaled = (value, { mean, std }) => (value - mean) / (2 * std);

export class Normalize extends Step {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "normalize");
    const { words, state } = this;
    this.whose = choice(
      words.control,
      WHOSE.map((whose) => [whose, words[whose]]),
      state.whose,
      (chosen) => lesson.set({ whose: chosen }),
    );
    this.ask = button(words.ask, () => lesson.experiments.run("statistics"), {
      class: "in-button",
    });
    this.controls = [this.whose.node, this.ask];
    this.scores = this.extra = make("div", "ln-outcome");
    /** @type {{ key: string, histogram: Histogram } | null} */
    this.counted = null;
    const step = (/** @type {number} */ by) => {
      const at = WHOSE.indexOf(state.whose) + by;
      lesson.set({ whose: WHOSE[(at + WHOSE.length) % WHOSE.length] });
    };
    this.keys = { ArrowLeft: () => step(-1), ArrowRight: () => step(1) };
  }

  /** @override */
  right() {
    return 1;
  }

  /** @override */
  height() {
    return 248;
  }

  /** @returns {Statistics} */
  statistics() {
    return STATISTICS[this.state.whose] ?? this.sound.payload;
  }

  range() {
    return this.state.whose === "off" ? PLAIN_RANGE : RANGE;
  }

  /** 65 000 cells: counted anew only for other statistics. */
  histogram() {
    const key = this.state.whose;
    if (this.counted?.key !== key) {
      const [low, high] = this.range();
      const bins = { low, high, count: BINS };
      this.counted = { key, histogram: countCells(this.sound, this.statistics(), bins) };
    }
    return this.counted.histogram;
  }

  /** @param {Surface} surface @override */
  draw(surface) {
    const { colours, width, height } = surface;
    const { texts, words } = this;
    const [low, high] = this.range();
    const { sound, padding } = this.histogram();
    const tall = Math.max(1, ...sound) * 1.1;
    const digits = this.state.whose === "off" ? 0 : 1;
    const box = { left: 72, top: 24, width: width - 88, height: height - 56 };
    const ticks = wordedTicks(low, high, (at) => texts.number(at, digits), 8);
    const plot = new Plot(surface, box, { from: low, to: high, ticks }, {
      from: 0,
      to: tall,
      ticks: wordedTicks(0, tall, (at) => texts.number(at), 4),
      title: words.axis,
    });
    const edges = (/** @type {number} */ bin) =>
      [bin, bin + 1].map((edge) => low + (edge / BINS) * (high - low));
    plot.bars(sound, () => colours.accent, 0, edges);
    plot.bars(padding, () => colours.hot, 0, edges);
    plot.axes();
    const [silence, filled] = [SILENCE, this.sound.payload.padding_log_mel];
    const statistics = this.statistics();
    drawMark(plot, scaled(silence, statistics), texts.ui("silence"), colours.text, 12);
    drawMark(plot, scaled(filled, statistics), texts.ui("padding"), colours.hot, 32);
  }

  /** @override */
  refresh() {
    const { texts, words } = this;
    this.whose.set(this.state.whose);
    /** @type {StatisticsTried | null} */
    const answer = this.lesson.experiments.answer("statistics");
    this.ask.hidden = Boolean(answer);
    this.scores.replaceChildren(
      ...(answer?.rows ?? []).map(({ whose, label, score }) =>
        scoreRow(texts, `${words[whose]}: ${label}`, score)
      ),
    );
  }

  /** @override */
  facts() {
    const { texts, words } = this;
    const { payload, grid, numFrames } = this.sound;
    const { mean, spread } = this.histogram();
    return {
      whose: words[this.state.whose],
      mean_now: texts.signed(mean),
      std_now: texts.number(spread, 2),
      mean: texts.signed(payload.mean, 3),
      std: texts.number(payload.std, 3),
      silence: texts.signed(scaled(SILENCE, payload)),
      fill: texts.signed(scaled(payload.padding_log_mel, payload)),
      below: texts.percent(shareBelow(this.sound, payload.padding_log_mel)),
      max_length: texts.number(grid.frames),
      filled: texts.number(grid.frames - numFrames),
    };
  }

  /** @override */
  rows() {
    const [low, high] = this.range();
    const { sound, padding } = this.histogram();
    const middle = (/** @type {number} */ bin) => low + ((bin + 0.5) / BINS) * (high - low);
    return Array.from(
      sound,
      (count, bin) => [this.texts.number(middle(bin), 2), count, padding[bin]],
    );
  }
}

/**
 * A line at a value, with its name.
 * @param {Plot} plot
 * @param {number} value
 * @param {string} text
 * @param {string} colour
 * @param {number} down CSS pixels from the top
 */
function drawMark({ context, colours, box, x }, value, text, colour, down) {
  const at = clamp(Math.round(x(value)), box.left, box.left + box.width - 1);
  context.fillStyle = colour;
  context.fillRect(at, box.top, 1.5, box.height);
  context.textBaseline = "middle";
  const isRight = at + context.measureText(text).width + 8 < box.left + box.width;
  context.textAlign = isRight ? "left" : "right";
  const [left, top] = [at + (isRight ? 6 : -6), box.top + down];
  context.strokeStyle = colours.surface; // other marks may cross
  context.lineWidth = 5;
  context.strokeText(text, left, top);
  context.fillText(text, left, top);
}
