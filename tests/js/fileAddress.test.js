import { addressOf } from "../../ast_demo/ui/shared/fileAddress.js";
import { RecordingSource } from "../../ast_demo/ui/timeline/js/recordingSource.js";
import { equal } from "./assert.js";

globalThis.document = { baseURI: "https://example.org/below/" };

Deno.test("a name is a name, whatever a browser would make of its letters", () => {
  const names = ["bark #1.wav", "what?.wav", "100%41.wav", "a&b=c+d.wav", "Möwe.wav"];
  for (const name of names) {
    const address = addressOf(`/uploads/Dog/${name}`);
    equal([address.hash, address.search], ["", ""]);
    equal(decodeURIComponent(address.pathname), `/below/gradio_api/file=/uploads/Dog/${name}`);
  }
});

Deno.test("a recording of another tab is played whatever its name", async () => {
  const addresses = [];
  const source = Object.assign(Object.create(RecordingSource.prototype), {
    wanted: 0,
    on: { stage: () => {}, ready: (_, sound) => addresses.push(sound) },
    ask: () => Promise.resolve({ path: "Dog/bark #2?.wav", title: "made" }),
  });
  await source.open({ path: "Dog/bark #1?.wav", title: "bark" });
  await source.open({ example: "dog", title: "dog" });
  equal(addresses, [
    "https://example.org/below/gradio_api/file=Dog/bark%20%231%3F.wav",
    "https://example.org/below/gradio_api/file=Dog/bark%20%232%3F.wav",
  ]);
});
