import { cellsOf, projected, tokenOf } from "../../ast_demo/ui/learn/js/projection.js";
import { close, equal } from "./assert.js";

const grid = { size: 2, bins: 4, frames: 5, timeStride: 1, frequencyStride: 2 };
const values = Float32Array.from({ length: 20 }, (_, i) => i); // frame * 4 + bin
const weights = {
  filters: Int16Array.from([1, 0, 0, 0, 2, -2, 2, -2]),
  scales: Float32Array.from([0.5, 0.25]),
  offsets: Float32Array.from([10, -1]),
};

Deno.test("a card's cells lie bin by bin", () => {
  equal([...cellsOf({ grid, values }, { f: 1, t: 2 })], [10, 14, 11, 15]);
});

Deno.test("a pattern's products and its offset add up", () => {
  const cells = cellsOf({ grid, values }, { f: 1, t: 2 });
  const { products, sum } = projected(weights, 1, cells);
  equal([...products], [5, -7, 5.5, -7.5]);
  close(sum, -5, 1e-6, "sum");
  equal(tokenOf(weights, cells), [15, -5]);
});
