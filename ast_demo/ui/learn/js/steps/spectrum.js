// @ts-check
// Step 3: one frame and the tones in it, faded or cut hard.

import { button, segmented } from "../../../shared/dom.js";
import { hertzTicks, isWide, Plot } from "../plot.js";
import { FrameStep } from "./frameStep.js";

/** @import { Box } from "../../../explore/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { Surface } from "../types.js" */

const LOWEST_DECIBELS = -100; // below the strongest line
const FAR_HERTZ = 500; // from the strongest tone: what lies farther is leakage, or other tones

export class Spectrum extends FrameStep {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "spectrum");
    const { words, state } = this;
    const fade = segmented(
      words.control,
      [["hann", words.hann], ["none", words.none]],
      state.fade,
      (chosen) => lesson.set({ fade: chosen }),
    );
    const pick = this.frameSlider(words.slot);
    const tones = button(words.test_tones, () => lesson.session.openExample("test_tones"), {
      class: "in-button",
    });
    tones.hidden = !lesson.examples.includes("test_tones");
    this.controls = [fade.node, pick.node, tones];
    this.refresh = pick.refresh;
  }

  /** @override */
  right() {
    return 1;
  }

  /** @param {number} width @override */
  height(width) {
    return isWide(width) ? 256 : 448;
  }

  /** Levels of the spectrum's lines. @param {boolean} faded */
  decibels(faded) {
    const { stages, samples } = this.sound;
    const powers = stages.power(stages.windowed(samples, this.state.frame, faded));
    return powers.map((power) => 10 * Math.log10(power + 1e-12));
  }

  /** Of neighbouring lines, in Hz. */
  spacing() {
    const { rate, fft } = this.sound.stages;
    return rate / fft;
  }

  /** @param {Surface} surface @override */
  draw(surface) {
    const [left, right] = boxesOn(surface);
    const isFaded = this.state.fade === "hann";
    this.drawFrame(surface, left, isFaded);
    this.drawSpectrum(surface, right, isFaded);
  }

  /** @param {Surface} surface @param {Box} box @param {boolean} isFaded */
  drawFrame(surface, box, isFaded) {
    const { stages, samples } = this.sound;
    const last = stages.length - 1;
    const frame = stages.windowed(samples, this.state.frame, isFaded);
    const tall = Math.max(1e-4, ...frame.map(Math.abs));
    const plot = new Plot(
      surface,
      box,
      { from: 0, to: last, ticks: [[0, "0"], [last, String(stages.length)]] },
      { from: -tall, to: tall, ticks: [[0, "0"]], title: this.words.samples },
    );
    plot.line(frame, surface.colours.accent, 1.2);
    plot.axes();
  }

  /** @param {Surface} surface @param {Box} box @param {boolean} isFaded */
  drawSpectrum(surface, box, isFaded) {
    const { colours } = surface;
    const spacing = this.spacing();
    const nyquist = this.sound.stages.rate / 2;
    const shown = this.decibels(isFaded);
    const top = Math.max(...shown);
    const lowest = top + LOWEST_DECIBELS;
    const plot = new Plot(
      surface,
      box,
      { from: 0, to: nyquist, ticks: hertzTicks(nyquist, true) },
      {
        from: lowest,
        to: top + 4,
        ticks: [0, -20, -40, -60, -80].map((at) => [top + at, String(at).replace("-", "\u2212")]),
        title: this.words.axis,
      },
    );
    const edges = (/** @type {number} */ line) => [(line - 0.5) * spacing, (line + 0.5) * spacing];
    plot.bars(shown, () => colours.accent, lowest, edges);
    if (this.state.revealed.spectrum !== undefined) {
      plot.line(this.decibels(!isFaded), colours.hot, 1.5, (line) => line * spacing);
    }
    plot.axes();
  }

  /** @override */
  facts() {
    const { texts, words } = this;
    const { stages } = this.sound;
    const isFaded = this.state.fade === "hann";
    const shown = this.decibels(isFaded);
    const spacing = this.spacing();
    const peak = shown.indexOf(Math.max(...shown));
    const far = shown.filter((_, line) => Math.abs(line - peak) * spacing >= FAR_HERTZ);
    const mean = far.reduce((sum, each) => sum + each, 0) / (far.length || 1);
    return {
      ...this.frameFacts(),
      hertz: texts.number(peak * spacing),
      away: texts.number(shown[peak] - mean),
      other: (isFaded ? words.none : words.hann).toLowerCase(),
      fft: texts.number(stages.fft),
      lines: texts.number(stages.lines),
      spacing: texts.number(spacing, 2),
    };
  }

  /** @override */
  rows() {
    const { texts } = this;
    const spacing = this.spacing();
    return Array.from(
      this.decibels(this.state.fade === "hann"),
      (value, line) => [texts.number(line * spacing, 1), texts.number(value, 1)],
    );
  }
}

/** The frame's box and the spectrum's. @param {Surface} surface @returns {[Box, Box]} */
function boxesOn({ width, height }) {
  if (isWide(width)) {
    const box = { top: 24, height: height - 56 };
    return [
      { ...box, left: 56, width: width * 0.36 - 56 },
      { ...box, left: width * 0.36 + 56, width: width * 0.64 - 72 },
    ];
  }
  const box = { left: 56, width: width - 72 };
  return [
    { ...box, top: 24, height: height / 2 - 60 },
    { ...box, top: height / 2 + 20, height: height / 2 - 52 },
  ];
}
