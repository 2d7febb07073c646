// @ts-check
// What is folded away under a picture: exact numbers, and the picture as a table.

import { make, partOf, setText } from "../../shared/dom.js";

/** @import { Facts, Row } from "./types.js" */
/** @import { Texts } from "./texts.js" */

/** @typedef {ReturnType<typeof makeExact>} Exact */
/** @typedef {ReturnType<typeof foldedTable>} FoldedTable */

/** @param {Texts} texts @param {HTMLElement} node */
export function makeExact(texts, node) {
  const list = partOf(node, "dl");
  setText(partOf(node, "summary"), texts.ui("exact"));
  let shown = "";
  return {
    /** @param {[string, string][]} rows name, template @param {Facts} facts */
    refresh(rows, facts) {
      const filled = rows.map(([name, value]) => [name, texts.fill(value, facts)]);
      const key = JSON.stringify(filled);
      if (key === shown) return;
      shown = key;
      list.replaceChildren(
        ...filled.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]),
      );
    },
  };
}

/** A table that is filled only while it is open. @param {string} title */
export function foldedTable(title) {
  const node = make("details");
  const frame = make("div", "in-scroll", "", {
    tabindex: "0",
    role: "region",
    "aria-label": title,
  });
  const table = make("table");
  const note = make("p", "in-muted");
  frame.append(table);
  node.append(make("summary", "", title), frame, note);
  /** @type {string[]} */
  let names = [];
  /** @type {(() => Row[]) | null} */
  let rowsNow = null;

  function fill() {
    if (!node.open || !rowsNow) return;
    table.replaceChildren(
      rowOf("th", names, { scope: "col" }),
      ...rowsNow().map((values) => rowOf("td", values)),
    );
  }

  node.addEventListener("toggle", fill);
  return {
    node,
    /** @param {string[]} columns @param {string} [source] */
    columns(columns, source = "") {
      names = columns;
      setText(note, source);
    },
    /** @param {() => Row[]} rows */
    refresh(rows) {
      rowsNow = rows;
      fill();
    },
  };
}

/** @param {"th" | "td"} tag @param {Row} values @param {Record<string, string>} [attributes] */
function rowOf(tag, values, attributes = {}) {
  const row = make("tr");
  row.append(...values.map((value) => make(tag, "", String(value), attributes)));
  return row;
}
