import { usually, verdictOf } from "../../ast_demo/ui/learn/js/outcomes.js";
import { makeTexts } from "../../ast_demo/ui/learn/js/texts.js";
import { equal } from "./assert.js";

const outcome = (best, after) => ({
  best,
  best_before: "Siren",
  reference: { label: "Siren", before: 0.9, after },
});

Deno.test("a label keeps its score, loses some, or another takes over", () => {
  const found = [outcome("Siren", 0.86), outcome("Siren", 0.8), outcome("Rain", 0.9)];
  equal(found.map(verdictOf), [0, 1, 2]);
});

Deno.test("what usually happens is quoted as measured, or said to be unknown", () => {
  const texts = makeTexts({ ui: {} }, "en");
  const words = { measured: "{kept} of {clips}", unmeasured: "nobody knows" };
  const measured = { kept: 0.5, kept_interval: [0.4, 0.6], right: 0.4 };
  const effects = { clips: 40, right: 0.8, experiments: { shift_up: measured } };
  equal(usually(texts, words, effects, "shift_up"), "50 % of 40");
  equal(usually(texts, words, effects, "stride"), "nobody knows");
  equal(usually(texts, words, null, "shift_up"), "nobody knows");
});
