// @ts-check
// A timeline's numbers, decoded, which labels get a row, and how events are listed.

import { decodeBytes } from "../../shared/numbers.js";

const FEW = 8;
const MANY = 40;
const LOWEST_CEILING = 0.2;
const LEAST = 0.1; // a label that never reaches it has no row, unless it has an event
export const NOTHING_KNOWN = "nothing it knows";

/**
 * @typedef {object} Event
 * @property {string} label
 * @property {number} start seconds
 * @property {number} end seconds
 * @property {number} peak
 * @property {number} peak_window
 */

/**
 * What the server tells of a recording.
 * @typedef {object} Facts
 * @property {string} [id] under which the server keeps it; none while it is being heard
 * @property {string} title
 * @property {string[]} labels
 * @property {number[]} peaks highest score of each label
 * @property {string} scores base64 of a byte for each window and label
 * @property {[number, number][]} windows start and end in seconds
 * @property {string[]} marks of each window: "silent", "gap" and others, or none
 * @property {number[]} levels of each window in dB
 * @property {[number, number][]} gaps stretches without numbers, in seconds
 * @property {number} seconds heard so far
 * @property {number} total seconds of the whole recording
 * @property {number} window_seconds
 * @property {number} hop_seconds
 * @property {number} threshold from which events are listed at first
 * @property {number} abstention score under which the best label is no answer
 * @property {string} model
 * @property {string[]} notes
 * @property {PackedOverview | null} overview
 */

/**
 * The small picture of the whole recording.
 * @typedef {object} PackedOverview
 * @property {number} columns
 * @property {number} rows
 * @property {number} column_seconds
 * @property {string} cells base64 of a byte a cell, column after column
 */

/** @typedef {{ columns: number, rows: number, seconds: number, cells: Uint8Array }} Overview */

/**
 * @typedef {object} Timeline
 * @property {Facts} facts as the server told them
 * @property {number} count windows
 * @property {number} ceiling score that is drawn at full strength
 * @property {(window: number, label: number) => number} scoreOf
 * @property {boolean[]} silent
 * @property {boolean[]} broken
 * @property {boolean[]} unknown its best score is under the model's threshold, silence aside
 * @property {Overview | null} overview
 */

/** @param {Facts} facts @returns {Timeline} */
export function decodeTimeline(facts) {
  const bytes = decodeBytes(facts.scores);
  const width = facts.labels.length;
  const silent = facts.marks.map((marks) => marks.includes("silent"));
  const best = (/** @type {number} */ window) =>
    Math.max(0, ...bytes.subarray(window * width, (window + 1) * width)) / 255;
  return {
    facts,
    count: facts.windows.length,
    // A recording without sure labels is not left pale.
    ceiling: Math.max(LOWEST_CEILING, ...facts.peaks),
    scoreOf: (window, label) => bytes[window * width + label] / 255,
    silent,
    broken: facts.marks.map((marks) => marks.includes("gap")),
    unknown: silent.map((is, window) => !is && best(window) < facts.abstention),
    overview: decodeOverview(facts.overview),
  };
}

/** @param {Facts["overview"]} overview @returns {Timeline["overview"]} */
function decodeOverview(overview) {
  if (!overview) return null;
  const { columns, rows, column_seconds, cells } = overview;
  return { columns, rows, seconds: column_seconds, cells: decodeBytes(cells) };
}

/**
 * Choose the labels that get a row: all that have an event, and the highest besides. The earliest
 * stands first.
 *
 * @param {Timeline} timeline
 * @param {Event[]} events
 * @param {boolean} all
 */
export function chooseRows(timeline, events, all) {
  const { facts, count, scoreOf, silent } = timeline;
  const named = new Set(events.map((event) => facts.labels.indexOf(event.label)));
  named.delete(-1);
  const best = [...facts.peaks.keys()].filter((label) => facts.peaks[label] >= LEAST);
  best.sort((a, b) => facts.peaks[b] - facts.peaks[a]);
  const chosen = [...new Set([...named, ...best.slice(0, all ? MANY : FEW)])];
  const half = (/** @type {number} */ label) => {
    for (let window = 0; window < count; window++) {
      if (!silent[window] && scoreOf(window, label) >= facts.peaks[label] / 2) return window;
    }
    return count;
  };
  const first = chosen.map((label) => ({ label, at: half(label) }));
  const more = best.slice(FEW).some((label) => !named.has(label));
  first.sort((a, b) => a.at - b.at);
  return { rows: first.map(({ label }) => label), more };
}

