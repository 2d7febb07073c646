// @ts-check
// What lies under the cursor, in words and numbers.

import { make, setText } from "../../shared/dom.js";
import { patchesAt, tokenOf } from "../../shared/geometry.js";
import { formatTimes } from "../../shared/heat.js";
import { formatHertz, formatSeconds, formatSigned, formatStep } from "../../shared/numbers.js";
import { heatAt } from "../state/maps.js";
import { binHertz, frameSeconds, isPadding, logMelAt, valueAt } from "../state/payload.js";

/** @import { Cell, Grid, Patch } from "../../shared/types.js" */
/** @import { Heat, Sound } from "../types.js" */

const FIELDS = [
  ["time", "time"],
  ["hertz", "frequency"],
  ["bin", "mel bin"],
  ["value", "value"],
  ["logMel", "log-mel"],
  ["heat", "heat"],
  ["cover", "covered by"],
  ["patches", "patches (tokens)"],
];

/**
 * @param {HTMLElement} list
 * @returns {(sound: Sound | null, cursor: Cell | null, map?: Heat | null) => void}
 */
export function makeReadout(list) {
  /** @type {Record<string, HTMLElement>} */
  const cells = {};
  for (const [name, title] of FIELDS) {
    const pair = make("div", "ex-pair");
    cells[name] = make("dd", "ex-number", "", { "data-field": name });
    pair.append(make("dt", "ex-caption", title), cells[name]);
    list.append(pair);
  }
  return (sound, cursor, map = null) => {
    const texts = sound && cursor ? describeCell(sound, cursor, map) : {};
    for (const [name] of FIELDS) setText(cells[name], texts[name] ?? "\u2013");
  };
}

/**
 * What the readout says of a cell, by field.
 * @param {Sound} sound
 * @param {Cell} cursor
 * @param {Heat | null} map
 * @returns {Record<string, string | null>}
 */
export function describeCell(sound, cursor, map) {
  const { bin, frame } = cursor;
  const padding = isPadding(sound, frame);
  const patches = patchesAt(sound.grid, bin, frame);
  return {
    time: formatSeconds(frameSeconds(sound, frame)) + (padding ? ", padding" : ""),
    hertz: formatHertz(binHertz(sound, bin)),
    bin: String(bin),
    value: formatSigned(valueAt(sound, bin, frame)),
    logMel: formatSigned(logMelAt(sound, bin, frame), 1), // a byte is worth about 0.1
    heat: map ? describeHeatAt(sound.grid, map, cursor) : null,
    cover: countPatches(patches.length),
    patches: describePatches(sound.grid, patches),
  };
}

/**
 * The heat of a cell with no more digits than its byte has; null where no patch looks.
 * @param {Grid} grid
 * @param {Heat} map
 * @param {Cell} cursor
 */
export function describeHeatAt(grid, map, cursor) {
  const value = heatAt(map, grid, cursor);
  if (value === null) return null;
  if (map.linear) return formatStep(value, map.max / 255);
  return `${formatTimes(value * grid.patches, (map.max / 255) * grid.patches)} even share`;
}

/** @param {number} count */
export function countPatches(count) {
  return count === 1 ? "1 patch" : `${count || "no"} patches`;
}

/** @param {Grid} grid @param {Patch[]} patches */
function describePatches(grid, patches) {
  if (patches.length === 0) return "none: outside every patch";
  const numbers = patches.map((patch) => tokenOf(grid, patch) - 2).join(" ");
  return `${numbers} (${patches.map((patch) => tokenOf(grid, patch)).join(" ")})`;
}

/**
 * The same as a sentence, for those who hear the page.
 * @param {Sound} sound
 * @param {Cell} cursor
 * @param {Heat | null} map
 */
export function speakCell(sound, cursor, map) {
  const { time, hertz, value, heat, cover, patches } = describeCell(sound, cursor, map);
  const heated = heat ? `, heat ${heat}` : "";
  return `${time}, ${hertz}, value ${value}${heated}, covered by ${cover}: ${patches}`;
}
