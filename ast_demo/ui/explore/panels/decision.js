// @ts-check
// When did it decide? The answer as it would be after every layer, beside that of other labels.

import { depthChart } from "../../shared/depthChart.js";
import { button, make, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { foldedTable } from "./tables.js";
import { soundOf } from "../state/opened.js";

const WORDS =
  "Reads an answer after every layer: the final norm and the classifier, applied to what the two " +
  "special tokens hold there (logit lens). Choose a label in the list to compare it with the best.";

export class Decision {
  /** @param {import("../types.js").App} app @param {HTMLElement} panel */
  constructor(app, panel) {
    this.app = app;
    this.panel = panel;
    /** @type {{ key: string, curves: Record<string, number[]>, note: string } | null} */
    this.found = null;
    this.serial = 0;
    this.show = button("Show the layers", () => this.start());
    this.note = make("p", "", "", { role: "status" });
    this.place = make("div", "ex-depth");
    this.numbers = foldedTable("The numbers", rows);
    this.numbers.node.hidden = true;
    panel.append(
      make("h3", "ex-heading", "When did it decide?"),
      make("p", "ex-muted", WORDS),
      this.show,
      this.note,
      this.place,
      this.numbers.node,
    );
  }

  /** What the curves depend on. */
  get key() {
    return this.app.state.labels.join("\n");
  }

  async start() {
    const { app, key } = this;
    const mine = ++this.serial;
    const request = { id: soundOf(app).id, labels: app.state.labels };
    this.show.disabled = true;
    setText(this.note, "Reading the layers\u2026");
    try {
      const answer = await app.answers.ask("depth", request);
      if (mine !== this.serial) return;
      this.found = { key, ...answer };
      setText(this.note, answer.note);
      this.place.replaceChildren(depthChart(answer.curves, answer.note));
      this.numbers.node.hidden = false;
    } catch (error) {
      if (mine === this.serial) setText(this.note, sentenceOf(error));
    }
    this.show.disabled = false;
    app.redraw();
  }

  refresh() {
    if (!this.found) return;
    this.panel.dataset.stale = String(this.found.key !== this.key);
    this.numbers.refresh(this.found, this.found.curves);
  }

  forget() {
    this.serial++;
    this.found = null;
    this.show.disabled = false;
    this.panel.dataset.stale = "false";
    this.place.replaceChildren();
    this.numbers.node.hidden = true;
    setText(this.note, "");
  }
}

/** @param {Record<string, number[]>} curves */
function rows(curves) {
  const entries = Object.entries(curves);
  const head = make("tr");
  head.append(make("th", "", "after layer"), ...entries.map(([label]) => make("th", "", label)));
  return [
    head,
    ...entries[0][1].map((_, layer) => {
      const row = make("tr");
      const scores = entries.map(([, curve]) => make("td", "", curve[layer].toFixed(3)));
      row.append(make("th", "", layer ? `${layer}` : "none", { scope: "row" }), ...scores);
      return row;
    }),
  ];
}