/**
 * Give each label a colour of its own, as a number from 0 to `colours` - 1; the same one in every
 * view and at every threshold.
 *
 * @param {Timeline} timeline
 * @param {number} colours
 * @returns {Map<string, number>}
 */
export function labelColours(timeline, colours) {
  const { labels, peaks } = timeline.facts;
  const ranked = [...labels.keys()].sort((a, b) => peaks[b] - peaks[a]);
  return new Map(ranked.map((label, rank) => [labels[label], rank % colours]));
}

/** @type {Record<string, (a: Event, b: Event) => number>} */
const ORDERS = {
  start: (a, b) => a.start - b.start,
  length: (a, b) => (b.end - b.start) - (a.end - a.start),
  label: (a, b) => a.label.localeCompare(b.label) || a.start - b.start,
  peak: (a, b) => b.peak - a.peak,
};

/**
 * The events whose label holds a text, in one of the orders "start", "length", "label", "peak".
 *
 * @param {Event[]} events
 * @param {string} text
 * @param {string} order
 */
export function listedEvents(events, text, order) {
  const wanted = text.trim().toLowerCase();
  return events.filter((event) => event.label.toLowerCase().includes(wanted)).sort(ORDERS[order]);
}

/**
 * A moment as a time of day, if it is known when the recording began.
 *
 * @param {number} seconds
 * @param {Date | null} began
 */
export function timeText(seconds, began) {
  if (!began) return clock(seconds);
  return new Date(began.getTime() + 1000 * seconds).toLocaleTimeString("sv");
}

/**
 * The window whose middle is nearest to a moment.
 * @param {Timeline} timeline
 * @param {number} seconds
 */
export function windowAt(timeline, seconds) {
  const { windows } = timeline.facts;
  let nearest = 0;
  let least = Infinity;
  for (let i = 0; i < windows.length; i++) {
    const distance = Math.abs((windows[i][0] + windows[i][1]) / 2 - seconds);
    if (distance < least) [nearest, least] = [i, distance];
  }
  return nearest;
}

/**
 * The best labels of a window with their scores.
 * @param {Timeline} timeline
 * @param {number} window
 * @param {number} most
 * @returns {[string, number][]}
 */
export function topLabels(timeline, window, most) {
  const labels = [...timeline.facts.labels.keys()];
  labels.sort((a, b) => timeline.scoreOf(window, b) - timeline.scoreOf(window, a));
  return labels.slice(0, most).map((
    label,
  ) => [timeline.facts.labels[label], timeline.scoreOf(window, label)]);
}

/** What is special about a window, in words. @param {Timeline} timeline @param {number} window */
export function windowMarks({ facts, unknown }, window) {
  const marks = [facts.marks[window], unknown[window] ? NOTHING_KNOWN : ""];
  return marks.filter(Boolean).join(" \u00b7 ");
}

/**
 * The stretches of windows that hold nothing the model knows, less what is shown over them.
 *
 * @param {Timeline} timeline
 * @param {{ from: number, to: number }[]} shown in seconds, in order, side by side
 * @returns {[number, number][]} in seconds
 */
export function unknownStretches({ facts, unknown }, shown) {
  /** @type {[number, number][]} */
  const runs = [];
  facts.windows.forEach(([start, end], window) => {
    if (!unknown[window]) return;
    const last = runs.at(-1);
    if (last && start <= last[1]) last[1] = end;
    else runs.push([start, end]);
  });
  let first = 0;
  return runs.flatMap(([start, end]) => {
    while (first < shown.length && shown[first].to <= start) first++;
    /** @type {[number, number][]} */
    const rest = [];
    let at = start;
    for (let i = first; i < shown.length && shown[i].from < end; i++) {
      if (shown[i].from > at) rest.push([at, shown[i].from]);
      at = shown[i].to;
    }
    if (at < end) rest.push([at, end]);
    return rest;
  });
}

/** Seconds as 1:02.3 or 1:02:03.4. @param {number} seconds @param {number} [digits] */
export function clock(seconds, digits = 1) {
  const rounded = Number(seconds.toFixed(digits)); // or 59.96 s would be 0:60.0
  const whole = Math.floor(rounded / 60);
  const rest = (rounded - 60 * whole).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  if (whole < 60) return `${whole}:${rest}`;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}:${rest}`;
}
