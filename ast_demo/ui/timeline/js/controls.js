// @ts-check
// The row of controls: threshold, zoom, rows, downloads; and the step from window to window.

import { button, make, segmented, setText, slider } from "../../shared/dom.js";

const SETTLED_MILLISECONDS = 150; // after which a threshold that moves counts
const FILES = [
  ["csv", "CSV", "Every window with every score"],
  ["json", "JSON", "Windows, scores, events and notes"],
  ["audacity", "Label track", "Events for Audacity or Sonic Visualiser"],
];

/**
 * @param {HTMLElement} row
 * @param {number} threshold
 * @param {{ closer: () => void, farther: () => void, whole: () => void }} stage
 * @param {object} on
 * @param {(score: number) => void} on.threshold
 * @param {() => void} on.rows
 * @param {(kind: string) => void} on.download
 * @param {() => void} on.stop
 */
export function makeControls(row, threshold, stage, on) {
  let waiting = 0;
  const score = slider(
    "Minimum score",
    { min: 0.05, max: 0.95, step: 0.05, value: threshold },
    (value) => value.toFixed(2),
    (value) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => on.threshold(value), SETTLED_MILLISECONDS);
    },
  );
  const zoom = make("div", "in-buttons");
  zoom.append(
    button("\u2212", () => stage.farther(), { class: "in-button", "aria-label": "Zoom out" }),
    button("+", () => stage.closer(), { class: "in-button", "aria-label": "Zoom in" }),
    button("Show all", () => stage.whole(), { class: "in-button" }),
  );
  const rows = button("More labels", on.rows, { class: "in-button" });
  const stop = button("Stop playing", on.stop, { class: "in-button", hidden: "" });
  row.append(score.node, zoom, rows, makeFiles(on.download), stop);
  return {
    setThreshold: score.set,
    /** @param {boolean} all @param {boolean} more whether there are more */
    setRows(all, more) {
      rows.hidden = !more;
      setText(rows, all ? "Fewer labels" : "More labels");
    },
    /** @param {boolean} playing */
    setPlaying(playing) {
      stop.hidden = !playing;
    },
  };
}

/** @param {(kind: string) => void} download */
function makeFiles(download) {
  const files = make("div", "in-buttons");
  for (const [kind, text, title] of FILES) {
    files.append(button(text, () => download(kind), { class: "in-button", title }));
  }
  return files;
}

/**
 * @param {HTMLElement} place
 * @param {(overlap: number) => void} onChange
 */
export function makeOverlap(place, onChange) {
  const choices = [["1", "1 window"], ["2", "\u00bd"], ["4", "\u00bc"]];
  const overlap = segmented("Hop", choices, "2", (value) => onChange(Number(value)));
  place.append(overlap.node);
}
