// @ts-check
// The question of a step: what was chosen, what is right, and what is said to each choice.

import { sentenceOf } from "../../shared/errors.js";
import { makeQuestion } from "./question.js";

/** @import { Lesson } from "./lesson.js" */
/** @import { Step } from "./steps/step.js" */

/** @typedef {{ index: number, text: string, why: string }} Choice index among the step's words */

export class Asking {
  /** @param {Lesson} lesson @param {HTMLElement} place */
  constructor(lesson, place) {
    this.lesson = lesson;
    this.asked = 0; // serial number: a verdict on an earlier question is not shown
    this.question = makeQuestion((position) => this.reveal(position));
    place.append(this.question.node);
  }

  /** Ask the question of the present step. */
  ask() {
    this.asked++;
    const { lesson, question } = this;
    const { state, texts } = lesson;
    const step = lesson.step();
    const choices = this.choices(step);
    const before = state.revealed[step.id];
    question.ask({
      title: texts.ui("guess"),
      question: texts.fill(step.words.question, lesson.facts(step)),
      choices: choices.map(({ text }) => text),
      chosen: choices.findIndex(({ index }) => index === before),
      reveal: step.revealText,
      hint: texts.ui("reveal_hint"),
    });
    const right = step.right();
    if (right === null) return;
    if (before !== undefined) this.tell(step, before, right);
    else if (state.answers) this.tell(step, right, right);
  }

  /**
   * Choices that read alike, as with a sound of one frame, are one choice.
   * @param {Step} step
   * @returns {Choice[]}
   */
  choices(step) {
    const { texts } = this.lesson;
    const facts = this.lesson.facts(step);
    const whys = step.why();
    const all = step.words.choices.map(([text, why], index) => ({
      index,
      text: texts.fill(text, facts),
      why: texts.fill(whys[index] ?? why, facts),
    }));
    return withoutTwins(all, step.right());
  }

  /** @param {number} position of the chosen one */
  reveal(position) {
    const { lesson } = this;
    const step = lesson.step();
    const guess = this.choices(step)[position].index;
    lesson.set({ revealed: { ...lesson.state.revealed, [step.id]: guess } });
    const right = step.right();
    if (right === null) return this.judge(step, guess);
    this.tell(step, guess, right);
    step.onReveal();
  }

  /** In the last step the answer is what happens. @param {Step} step @param {number} guess */
  async judge(step, guess) {
    const { lesson, question } = this;
    const mine = ++this.asked;
    const isWanted = () => mine === this.asked && lesson.step() === step;
    question.say(lesson.texts.ui("waiting"));
    try {
      const { right, sentences } = await step.judge(guess);
      if (isWanted()) {
        question.show(this.verdict(right), [...sentences, this.belief(step)], right);
      }
    } catch (error) {
      if (isWanted()) question.say(sentenceOf(error));
    }
    lesson.redraw();
  }

  /** @param {boolean} right */
  verdict(right) {
    return this.lesson.texts.ui(right ? "right" : "wrong");
  }

  /** What many believe, and what holds. @param {Step} step */
  belief(step) {
    const { texts } = this.lesson;
    const facts = this.lesson.facts(step);
    const [says, fact] = step.words.belief.map((text) => texts.fill(text, facts));
    return texts.ui("believed", { says, fact });
  }

  /** @param {Step} step @param {number} guess @param {number} right */
  tell(step, guess, right) {
    const { texts } = this.lesson;
    const choices = this.choices(step);
    const chosen = (/** @type {number} */ index) =>
      choices.find((each) => each.index === index) ?? choices[0];
    const [mine, correct] = [chosen(guess), chosen(right)];
    const isRight = mine === correct;
    const correction = texts.ui("correct", { choice: correct.text, why: correct.why });
    const answer = texts.fill(step.words.answer, this.lesson.facts(step));
    const more = [answer, step.afterword(), this.belief(step)].filter(Boolean);
    const sentences = isRight ? [mine.why] : [mine.why, correction];
    this.question.show(this.verdict(isRight), [...sentences, ...more], isRight);
  }
}

/**
 * Of choices that read alike keep one, the right one if it is among them.
 * @param {Choice[]} all
 * @param {number | null} right
 */
export function withoutTwins(all, right) {
  const isKept = (/** @type {Choice} */ one, /** @type {Choice} */ other) =>
    one.index === right || (other.index !== right && one.index < other.index);
  return all.filter((one) =>
    all.every((other) => other === one || other.text !== one.text || isKept(one, other))
  );
}
