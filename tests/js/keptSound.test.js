import { KEPT_SECONDS, KeptSound } from "../../ast_demo/ui/live/js/keptSound.js";
import { equal } from "./assert.js";

async function samplesOf(file) {
  return [...new Int16Array(await file.slice(44).arrayBuffer())];
}

Deno.test("a stretch is cut by the clock of the stream", async () => {
  const kept = new KeptSound(10);
  kept.add(new Float32Array(10).fill(0.25), 1);
  kept.add(new Float32Array(10).fill(0.5), 2);
  equal(await samplesOf(kept.file("a.wav", 0.8, 1.2)), [8192, 8192, 16384, 16384]);
});

Deno.test("what lies in a pause or was forgotten is not there", () => {
  const kept = new KeptSound(10);
  kept.add(new Float32Array(10), 1);
  kept.add(new Float32Array(10), 9);
  equal(kept.file("a.wav", 3, 6), null);
  kept.add(new Float32Array(10 * KEPT_SECONDS - 5), 400);
  equal([kept.seconds, kept.file("a.wav", 0, 2)], [KEPT_SECONDS - 0.5, null]);
});
