// The picture in words and as a table, for those who do not see it.

import { make } from "./dom.js";
import { firstFrame } from "./geometry.js";
import { patchValue } from "./maps.js";
import { formatBand, formatSeconds, formatShare, formatSigned } from "./numbers.js";
import { frameSeconds, patchHertz, patchSeconds, valueAt } from "./sound.js";

const COLUMN_SECONDS = 0.5; // of the table

export function describePicture(sound) {
  const { title, seconds, labels } = sound.payload;
  const loudest = loudestPatch(sound);
  const when = formatSeconds(patchSeconds(sound, loudest)[0], 1);
  const best = labels[0];
  return (
    `Spectrogram of ${title}, ${formatSeconds(seconds)}. Loudest at ${when}, ` +
    `${formatBand(...patchHertz(sound, loudest))}. Most likely ${best.name}, ` +
    `score ${best.score.toFixed(2)}.`
  );
}

export const STAGE_KEYS =
  "Arrow keys move by a patch, with shift by a cell; Enter chooses the patch, Space plays, " +
  "plus and minus zoom, Escape lets go.";

export function describeMapPlace(sound, map) {
  const { grid } = sound;
  let best = 0;
  map.bytes.forEach((byte, i) => (best = byte > map.bytes[best] ? i : best));
  const patch = { f: Math.floor(best / grid.timePatches), t: best % grid.timePatches };
  const [start, end] = patchSeconds(sound, patch);
  return (
    `${map.name}: hottest from ${start.toFixed(2)} to ${formatSeconds(end)}, ` +
    `${formatBand(...patchHertz(sound, patch))}.`
  );
}

function loudestPatch(sound) {
  const { grid, numFrames } = sound;
  let [best, highest] = [{ f: 0, t: 0 }, -Infinity];
  for (let f = 0; f < grid.freqPatches; f++) {
    for (let t = 0; t < grid.timePatches; t++) {
      if (firstFrame(grid, { f, t }) >= numFrames) break;
      const value = patchMean(sound, { f, t });
      if (value > highest) [best, highest] = [{ f, t }, value];
    }
  }
  return best;
}

function patchMean(sound, patch) {
  const { grid, numFrames } = sound;
  const first = firstFrame(grid, patch);
  const end = Math.min(first + grid.size, numFrames);
  return meanOver(sound, patch.f, first, end);
}

function meanOver(sound, row, first, end) {
  const { grid } = sound;
  let [sum, count] = [0, 0];
  for (let frame = first; frame < end; frame++) {
    for (let up = 0; up < grid.size; up++) {
      sum += valueAt(sound, row * grid.frequencyStride + up, frame);
      count++;
    }
  }
  return count ? sum / count : NaN;
}

// Rows are rows of patches from high to low, columns half seconds.
export function fillTable(table, sound, map) {
  const { grid, numFrames } = sound;
  const frames = Math.round(COLUMN_SECONDS / sound.payload.hop_seconds);
  const starts = [];
  for (let frame = 0; frame < numFrames; frame += frames) starts.push(frame);
  const head = make("tr");
  head.append(make("th", "", "band"));
  for (const start of starts) {
    head.append(make("th", "", `from ${formatSeconds(frameSeconds(sound, start), 1)}`));
  }
  const rows = [];
  for (let f = grid.freqPatches - 1; f >= 0; f--) {
    const row = make("tr");
    row.append(make("th", "", formatBand(...patchHertz(sound, { f, t: 0 })), { scope: "row" }));
    for (const start of starts) {
      const end = Math.min(start + frames, numFrames);
      const energy = formatSigned(meanOver(sound, f, start, end));
      const heat = map ? `, heat ${formatShare(heatOver(map, grid, f, start, end))}` : "";
      row.append(make("td", "", energy + heat));
    }
    rows.push(row);
  }
  const title = map ? `Mean value and highest heat (${map.name})` : "Mean normalized value";
  table.replaceChildren(make("caption", "ex-caption", title), head, ...rows);
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
