// @ts-check
// Small multiples: the map of every layer and head at a glance; a click opens one.

import { make, partOf, setText } from "../../shared/dom.js";
import { attentionPack, isMissing } from "../state/selectedMap.js";
import { drawSmallMap } from "../draw/legend.js";
import { headMap } from "../state/maps.js";
import { clamp, formatShare } from "../../shared/numbers.js";
import { describeFlatness, foldedTable, sheetTable } from "./tables.js";
import { soundOf } from "../state/opened.js";

/** @import { Grid, Pack } from "../../shared/types.js" */
/** @import { App, State } from "../types.js" */

/** @param {App} app @param {HTMLElement} panel @returns {() => void} */
export function makeSheet(app, panel) {
  const { state, set } = app;
  const title = make("h3", "ex-heading");
  const note = make("p", "ex-muted");
  const table = make("div", "ex-sheet", "", { role: "group" });
  const strip = make("div", "ex-sheet-frame");
  strip.append(table);
  const numbers = foldedTable("The maps in numbers", sheetTable);
  panel.append(title, strip, note, numbers.node);
  let drawn = "";
  let shape = "";

  table.addEventListener("click", ({ target }) => {
    const cell = target instanceof Element ? target.closest("button") : null;
    if (cell) open(indexOf(cell));
  });
  table.addEventListener("keydown", (event) => {
    const { heads } = soundOf(app).attention;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -heads, ArrowDown: heads }[event.key];
    if (!step || !(event.target instanceof HTMLElement)) return;
    event.preventDefault();
    const cells = table.querySelectorAll("button");
    const next = clamp(indexOf(event.target) + step, 0, cells.length - 1);
    open(next);
    cells[next].focus();
  });

  /** @param {number} index */
  function open(index) {
    const { heads } = soundOf(app).attention;
    set({ heat: "layer", layer: Math.floor(index / heads), head: index % heads });
  }

  return function refresh() {
    const sound = soundOf(app);
    const pack = attentionPack(app);
    const seen = state.from === "answer"
      ? "attention from the answer"
      : "attention from the chosen patch";
    setText(title, `Every layer and head: ${seen}`);
    const { layers, heads } = sound.attention;
    if (shape !== `${layers} ${heads}`) {
      build(table, layers, heads);
      shape = `${layers} ${heads}`;
      drawn = "";
    }
    const place = state.from === "patch" ? state.patch : null;
    const key = JSON.stringify([sound.id, place, state.scale]);
    numbers.node.hidden = isMissing(pack);
    markChosen(table, state, heads);
    if (isMissing(pack)) return setText(note, pack.missing);
    setText(note, describeSheet(pack, state.scale));
    numbers.refresh(key, pack);
    if (drawn !== key) drawThumbnails(table, pack, sound.grid, state.scale);
    drawn = key;
  };
}

/** @param {HTMLElement} cell */
const indexOf = (cell) => Number(cell.dataset.index);

/** @param {HTMLElement} table @param {number} layers @param {number} heads */
function build(table, layers, heads) {
  table.style.gridTemplateColumns = `auto repeat(${heads}, minmax(18px, 1fr))`;
  const corner = make("span");
  const top = Array.from(
    { length: heads },
    (_, head) => make("span", "ex-caption ex-centre", String(head)),
  );
  table.replaceChildren(corner, ...top);
  for (let layer = 0; layer < layers; layer++) {
    table.append(make("span", "ex-caption ex-right", String(layer)));
    for (let head = 0; head < heads; head++) {
      const cell = make("button", "ex-thumb", "", {
        type: "button",
        "aria-label": `Layer ${layer}, head ${head}`,
      });
      cell.dataset.index = String(layer * heads + head);
      cell.append(make("canvas", "", "", { "aria-hidden": "true" }));
      table.append(cell);
    }
  }
}

/**
 * @param {HTMLElement} table
 * @param {Pack} pack
 * @param {Grid} grid
 * @param {State["scale"]} scale
 */
function drawThumbnails(table, pack, grid, scale) {
  const shared = Math.max(...pack.max);
  for (const cell of table.querySelectorAll("button")) {
    const index = indexOf(cell);
    const map = headMap(pack, Math.floor(index / pack.heads), index % pack.heads);
    const ceiling = scale === "shared" ? shared : map.max;
    drawSmallMap(
      partOf(cell, "canvas", HTMLCanvasElement),
      { ...map, ceiling, linear: false },
      grid,
    );
    cell.title = describeFlatness(map);
  }
}

/**
 * One thumbnail can be reached by tab, the others from it with the arrow keys.
 * @param {HTMLElement} table
 * @param {State} state
 * @param {number} heads
 */
function markChosen(table, state, heads) {
  const chosen = state.heat === "layer" ? state.layer * heads + state.head : -1;
  const reachable = chosen >= 0 && state.head >= 0 ? chosen : 0;
  for (const cell of table.querySelectorAll("button")) {
    const index = indexOf(cell);
    cell.setAttribute("aria-pressed", String(state.head >= 0 && index === chosen));
    cell.tabIndex = index === reachable ? 0 : -1;
  }
}

/** @param {Pack} pack @param {State["scale"]} scale */
function describeSheet(pack, scale) {
  const highest = formatShare(Math.max(...pack.max));
  const scaled = scale === "shared"
    ? `One scale for all, up to ${highest}`
    : `Each map is scaled to its own maximum; the highest is ${highest}`;
  return `Rows are layers, columns are heads. ${scaled}.`;
}
