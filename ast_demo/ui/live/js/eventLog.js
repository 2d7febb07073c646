// What was heard: an entry each time a label rose above the threshold, the newest on top.
//
// A label is entered when two looks in a row have found it: the first half of a word may be another
// word, and one look may err.

import { make } from "../../shared/dom.js";

const OFF_SHARE = 0.6; // of the threshold: an entry ends below it, as events of a timeline do
const MOST = 100;
const RARE_SECONDS = 1; // looks that are farther apart each count

export function makeHeard(table, nothing) {
  let labels = [];
  const open = new Map(); // label -> entry that still goes on
  let found = new Map(); // label -> { at, score } of the look before, if it is to be seen again
  let looked = -Infinity; // seconds of the look before
  let entries = [];
  let threshold = 0.4;
  let watched = [];
  let quiet = []; // labels that say silence, which is nothing to be heard

  function begin(names, silence) {
    labels = names;
    quiet = silence;
    watched = [];
    clear();
  }

  function clear() {
    open.clear();
    found.clear();
    looked = -Infinity;
    entries = [];
    table.replaceChildren();
    tell();
  }

  function tell() {
    nothing.textContent = entries.length ? "" : `Nothing above ${threshold.toFixed(2)} so far.`;
    table.parentElement.hidden = !entries.length;
  }

  function add(at, scores, silent) {
    const rare = at - looked > RARE_SECONDS;
    const before = found;
    found = new Map();
    looked = at;
    for (let label = 0; label < scores.length; label++) {
      const score = silent ? 0 : scores[label] / 255;
      const entry = open.get(label);
      if (entry) {
        if (score >= OFF_SHARE * threshold) extend(entry, at, score);
        else open.delete(label);
      } else if (score >= threshold && counts(label)) {
        const first = before.get(label) ?? (rare ? { at, score } : null);
        if (first) enter(label, first, at, score);
        else found.set(label, { at, score });
      }
    }
  }

  function counts(label) {
    return watched.length ? watched.includes(label) : !quiet.includes(label);
  }

  function enter(label, first, at, score) {
    const row = make("tr");
    const entry = { label, from: first.at, peak: first.score, clock: new Date(), cells: [] };
    for (const kind of ["in-number", "in-number", "", "in-number"]) {
      const cell = make("td", kind);
      entry.cells.push(cell);
      row.append(cell);
    }
    entry.cells[0].textContent = entry.clock.toLocaleTimeString([], { hour12: false });
    entry.cells[2].textContent = labels[label];
    open.set(label, entry);
    entries.unshift(entry);
    table.prepend(row);
    extend(entry, at, score);
    while (entries.length > MOST) {
      entries.pop();
      table.lastChild.remove();
    }
    tell();
  }

  function extend(entry, at, score) {
    entry.peak = Math.max(entry.peak, score);
    const lasted = (at - entry.from).toFixed(1);
    entry.cells[1].textContent = lasted > 0 ? `${lasted} s` : "a moment";
    entry.cells[3].textContent = entry.peak.toFixed(2);
  }

  return {
    begin,
    add,
    clear,
    watch(numbers) {
      watched = numbers;
    },
    setThreshold(value) {
      threshold = value;
      open.clear();
      found.clear();
      tell();
    },
    get entries() {
      return entries.map(({ label, peak, from }) => ({ label: labels[label], peak, from }));
    },
  };
}
