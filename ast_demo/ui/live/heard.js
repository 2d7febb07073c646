// What was heard: an entry each time a label rose above the threshold, the newest on top.

import { make } from "./dom.js";

const OFF_SHARE = 0.6; // of the threshold: an entry ends below it, as events of a timeline do
const MOST = 100;

export function makeHeard(section, table, nothing) {
  let labels = [];
  let open = new Map(); // label -> entry that still goes on
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
    entries = [];
    table.replaceChildren();
    tell();
  }

  function tell() {
    nothing.textContent = entries.length ? "" : `Nothing above ${threshold.toFixed(2)} so far.`;
    table.parentElement.hidden = !entries.length;
  }

  function add(at, scores, silent) {
    for (let label = 0; label < scores.length; label++) {
      const score = silent ? 0 : scores[label] / 255;
      const entry = open.get(label);
      if (entry) {
        if (score >= OFF_SHARE * threshold) extend(entry, at, score);
        else open.delete(label);
      } else if (score >= threshold && counts(label)) {
        enter(label, at, score);
      }
    }
  }

  function counts(label) {
    return watched.length ? watched.includes(label) : !quiet.includes(label);
  }

  function enter(label, at, score) {
    const row = make("tr");
    const entry = { label, from: at, peak: score, clock: new Date(), cells: [] };
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
      tell();
    },
    get entries() {
      return entries.map(({ label, peak, from }) => ({ label: labels[label], peak, from }));
    },
  };
}
