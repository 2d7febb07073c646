import { gigaflops, gridAt } from "../../ast_demo/ui/learn/js/strides.js";
import { close, equal } from "./assert.js";

const window = { bins: 128, frames: 1024, size: 16 };
const base = { hidden_size: 768, intermediate_size: 3072, num_layers: 12 };

Deno.test("patches are counted as the model's convolution does", () => {
  const counts = [6, 10, 16].map((stride) => gridAt(window, stride, stride));
  equal(counts.map(({ freqPatches, timePatches }) => [freqPatches, timePatches]), [
    [19, 169],
    [12, 101],
    [8, 64],
  ]);
});

Deno.test("a pass of the 87 M model costs 261 GFLOP at stride 10, and 97 at 16", () => {
  close(gigaflops(base, gridAt(window, 10, 10)), 261, 1, "stride 10");
  close(gigaflops(base, gridAt(window, 16, 16)), 97, 1, "stride 16");
});
