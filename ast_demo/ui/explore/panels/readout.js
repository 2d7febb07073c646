// What lies under the cursor, in words and numbers.

import { make, setText } from "../../shared/dom.js";
import { patchesAt, tokenOf } from "../../shared/geometry.js";
import { formatHertz, formatSeconds, formatSigned } from "../../shared/numbers.js";
import { binHertz, frameSeconds, isPadding, logMelAt, valueAt } from "../state/payload.js";

const FIELDS = [
  ["time", "time"],
  ["hertz", "frequency"],
  ["bin", "mel bin"],
  ["value", "value"],
  ["logMel", "log-mel"],
  ["cover", "covered by"],
  ["patches", "patches (tokens)"],
];

export function makeReadout(list) {
  const cells = {};
  for (const [name, title] of FIELDS) {
    const pair = make("div", "ex-pair");
    cells[name] = make("dd", "ex-number", "", { "data-field": name });
    pair.append(make("dt", "ex-caption", title), cells[name]);
    list.append(pair);
  }
  return (sound, cursor) => {
    const texts = cursor ? describeCell(sound, cursor) : {};
    for (const [name] of FIELDS) setText(cells[name], texts[name] ?? "\u2013");
  };
}

export function describeCell(sound, { bin, frame }) {
  const padding = isPadding(sound, frame);
  const patches = patchesAt(sound.grid, bin, frame);
  return {
    time: formatSeconds(frameSeconds(sound, frame)) + (padding ? ", padding" : ""),
    hertz: formatHertz(binHertz(sound, bin)),
    bin: String(bin),
    value: formatSigned(valueAt(sound, bin, frame)),
    logMel: formatSigned(logMelAt(sound, bin, frame)),
    cover: countPatches(patches.length),
    patches: describePatches(sound.grid, patches),
  };
}

export function countPatches(count) {
  return count === 1 ? "1 patch" : `${count || "no"} patches`;
}

function describePatches(grid, patches) {
  if (patches.length === 0) return "none: no patch reads this cell";
  const numbers = patches.map((patch) => tokenOf(grid, patch) - 2).join(" ");
  return `${numbers} (${patches.map((patch) => tokenOf(grid, patch)).join(" ")})`;
}

// The same as a sentence, for those who hear the page.
export function speakCell(sound, cursor) {
  const { time, hertz, value, cover, patches } = describeCell(sound, cursor);
  return `${time}, ${hertz}, value ${value}, covered by ${cover}: ${patches}`;
}
