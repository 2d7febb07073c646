import { logOf, makeStages } from "../../ast_demo/ui/learn/js/stages.js";
import { close, equal, ok } from "./assert.js";

const stages = makeStages(16000, 128);
const tone = (hertz, samples) =>
  Float32Array.from({ length: samples }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / 16000));

Deno.test("lengths at 16 kHz are Kaldi's", () => {
  equal([stages.length, stages.hop, stages.fft, stages.lines], [400, 160, 512, 257]);
});

Deno.test("frames are counted whole", () => {
  equal([399, 400, 559, 560, 80000].map(stages.count), [0, 1, 1, 2, 498]);
});

Deno.test("a tone peaks at its own line, and cut hard it splashes", () => {
  const hard = stages.power(stages.windowed(tone(1016, 400), 0, false));
  const faded = stages.power(stages.windowed(tone(1016, 400), 0));
  equal([hard.indexOf(Math.max(...hard)), faded.indexOf(Math.max(...faded))], [33, 33]);
  const far = (powers) => Math.max(...powers.slice(80)) / Math.max(...powers);
  ok(far(hard) > 100 * far(faded), "a hard cut leaks more than a faded one");
});

Deno.test("the transform keeps the energy", () => {
  const values = Float64Array.from({ length: 400 }, (_, i) => Math.sin(i * i));
  const powers = stages.power(values);
  const sum = powers.reduce((all, power, line) => all + power * (line % 256 ? 2 : 1), 0);
  close(sum / 512, values.reduce((all, value) => all + value ** 2, 0), 1e-9, "energy");
});

Deno.test("filter 3 is empty, and filter 64 holds four lines", () => {
  equal([stages.filters[3].weights.length, stages.filters[64].weights.length], [0, 4]);
});

Deno.test("twice the amplitude adds 2 ln 2 above the floor", () => {
  const soft = stages.logMel(tone(440, 560).map((value) => value / 4));
  const loud = stages.logMel(tone(440, 560).map((value) => value / 2));
  close(loud[40] - soft[40], 2 * Math.LN2, 1e-4, "step");
});

Deno.test("nothing at all is the floor", () => {
  close(logOf(0), -15.942385, 1e-5, "floor");
  equal(
    [...stages.logMel(new Float32Array(400))].every((value) => value === Math.fround(logOf(0))),
    true,
  );
});
