// @ts-check
// One question: predict, then reveal. Reveal rests until a choice is made.

import { button, make, setText } from "../../shared/dom.js";

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} question
 * @property {string[]} choices
 * @property {number} chosen before, or -1
 * @property {string} reveal word on the button
 * @property {string} hint shown until something is chosen
 */

/** @param {(choice: number) => void} onReveal told the choice, once the answer is to be shown */
export function makeQuestion(onReveal) {
  const node = make("section", "ln-question");
  const heading = make("h3", "ln-small");
  const group = make("fieldset", "ln-choices");
  const legend = make("legend");
  const list = make("div");
  const hint = make("p", "in-muted");
  const answer = make("div", "ln-answer", "", { role: "status" });
  const reveal = button("", () => onReveal(chosen()), { class: "in-button in-main" });
  group.append(legend, list);
  node.append(heading, group, reveal, hint, answer);

  const chosen = () => [...list.querySelectorAll("input")].findIndex((input) => input.checked);

  function start() {
    answer.replaceChildren();
    reveal.disabled = chosen() < 0;
    hint.hidden = !reveal.disabled;
  }

  /** @param {string} text @param {boolean} isChosen */
  function choiceNode(text, isChosen) {
    const label = make("label", "ln-choice");
    const input = make("input", "", "", { type: "radio", name: "ln-question" });
    input.checked = isChosen;
    input.addEventListener("change", start);
    label.append(input, make("span", "", text));
    return label;
  }

  return {
    node,

    /** @param {Question} asked */
    ask(asked) {
      setText(heading, asked.title);
      setText(legend, asked.question);
      setText(reveal, asked.reveal);
      setText(hint, asked.hint);
      list.replaceChildren(
        ...asked.choices.map((text, index) => choiceNode(text, index === asked.chosen)),
      );
      start();
    },

    /** @param {string} verdict @param {string[]} sentences @param {boolean} right */
    show(verdict, sentences, right) {
      const first = make("p");
      first.append(make("strong", right ? "ln-right" : "ln-wrong", verdict), ` ${sentences[0]}`);
      answer.replaceChildren(first, ...sentences.slice(1).map((text) => make("p", "", text)));
    },

    /** @param {string} text in place of an answer */
    say: (text) => answer.replaceChildren(make("p", "", text)),
  };
}
