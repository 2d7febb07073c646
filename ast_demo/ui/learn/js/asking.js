// @ts-check
// The question of a step: what was chosen, what is right, and what is said to each choice.

import { makeQuestion } from "./question.js";

export function makeAsking(app, place) {
  const question = makeQuestion(app, reveal);
  place.append(question.node);
  const { state } = app;

  // Choices that read alike, as with a sound of one frame, are one choice.
  function choicesOf(step) {
    const { texts } = app;
    const facts = app.facts(step);
    const whys = step.why?.() ?? [];
    const all = app.words(step.id).choices.map(([text, why], index) => ({
      index,
      text: texts.fill(text, facts),
      why: texts.fill(whys[index] ?? why, facts),
    }));
    const right = rightOf(step);
    const kept = (one, other) =>
      one.index === right || (other.index !== right && one.index < other.index);
    return all.filter((one) =>
      all.every((other) => other === one || other.text !== one.text || kept(one, other))
    );
  }

  const rightOf = (step) => (typeof step.right === "function" ? step.right() : step.right);
  const verdict = (right) => app.texts.ui(right ? "right" : "wrong");

  function ask() {
    const step = app.step();
    const choices = choicesOf(step);
    const before = state.revealed[step.id];
    question.ask({
      question: app.texts.fill(app.words(step.id).question, app.facts(step)),
      choices: choices.map(({ text }) => text),
      chosen: choices.findIndex(({ index }) => index === before),
      reveal: step.revealText,
    });
    if (step.judge) return;
    if (before !== undefined) tell(step, before);
    else if (state.answers) tell(step, rightOf(step));
  }

  async function reveal(position) {
    const step = app.step();
    const guess = choicesOf(step)[position].index;
    app.set({ revealed: { ...state.revealed, [step.id]: guess } });
    if (step.judge) return await judge(step, guess);
    tell(step, guess);
    step.onReveal?.();
  }

  // In the last step the answer is what happens.
  async function judge(step, guess) {
    question.busy(app.texts.ui("waiting"));
    try {
      const { right, sentences } = await step.judge(guess);
      if (app.step() === step) {
        question.show(verdict(right), [...sentences, ...beliefOf(step)], right);
      }
    } catch (error) {
      if (app.step() === step) question.busy(error.message);
    }
    app.redraw();
  }

  function beliefOf(step) {
    const { texts } = app;
    const [says, fact] = app.words(step.id).belief.map((text) => texts.fill(text, app.facts(step)));
    return [texts.ui("believed", { says, fact })];
  }

  function tell(step, guess) {
    const words = app.words(step.id);
    const choices = choicesOf(step);
    const chosen = (index) => choices.find((each) => each.index === index) ?? choices[0];
    const [mine, correct] = [chosen(guess), chosen(rightOf(step))];
    const right = mine === correct;
    const sentences = right
      ? [mine.why]
      : [mine.why, app.texts.ui("correct", { choice: correct.text, why: correct.why })];
    const answer = app.texts.fill(words.answer, app.facts(step));
    const more = [answer, step.calibrated?.() ?? "", ...beliefOf(step)].filter(Boolean);
    question.show(verdict(right), [...sentences, ...more], right);
  }

  return { ask };
}
