// @ts-check
// What an experiment did to the labels: before and after, and what usually happens.

import { make } from "../../shared/dom.js";

/** A label with its score and a bar. */
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
 * A table of the labels that matter, before and after.
 * @param {any} texts
 * @param {{ rows: [string, number, number][], difference: number, dtype: string }} outcome
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

function scoreCell(texts, score) {
  const cell = make("td", "in-number", texts.number(score, 2));
  const bar = make("span", "ln-cell-bar");
  bar.style.width = `${Math.round(64 * Math.min(1, Math.max(0, score)))}px`;
  cell.append(bar);
  return cell;
}

/** What was measured on many clips, or that nothing was. */
export function usually(texts, words, effects, kind) {
  const measured = effects?.experiments?.[kind];
  if (!measured) return words.unmeasured;
  const share = (value) => texts.percent(value);
  return texts.fill(words.measured, {
    clips: texts.number(effects.clips),
    kept: share(measured.kept),
    kept_low: share(measured.kept_interval[0]),
    kept_high: share(measured.kept_interval[1]),
    right: share(measured.right),
    right_before: share(effects.right),
  });
}

/** What became of the reference label: 0 kept its score, 1 lost some, 2 another took over. */
export function verdictOf({ best, best_before: before, reference }) {
  if (best !== before) return 2;
  return reference.before - reference.after > KEPT_WITHIN ? 1 : 0;
}

const KEPT_WITHIN = 0.05; // of score: less is no loss worth the word
