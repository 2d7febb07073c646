// @ts-check
// Step 7: patches at any stride, with what it costs and what it leaves out.

import { button, make, slider } from "../../../shared/dom.js";
import { SPECIAL_TOKENS } from "../../../shared/geometry.js";
import { outcomeTable } from "../outcomes.js";
import { gigaflops, gridAt } from "../strides.js";
import { patchFacts } from "./patchFacts.js";
import { SpectrogramStep } from "./spectrogramStep.js";

/** @import { Grid } from "../../../shared/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { Facts, Outcome } from "../types.js" */

const STRIDES = { min: 6, max: 16, step: 1 };
const TABLE_STRIDES = [6, 8, 10, 12, 14, 16];
/**
 * One model trained at each stride, without weight averaging; README.md of YuanGongND/ast.
 * @type {Record<number, number[]>}
 */
const TRAINED = { 10: [0.448, 0.45], 12: [0.447], 14: [0.443], 16: [0.442] };

export class Patches extends SpectrogramStep {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "patches");
    const { words, state } = this;
    this.upward = slider(
      words.control,
      { ...STRIDES, value: state.fstride },
      String,
      (fstride) => lesson.set({ fstride }),
    );
    this.inTime = slider(
      words.control_time,
      { ...STRIDES, value: state.tstride },
      String,
      (tstride) => lesson.set({ tstride }),
    );
    this.run = button(words.run, () => this.runModel(), { class: "in-button" });
    this.controls = [this.upward.node, this.inTime.node, this.run];
    this.outcome = this.extra = make("div", "ln-outcome");
    this.note = words.source;
    /** @type {Map<string, Grid>} */
    this.grids = new Map();
  }

  /** @override */
  right() {
    return 2;
  }

  /** @param {number} frequencyStride @param {number} timeStride */
  gridAt(frequencyStride, timeStride) {
    const key = `${frequencyStride} ${timeStride}`;
    const grid = this.grids.get(key) ?? gridAt(this.sound.grid, frequencyStride, timeStride);
    this.grids.set(key, grid);
    return grid;
  }

  /** @override */
  grid() {
    return this.gridAt(this.state.fstride, this.state.tstride);
  }

  runKey() {
    return `stride ${this.state.fstride} ${this.state.tstride}`;
  }

  runModel() {
    const { fstride, tstride } = this.state;
    this.lesson.experiments.run("stride", { fstride, tstride }, this.runKey());
  }

  /** @override */
  refresh() {
    const { lesson, texts, words, state } = this;
    this.upward.set(state.fstride);
    this.inTime.set(state.tstride);
    const warning = texts.fill(words.warning, { stride: this.sound.grid.frequencyStride });
    this.outcome.replaceChildren(
      ...lesson.experiments.nodes(this.runKey(), (/** @type {Outcome} */ answer) => [
        make("p", "ln-warning", warning),
        ...outcomeTable(texts, answer),
      ]),
    );
    this.run.disabled = lesson.experiments.isKnown(this.runKey());
  }

  /** @override */
  sentence() {
    const isOverlapping = this.state.fstride < this.sound.grid.size;
    return isOverlapping ? this.words.sentence : this.words.sentence_apart;
  }

  /** @override */
  read() {
    const { words } = this;
    return [words.read, words.cost, words.picked].join(" ");
  }

  /** @returns {Facts} @override */
  facts() {
    const { texts } = this;
    const { payload, grid: own, numFrames } = this.sound;
    const now = this.grid();
    const full = this.gridAt(own.size, own.size); // without any overlap
    const patch = {
      f: Math.min(this.state.patch.f, now.freqPatches - 1),
      t: Math.min(this.state.patch.t, now.timePatches - 1),
    };
    return {
      ...this.countFacts(now),
      size: own.size,
      stride: own.frequencyStride,
      bins: own.bins,
      own_bins: own.bins - own.coveredBins,
      own_frames: own.frames - own.coveredFrames,
      full_bins: full.coveredBins,
      full_frames: texts.number(full.coveredFrames),
      max_length: texts.number(own.frames),
      cards_full: texts.number(full.patches),
      cards_own: texts.number(own.patches),
      share: texts.percent(gigaflops(payload, full) / gigaflops(payload, own)),
      cells: texts.number(own.bins * own.frames),
      area: own.size ** 2,
      ...patchFacts(texts, this.sound, patch, now),
      numFrames,
    };
  }

  /** What the grid counts and costs. @param {Grid} grid @returns {Facts} */
  countFacts(grid) {
    const { texts } = this;
    const { size, frequencyStride, timeStride } = grid;
    const overlap = Math.max(0, size - frequencyStride);
    const isEven = frequencyStride === timeStride;
    return {
      overlap: isEven ? `${overlap}` : `${overlap} / ${Math.max(0, size - timeStride)}`,
      fstride: frequencyStride,
      tstride: timeStride,
      rows: grid.freqPatches,
      columns: grid.timePatches,
      cards: texts.number(grid.patches),
      tokens: texts.number(grid.patches + SPECIAL_TOKENS),
      gflop: texts.number(gigaflops(this.sound.payload, grid), 1),
      blind_bins: grid.bins - grid.coveredBins,
      blind_frames: grid.frames - grid.coveredFrames,
      numbers: texts.number(grid.patches * size ** 2),
      pairs: texts.number((grid.patches + SPECIAL_TOKENS) ** 2),
    };
  }

  /** @override */
  rows() {
    const { texts } = this;
    const { grid: own, payload } = this.sound;
    const isMeasured = payload.num_layers === 12 && own.frames === 1024;
    return TABLE_STRIDES.map((stride) => {
      const grid = this.gridAt(stride, stride);
      const trained = (isMeasured && TRAINED[stride]) || [];
      return [
        stride,
        `${grid.freqPatches} × ${grid.timePatches}`,
        texts.number(grid.patches + SPECIAL_TOKENS),
        texts.number(gigaflops(payload, grid), 1),
        `${own.bins - grid.coveredBins} / ${own.frames - grid.coveredFrames}`,
        trained.map((value) => texts.number(value, 3)).join("\u2013") || "\u2013",
      ];
    });
  }
}
