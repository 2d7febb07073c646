// @ts-check
// Step 2: the frames, three rows of brackets since they overlap.

import { Plot, wordedTicks } from "../plot.js";
import { FrameStep } from "./frameStep.js";

/** @import { Lesson } from "../lesson.js" */
/** @import { Row, Surface } from "../types.js" */

const AROUND = 7; // frames to either side of the chosen one
const BRACKET_ROWS = 3; // 25 ms every 10 ms: the fourth frame begins after the first has ended

export class Frames extends FrameStep {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "frames");
    const pick = this.frameSlider(this.words.control);
    this.controls = [pick.node];
    this.refresh = pick.refresh;
    this.pointer = this.framePointer((x, width) => {
      const [from, to] = this.span();
      const { hop, length } = this.sound.stages;
      return (from + ((x - 56) / (width - 72)) * (to - from) - length / 2) / hop;
    });
  }

  /** @override */
  right() {
    return 0;
  }

  /** @override */
  height() {
    return 296;
  }

  /** What is in sight. @returns {[number, number]} in samples */
  span() {
    const { hop, length } = this.sound.stages;
    const middle = this.state.frame * hop + length / 2;
    return [middle - AROUND * hop, middle + AROUND * hop];
  }

  /** @param {Surface} surface @override */
  draw(surface) {
    const { context, colours, width, height } = surface;
    const { samples, stages, numFrames } = this.sound;
    const { hop, length, rate } = stages;
    const chosen = this.state.frame;
    const [from, to] = this.span();
    const box = { left: 56, top: 24, width: width - 72, height: height - 140 };
    const first = Math.max(0, Math.floor(from));
    const part = samples.subarray(first, Math.max(first, Math.ceil(to)));
    const tall = Math.max(0.001, ...part.map(Math.abs));
    const { texts } = this;
    const seconds = (/** @type {number} */ at) =>
      texts.ui("seconds", { value: texts.number(at, 2) });
    const ticks = wordedTicks(Math.max(0, from) / rate, to / rate, seconds);
    const plot = new Plot(
      surface,
      box,
      { from, to, ticks: ticks.map(([at, text]) => [at * rate, text]) },
      { from: -tall, to: tall, ticks: [[0, "0"]] },
    );
    const start = plot.x(chosen * hop);
    context.fillStyle = colours.faint;
    context.fillRect(start, box.top, plot.x(chosen * hop + length) - start, box.height);
    plot.line(part, colours.accent, 1, (i) => first + i);
    plot.axes();
    const end = Math.min(numFrames, chosen + AROUND + 2);
    for (let frame = Math.max(0, chosen - AROUND - 2); frame < end; frame++) {
      this.drawBracket(plot, frame, frame === chosen ? colours.hot : colours.muted);
    }
  }

  /** @param {Plot} plot @param {number} frame @param {string} colour */
  drawBracket({ context, box, x }, frame, colour) {
    const { hop, length } = this.sound.stages;
    const y = box.top + box.height + 44 + (frame % BRACKET_ROWS) * 24;
    const [left, right] = [x(frame * hop), x(frame * hop + length)];
    if (right < box.left || left > box.left + box.width) return;
    context.save();
    context.beginPath();
    context.rect(box.left - 1, box.top, box.width + 2, 400);
    context.clip();
    context.strokeStyle = colour;
    context.lineWidth = frame === this.state.frame ? 3 : 1;
    context.beginPath();
    context.moveTo(left + 1, y - 6);
    context.lineTo(left + 1, y);
    context.lineTo(right - 1, y);
    context.lineTo(right - 1, y - 6);
    context.stroke();
    context.fillStyle = colour;
    context.textAlign = "center";
    context.textBaseline = "bottom";
    context.fillText(String(frame), (left + right) / 2, y - 1);
    context.restore();
  }

  /** @override */
  facts() {
    const { texts } = this;
    const { stages, samples, grid } = this.sound;
    const { hop, length, rate } = stages;
    const first = this.state.frame * hop;
    return {
      ...this.frameFacts(),
      first: texts.number(first),
      last: texts.number(first + length - 1),
      from: texts.number(first / rate, 3),
      to: texts.number((first + length) / rate, 3),
      naive: texts.number(Math.floor(samples.length / hop)),
      apart: texts.number(Math.floor(samples.length / length)),
      shared_ms: texts.number((1000 * (length - hop)) / rate),
      max_length: texts.number(grid.frames),
    };
  }

  /** @override */
  rows() {
    const { stages, samples, numFrames } = this.sound;
    /** @type {Row[]} */
    const rows = [];
    for (let frame = 0; frame < numFrames; frame += Math.max(1, Math.round(numFrames / 40))) {
      const first = frame * stages.hop;
      const loudest = Math.max(...samples.subarray(first, first + stages.length).map(Math.abs));
      rows.push([frame, first, first + stages.length - 1, this.texts.percent(loudest)]);
    }
    return rows;
  }
}
