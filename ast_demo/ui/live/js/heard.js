// @ts-check
// What was heard: an entry each time a label rose above the threshold.
//
// A label is entered when two updates in a row have found it: the first half of a word may be
// another word, and one update may err. A window finds a sound for as long as it holds any of it,
// which is longer than the sound: so an entry begins where the first window that found it ends, and
// ends where the last one begins.

const OFF_SHARE = 0.6; // of the threshold: an entry ends below it, as events of a timeline do
const UNFOUND_SHARE = 0.1; // of the window that a sound fills before it is found
const MOST = 100;
const RARE_SECONDS = 1; // updates that are farther apart count alone

/**
 * @typedef {object} Entry
 * @property {number} label its number
 * @property {number} from seconds of the stream at which it was found first
 * @property {number} end seconds of the stream until which it surely lasted
 * @property {number} peak highest score
 * @property {boolean} open the latest window still finds it
 * @property {Date} clock when it was found first
 */

export class Heard {
  /**
   * @param {number[]} silence labels that say silence, which is nothing to be heard
   * @param {number} threshold score from which a label counts
   */
  constructor(silence, threshold) {
    this.silence = silence;
    this.threshold = threshold;
    /** @type {number[]} labels that are listed; all if none is named */
    this.watched = [];
    /** @type {Entry[]} */
    this.entries = []; // the newest first
    this.looked = -Infinity; // seconds of the stream at the update before
    /** @type {Map<number, { from: number, peak: number }>} */
    this.found = new Map(); // by the update before, not entered yet
  }

  clear() {
    this.entries = [];
    this.looked = -Infinity;
    this.found.clear();
  }

  /** @param {number} threshold */
  setThreshold(threshold) {
    this.threshold = threshold;
    this.cut();
  }

  /** What comes next does not continue what came before: no entry lasts beyond here. */
  cut() {
    this.found.clear();
    for (const entry of this.entries) entry.open = false;
  }

  /**
   * Take the scores of a window.
   *
   * @param {number} at seconds of the stream at its end
   * @param {number} windowSeconds of sound that it holds
   * @param {Uint8Array} scores 0 to 255
   * @param {boolean} silent whether it holds nothing
   * @returns {Entry[]} entries that are new or changed
   */
  add(at, windowSeconds, scores, silent) {
    const rare = at - this.looked > RARE_SECONDS;
    const before = this.found;
    const open = new Map(this.entries.filter((one) => one.open).map((one) => [one.label, one]));
    /** @type {Entry[]} */
    const changed = [];
    this.found = new Map();
    this.looked = at;
    for (let label = 0; label < scores.length; label++) {
      const score = silent ? 0 : scores[label] / 255;
      let entry = open.get(label);
      if (entry && score < OFF_SHARE * this.threshold) {
        entry.open = false;
        changed.push(entry);
        continue;
      }
      if (!entry) {
        if (score < this.threshold || !this.counts(label)) continue;
        const first = before.get(label) ?? (rare ? { from: at, peak: score } : null);
        if (first) entry = this.enter(label, first, at);
        else this.found.set(label, { from: at, peak: score });
      }
      if (!entry) continue;
      entry.peak = Math.max(entry.peak, score);
      entry.end = Math.max(entry.end, at - windowSeconds);
      changed.push(entry);
    }
    return changed;
  }

  /** @param {number} label */
  counts(label) {
    return this.watched.length ? this.watched.includes(label) : !this.silence.includes(label);
  }

  /** @param {number} label @param {{ from: number, peak: number }} first @param {number} at */
  enter(label, { from, peak }, at) {
    const clock = new Date(Date.now() - 1000 * (at - from));
    const entry = { label, from, end: from, peak, open: true, clock };
    this.entries.unshift(entry);
    this.entries.length = Math.min(this.entries.length, MOST);
    return entry;
  }
}

/**
 * How long a sound lasted, in words; while the window holds it, only that is known.
 *
 * A window must hold some of a sound before it finds it, so the sound is longer at both ends.
 *
 * @param {Entry} entry
 * @param {number} windowSeconds
 */
export function durationText(entry, windowSeconds) {
  const sure = entry.end - entry.from;
  if (entry.open && sure <= 0) return `in the last ${Math.ceil(windowSeconds - 0.5)} s`;
  const least = UNFOUND_SHARE * windowSeconds;
  const seconds = sure + 2 * least;
  const about = sure < 2 * least
    ? `under ${Math.ceil(4 * least)} s`
    : `about ${Math.round(seconds)} s`;
  return entry.open ? `${about}, goes on` : about;
}

/**
 * The entries as a table for a spreadsheet, the oldest first.
 *
 * @param {Entry[]} entries
 * @param {string[]} labels
 */
export function entriesAsCsv(entries, labels) {
  const lines = entries.map((entry) =>
    [
      entry.clock.toISOString(),
      entry.from.toFixed(2),
      (entry.end - entry.from).toFixed(2),
      csvText(labels[entry.label]),
      entry.peak.toFixed(3),
    ].join(",")
  ).reverse();
  const names = "time,first_heard_seconds,least_duration_seconds,label,highest_score";
  return `\ufeff${[names, ...lines].join("\r\n")}\r\n`; // the mark tells Excel that it is UTF-8
}

/** Quoted; a spreadsheet must not take a label for a formula. @param {string} text */
function csvText(text) {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${plain.replaceAll('"', '""')}"`;
}
