// @ts-check
// Step 9: which position embeddings are alike, and what is left without them.

import { button, make } from "../../../shared/dom.js";
import { SPECIAL_TOKENS } from "../../../shared/geometry.js";
import { outcomeTable } from "../outcomes.js";
import { numberOf, patchAt } from "../state.js";
import { patchFacts, patchSlider } from "./patchFacts.js";
import { SpectrogramStep } from "./spectrogramStep.js";

/** @import { Heat } from "../../../explore/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { Outcome } from "../types.js" */

const MOST_ROWS = 40; // of the table
const UNKNOWN = "\u2026"; // until the server has sent the position embeddings
/** Experiments by the names of their buttons. @type {Record<string, string>} */
const TRIES = {
  glued: "shuffle_with_addresses",
  off: "drop_addresses",
  bag: "shuffle_without_addresses",
};

export class Address extends SpectrogramStep {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "address");
    const { words } = this;
    this.patch = patchSlider(lesson, words.control);
    const buttons = Object.entries(TRIES).map(([name, kind]) =>
      button(words[name], () => this.attempt(kind), { class: "in-button" })
    );
    this.controls = [this.patch.node, ...buttons];
    this.outcome = this.extra = make("div", "ln-outcome");
  }

  /** @override */
  right() {
    return 2;
  }

  /** @override */
  onReveal() {
    this.attempt(TRIES.glued);
  }

  /** @param {string} kind */
  attempt(kind) {
    this.lesson.set({ tried: kind });
    this.lesson.experiments.run(kind);
  }

  /** The chosen patch's number. */
  number() {
    return numberOf(this.sound.grid, this.state.patch);
  }

  /** Cosine of every patch's position embedding with that of the chosen patch. */
  likeness() {
    const weights = this.lesson.session.weights();
    if (!weights) return null;
    const hidden = this.sound.payload.hidden_size;
    const embedding = (/** @type {number} */ patch) => {
      const token = patch + SPECIAL_TOKENS;
      return weights.addresses.subarray(token * hidden, (token + 1) * hidden);
    };
    const own = embedding(this.number());
    const { patches } = this.sound.grid;
    return Float32Array.from({ length: patches }, (_, patch) => cosine(own, embedding(patch)));
  }

  /** @returns {Heat | null} @override */
  map() {
    const values = this.likeness();
    if (!values) return null;
    return {
      key: `likeness ${this.sound.id} ${this.number()}`,
      name: this.texts.fill(this.words.heat, { card: this.number() }),
      caveat: "",
      bytes: Uint8Array.from(values, (value) => Math.max(0, value * 255)),
      max: 1,
      ceiling: 1,
      linear: true,
      entropy: 0,
      specialShare: null,
    };
  }

  /** @override */
  refresh() {
    const { words, texts } = this;
    const { tried } = this.state;
    this.patch.refresh();
    const name = Object.keys(TRIES).find((each) => TRIES[each] === tried) ?? "";
    this.outcome.replaceChildren(
      ...this.lesson.experiments.nodes(tried, (/** @type {Outcome} */ answer) => [
        make("h3", "ln-small", words[name]),
        ...(tried === TRIES.bag ? [make("p", "", words.bag_note)] : []),
        ...outcomeTable(texts, answer),
      ]),
    );
  }

  /** @override */
  facts() {
    const { texts } = this;
    const { grid, payload } = this.sound;
    const values = this.likeness();
    const own = this.number();
    let best = own === 0 ? 1 : 0;
    values?.forEach((value, patch) => {
      if (patch !== own && value > values[best]) best = patch;
    });
    return {
      ...patchFacts(texts, this.sound, this.state.patch),
      hidden: texts.number(payload.hidden_size),
      cards: texts.number(grid.patches),
      tokens: texts.number(grid.patches + SPECIAL_TOKENS),
      like_row: values ? patchAt(grid, best).f : UNKNOWN,
      like_column: values ? patchAt(grid, best).t : UNKNOWN,
      likeness: values ? texts.number(values[best] ?? 0, 2) : UNKNOWN,
    };
  }

  /** @override */
  rows() {
    const ranked = Array.from(this.likeness() ?? [], (value, patch) => ({ value, patch }));
    ranked.sort((one, other) => other.value - one.value);
    return ranked.slice(0, MOST_ROWS).map(({ value, patch }) => {
      const { f, t } = patchAt(this.sound.grid, patch);
      return [f, t, this.texts.number(value, 2)];
    });
  }
}

/** @param {Int8Array} one @param {Int8Array} other */
function cosine(one, other) {
  let [dot, a, b] = [0, 0, 0];
  for (let i = 0; i < one.length; i++) {
    dot += one[i] * other[i];
    a += one[i] * one[i];
    b += other[i] * other[i];
  }
  return dot / (Math.sqrt(a * b) || 1);
}
