import { mostSamples } from "../../ast_demo/ui/sound/recorder.js";
import { wavFile } from "../../ast_demo/ui/sound/wav.js";
import { equal } from "./assert.js";

const MEGABYTE = 1 << 20;

Deno.test("a recording ends before its file is larger than the server takes", () => {
  for (const [rate, megabytes] of [[48000, 5], [96000, 50], [192000, 50], [44100, 1]]) {
    const samples = mostSamples(rate, megabytes);
    const { size } = wavFile([new Int16Array(samples)], rate, "recording.wav");
    equal([size <= megabytes * MEGABYTE, size > megabytes * MEGABYTE - 2], [true, true]);
  }
});

Deno.test("a recording ends after eight minutes where its file could be larger", () => {
  equal([48000, 16000].map((rate) => mostSamples(rate, 50)), [480 * 48000, 480 * 16000]);
  equal(mostSamples(48000, Infinity), 480 * 48000);
});
