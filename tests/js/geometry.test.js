import {
  coverage,
  makeGrid,
  nearestPatch,
  patchesAt,
  sharedCells,
  spread,
  tokenOf,
} from "../../ast_demo/ui/shared/geometry.js";
import { close, equal, ok } from "./assert.js";

// The grid of 10.24 s: 12 x 101 patches of 16 x 16, one every 10 bins and frames.
const AUDIOSET = makeGrid({
  num_mel_bins: 128,
  max_length: 1024,
  patch_size: 16,
  frequency_stride: 10,
  time_stride: 10,
  freq_patches: 12,
  time_patches: 101,
});

Deno.test("tokens count from the lowest row, after the two special ones", () => {
  equal(tokenOf(AUDIOSET, { f: 0, t: 0 }), 2);
  equal(tokenOf(AUDIOSET, { f: 11, t: 100 }), 1213);
});

Deno.test("a cell is read by one, two or four patches, the rim by none", () => {
  equal(
    [[0, 0], [0, 12], [12, 12], [126, 0], [0, 1016]].map((cell) => coverage(AUDIOSET, ...cell)),
    [1, 2, 4, 0, 0],
  );
  equal(patchesAt(AUDIOSET, 12, 12), [{ f: 0, t: 0 }, { f: 0, t: 1 }, { f: 1, t: 0 }, {
    f: 1,
    t: 1,
  }]);
});

Deno.test("the nearest patch is the one whose middle is nearest", () => {
  equal(nearestPatch(AUDIOSET, 12, 12), { f: 0, t: 0 });
  equal(nearestPatch(AUDIOSET, 13, 13), { f: 1, t: 1 });
  equal(nearestPatch(AUDIOSET, 127, 5), null);
});

Deno.test("neighbours share six frames", () => {
  equal(sharedCells(AUDIOSET, { f: 3, t: 4 }, { f: 3, t: 5 }), {
    along: 0,
    up: 0,
    frames: 6,
    bins: 16,
  });
});

Deno.test("a flat map spreads flat, and to nothing where no patch looks", () => {
  const plane = spread(AUDIOSET, new Float32Array(AUDIOSET.patches).fill(0.25));
  close(plane[0], 0.25);
  close(plane[500 * 128 + 60], 0.25);
  ok(Number.isNaN(plane[127]), "the last bin has a value, though no patch reads it");
});
