import { explainedLabel, heatRequest } from "../../ast_demo/ui/explore/state/selectedMap.js";
import { equal } from "./assert.js";

const scored = (state) =>
  explainedLabel(heatRequest({ state: { heat: "label", labels: ["A", "B"], ...state } }));

Deno.test("a test of a map scores the label that the map speaks for", () => {
  equal(["first", "second", "more", "less"].map((compared) => scored({ compared })), [
    "A",
    "B",
    "A",
    "B",
  ]);
  equal(scored({ compared: "less", labels: ["A"] }), "A");
  equal(scored({ heat: "rollout", compared: "less" }), null);
});
