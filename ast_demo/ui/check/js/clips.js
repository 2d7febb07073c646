// @ts-check
// Labelled clips: a confusion matrix whose cells can be heard, the worst clips, and the thresholds
// from which a label is right often enough.

import { button, make } from "../../shared/dom.js";
import { folded, heading, percent, score, table } from "./tables.js";

/** @import { ClipRow, Clips, Report } from "./types.js" */

/** @typedef {{ play(clip: string): void, open(clip: string): void }} ClipActions */

const ROWS = 25;

/** @param {HTMLElement} section @param {Report} report @param {ClipActions} on */
export function showClips(section, report, on) {
  const { clips } = report;
  section.hidden = !clips;
  if (!clips) return;
  const [low, high] = clips.top1_interval_95;
  const words = [
    `${clips.clips} clips of ${clips.labels} labels: top-1 ${percent(clips.top1)}`,
    `(${percent(low)} to ${percent(high)}), top-3 ${percent(clips.top3)},`,
    `mAP ${clips.mean_average_precision.toFixed(3)}.`,
  ].join(" ");
  const chosen = make("div", "ck-cell");
  const worst = clips.rows.filter((row) => !row.right);
  section.replaceChildren(
    ...heading("Many clips", words),
    notices(clips),
    matrix(clips, (rows, title) => chosen.replaceChildren(clipTable(rows, title, on))),
    chosen,
    worst.length
      ? clipTable(worst.slice(0, ROWS), "worst first", on)
      : make("p", "", "Every clip was named rightly."),
    askTable(clips),
    folded("every class", classTable(clips)),
  );
}

/** What is worth a second look, in sentences. @param {Clips} clips */
function notices(clips) {
  const list = make("ul", "ck-list");
  const say = (/** @type {string} */ text) => list.append(make("li", "", text));
  if (clips.trained_on.length) {
    say(
      `${clips.trained_on.length} clips are named in the model's credits: it may have been ` +
        "trained on them.",
    );
  }
  for (const [a, b] of clips.swapped) {
    say(`${a} and ${b} look swapped: most clips carry the other's name.`);
  }
  if (clips.label_errors.length) {
    say(
      `Sure of another label, which may be a label error: ${
        clips.label_errors.slice(0, 10).join(", ")
      }.`,
    );
  }
  for (const [label, close] of Object.entries(clips.unknown_labels)) {
    say(
      `Left out, since the model does not know the label ${label}${
        close.length ? `; closest: ${close.join(", ")}` : ""
      }.`,
    );
  }
  for (const { clip, reason } of clips.unreadable.slice(0, ROWS)) {
    say(`Not read: ${clip}: ${reason}`);
  }
  return list;
}

/**
 * Rows are the true labels, columns those that the model gave; each cell lists its clips.
 * @param {Clips} clips
 * @param {(rows: ClipRow[], title: string) => void} onChoice
 */
function matrix(clips, onChoice) {
  const { labels, counts } = clips.confusion;
  const box = make("div", "in-scroll ck-table", "", {
    tabindex: "0",
    role: "region",
    "aria-label": "Confusion matrix",
  });
  const grid = make("table", "ck-matrix");
  const head = make("tr");
  head.append(
    make("th", "", "is \u2193 called \u2192"),
    ...labels.map((label) => make("th", "ck-column", label, { scope: "col" })),
  );
  grid.append(head);
  labels.forEach((label, i) => {
    const row = make("tr");
    const all = counts[i].reduce((sum, count) => sum + count, 0);
    row.append(
      make("th", "", label, { scope: "row" }),
      ...labels.map((called, j) => {
        const isIn = (/** @type {ClipRow} */ clip) =>
          clip.labels[0] === label && clip.best === called;
        const title = `${label}, called ${called}`;
        const choose = () => onChoice(clips.rows.filter(isIn), title);
        return cell(title, counts[i][j], all, choose);
      }),
    );
    grid.append(row);
  });
  box.append(grid);
  return box;
}

/**
 * @param {string} title
 * @param {number} count
 * @param {number} all of the row
 * @param {() => void} choose
 */
function cell(title, count, all, choose) {
  const node = make("td");
  if (!count) return node;
  node.style.setProperty("--share", `${count / all}`);
  const words = `${count} clips: ${title}`;
  node.append(button(`${count}`, choose, { class: "ck-count", "aria-label": words }));
  return node;
}

/** @param {ClipRow[]} rows @param {string} title @param {ClipActions} on */
function clipTable(rows, title, on) {
  const cells = rows.map((row) => [
    button("Play", () => on.play(row.clip), { class: "in-chip", "aria-label": `Play ${row.clip}` }),
    row.clip,
    row.labels.join(", "),
    `${row.best} ${score(row.score)}`,
    score(row.true_score),
    button("Explore", () => on.open(row.clip), {
      class: "in-chip",
      "aria-label": `Open ${row.clip} in Explore`,
    }),
  ]);
  return table(["listen", "clip", "is", "called", "score of its own label", "open"], cells, title);
}

/** @param {Clips} clips */
function askTable(clips) {
  const rows = clips.score_to_ask.map((row) => [
    row.label ?? "any label",
    row.score === null ? "none reaches it" : score(row.score),
    row.clips ? `${row.right} of ${row.clips}` : "",
  ]);
  return table(
    ["label", "score to ask for", "right above it"],
    rows,
    "so that at least 90 % are right, by the lower end of a 95 % interval",
  );
}

/** @param {Clips} clips */
function classTable(clips) {
  const rows = clips.per_class.map((
    row,
  ) => [
    row.label,
    `${row.clips}`,
    percent(row.recall),
    percent(row.precision),
    row.average_precision.toFixed(3),
  ]);
  return table(["label", "clips", "recall", "precision", "average precision"], rows);
}
