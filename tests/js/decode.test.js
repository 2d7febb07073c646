import { mixed } from "../../ast_demo/ui/sound/decode.js";
import { equal } from "./assert.js";

Deno.test("channels are averaged", () => {
  const { samples, how } = mixed([new Float32Array([1, 0]), new Float32Array([0.5, 0.5])]);
  equal([[...samples], how], [[0.75, 0.25], ", 2 channels averaged"]);
});

Deno.test("where channels cancel each other the loudest is heard, and that is told", () => {
  const { samples, how } = mixed([new Float32Array([0.5, -0.5]), new Float32Array([-1, 1])]);
  equal([...samples], [-1, 1]);
  equal(how, ", channel 2 of 2 heard: in their average they cancel each other");
});
