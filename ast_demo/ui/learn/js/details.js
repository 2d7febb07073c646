// @ts-check
// What is folded away under a picture: exact numbers, and the picture as a table.

import { make, setText } from "../../shared/dom.js";

export function makeExact(app, node) {
  const list = node.querySelector("dl");
  setText(node.querySelector("summary"), app.texts.ui("exact"));
  let shown = "";
  return {
    refresh(rows, facts) {
      const filled = rows.map(([name, value]) => [name, app.texts.fill(value, facts)]);
      const key = JSON.stringify(filled);
      if (key === shown) return;
      shown = key;
      list.replaceChildren(
        ...filled.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]),
      );
    },
  };
}

// Filled only while it is open.
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
  let [names, rowsNow] = [[], null];

  function fill() {
    if (!node.open || !rowsNow) return;
    const cells = (tag, values, attributes = {}) => {
      const row = make("tr");
      row.append(...values.map((value) => make(tag, "", String(value), attributes)));
      return row;
    };
    table.replaceChildren(
      cells("th", names, { scope: "col" }),
      ...rowsNow().map((values) => cells("td", values)),
    );
  }

  node.addEventListener("toggle", fill);
  return {
    node,
    columns(columns, source = "") {
      names = columns;
      setText(note, source);
    },
    refresh(rows) {
      rowsNow = rows;
      fill();
    },
  };
}
