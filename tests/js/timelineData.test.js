import {
  chooseRows,
  clock,
  decodeTimeline,
  labelColours,
  listedEvents,
  timeText,
  unknownStretches,
  windowAt,
  windowMarks,
} from "../../ast_demo/ui/timeline/js/timelineData.js";
import { equal } from "./assert.js";

const LABELS = Array.from({ length: 12 }, (_, label) => `label ${label}`);

// Twelve labels in three windows of 2 s; label n reaches a score of (n + 1) / 20.
function timeline(abstention = 0) {
  const peaks = LABELS.map((_, label) => (label + 1) / 20);
  const scores = [0, 1, 2].flatMap((window) =>
    peaks.map((peak) => Math.round(window === 1 ? 255 * peak : 0))
  );
  return decodeTimeline({
    labels: LABELS,
    peaks,
    scores: btoa(String.fromCharCode(...scores)),
    windows: [[0, 2], [1, 3], [2, 4]],
    marks: ["", "", "silent"],
    abstention,
    overview: null,
  });
}

const EVENTS = [
  { label: "label 0", start: 3, end: 4, peak: 0.4, peak_window: 1 },
  { label: "label 9", start: 1, end: 9, peak: 0.5, peak_window: 1 },
  { label: "label 11", start: 2, end: 4, peak: 0.9, peak_window: 1 },
];

Deno.test("every label that has an event has a row, however low it stands", () => {
  const { rows, more } = chooseRows(timeline(), EVENTS, false);
  equal(rows.includes(0), true);
  equal([rows.length, more], [9, true]);
});

Deno.test("without events the highest labels have rows", () => {
  equal(chooseRows(timeline(), [], false).rows.toSorted((a, b) => a - b), [
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
  ]);
});

Deno.test("a label keeps its colour", () => {
  const colours = labelColours(timeline(), 10);
  equal([colours.get("label 11"), colours.get("label 10"), colours.get("label 1")], [0, 1, 0]);
});

Deno.test("events are filtered by their label and sorted", () => {
  const starts = (text, order) => listedEvents(EVENTS, text, order).map((event) => event.start);
  equal(starts("", "start"), [1, 2, 3]);
  equal(starts("", "length"), [1, 2, 3]);
  equal(starts("", "peak"), [2, 1, 3]);
  equal(starts("LABEL 1", "start"), [2]);
});

Deno.test("moments are times of the recording, or of the day if its beginning is known", () => {
  equal(timeText(75.25, null), "1:15.3");
  equal(timeText(75, new Date(2026, 10, 25, 23, 59, 0)), "00:00:15");
  equal([clock(3725.04), clock(59.9, 0)], ["1:02:05.0", "1:00"]);
});

Deno.test("the window whose middle is nearest is meant", () => {
  equal([windowAt(timeline(), 0), windowAt(timeline(), 2.1), windowAt(timeline(), 9)], [0, 1, 2]);
});

Deno.test("a window under the model's threshold holds nothing it knows, silence is silence", () => {
  equal([0, 1, 2].map((window) => windowMarks(timeline(0.5), window)), [
    "nothing it knows",
    "",
    "silent",
  ]);
});

Deno.test("what holds nothing that is known is told where nothing else is shown", () => {
  const windows = [[0, 4], [2, 6], [4, 8], [6, 10], [12, 16]];
  const unknown = [true, true, false, true, true];
  const stretches = (shown) => unknownStretches({ facts: { windows }, unknown }, shown);
  equal(stretches([]), [[0, 10], [12, 16]]);
  equal(stretches([{ from: 5, to: 7 }, { from: 9, to: 13 }]), [[0, 5], [7, 9], [13, 16]]);
  equal(stretches([{ from: 0, to: 3 }, { from: 3, to: 20 }]), []);
});
