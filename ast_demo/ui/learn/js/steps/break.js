// @ts-check
// Step 12: break the sound in one way, after saying what will happen.

import { button, choice, make, segmented } from "../../../shared/dom.js";
import { outcomeTable, usually, verdictOf } from "../outcomes.js";
import { rearranged } from "../rearranged.js";
import { suggestedPatches } from "../suggestedPatches.js";
import { patchKey, patchOfKey, SpectrogramStep } from "./spectrogramStep.js";

/** @import { Patch } from "../../../shared/types.js" */
/** @import { Lesson } from "../lesson.js" */
/** @import { LessonState, Outcome } from "../types.js" */

const THEOREMS = ["shuffle_with_addresses", "shuffle_without_addresses"];

export class Break extends SpectrogramStep {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    super(lesson, "break");
    const { words, state } = this;
    this.revealText = words.run;
    /** @type {Record<string, [string, string]>} */
    this.kinds = words.kinds; // experiment -> name, what it does
    this.kind = choice(
      words.control,
      Object.entries(this.kinds).map(([kind, [name]]) => [kind, name]),
      state.kind,
      (chosen) => {
        this.change({ kind: chosen });
        lesson.ask();
      },
    );
    this.about = make("p", "ln-about");
    this.mode = segmented(
      words.mode,
      [["paint", words.paint], ["pan", words.pan]],
      state.mode,
      (chosen) => lesson.set({ mode: chosen }),
    );
    this.filling = segmented(
      words.filling,
      [["mean", words.mean], ["silence", words.silence]],
      state.filling,
      (chosen) => this.change({ filling: chosen }),
    );
    this.tools = make("div", "in-bar");
    this.tools.append(this.mode.node, this.filling.node, ...this.paintButtons());
    this.listen = button(words.listen, () => this.playReversed(), { class: "in-button" });
    this.controls = [this.kind.node, this.about, this.tools, this.listen];
    this.outcome = this.extra = make("div", "ln-outcome");
  }

  paintButtons() {
    const add = (/** @type {string} */ name, /** @type {() => Set<string>} */ patches) =>
      button(this.words[name], () => this.change({ painted: patches() }), { class: "in-button" });
    return [
      add("hottest", () => new Set(suggestedPatches(this.sound, "hottest").map(patchKey))),
      add("random", () => new Set(suggestedPatches(this.sound, "random").map(patchKey))),
      add("clear", () => new Set()),
    ];
  }

  playReversed() {
    this.lesson.playback.play(this.sound.samples.slice().reverse(), this.sound.stages.rate);
  }

  /** What was revealed was about the sound as it was. @param {Partial<LessonState>} changes */
  change(changes) {
    const { break: shown, ...revealed } = this.state.revealed;
    this.lesson.set({ ...changes, revealed });
    if (shown !== undefined) this.lesson.ask();
  }

  // --- the spectrogram ---

  isPaintKind() {
    return this.state.kind === "paint";
  }

  /** @override */
  isPainting() {
    return this.isPaintKind() && this.state.mode === "paint";
  }

  /** @override */
  paintedPatches() {
    return Array.from(this.state.painted, patchOfKey);
  }

  /** @param {Patch} patch @param {boolean} on @override */
  paint(patch, on) {
    const painted = new Set(this.state.painted);
    painted[on ? "add" : "delete"](patchKey(patch));
    this.change({ painted });
  }

  /** As the experiment leaves it, once it was tried. @override */
  picture() {
    const answer = this.isPaintKind() ? null : this.answer();
    if (!answer) return this.sound;
    return { ...rearranged(this.sound, this.state.kind, answer), key: this.key() };
  }

  // --- the experiment ---

  key() {
    if (!this.isPaintKind()) return this.state.kind;
    return `paint ${this.state.filling} ${[...this.state.painted].sort().join(",")}`;
  }

  /** @returns {Outcome | null} */
  answer() {
    return this.lesson.experiments.answer(this.key());
  }

  /** @returns {Promise<Outcome>} */
  run() {
    const { kind, filling } = this.state;
    const patches = this.paintedPatches().map(({ f, t }) => [f, t]);
    const details = this.isPaintKind() ? { patches, filling } : {};
    return this.lesson.experiments.run(kind, details, this.key());
  }

  /** @param {number} guess @override */
  async judge(guess) {
    const { texts, words } = this;
    if (this.isPaintKind() && !this.state.painted.size) throw new Error(words.paint_first);
    const verdict = verdictOf(await this.run());
    const right = verdict === guess;
    const told = texts.fill([words.same, words.falls, words.other][verdict], this.facts());
    const guessed = texts.fill(words.choices[guess][0], this.facts());
    return {
      right,
      sentences: [told, right ? words.held : texts.fill(words.missed, { guess: guessed })],
    };
  }

  /** @override */
  refresh() {
    const { texts, words, state } = this;
    const { payload } = this.sound;
    this.kind.set(state.kind);
    this.mode.set(state.mode);
    this.filling.set(state.filling);
    this.about.textContent = texts.fill(this.kinds[state.kind][1], { up: payload.bins_up });
    this.tools.hidden = !this.isPaintKind();
    this.listen.hidden = state.kind !== "reverse_time";
    const key = state.revealed.break === undefined ? null : this.key();
    const measured = this.isPaintKind() ? "hottest" : state.kind;
    this.outcome.replaceChildren(
      ...this.lesson.experiments.nodes(key, (/** @type {Outcome} */ answer) => [
        ...outcomeTable(texts, answer),
        make("p", "", usually(texts, words, payload.effects, measured)),
        ...(THEOREMS.includes(state.kind) ? [make("p", "", words.theorem)] : []),
      ]),
    );
  }

  /** @override */
  read() {
    if (this.state.revealed.break !== undefined && this.answer()) return this.words.read;
    return this.isPaintKind() ? this.words.painted : "";
  }

  /** @override */
  facts() {
    const { texts } = this;
    const { payload } = this.sound;
    const answer = this.answer();
    const { name } = payload.labels[0];
    const { label, before, after } = answer?.reference ??
      { label: name, before: null, after: null };
    return {
      label,
      before: before === null ? "" : texts.number(before, 2),
      after: after === null ? "" : texts.number(after, 2),
      best: answer?.best ?? label,
      count: texts.number(this.state.painted.size),
      dtype: answer?.dtype ?? "\u2013",
      difference: answer ? texts.short(answer.difference, 2) : "\u2013",
      up: payload.bins_up,
    };
  }

  /** @override */
  rows() {
    const { texts } = this;
    const rows = this.answer()?.rows ?? [];
    return rows.map((
      [label, before, after],
    ) => [label, texts.number(before, 3), texts.number(after, 3)]);
  }
}
