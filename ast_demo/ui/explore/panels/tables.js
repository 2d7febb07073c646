// @ts-check
// Pictures as tables of numbers, for those who do not see them and for those who want them exact.

import { make } from "../../shared/dom.js";
import { firstBin, firstFrame } from "../../shared/geometry.js";
import { headMap, patchValue } from "../state/maps.js";
import {
  formatBand,
  formatPercent,
  formatSeconds,
  formatShare,
  formatSigned,
} from "../../shared/numbers.js";
import { frameSeconds, meanOver, patchHertz, valueAt } from "../state/payload.js";

/** @import { Grid, Pack, Patch, PatchMap } from "../../shared/types.js" */
/** @import { Heat, Sound } from "../types.js" */

const COLUMN_SECONDS = 0.5; // of the picture's table

/**
 * A table that is folded away, and filled only while it is open.
 * @template {any[]} Rest
 * @param {string} title
 * @param {(...rest: Rest) => HTMLElement[]} fill makes the rows
 * @returns {{ node: HTMLElement, refresh: (key: string | object, ...rest: Rest) => void }} refresh
 *     fills it anew when the key has changed
 */
export function foldedTable(title, fill) {
  const node = make("details", "ex-table");
  const frame = make("div", "ex-scroll", "", {
    tabindex: "0",
    role: "region",
    "aria-label": title,
  });
  const table = make("table");
  frame.append(table);
  node.append(make("summary", "", title), frame);
  /** @type {string | object | null} */
  let drawn = null; // key of what stands there
  /** @type {{ key: string | object, rest: Rest } | null} */
  let latest = null; // what it was asked for last
  const show = () => {
    if (!node.open || !latest || latest.key === drawn) return;
    table.replaceChildren(...fill(...latest.rest));
    drawn = latest.key;
  };
  node.addEventListener("toggle", show);
  return {
    node,
    refresh(key, ...rest) {
      latest = { key, rest };
      show();
    },
  };
}

/** @param {string} name @param {string[]} cells @param {"td" | "th"} tag */
function row(name, cells, tag = "td") {
  const node = make("tr");
  node.append(make("th", "", name, { scope: "row" }), ...cells.map((text) => make(tag, "", text)));
  return node;
}

/**
 * Rows are rows of patches from high to low, columns half seconds.
 * @param {Sound} sound
 * @param {Heat | null} map
 */
export function pictureTable(sound, map) {
  const { grid, numFrames } = sound;
  const frames = Math.round(COLUMN_SECONDS / sound.payload.hop_seconds);
  const starts = [];
  for (let frame = 0; frame < numFrames; frame += frames) starts.push(frame);
  const names = starts.map((start) => `from ${formatSeconds(frameSeconds(sound, start), 1)}`);
  const rows = [];
  for (let f = grid.freqPatches - 1; f >= 0; f--) {
    const cells = starts.map((start) => {
      const end = Math.min(start + frames, numFrames);
      const energy = formatSigned(meanOver(sound, f, start, end));
      const heat = map ? `, heat ${formatShare(heatOver(map, grid, f, start, end))}` : "";
      return energy + heat;
    });
    rows.push(row(formatBand(...patchHertz(sound, { f, t: 0 })), cells));
  }
  const title = map ? `Mean value and highest heat (${map.name})` : "Mean normalized value";
  return [make("caption", "ex-caption", title), row("band", names, "th"), ...rows];
}

/**
 * The highest heat of a row of patches between two frames.
 * @param {PatchMap} map
 * @param {Grid} grid
 * @param {number} f
 * @param {number} start
 * @param {number} end
 */
function heatOver(map, grid, f, start, end) {
  let highest = 0;
  for (let t = 0; t < grid.timePatches; t++) {
    const first = t * grid.timeStride;
    if (first < end && first + grid.size > start) {
      highest = Math.max(highest, patchValue(map, grid, { f, t }));
    }
  }
  return highest;
}

/** What tells how flat each layer's and head's map is. @param {Pack} pack */
export function sheetTable(pack) {
  const heads = Array.from({ length: pack.heads }, (_, head) => head);
  const rows = Array.from({ length: pack.layers }, (_, layer) =>
    row(
      `layer ${layer}`,
      heads.map((head) => describeFlatness(headMap(pack, layer, head))),
    ));
  const title = "Highest value, entropy, share on the special tokens";
  const names = heads.map((head) => `head ${head}`);
  return [make("caption", "ex-caption", title), row("", names, "th"), ...rows];
}

/** @param {PatchMap} map */
export function describeFlatness(map) {
  const share = formatPercent(map.specialShare ?? 0);
  return `${formatShare(map.max)}, ${map.entropy.toFixed(1)} bit, ${share}`;
}

/** The cells of one patch, the highest mel bin on top. @param {Sound} sound @param {Patch} patch */
export function patchTable(sound, patch) {
  const { grid } = sound;
  const [bin, frame] = [firstBin(grid, patch), firstFrame(grid, patch)];
  const along = Array.from({ length: grid.size }, (_, step) => frame + step);
  const rows = along.map((_, step) => {
    const height = bin + grid.size - 1 - step;
    return row(`bin ${height}`, along.map((at) => formatSigned(valueAt(sound, height, at))));
  });
  const title = "Normalized values: rows are mel bins, columns frames";
  return [make("caption", "ex-caption", title), row("frame", along.map(String), "th"), ...rows];
}
