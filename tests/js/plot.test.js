import { hertzTicks, Plot, roundTicks, wordedTicks } from "../../ast_demo/ui/learn/js/plot.js";
import { close, equal } from "./assert.js";

Deno.test("ticks are round numbers within the range, zero among them without a sign", () => {
  equal(roundTicks(-1.2, 1.2, 4), [-1, 0, 1]);
  const fine = roundTicks(0.13, 0.38).map((at) => Number(at.toFixed(9)));
  equal(fine, [0.15, 0.2, 0.25, 0.3, 0.35]);
  equal(Object.is(roundTicks(-2, 2)[2], -0), false);
});

Deno.test("ticks carry their texts; a range of nothing has one", () => {
  equal(roundTicks(3, 3), [3]);
  equal(wordedTicks(0, 2, (at) => `${at} s`, 2), [[0, "0 s"], [1, "1 s"], [2, "2 s"]]);
});

Deno.test("frequencies end at half the sampling rate, the unit stands at the first one", () => {
  equal(hertzTicks(2000, true), [[0, "0 Hz"], [1000, "1k"], [2000, "2k"]]);
  equal(hertzTicks(500, false), [[125, "125 Hz"], [250, "250"], [500, "500"]]);
});

Deno.test("values lie between the edges of their box, by the axis' own scale", () => {
  const box = { left: 10, top: 20, width: 100, height: 50 };
  const surface = { context: null, colours: {} };
  const plot = new Plot(surface, box, { from: 1, to: 100, scale: Math.log10 }, { from: 0, to: 1 });
  close(plot.x(10), 60, 1e-9, "middle of a logarithmic axis");
  equal([plot.x(1), plot.x(100), plot.y(0), plot.y(1)], [10, 110, 70, 20]);
});
