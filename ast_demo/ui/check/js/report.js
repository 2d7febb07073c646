// @ts-check
// The top and the end of a report: verdicts, numbers, downloads, what was not tested.

import { button, make } from "../../shared/dom.js";
import { heading, table } from "./tables.js";

/** @import { Report } from "./types.js" */

const KINDS = ["must hold", "must not change", "should only fall", "mistake", "told"];
const DOWNLOADS = [
  ["html", "HTML"],
  ["pdf", "PDF"],
  ["json", "JSON"],
  ["csv", "CSV"],
  ["md", "model card"],
];

/** @param {HTMLElement} head @param {HTMLElement} numbers @param {Report} report */
export function showHead(head, numbers, report) {
  const asked = report.verdicts.filter((verdict) => verdict.passed !== null).length;
  const title = report.missed
    ? `${report.missed} of ${asked} bars missed`
    : `All ${asked} bars met`;
  const { checkpoint, dtype, weights_sha256: digest } = report.model;
  const facts = [
    checkpoint,
    dtype,
    digest ? `weights ${digest.slice(0, 16)}` : "",
    `seed ${report.settings.seed}`,
  ];
  head.replaceChildren(
    make("h2", "ck-title", title, { tabindex: "-1" }),
    make("p", "ck-summary", report.summary.join(" ")),
    make("p", "in-muted", facts.filter(Boolean).join(" \u00b7 ")),
  );
  numbers.replaceChildren(...report.numbers.map(({ value, words }) => {
    const node = make("p", "ck-number");
    node.append(make("b", "", value), make("span", "in-muted", words));
    return node;
  }));
}

/** @param {HTMLElement} row @param {(kind: string) => void} download */
export function showDownloads(row, download) {
  row.replaceChildren(
    make("span", "in-muted", "report"),
    ...DOWNLOADS.map(([kind, text]) => button(text, () => download(kind), { class: "in-chip" })),
  );
}

/** @param {HTMLElement} section @param {Report} report */
export function showVerdicts(section, report) {
  const tables = KINDS.flatMap((kind) => {
    const rows = report.verdicts.filter((verdict) => verdict.kind === kind);
    rows.sort((a, b) => Number(a.passed !== false) - Number(b.passed !== false));
    if (!rows.length) return [];
    const cells = rows.map((row) => [mark(row.passed), row.name, row.measured, row.bar]);
    return [table(["result", kind, "measured", "bar"], cells, "")];
  });
  section.replaceChildren(...heading("Verdicts"), ...tables);
}

/** @param {boolean | null} passed */
function mark(passed) {
  if (passed === null) return make("span", "", "told");
  return passed ? make("span", "", "met") : make("span", "ck-missed", "missed");
}

/** @param {HTMLElement} section @param {Report} report */
export function showEnd(section, report) {
  const list = make("ul", "ck-list");
  list.append(...report.not_tested.map((line) => make("li", "", line)));
  section.replaceChildren(
    ...heading("What was not tested"),
    list,
    ...heading("The same at home"),
    make("pre", "ck-command", report.command),
  );
}
