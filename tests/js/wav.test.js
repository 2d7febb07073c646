import { sixteenBit, wavFile } from "../../ast_demo/ui/sound/wav.js";
import { equal } from "./assert.js";

Deno.test("samples become 16 bits and stay within full scale", () => {
  equal([...sixteenBit([0, 0.5, -1, 1, 2])], [0, 16384, -32768, 32767, 32767]);
});

Deno.test("the file says what it holds", async () => {
  const file = wavFile([new Int16Array([1, 2, 3])], 16000, "take.wav");
  const view = new DataView(await file.arrayBuffer());
  equal([file.name, file.type, file.size], ["take.wav", "audio/wav", 50]);
  equal([view.getUint32(24, true), view.getUint32(40, true)], [16000, 6]);
});
