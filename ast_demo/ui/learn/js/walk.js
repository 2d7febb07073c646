// @ts-check
// From step to step: the list on top, back and next, and where the focus goes.

import { make, partOf, setText } from "../../shared/dom.js";
import { clamp } from "../../shared/numbers.js";

/** @import { Lesson } from "./lesson.js" */

export class Walk {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    this.lesson = lesson;
    this.nav = lesson.part("nav");
    this.back = partOf(lesson.root, ".ln-back", HTMLButtonElement);
    this.next = partOf(lesson.root, ".ln-next", HTMLButtonElement);
    this.back.addEventListener("click", () => this.enter(lesson.state.step - 1));
    this.next.addEventListener("click", () => this.enter(lesson.state.step + 1));
  }

  /** Name the steps in the present language. */
  list() {
    const { lesson, nav } = this;
    nav.setAttribute("aria-label", lesson.texts.ui("steps"));
    partOf(nav, "ol").replaceChildren(
      ...lesson.steps.map(({ words }, index) => {
        const item = make("li");
        const choose = make("button", "ln-goto", "", { type: "button" });
        choose.append(make("span", "in-number", String(index + 1)), ` ${words.name}`);
        choose.addEventListener("click", () => this.enter(index));
        item.append(choose);
        return item;
      }),
    );
  }

  /** Show a step. @param {number} index @param {boolean} [moveFocus] */
  enter(index, moveFocus = true) {
    const { lesson } = this;
    const { state, texts, steps } = lesson;
    state.step = clamp(index, 0, steps.length - 1);
    const step = lesson.step();
    const { words } = step;
    const heading = `${state.step + 1} \u00b7 ${texts.fill(words.title, lesson.facts(step))} `;
    const title = lesson.part("title");
    title.replaceChildren(heading, make("span", "ln-term", `(${words.term})`));
    lesson.part("controls").replaceChildren(
      ...step.controls,
      ...(step.playable ? [lesson.playback.button()] : []),
    );
    lesson.part("extra").replaceChildren(...(step.extra ? [step.extra] : []));
    const place = { number: state.step + 1, count: steps.length, name: words.name };
    setText(lesson.part("position"), texts.ui("position", place));
    this.mark(state.step);
    lesson.table.columns(words.columns, step.note);
    lesson.ask();
    lesson.redraw();
    if (!moveFocus) return;
    title.focus({ preventScroll: true });
    this.nav.scrollIntoView({ block: "nearest" });
    lesson.speakAloud(texts.ui("position", place));
  }

  /** Mark a step in the list and bring it into sight there. @param {number} current */
  mark(current) {
    const { nav } = this;
    /** @type {NodeListOf<HTMLElement>} */
    const choices = nav.querySelectorAll(".ln-goto");
    choices.forEach((choose, index) => {
      if (index !== current) return choose.removeAttribute("aria-current");
      choose.setAttribute("aria-current", "step");
      nav.scrollLeft = choose.offsetLeft - (nav.clientWidth - choose.offsetWidth) / 2;
    });
    this.back.disabled = current === 0;
    this.next.disabled = current === choices.length - 1;
  }
}
