// The row of controls: threshold, zoom, rows, downloads; and the step from window to window.

import { button, make, segmented, setText, slider } from "../../shared/dom.js";

const SETTLED_MILLISECONDS = 150; // after which a threshold that moves counts
const FILES = [
  ["csv", "CSV", "Every window with every score"],
  ["json", "JSON", "Windows, scores, events and notes"],
  ["audacity", "Label track", "Events for Audacity or Sonic Visualiser"],
];

// on: { threshold(score), rows(), download(kind) }
export function makeControls(row, threshold, stage, on) {
  let waiting = 0;
  const score = slider(
    "events from a score of",
    { min: 0.05, max: 0.95, step: 0.05, value: threshold },
    (value) => value.toFixed(2),
    (value) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => on.threshold(value), SETTLED_MILLISECONDS);
    },
  );
  const zoom = make("div", "in-buttons");
  zoom.append(
    button("\u2212", stage.farther, { class: "in-button", "aria-label": "Zoom out" }),
    button("+", stage.closer, { class: "in-button", "aria-label": "Zoom in" }),
    button("Whole", stage.whole, { class: "in-button" }),
  );
  const rows = button("More labels", on.rows, { class: "in-button" });
  const files = make("div", "in-buttons");
  files.append(
    ...FILES.map(([kind, text, title]) =>
      button(text, () => on.download(kind), { class: "in-button", title })
    ),
  );
  row.append(score.node, zoom, rows, files);
  return {
    setThreshold: score.set,
    setRows(all, more) {
      rows.hidden = !more;
      setText(rows, all ? "Fewer labels" : "More labels");
    },
  };
}

export function makeOverlap(place, onChange) {
  const choices = [["1", "1 window"], ["2", "\u00bd"], ["4", "\u00bc"]];
  const overlap = segmented("step (hop)", choices, "2", (value) => onChange(Number(value)));
  place.append(overlap.node);
}

// Hands a text to the browser as a file.
export function saveFile({ name, type, text }) {
  const link = make("a", "", "", {
    href: URL.createObjectURL(new Blob([text], { type })),
    download: name,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
