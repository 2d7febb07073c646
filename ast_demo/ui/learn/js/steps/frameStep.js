// @ts-check
// What the steps share that look at one frame: a slider, arrow keys, dragging.

import { slider } from "../../../shared/dom.js";
import { clamp } from "../../../shared/numbers.js";
import { Step } from "./step.js";

/** @import { Lesson } from "../lesson.js" */
/** @import { Facts, PointerActions } from "../types.js" */

const CLICK_PIXELS = 4; // more is a drag

export class FrameStep extends Step {
  /** @param {Lesson} lesson @param {string} id */
  constructor(lesson, id) {
    super(lesson, id);
    this.keys = {
      ArrowLeft: () => this.go(this.state.frame - 1),
      ArrowRight: () => this.go(this.state.frame + 1),
      Home: () => this.go(0),
      End: () => this.go(Infinity),
    };
  }

  /** @param {number} frame */
  go(frame) {
    this.lesson.set({ frame: clamp(Math.round(frame), 0, this.sound.numFrames - 1) });
  }

  /** @param {string} title */
  frameSlider(title) {
    const made = slider(
      title,
      { min: 0, max: Math.max(0, this.sound.numFrames - 1), step: 1, value: this.state.frame },
      String,
      (frame) => this.lesson.set({ frame }),
    );
    return { node: made.node, refresh: () => made.set(this.state.frame) };
  }

  /**
   * A click goes to a frame, a drag moves the waveform along.
   * @param {(x: number, width: number) => number} frameAt
   * @returns {PointerActions}
   */
  framePointer(frameAt) {
    /** @type {{ x: number, frame: number, moved: boolean } | null} */
    let held = null;
    return {
      down: (x) => (held = { x, frame: this.state.frame, moved: false }),
      move: (x, _y, width) => {
        if (!held) return;
        held.moved ||= Math.abs(x - held.x) > CLICK_PIXELS;
        if (held.moved) this.go(held.frame - (frameAt(x, width) - frameAt(held.x, width)));
      },
      up: (x, _y, width) => {
        if (held && !held.moved) this.go(frameAt(x, width));
        held = null;
      },
      cancel: () => (held = null),
    };
  }

  /** @returns {Facts} */
  frameFacts() {
    const { texts } = this;
    const { hop, length, rate } = this.sound.stages;
    return {
      frame: texts.number(this.state.frame),
      hop: texts.number(hop),
      length: texts.number(length),
      window_ms: texts.number((1000 * length) / rate),
      hop_ms: texts.number((1000 * hop) / rate),
    };
  }
}
