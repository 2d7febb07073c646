// @ts-check
// How loud it is, how fast labels follow, and how long the stream may go on.

import { setText } from "../../shared/dom.js";
import { clamp, median } from "../../shared/numbers.js";

/** @import { Answer } from "./types.js" */

const LEVELS = [-80, 0]; // dB shown by the meter
const PACE_UPDATES = 9; // over which pace and delay are told
const LAGS_KEPT = 2000;

/** @param {number} level dB */
export function decibels(level) {
  return `${Math.round(level)} dB`.replace("-", "\u2212");
}

export class Gauges {
  /** @param {(name: string) => HTMLElement} part finds a part of the view */
  constructor(part) {
    this.part = part;
    /** @type {number[]} */
    this.lags = []; // milliseconds from sound to label
    /** @type {number[]} */
    this.updates = []; // when answers came
  }

  clear() {
    this.lags = [];
    this.updates = [];
  }

  /** Show that nothing is measured. */
  rest() {
    this.meter(LEVELS[0]);
  }

  /** @param {number} level dB under which it counts as silence */
  placeFloor(level) {
    this.part("floor").style.left = share(level);
  }

  /** @param {number} level dB */
  meter(level) {
    this.part("level").style.width = share(level);
    this.part("meter").setAttribute("aria-valuenow", String(Math.round(level)));
    setText(this.part("decibel"), decibels(level));
  }

  /**
   * Count an answer.
   *
   * @param {{ scores: string | null, level: number }} answer
   * @param {number} spoken when the first sample of the answered chunk was
   */
  count(answer, spoken) {
    const now = performance.now();
    this.updates = [...this.updates.slice(1 - PACE_UPDATES), now];
    if (answer.scores) this.lags = [...this.lags.slice(1 - LAGS_KEPT), now - spoken];
    this.meter(answer.level);
  }

  /** In words; a slow server's delay is told as it is now. @param {Answer} answer */
  told(answer) {
    const { updates, lags } = this;
    const rate = updates.length > 1
      ? (updates.length - 1) / ((updates[updates.length - 1] - updates[0]) / 1000)
      : 0;
    const delay = median(lags.slice(rate > 1 ? -PACE_UPDATES : -1)) / 1000;
    const { model } = answer.timings;
    return [
      `delay ${delay.toFixed(2)} s`,
      `${rate.toFixed(1)} updates a second`,
      model ? `model ${model.toFixed(0)} ms` : answer.silent ? "model idle" : "model busy",
      `auto-stop in ${clock(Math.max(0, answer.seconds_left))}`,
    ].join(" \u00b7 ");
  }
}

/** @param {number} level dB */
function share(level) {
  return `${100 * clamp((level - LEVELS[0]) / (LEVELS[1] - LEVELS[0]), 0, 1)}%`;
}

/** @param {number} seconds */
function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
