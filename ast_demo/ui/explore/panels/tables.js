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

const COLUMN_SECONDS = 0.5; // of the picture's table

// A table that is folded away, and filled only while it is open.
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
  let drawn = null;
  const refresh = (key, ...rest) => {
    node.last = [key, ...rest];
    if (!node.open || key === drawn) return;
    table.replaceChildren(...fill(...rest));
    drawn = key;
  };
  node.addEventListener("toggle", () => node.last && refresh(...node.last));
  return { node, refresh };
}

function row(name, cells, tag = "td") {
  const node = make("tr");
  node.append(make("th", "", name, { scope: "row" }), ...cells.map((text) => make(tag, "", text)));
  return node;
}

// Rows are rows of patches from high to low, columns half seconds.
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

// What tells how flat each layer's and head's map is.
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

export function describeFlatness(map) {
  const share = formatPercent(map.specialShare);
  return `${formatShare(map.max)}, ${map.entropy.toFixed(1)} bit, ${share}`;
}

// The cells of one patch, the highest mel bin on top.
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
