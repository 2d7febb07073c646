// @ts-check
// What an experiment did to the labels: before and after, and what usually happens.

import { make } from "../../shared/dom.js";

/** @import { Effects, Outcome, StepWords } from "./types.js" */
/** @import { Texts } from "./texts.js" */

const KEPT_WITHIN = 0.05; // of score: less is no loss worth the word

/**
 * A label with its score and a bar.
 * @param {Texts} texts
 * @param {string} label
 * @param {number} score
 */
export function scoreRow(texts, label, score) {
  const row = make("p", "ln-score");
  const track = make("span", "in-track");
  const fill = make("span", "in-fill");
  fill.style.width = `${100 * Math.min(1, Math.max(0, score))}%`;
  track.append(fill);
  row.append(make("span", "", label), make("span", "in-number", texts.number(score, 2)), track);
  return row;
}

/**
 * A table of the labels that matter, before and after, and the exact difference below it.
 * @param {Texts} texts
 * @param {Pick<Outcome, "rows" | "difference" | "dtype">} outcome
 * @returns {HTMLElement[]}
 */
export function outcomeTable(texts, { rows, difference, dtype }) {
  const head = make("tr");
  for (const key of ["label", "before", "after"]) {
    head.append(make("th", "", texts.ui(key), { scope: "col" }));
  }
  const body = rows.map(([label, before, after]) => {
    const row = make("tr");
    row.append(make("th", "", label, { scope: "row" }));
    for (const score of [before, after]) row.append(scoreCell(texts, score));
    return row;
  });
  const table = make("table", "ln-outcomes");
  table.append(head, ...body);
  const facts = { difference: texts.short(difference, 2), dtype };
  return [table, make("p", "in-muted", texts.ui("difference", facts))];
}

/** @param {Texts} texts @param {number} score */
function scoreCell(texts, score) {
  const cell = make("td", "in-number", texts.number(score, 2));
  const bar = make("span", "ln-cell-bar");
  bar.style.width = `${Math.round(64 * Math.min(1, Math.max(0, score)))}px`;
  cell.append(bar);
  return cell;
}

/**
 * What was measured on many clips, or that nothing was.
 * @param {Texts} texts
 * @param {StepWords} words
 * @param {Effects | null} effects
 * @param {string} kind of experiment
 * @returns {string}
 */
export function usually(texts, words, effects, kind) {
  const measured = effects?.experiments?.[kind];
  if (!effects || !measured) return words.unmeasured;
  return texts.fill(words.measured, {
    clips: texts.number(effects.clips),
    kept: texts.percent(measured.kept),
    kept_low: texts.percent(measured.kept_interval[0]),
    kept_high: texts.percent(measured.kept_interval[1]),
    right: texts.percent(measured.right),
    right_before: texts.percent(effects.right),
  });
}

/**
 * What became of the reference label: 0 kept its score, 1 lost some, 2 another took over.
 * @param {Pick<Outcome, "best" | "best_before" | "reference">} outcome
 */
export function verdictOf({ best, best_before: before, reference }) {
  if (best !== before) return 2;
  return reference.before - reference.after > KEPT_WITHIN ? 1 : 0;
}
