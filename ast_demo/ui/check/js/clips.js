// @ts-check
// Labelled clips: a confusion matrix whose cells play and open, the worst first, scores to ask for.

import { button, make } from "../../shared/dom.js";
import { folded, heading, percent, score, table } from "./tables.js";

const ROWS = 25;

/** @param {{ play(clip: string): void, open(clip: string): void }} on */
export function showClips(section, report, on) {
  const clips = report.clips;
  section.hidden = !clips;
  if (!clips) return;
  const [low, high] = clips.top1_interval_95;
  const words = `${clips.clips} clips of ${clips.labels} labels: top-1 ${percent(clips.top1)} (${
    percent(low)
  } to ${percent(high)}), top-3 ${percent(clips.top3)}, mAP ${
    clips.mean_average_precision.toFixed(3)
  }.`;
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

function notices(clips) {
  const list = make("ul", "ck-list");
  const say = (text) => list.append(make("li", "", text));
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

// Rows are what clips are, columns what they are called; each cell lists its clips.
function matrix(clips, chosen) {
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
      ...labels.map((called, j) => cell(label, called, counts[i][j], all)),
    );
    grid.append(row);
  });
  box.append(grid);
  return box;

  function cell(label, called, count, all) {
    const node = make("td");
    if (!count) return node;
    node.style.setProperty("--share", `${count / all}`);
    const title = `${label}, called ${called}`;
    const rows = () => clips.rows.filter((row) => row.labels[0] === label && row.best === called);
    node.append(
      button(`${count}`, () => chosen(rows(), title), {
        class: "ck-count",
        "aria-label": `${count} clips: ${title}`,
      }),
    );
    return node;
  }
}

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

function askTable(clips) {
  const rows = clips.score_to_ask.map((row) => [
    row.label ?? "any label",
    row.score === null ? "none reaches it" : score(row.score),
    `${row.right} of ${row.clips}`,
  ]);
  return table(
    ["label", "score to ask for", "right above it"],
    rows,
    "so that at least 90 % are right, by the lower end of a 95 % interval",
  );
}

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
