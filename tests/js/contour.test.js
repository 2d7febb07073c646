import { contourPaths } from "../../ast_demo/ui/explore/draw/contour.js";
import { makeGrid } from "../../ast_demo/ui/shared/geometry.js";
import { equal } from "./assert.js";

const GRID = makeGrid({
  num_mel_bins: 6,
  max_length: 6,
  patch_size: 2,
  frequency_stride: 2,
  time_stride: 2,
  freq_patches: 3,
  time_patches: 3,
});

// What Path2D keeps, told as lines; there is no canvas here.
class Lines {
  constructor() {
    this.lines = [];
  }
  moveTo(x, y) {
    this.start = [x, y];
  }
  lineTo(x, y) {
    this.lines.push([...this.start, x, y]);
  }
}

Deno.test("a hot patch is fenced by four lines, each a whole side", () => {
  globalThis.Path2D = Lines;
  const map = { bytes: new Uint8Array([0, 0, 0, 0, 255, 0, 0, 0, 0]), max: 1, ceiling: 1 };
  const [quarter] = contourPaths(GRID, map);
  const found = quarter.lines.map((line) => line.join(" ")).sort();
  equal(found, ["2 2 2 4", "2 2 4 2", "2 4 4 4", "4 2 4 4"]);
});
