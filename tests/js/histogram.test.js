import { countCells, shareBelow } from "../../ast_demo/ui/learn/js/histogram.js";
import { close, equal } from "./assert.js";

const payload = { padding_log_mel: -1, mean: 0, std: 0.5 };
const logMel = Float32Array.from([-9, 0.5, 1.5, 9]); // two frames of two bins
const cells = { payload, grid: { frames: 3, bins: 2 }, numFrames: 2, logMel };

Deno.test("sound and padding are counted apart, the outermost bins hold the rest", () => {
  const found = countCells(cells, payload, { low: 0, high: 2, count: 2 });
  equal([[...found.sound], [...found.padding]], [[2, 2], [2, 0]]);
});

Deno.test("mean and spread are those of the sound alone", () => {
  const { mean, spread } = countCells(cells, { mean: 0.5, std: 1 }, { low: 0, high: 1, count: 1 });
  close(mean, 0, 1e-6, "mean");
  close(spread, Math.sqrt((9.5 ** 2 + 0 + 1 + 8.5 ** 2) / 4) / 2, 1e-6, "spread");
});

Deno.test("the share below a level counts no padding", () => {
  equal(shareBelow(cells, 0), 0.25);
});
