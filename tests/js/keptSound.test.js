import { KEPT_SECONDS, KeptSound } from "../../ast_demo/ui/live/js/keptSound.js";
import { equal } from "./assert.js";

async function samplesOf(file) {
  return [...new Int16Array(await file.slice(44).arrayBuffer())];
}

Deno.test("a stretch is cut by the clock of the stream", async () => {
  const kept = new KeptSound();
  kept.add(new Float32Array(10).fill(0.25), 1, 10);
  kept.add(new Float32Array(10).fill(0.5), 2, 10);
  equal(await samplesOf(kept.file("a.wav", 0.8, 1.2)), [8192, 8192, 16384, 16384]);
});

Deno.test("what lies in a pause or was forgotten is not there", () => {
  const kept = new KeptSound();
  kept.add(new Float32Array(10), 1, 10);
  kept.add(new Float32Array(10), 9, 10);
  equal(kept.file("a.wav", 3, 6), null);
  kept.add(new Float32Array(10 * KEPT_SECONDS - 5), 400, 10);
  equal([kept.seconds, kept.file("a.wav", 0, 2)], [KEPT_SECONDS - 0.5, null]);
});

Deno.test("sound of two microphones makes one file, at the rate of the later one", async () => {
  const kept = new KeptSound();
  kept.add(new Float32Array([0, 0.5]), 1, 2);
  kept.add(new Float32Array(4).fill(0.25), 2, 4);
  const file = kept.file("a.wav");
  const rate = new DataView(await file.slice(24, 28).arrayBuffer()).getUint32(0, true);
  equal([rate, kept.seconds], [4, 2]);
  equal(await samplesOf(file), [0, 8192, 16384, 16384, 8192, 8192, 8192, 8192]);
});
