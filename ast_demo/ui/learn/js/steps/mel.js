// @ts-check
// Step 4: triangles over the spectrum, one for each mel filter.

import { segmented, slider } from "../../../shared/dom.js";
import { hertzOf, melOf } from "../../../shared/mel.js";
import { clamp } from "../../../shared/numbers.js";
import { hertzTicks, Plot } from "../plot.js";
import { melOfFrame } from "../lessonSound.js";
import { FrameStep } from "./frameStep.js";

/** @import { Lesson } from "../lesson.js" */
/** @import { PointerActions, Surface } from "../types.js" */

export class Mel extends FrameStep {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "mel");
    const { words, state, sound } = this;
    const most = sound.grid.bins - 1;
    const pick = slider(
      words.control,
      { min: 0, max: most, step: 1, value: state.bin },
      String,
      (bin) => lesson.set({ bin }),
    );
    const scale = segmented(
      words.scale,
      [["linear", words.linear], ["mel", words.melscale]],
      state.scale,
      (chosen) => lesson.set({ scale: chosen }),
    );
    this.controls = [pick.node, scale.node];
    this.refresh = () => pick.set(state.bin);
    const step = (/** @type {number} */ by) => lesson.set({ bin: clamp(state.bin + by, 0, most) });
    this.keys = {
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      Home: () => step(-Infinity),
      End: () => step(Infinity),
    };
    /** @type {PointerActions} */
    this.pointer = { up: (x, _y, width) => lesson.set({ bin: this.filterAt(x, width) }) };
  }

  /** @override */
  right() {
    return 2;
  }

  /** @param {Surface} surface @override */
  draw(surface) {
    const { colours, width, height } = surface;
    const { stages, samples } = this.sound;
    const powers = stages.power(stages.windowed(samples, this.state.frame));
    const roots = powers.map((power) => power ** 0.25); // weak tones show beside strong ones
    const tall = Math.max(1e-6, ...roots) * 1.05;
    const isLinear = this.state.scale === "linear";
    const nyquist = stages.rate / 2;
    const spacing = stages.rate / stages.fft;
    const plot = new Plot(
      surface,
      { left: 56, top: 24, width: width - 72, height: height - 56 },
      {
        from: 0,
        to: nyquist,
        ticks: hertzTicks(nyquist, isLinear),
        ...(isLinear ? {} : { scale: melOf }),
      },
      { from: 0, to: tall, title: this.words.axis },
    );
    const [low, , high] = stages.edges.slice(this.state.bin);
    const isInside = (/** @type {number} */ line) => line * spacing > low && line * spacing < high;
    plot.bars(
      roots,
      (line) => (isInside(line) ? colours.accent : colours.weak),
      0,
      (line) => [Math.max(0, (line - 0.5) * spacing), (line + 0.5) * spacing],
    );
    this.drawFilters(plot, tall);
    plot.axes();
  }

  /** All triangles, the chosen one filled. @param {Plot} plot @param {number} tall */
  drawFilters(plot, tall) {
    const { context, colours } = plot;
    const { edges } = this.sound.stages;
    const { bin } = this.state;
    const corners = edges.slice(0, -2).flatMap((_, other) =>
      other === bin ? [] : [other, other + 1, other + 2]
    );
    const heights = corners.map((_, i) => (i % 3 === 1 ? tall : 0));
    plot.line(heights, colours.line, 0.6, (i) => edges[corners[i]]);
    const chosen = [0, tall, 0];
    context.fillStyle = `color-mix(in srgb, ${colours.hot} 18%, transparent)`;
    context.beginPath();
    chosen.forEach((value, i) => context.lineTo(plot.x(edges[bin + i]), plot.y(value)));
    context.fill();
    plot.line(chosen, colours.hot, 2.5, (i) => edges[bin + i]);
  }

  /** The filter whose centre is nearest. @param {number} x @param {number} width */
  filterAt(x, width) {
    const { edges, rate } = this.sound.stages;
    const share = clamp((x - 56) / (width - 72), 0, 1);
    const goal = this.state.scale === "linear"
      ? (share * rate) / 2
      : hertzOf(share * melOf(rate / 2));
    const distances = edges.slice(1, -1).map((hertz) => Math.abs(hertz - goal));
    return distances.indexOf(Math.min(...distances));
  }

  /** Lines of the spectrum that the chosen filter reads. */
  lines() {
    return this.sound.stages.filters[this.state.bin].weights.length;
  }

  /** @override */
  read() {
    return this.lines() ? this.words.read : this.words.empty;
  }

  /** @override */
  facts() {
    const { texts } = this;
    const { stages } = this.sound;
    const { bin } = this.state;
    const [low, centre, high] = stages.edges.slice(bin, bin + 3).map((hertz) =>
      texts.number(hertz)
    );
    const hollow = stages.filters.flatMap(({ weights }, at) => (weights.length ? [] : [at]));
    const centresIn = (/** @type {number} */ from, /** @type {number} */ to) =>
      stages.edges.slice(1, -1).filter((hertz) => hertz >= from && hertz < to).length;
    return {
      ...this.frameFacts(),
      bin: texts.number(bin),
      low,
      centre,
      high,
      bars: texts.number(this.lines()),
      lines: texts.number(stages.lines),
      nyquist: texts.number(stages.rate / 2),
      few: texts.number(centresIn(100, 200)),
      many: texts.number(centresIn(1000, 2000)),
      step: texts.number(melOf(stages.edges[1]) - melOf(stages.edges[0]), 1),
      hollow: hollow.join(", ") || "0",
    };
  }

  /** @override */
  rows() {
    const { texts } = this;
    const { edges } = this.sound.stages;
    return Array.from(melOfFrame(this.sound, this.state.frame), (energy, bin) => [
      bin,
      texts.number(edges[bin]),
      texts.number(edges[bin + 2]),
      texts.short(energy),
    ]);
  }
}
