// @ts-check
// Above the steps: which sound, which language, how large.

import { choice, make } from "../../shared/dom.js";

/** @import { Lesson } from "./lesson.js" */

const OWN = "own sound"; // no example can be called so

/**
 * @param {Lesson} lesson
 * @param {HTMLElement} place
 */
export function makeHeader(lesson, place) {
  const { texts, props, root } = lesson;
  const sound = choice(texts.ui("sound"), soundOptions(lesson), "", (chosen) => {
    if (chosen === OWN && lesson.own) lesson.session.carry(lesson.own);
    else lesson.session.openExample(chosen);
  });
  const language = choice(texts.ui("language"), props.languages, texts.language, (chosen) => {
    lesson.speak(chosen);
  });
  const large = make("label", "ln-large");
  const box = make("input", "", "", { type: "checkbox" });
  box.checked = root.dataset.large === "true";
  box.addEventListener("change", () => {
    root.dataset.large = String(box.checked);
    lesson.drawing.recolour();
  });
  large.append(box, make("span", "", texts.ui("large")));
  place.replaceChildren(sound.node, language.node, large);
  let shownOwn = lesson.own?.title;

  return {
    refresh() {
      if (shownOwn !== lesson.own?.title) {
        shownOwn = lesson.own?.title;
        sound.offer(soundOptions(lesson));
      }
      sound.set(lesson.session.shownExample() ?? OWN);
    },
  };
}

/** The own sound, if there was one, and the examples. @param {Lesson} lesson */
function soundOptions({ own, texts, props }) {
  const options = props.examples.map(({ name, title }) => [name, title]);
  return own ? [[OWN, texts.ui("own", { title: own.title })], ...options] : options;
}
