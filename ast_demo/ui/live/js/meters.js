// How loud it is, how fast labels follow, and how long the stream may go on.

import { setText } from "../../shared/dom.js";
import { clamp, median } from "../../shared/numbers.js";

const LEVELS = [-80, 0]; // dB shown by the meter
const PACE_UPDATES = 9; // over which pace and lag are told
const LAGS_KEPT = 2000;

export function decibels(level) {
  return `${Math.round(level)} dB`.replace("-", "\u2212");
}

export function makeGauges(part) {
  const gauges = { lags: [], updates: [] }; // milliseconds from sound to label; when answers came

  function place(node, property, level) {
    part(node).style[property] = `${
      100 * clamp((level - LEVELS[0]) / (LEVELS[1] - LEVELS[0]), 0, 1)
    }%`;
  }

  function meter(level) {
    place("level", "width", level);
    part("meter").setAttribute("aria-valuenow", Math.round(level));
    setText(part("decibel"), decibels(level));
  }

  // `spoken`: when the first sample of the answered chunk was.
  function count(answer, spoken) {
    const now = performance.now();
    gauges.updates = [...gauges.updates.slice(1 - PACE_UPDATES), now];
    if (answer.scores) gauges.lags = [...gauges.lags.slice(1 - LAGS_KEPT), now - spoken];
    meter(answer.level);
  }

  // In words; a slow server's lag is told as it is now.
  function told(answer) {
    const { updates, lags } = gauges;
    const rate = updates.length > 1
      ? (updates.length - 1) / ((updates.at(-1) - updates[0]) / 1000)
      : 0;
    const lag = median(lags.slice(rate > 1 ? -PACE_UPDATES : -1)) / 1000;
    const { model } = answer.timings;
    return [
      `lag ${lag.toFixed(2)} s`,
      `${rate.toFixed(1)} updates a second`,
      model ? `model ${model.toFixed(0)} ms` : answer.silent ? "model rests" : "model busy",
      `stops in ${clock(Math.max(0, answer.seconds_left))}`,
    ].join(" \u00b7 ");
  }

  return Object.assign(gauges, {
    count,
    told,
    placeFloor: (level) => place("floor", "left", level),
    clear() {
      gauges.lags = [];
      gauges.updates = [];
    },
    rest: () => meter(LEVELS[0]),
  });
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
