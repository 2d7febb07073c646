// @ts-check
// One question: predict, then reveal. Reveal rests until a choice is made.

import { button, make, setText } from "../../shared/dom.js";

let serial = 0; // radio groups need names of their own

/**
 * @param {any} app
 * @param {(choice: number) => void} onReveal told the choice, once the answer is to be shown
 */
export function makeQuestion(app, onReveal) {
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

  const inputs = () => [...list.querySelectorAll("input")];
  const chosen = () => inputs().findIndex((input) => input.checked);
  const allow = () => {
    reveal.disabled = chosen() < 0;
    hint.hidden = !reveal.disabled;
  };

  /** @param {{ question: string, choices: string[], chosen?: number, reveal?: string }} asked */
  function ask({ question, choices, chosen: before = -1, reveal: word = app.texts.ui("reveal") }) {
    const { texts } = app;
    setText(heading, texts.ui("guess"));
    setText(legend, question);
    setText(reveal, word);
    setText(hint, texts.ui("reveal_hint"));
    const name = `ln-question-${serial++}`;
    list.replaceChildren(
      ...choices.map((text, index) => {
        const label = make("label", "ln-choice");
        const input = make("input", "", "", { type: "radio", name });
        input.checked = index === before;
        input.addEventListener("change", () => {
          answer.replaceChildren();
          allow();
        });
        label.append(input, make("span", "", text));
        return label;
      }),
    );
    answer.replaceChildren();
    allow();
  }

  /** @param {string} verdict @param {string[]} sentences @param {boolean} right */
  function show(verdict, sentences, right) {
    const first = make("p");
    first.append(make("strong", right ? "ln-right" : "ln-wrong", verdict), ` ${sentences[0]}`);
    answer.replaceChildren(first, ...sentences.slice(1).map((text) => make("p", "", text)));
  }

  return { node, ask, show, chosen, busy: (text) => answer.replaceChildren(make("p", "", text)) };
}
