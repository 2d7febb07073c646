import {
  allowedStart,
  isLong,
  startAfter,
  startAround,
  stripSeconds,
} from "../../ast_demo/ui/explore/panels/strip.js";
import { equal } from "./assert.js";

const span = (seconds, start = 0) => ({ waveform: { seconds, start }, window_length: 5 });

Deno.test("a sound is long when the window does not hold it, up to rounding", () => {
  equal([4, 5, 5.005, 5.2].map((seconds) => isLong(span(seconds))), [false, false, false, true]);
  equal([stripSeconds(span(4)), stripSeconds(span(13))], [5, 13]);
});

Deno.test("a part stays inside its sound", () => {
  equal([-1, 3, 12].map((start) => allowedStart(span(13), start)), [0, 3, 8]);
  equal(allowedStart(span(4), 2), 0);
});

Deno.test("the part around a moment has it in its middle, where there is room", () => {
  equal([1, 6, 13].map((moment) => startAround(span(13), moment)), [0, 3.5, 8]);
});

Deno.test("arrows move the part by a quarter of the window, Home and End to the ends", () => {
  const keys = ["ArrowLeft", "ArrowRight", "Home", "End", "Enter"];
  equal(keys.map((key) => startAfter(span(13, 4), key)), [2.75, 5.25, 0, 8, null]);
});
