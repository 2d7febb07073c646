// @ts-check
// The patch grid: token <-> patch <-> mel bins and frames. The same arithmetic as patches.py.

/** @typedef {import("./types.js").Grid} Grid */
/** @typedef {import("./types.js").Patch} Patch */

export const SPECIAL_TOKENS = 2; // CLS and distillation stand before the patches

/** @param {Record<string, number>} facts as payload.py packs them @returns {Grid} */
export function makeGrid(facts) {
  const { num_mel_bins, max_length, patch_size, frequency_stride, time_stride } = facts;
  const { freq_patches, time_patches } = facts;
  const rows = coveringTable(num_mel_bins, frequency_stride, patch_size, freq_patches);
  const columns = coveringTable(max_length, time_stride, patch_size, time_patches);
  return {
    bins: num_mel_bins,
    frames: max_length,
    size: patch_size,
    frequencyStride: frequency_stride,
    timeStride: time_stride,
    freqPatches: freq_patches,
    timePatches: time_patches,
    patches: freq_patches * time_patches,
    coveredBins: (freq_patches - 1) * frequency_stride + patch_size,
    coveredFrames: (time_patches - 1) * time_stride + patch_size,
    rows, // per mel bin: first and last row that covers it
    columns, // per frame: first and last column that covers it
  };
}

/**
 * For each position the first and last patch over it; first > last where there is none.
 * @param {number} length positions
 * @param {number} stride
 * @param {number} size of a patch
 * @param {number} count of patches
 */
function coveringTable(length, stride, size, count) {
  const first = new Int16Array(length);
  const last = new Int16Array(length);
  for (let position = 0; position < length; position++) {
    first[position] = Math.max(0, Math.ceil((position - size + 1) / stride));
    last[position] = Math.min(count - 1, Math.floor(position / stride));
  }
  return { first, last };
}

/** @param {Grid} grid @param {Patch} patch */
export function tokenOf(grid, patch) {
  return SPECIAL_TOKENS + patch.f * grid.timePatches + patch.t;
}

/** @param {Grid} grid @param {number} bin @param {number} frame @returns {Patch[]} */
export function patchesAt(grid, bin, frame) {
  const found = [];
  for (let f = grid.rows.first[bin]; f <= grid.rows.last[bin]; f++) {
    for (let t = grid.columns.first[frame]; t <= grid.columns.last[frame]; t++) {
      found.push({ f, t });
    }
  }
  return found;
}

/** @param {Grid} grid @param {number} bin @param {number} frame */
export function coverage(grid, bin, frame) {
  const rows = grid.rows.last[bin] - grid.rows.first[bin] + 1;
  const columns = grid.columns.last[frame] - grid.columns.first[frame] + 1;
  return Math.max(0, rows) * Math.max(0, columns);
}

/** @param {Grid} grid @param {Patch} patch */
export function firstBin(grid, patch) {
  return patch.f * grid.frequencyStride;
}

/** @param {Grid} grid @param {Patch} patch */
export function firstFrame(grid, patch) {
  return patch.t * grid.timeStride;
}

/**
 * The cells of a patch that another one holds, too: how many frames and bins, from which on.
 * @param {Grid} grid
 * @param {Patch} other
 * @param {Patch} patch
 */
export function sharedCells(grid, other, patch) {
  const part = (/** @type {number} */ from, /** @type {number} */ start) => {
    const first = Math.max(0, from - start);
    return [first, Math.max(0, Math.min(grid.size, from - start + grid.size) - first)];
  };
  const [along, frames] = part(firstFrame(grid, other), firstFrame(grid, patch));
  const [up, bins] = part(firstBin(grid, other), firstBin(grid, patch));
  return { along, up, frames, bins };
}

/**
 * Of the patches over a cell, the one whose middle is nearest; null where no patch looks.
 * @param {Grid} grid
 * @param {number} bin
 * @param {number} frame
 * @returns {Patch | null}
 */
export function nearestPatch(grid, bin, frame) {
  const middle = grid.size / 2 - 0.5;
  let nearest = null;
  let least = Infinity;
  for (const patch of patchesAt(grid, bin, frame)) {
    const up = firstBin(grid, patch) + middle - bin;
    const along = firstFrame(grid, patch) + middle - frame;
    const distance = up * up + along * along;
    if (distance < least) [nearest, least] = [patch, distance];
  }
  return nearest;
}

/**
 * A map of patches on the spectrogram plane, time-major, overlapping patches averaged; NaN where
 * no patch looks. A cell is covered by a rectangle of patches, so the mean separates into two.
 * @param {Grid} grid
 * @param {ArrayLike<number>} values
 * @returns {Float32Array}
 */
export function spread(grid, values) {
  const { timePatches, bins, frames } = grid;
  const byBin = new Float32Array(bins * timePatches);
  for (let bin = 0; bin < bins; bin++) {
    const first = grid.rows.first[bin];
    const last = grid.rows.last[bin];
    for (let t = 0; t < timePatches; t++) {
      let sum = 0;
      for (let f = first; f <= last; f++) sum += values[f * timePatches + t];
      byBin[t * bins + bin] = first > last ? NaN : sum / (last - first + 1);
    }
  }
  const plane = new Float32Array(frames * bins);
  for (let frame = 0; frame < frames; frame++) {
    const first = grid.columns.first[frame];
    const last = grid.columns.last[frame];
    for (let bin = 0; bin < bins; bin++) {
      let sum = 0;
      for (let t = first; t <= last; t++) sum += byBin[t * bins + bin];
      plane[frame * bins + bin] = first > last ? NaN : sum / (last - first + 1);
    }
  }
  return plane;
}
