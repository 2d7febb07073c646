// The answer: labels with bars, the rule that made the scores, and a click that asks why.

import { button, make } from "./dom.js";

const SHOWN = 8; // labels before "show all"

export function makeLabels(panel, onPick) {
  let showAll = false;
  return function draw(sound, chosen) {
    panel.replaceChildren();
    panel.append(make("h3", "ex-caption", "Labels"));
    if (!sound) return panel.append(make("p", "ex-muted", "The answer appears here."));
    const { labels, rule } = sound.payload;
    const list = make("ol", "ex-list");
    for (const label of labels.slice(0, showAll ? labels.length : SHOWN)) {
      list.append(labelRow(label, chosen.includes(label.name), onPick));
    }
    panel.append(list);
    if (labels.length > SHOWN) {
      const text = showAll ? "Show fewer" : `Show all ${labels.length}`;
      panel.append(button(text, () => ((showAll = !showAll), draw(sound, chosen))));
    }
    panel.append(make("p", "ex-muted", describeRule(rule)));
  };
}

function labelRow({ name, score }, pressed, onPick) {
  const item = make("li");
  const row = make("button", "ex-label", "", { type: "button", "aria-pressed": pressed });
  row.addEventListener("click", () => onPick(name));
  const bar = make("span", "ex-bar");
  const fill = make("span", "ex-fill");
  fill.style.width = `${Math.max(0, Math.min(1, score)) * 100}%`;
  bar.append(fill);
  row.append(make("span", "ex-name", name, { title: name }));
  row.append(make("span", "ex-number", score.toFixed(score < 0.01 ? 3 : 2)), bar);
  item.append(row);
  return item;
}

export function describeRule(rule) {
  return {
    sigmoid: "Each label is scored on its own (sigmoid): several can be right at once.",
    softmax: "The labels share one whole (softmax): one excludes the others.",
    linear: "The numbers are the model's direct output (regression).",
  }[rule];
}
