// @ts-check
// Above the steps: which sound, which language, how large.

import { choice, make } from "../../shared/dom.js";

const OWN = "own sound"; // no example can be called so

export function makeHeader(app, place, onLanguage) {
  const { texts, props } = app;
  const root = place.closest(".learn");
  const sound = choice(texts.ui("sound"), soundOptions(), "", (chosen) => {
    if (chosen === OWN) app.open({ payload: app.own });
    else app.open({ example: chosen });
  });
  const language = choice(texts.ui("language"), props.languages, texts.language, onLanguage);
  const large = make("label", "ln-large");
  const box = make("input", "", "", { type: "checkbox" });
  box.checked = root.dataset.large === "true";
  box.addEventListener("change", () => {
    root.dataset.large = String(box.checked);
    app.recolour();
  });
  large.append(box, make("span", "", texts.ui("large")));
  place.replaceChildren(sound.node, language.node, large);
  let known = null;

  function soundOptions() {
    const own = app.own ? [[OWN, texts.ui("own", { title: app.own.title })]] : [];
    return [...own, ...props.examples.map(({ name, title }) => [name, title])];
  }

  function refresh() {
    const { payload } = app.sound;
    if (!payload.source?.example) app.own = { ...payload, model: payload.model };
    const key = app.own?.title ?? "";
    if (known !== key) {
      known = key;
      const select = sound.node.querySelector("select");
      select.replaceChildren(
        ...soundOptions().map(([value, text]) => make("option", "", text, { value })),
      );
    }
    sound.set(payload.source?.example?.replace(/\.\w+$/, "") ?? OWN);
  }

  return { refresh };
}
