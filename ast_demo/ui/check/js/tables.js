// @ts-check
// Tables and sentences of a report; everything enters as text.

import { make } from "../../shared/dom.js";

/** A heading with a line of explanation. @param {string} text @param {string} [words] */
export function heading(text, words = "") {
  const parts = [make("h3", "in-heading", text, { tabindex: "-1" })];
  if (words) parts.push(make("p", "in-muted", words));
  return parts;
}

/**
 * A table in a box that scrolls by itself.
 *
 * @param {string[]} head
 * @param {(string | Node)[][]} rows
 * @param {string} [caption]
 */
export function table(head, rows, caption = "") {
  const box = make("div", "in-scroll ck-table", "", {
    tabindex: "0",
    role: "region",
    "aria-label": caption || head.join(", "),
  });
  const node = make("table");
  if (caption) node.append(make("caption", "in-muted", caption));
  const top = make("tr");
  top.append(...head.map((text) => make("th", "", text, { scope: "col" })));
  const [header, body] = [make("thead"), make("tbody")];
  header.append(top);
  body.append(...rows.map(tableRow));
  node.append(header, body);
  box.append(node);
  return box;
}

/** @param {(string | Node)[]} cells */
function tableRow(cells) {
  const row = make("tr");
  for (const cell of cells) {
    const node = make("td");
    node.append(cell);
    row.append(node);
  }
  return row;
}

/**
 * Something that is folded away until it is asked for.
 * @param {string} title
 * @param {Node[]} content
 */
export function folded(title, ...content) {
  const node = make("details");
  node.append(make("summary", "", title), ...content);
  return node;
}

/** @param {number} share */
export const percent = (share) => `${Math.round(100 * share)} %`;

/** @param {number | null} value empty where there is none */
export const score = (value) => (value === null ? "" : value.toFixed(2));
