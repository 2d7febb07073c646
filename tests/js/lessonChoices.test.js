import { withoutTwins } from "../../ast_demo/ui/learn/js/asking.js";
import { suggestedPatches } from "../../ast_demo/ui/learn/js/suggestedPatches.js";
import { equal } from "./assert.js";

const choices = (...texts) => texts.map((text, index) => ({ index, text, why: "" }));
const kept = (all, right) => withoutTwins(all, right).map(({ index }) => index);

Deno.test("of choices that read alike the right one is kept, else the first", () => {
  equal(kept(choices("1", "1", "0"), 1), [1, 2]);
  equal(kept(choices("1", "1", "0"), 2), [0, 2]);
  equal(kept(choices("1", "2", "1"), null), [0, 1]);
});

const grid = { patches: 40, timePatches: 20, timeStride: 10 };
const bytes = Uint8Array.from({ length: 40 }, (_, number) => number);
const sound = { grid, numFrames: 100, rollout: { bytes } };

Deno.test("a tenth of the patches that hold sound is suggested, the hottest first", () => {
  equal(suggestedPatches(sound, "hottest"), [{ f: 1, t: 9 }, { f: 1, t: 8 }]);
});

Deno.test("random patches hold sound, too", () => {
  const found = suggestedPatches(sound, "random");
  equal([found.length, found.every(({ t }) => t * grid.timeStride < 100)], [2, true]);
});
