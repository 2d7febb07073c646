import { rearranged } from "../../ast_demo/ui/learn/js/rearranged.js";
import { equal } from "./assert.js";

const grid = {
  bins: 128,
  frames: 1024,
  freqPatches: 12,
  timePatches: 101,
  frequencyStride: 10,
  timeStride: 10,
  patches: 1212,
};
const bytes = Uint8Array.from({ length: 1024 * 128 }, (_, i) => i % 251); // the largest on offer
const sound = { grid, numFrames: 500, bytes };
const cell = (picture, frame, bin) => picture.bytes[frame * grid.bins + bin];

Deno.test("upside down turns the sound's cells round and leaves the filling", () => {
  const flipped = rearranged(sound, "flip_frequency", {});
  equal(cell(flipped, 3, 0), cell(sound, 3, 127));
  equal(cell(flipped, 500, 0), cell(sound, 500, 0));
});

Deno.test("moved up, silence is below", () => {
  const moved = rearranged(sound, "shift_up", { bins_up: 8 });
  equal([cell(moved, 3, 7), cell(moved, 3, 8)], [0, cell(sound, 3, 0)]);
});

Deno.test("a shuffle puts other cards in their places", () => {
  const order = Array.from({ length: grid.patches }, (_, patch) => grid.patches - 1 - patch);
  const shuffled = rearranged(sound, "shuffle_patches", { order });
  equal(cell(shuffled, 0, 0), cell(sound, 100 * 10, 11 * 10));
});
