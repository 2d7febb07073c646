// @ts-check
// Step 10: the attention of a patch, or of the answer, in each layer; and whether it matters.

import { button, choice, make, segmented, slider } from "../../../shared/dom.js";
import { SPECIAL_TOKENS, tokenOf } from "../../../shared/geometry.js";
import { headMap, layerMap } from "../../../explore/state/maps.js";
import { unpackAttention } from "../../../explore/state/payload.js";
import { outcomeTable } from "../outcomes.js";
import { patchAt } from "../state.js";
import { SpectrogramStep } from "./spectrogramStep.js";

/** @import { Heat } from "../../../explore/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { Outcome } from "../types.js" */

const MOST_ROWS = 40; // of the table
const MEAN = "mean";
const TESTED = ["hottest", "random"]; // tenths of the patches that are painted away

export class Listening extends SpectrogramStep {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "listening");
    const { words, texts, state } = this;
    const { layers, heads } = this.sound.attention;
    this.layer = slider(
      words.control,
      { min: 0, max: layers - 1, step: 1, value: state.layer },
      String,
      (chosen) => lesson.set({ layer: chosen }),
    );
    const options = [
      [MEAN, texts.fill(words.mean_head, { heads })],
      ...Array.from({ length: heads }, (_, head) => [String(head), String(head)]),
    ];
    this.head = choice(words.head, options, state.head, (chosen) => lesson.set({ head: chosen }));
    this.from = segmented(
      words.from,
      [["answer", words.from_answer], ["card", words.from_card]],
      state.listener,
      (chosen) => lesson.set({ listener: chosen }),
    );
    const test = button(words.test, () => this.test(), { class: "in-button" });
    this.controls = [this.layer.node, this.head.node, this.from.node, test];
    this.outcome = this.extra = make("div", "ln-outcome");
  }

  /** @override */
  right() {
    return 1;
  }

  /** @override */
  onReveal() {
    this.test();
  }

  test() {
    for (const kind of TESTED) this.lesson.experiments.run(kind);
  }

  /** The token whose attention is shown; null for the answer. */
  token() {
    return this.state.listener === "answer" ? null : tokenOf(this.sound.grid, this.state.patch);
  }

  /** Its maps of every layer and head, once they are here. */
  pack() {
    const token = this.token();
    if (token === null) return this.sound.attention;
    const { session } = this.lesson;
    return session.fact(`attention ${token}`, "attention_from", { token }, unpackAttention);
  }

  /** @returns {Heat | null} @override */
  map() {
    const pack = this.pack();
    if (!pack) return null;
    const { layer, head } = this.state;
    const map = head === MEAN ? layerMap(pack, layer) : headMap(pack, layer, Number(head));
    return {
      ...map,
      key: `listening ${this.sound.id} ${this.token() ?? "answer"} ${layer} ${head}`,
      name: this.words.heat,
      caveat: "",
      ceiling: map.max,
      linear: false,
    };
  }

  /** @override */
  refresh() {
    const { state, words, texts } = this;
    this.layer.set(state.layer);
    this.head.set(state.head);
    this.from.set(state.listener);
    const nodes = TESTED.flatMap((kind) =>
      this.lesson.experiments.nodes(kind, (/** @type {Outcome} */ answer) => {
        const part = make("div");
        part.append(make("h3", "ln-small", words[kind]), ...outcomeTable(texts, answer));
        return [part];
      })
    );
    this.outcome.replaceChildren(...nodes);
  }

  /** @override */
  facts() {
    const { texts } = this;
    const { grid, attention } = this.sound;
    const map = this.map();
    const bytes = map?.bytes ?? new Uint8Array(grid.patches);
    const hottest = patchAt(
      grid,
      bytes.reduce((best, byte, i) => byte > bytes[best] ? i : best, 0),
    );
    const tokens = grid.patches + SPECIAL_TOKENS;
    return {
      layers: attention.layers,
      heads: attention.heads,
      layer: this.state.layer,
      row: hottest.f,
      column: hottest.t,
      share: texts.short(map?.max ?? 0),
      even: texts.short(1 / tokens),
      special: texts.percent(map?.specialShare ?? 0),
      tokens: texts.number(tokens),
    };
  }

  /** @override */
  rows() {
    const map = this.map();
    if (!map) return [];
    const ranked = Array.from(map.bytes, (byte, patch) => ({ byte, patch }));
    ranked.sort((one, other) => other.byte - one.byte);
    return ranked.slice(0, MOST_ROWS).map(({ byte, patch }) => {
      const { f, t } = patchAt(this.sound.grid, patch);
      return [f, t, this.texts.short((byte / 255) * map.max)];
    });
  }
}
