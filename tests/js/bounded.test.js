import { within } from "../../ast_demo/ui/sound/bounded.js";
import { equal } from "./assert.js";

Deno.test("what comes in time is handed on", async () => {
  equal(await within(Promise.resolve(7), 10, "too late"), 7);
});

Deno.test("what takes too long ends with the sentence, what comes late is given back", async () => {
  let give;
  const late = [];
  const slow = new Promise((resolve) => (give = resolve));
  const told = await within(slow, 0.01, "too late", (value) => late.push(value))
    .catch((error) => error.message);
  give("stream");
  await slow;
  equal([told, late], ["too late", ["stream"]]);
});
