import { pickedLabel, shownLabels } from "../../ast_demo/ui/explore/panels/labels.js";
import { equal } from "./assert.js";

const LABELS = Array.from({ length: 527 }, (_, i) => ({ name: `Label ${i}`, score: 0 }));
const names = (labels) => labels.map(({ name }) => name);

Deno.test("a label is chosen by one click and let go by the next", () => {
  const chosen = pickedLabel({ labels: [], comparing: false }, "Dog");
  equal(chosen, { labels: ["Dog"], heat: "label", compared: "first" });
  const again = pickedLabel({ labels: ["Dog"], comparing: false }, "Dog");
  equal(again, { labels: [], heat: "rollout", compared: "first" });
});

Deno.test("one label takes the other's place, or stands beside it when comparing", () => {
  equal(pickedLabel({ labels: ["Dog"], comparing: false }, "Rain").labels, ["Rain"]);
  const two = pickedLabel({ labels: ["Dog"], comparing: true }, "Rain");
  equal(two, { labels: ["Dog", "Rain"], heat: "label", compared: "more" });
  equal(pickedLabel({ ...two, comparing: true }, "Siren").labels, ["Rain", "Siren"]);
});

Deno.test("the best labels are listed, all, or those found", () => {
  equal(shownLabels(LABELS, "", false).length, 6);
  equal(shownLabels(LABELS, "", true).length, 527);
  equal(names(shownLabels(LABELS, "label 52", false)).slice(0, 3), [
    "Label 52",
    "Label 520",
    "Label 521",
  ]);
  equal(shownLabels(LABELS, "label", false).length, 50);
});
