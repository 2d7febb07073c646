// @ts-check
// Step 5: the mel energies of one frame before and after the logarithm, louder or softer.

import { button, make, slider } from "../../../shared/dom.js";
import { isWide, Plot, wordedTicks } from "../plot.js";
import { melOfFrame } from "../lessonSound.js";
import { ENERGY_FLOOR, logOf } from "../stages.js";
import { FrameStep } from "./frameStep.js";

/** @import { Box } from "../../../explore/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { Gains, Surface } from "../types.js" */

const DOUBLE_DECIBELS = 20 * Math.log10(2); // twice the amplitude
const DOUBLE = 2 * Math.LN2; // what it adds to a logarithm of energy

export class Log extends FrameStep {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "log");
    const { words, texts, state } = this;
    this.gain = slider(
      words.control,
      { min: -24, max: 24, step: 6, value: state.gain },
      (at) => texts.ui("decibels", { value: texts.signed(at, 0) }),
      (at) => lesson.set({ gain: at }),
    );
    this.ask = button(words.ask, () => lesson.experiments.run("gains"), { class: "in-button" });
    this.controls = [this.gain.node, this.ask];
    this.scores = this.extra = make("div", "ln-scores");
  }

  /** @override */
  right() {
    return 1;
  }

  /** @param {number} width @override */
  height(width) {
    return isWide(width) ? 256 : 480;
  }

  /** Mel energies of the frame. @param {number} decibels of gain */
  energies(decibels) {
    return melOfFrame(this.sound, this.state.frame, 10 ** (decibels / 20));
  }

  /** @param {Surface} surface @override */
  draw(surface) {
    const [left, right] = boxesOn(surface);
    this.drawEnergies(surface, left);
    this.drawLogs(surface, right);
  }

  /** @param {number} bins */
  across(bins) {
    const ticks = wordedTicks(0, bins - 1, String);
    return { from: 0, to: bins, ticks: ticks.map(([bin, text]) => binTick(bin, text)) };
  }

  /** @param {Surface} surface @param {Box} box */
  drawEnergies(surface, box) {
    const { texts, words, state } = this;
    const energies = this.energies(state.gain);
    const tallest = Math.max(ENERGY_FLOOR, ...this.energies(0)) * 1.05;
    const plot = new Plot(surface, box, this.across(energies.length), {
      from: 0,
      to: tallest,
      ticks: wordedTicks(0, tallest, (at) => texts.short(at, 2), 4),
      title: words.linear,
    });
    plot.bars(energies, () => surface.colours.accent, 0);
    plot.axes();
  }

  /** @param {Surface} surface @param {Box} box */
  drawLogs(surface, box) {
    const { texts, words, state } = this;
    const { colours } = surface;
    const floor = Math.log(ENERGY_FLOOR);
    const logs = this.energies(state.gain).map(logOf);
    const plot = new Plot(surface, box, this.across(logs.length), {
      from: floor,
      to: 12,
      ticks: [-15, -10, -5, 0, 5, 10].map((at) => [at, texts.number(at)]),
      title: words.logarithm,
    });
    plot.bars(logs, () => colours.accent, floor);
    if (state.gain) drawStairs(plot, this.energies(0).map(logOf), colours.text, 1);
    if (state.revealed.log !== undefined) {
      const louder = this.energies(state.gain + DOUBLE_DECIBELS).map(logOf);
      drawStairs(plot, louder, colours.hot, 1.5);
    }
    plot.axes();
  }

  /** @override */
  refresh() {
    const { texts, words } = this;
    this.gain.set(this.state.gain);
    /** @type {Gains | null} */
    const answer = this.lesson.experiments.answer("gains");
    this.ask.hidden = Boolean(answer);
    this.scores.hidden = !answer;
    if (!answer) return;
    const list = make("ol");
    list.append(...answer.rows.map((row) => this.scoreItem(row)));
    const title = texts.fill(words.gains, { label: answer.label });
    this.scores.replaceChildren(make("p", "in-muted", title), list);
  }

  /** @param {Gains["rows"][number]} row */
  scoreItem({ gain, score }) {
    const { texts } = this;
    const item = make("li", gain === this.state.gain ? "ln-now" : "");
    const bar = make("span", "ln-bar");
    bar.style.height = `${Math.max(1, 64 * score)}px`;
    item.append(
      make("span", "", texts.number(score, 2)),
      bar,
      make("span", "in-muted", texts.signed(gain, 0)),
    );
    return item;
  }

  /** @override */
  facts() {
    const { texts } = this;
    const { gain, frame } = this.state;
    const logs = this.energies(gain).map(logOf);
    const times = 10 ** (gain / 20);
    return {
      frame: texts.number(frame),
      gain: texts.signed(gain, 0),
      times: texts.number(times, 2),
      shift: texts.signed(2 * Math.log(times)),
      step: texts.number(DOUBLE, 2),
      lowest: texts.number(Math.min(...logs), 2),
      highest: texts.number(Math.max(...logs), 2),
    };
  }

  /** @override */
  rows() {
    const { texts } = this;
    return Array.from(
      this.energies(this.state.gain),
      (energy, bin) => [bin, texts.short(energy), texts.number(logOf(energy), 2)],
    );
  }
}

/** In the middle of a bin. @param {number} bin @param {string} text @returns {[number, string]} */
const binTick = (bin, text) => [bin + 0.5, text];

/**
 * The tops of bars, without the bars.
 * @param {Plot} plot
 * @param {Float64Array} values
 * @param {string} colour
 * @param {number} width
 */
function drawStairs(plot, values, colour, width) {
  const corners = Array.from(values).flatMap((value) => [value, value]);
  plot.line(corners, colour, width, (corner) => Math.ceil(corner / 2));
}

/** Before and after the logarithm. @param {Surface} surface @returns {[Box, Box]} */
function boxesOn({ width, height }) {
  if (isWide(width)) {
    const box = { left: 56, top: 24, width: width / 2 - 76, height: height - 56 };
    return [box, { ...box, left: 56 + width / 2 }];
  }
  const box = { left: 56, top: 24, width: width - 72, height: height / 2 - 60 };
  return [box, { ...box, top: 24 + height / 2 }];
}
