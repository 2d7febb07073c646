// @ts-check
// The table of what was heard, the newest on top: to be played, and saved with its sound.

import { button, make, partOf, setText } from "../../shared/dom.js";
import { saveFile } from "../../shared/saveFile.js";
import { durationText, entriesAsCsv, Heard } from "./heard.js";

/** @import { Entry } from "./heard.js" */

const LEAD_SECONDS = 1.5; // played before a sound was found: a window must hold some of it first
const TAIL_SECONDS = 1;
const LEAST_SECONDS = 2; // played

export class EventLog {
  /**
   * @param {HTMLElement} section
   * @param {object} on
   * @param {(name: string, start?: number, end?: number) => File | null} on.sound that is kept
   * @param {(file: File) => void} on.play
   */
  constructor(section, on) {
    this.table = partOf(section, "table");
    this.body = partOf(section, "tbody");
    this.nothing = partOf(section, ".live-nothing");
    this.on = on;
    /** @type {string[]} */
    this.labels = [];
    this.windowSeconds = 0;
    this.heard = new Heard([], 0.4);
    /** @type {Map<Entry, { row: HTMLElement, cells: HTMLElement[] }>} */
    this.rows = new Map();
    this.saves = make("div", "in-buttons");
    this.saves.append(
      button("Save list (CSV)", () => this.saveList(), { class: "in-button" }),
      button("Save sound (WAV)", () => this.saveSound(), { class: "in-button" }),
    );
    section.append(this.saves);
    this.tell();
  }

  /** @param {{ labels: string[], silence: number[], window_seconds: number }} facts */
  begin({ labels, silence, window_seconds }) {
    this.labels = labels;
    this.windowSeconds = window_seconds;
    this.heard = new Heard(silence, this.heard.threshold);
    this.clear();
  }

  clear() {
    this.heard.clear();
    this.rows.clear();
    this.body.replaceChildren();
    this.tell();
  }

  /** What comes next does not continue what came before, see Heard. */
  cut() {
    this.heard.cut();
    for (const entry of this.heard.entries) this.show(entry);
  }

  /** @param {number[]} numbers labels to list; all if empty */
  watch(numbers) {
    this.heard.watched = numbers;
  }

  /** @param {number} score */
  setThreshold(score) {
    this.heard.setThreshold(score);
    for (const entry of this.heard.entries) this.show(entry);
    this.tell();
  }

  /**
   * Take the scores of a window, see Heard.
   * @param {number} at
   * @param {number} windowSeconds
   * @param {Uint8Array} scores
   * @param {boolean} silent
   */
  add(at, windowSeconds, scores, silent) {
    for (const entry of this.heard.add(at, windowSeconds, scores, silent)) this.show(entry);
    for (const [entry, { row }] of this.rows) {
      if (this.heard.entries.includes(entry)) continue; // the oldest were forgotten
      row.remove();
      this.rows.delete(entry);
    }
    this.tell();
  }

  /** @param {Entry} entry */
  show(entry) {
    const cells = this.rows.get(entry)?.cells ?? this.newRow(entry);
    setText(cells[2], durationText(entry, this.windowSeconds));
    setText(cells[4], entry.peak.toFixed(2));
  }

  /** @param {Entry} entry */
  newRow(entry) {
    const time = entry.clock.toLocaleTimeString([], { hour12: false });
    const label = this.labels[entry.label];
    const row = make("tr");
    const cells = ["", "in-number", "in-number", "", "in-number"].map((kind) => make("td", kind));
    cells[0].append(
      button("Play", () => this.play(entry), {
        class: "in-chip",
        "aria-label": `Play ${label} at ${time}`,
      }),
    );
    setText(cells[1], time);
    setText(cells[3], label);
    row.append(...cells);
    this.body.prepend(row);
    this.rows.set(entry, { row, cells });
    return cells;
  }

  /** @param {Entry} entry */
  play(entry) {
    const end = Math.max(entry.end + TAIL_SECONDS, entry.from + LEAST_SECONDS - LEAD_SECONDS);
    const file = this.on.sound("heard.wav", entry.from - LEAD_SECONDS, end);
    if (file) this.on.play(file);
  }

  saveList() {
    const csv = entriesAsCsv(this.heard.entries, this.labels);
    saveFile(new File([csv], `${this.fileName()}.csv`, { type: "text/csv" }));
  }

  saveSound() {
    const file = this.on.sound(`${this.fileName()}.wav`);
    if (file) saveFile(file);
  }

  fileName() {
    const first = this.heard.entries.at(-1)?.clock ?? new Date();
    return `heard ${first.toLocaleDateString("sv")} ${
      first.toLocaleTimeString("sv").replaceAll(":", ".")
    }`;
  }

  tell() {
    const some = this.heard.entries.length > 0;
    setText(this.nothing, some ? "" : `Nothing above ${this.heard.threshold.toFixed(2)} so far.`);
    this.table.hidden = !some;
    this.saves.hidden = !some;
  }

  /** What a test looks at. */
  get entries() {
    return this.heard.entries.map(({ label, peak, from, end }) => ({
      label: this.labels[label],
      peak,
      from,
      end,
    }));
  }
}
