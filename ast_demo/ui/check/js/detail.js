// @ts-check
// One strength, looked at closely: hear it, see the maps side by side, open it in Explore.

import { button, choice, make, setText } from "../../shared/dom.js";
import { depthChart } from "../../shared/depthChart.js";
import { drawPicture } from "./maps.js";

/** Make the panel that opens below a chart. */
export function makeDetail({ ask, player, open, complain, sounds }) {
  const panel = make("section", "ck-detail", "", { "aria-label": "Chosen strength" });
  let request = { sound: 0, key: "" };
  let serial = 0; // answers to an earlier choice are not shown

  async function attempt(work) {
    complain("");
    try {
      await work();
    } catch (error) {
      complain(error.message);
    }
  }

  const hear = (key) =>
    attempt(async () => {
      const { wav, note } = await ask("check_sound", { ...request, key });
      await playAnswer({ wav, note: note || key });
    });

  const openIt = () => attempt(async () => open(await ask("check_open", request)));

  const compareMaps = () =>
    attempt(async () => {
      const mine = ++serial;
      const place = panel.querySelector(".ck-maps");
      setText(place, "Listening\u2026");
      const answer = await ask("check_maps", request);
      if (mine !== serial) return;
      place.replaceChildren(
        ...answer.pictures.map((picture, index) =>
          drawPicture(answer, picture, index ? "bent" : "as it was")
        ),
      );
    });

  const smallest = () =>
    attempt(async () => {
      setText(panel.querySelector(".ck-note"), "Listening\u2026");
      await playAnswer(await ask("check_smallest", request));
    });

  const depth = () =>
    attempt(async () => {
      const mine = ++serial;
      const { curves, note } = await ask("check_depth", request);
      if (mine !== serial) return;
      setText(panel.querySelector(".ck-note"), note);
      panel.querySelector(".ck-maps").replaceChildren(depthChart(curves, note));
    });

  async function playAnswer({ wav, note }) {
    const bytes = Uint8Array.from(atob(wav), (letter) => letter.charCodeAt(0));
    player.load(new Blob([bytes], { type: "audio/wav" }));
    setText(panel.querySelector(".ck-note"), note);
    await player.play(0);
  }

  function show(series, point, figure) {
    request = { sound: Math.min(request.sound, sounds().length - 1), key: point.keys[0] };
    serial++;
    const names = sounds().map(({ sound }, index) => [`${index}`, sound]);
    const which = choice("sound", names, `${request.sound}`, (index) => {
      request = { ...request, sound: Number(index) };
      panel.querySelector(".ck-maps").replaceChildren();
    });
    const buttons = make("div", "in-buttons");
    buttons.append(
      button("Play", () => hear(request.key), { class: "in-button in-main" }),
      button("Play the original", () => hear(""), { class: "in-button" }),
      button("Maps side by side", compareMaps, { class: "in-button" }),
      button("The smallest sound", smallest, {
        class: "in-button",
        title: "the hottest part that brings 90 % of the score back, played alone",
      }),
      button("When did it decide?", depth, {
        class: "in-button",
        title: "the final norm and the classifier, applied after every layer",
      }),
      button("Open in Explore", openIt, { class: "in-button" }),
      button("Close", close, { class: "in-button" }),
    );
    const words = [
      series.series,
      point.at,
      point.note,
      `score ${point.score.toFixed(2)} from ${point.before.toFixed(2)}`,
      `${point.kept} of ${point.cases} keep their best label`,
    ];
    panel.replaceChildren(
      make("h4", "ck-name", words.filter(Boolean).join(" \u00b7 "), { tabindex: "-1" }),
      which.node,
      buttons,
      make("p", "ck-note in-muted", "", { role: "status" }),
      make("div", "ck-maps"),
    );
    figure.after(panel);
    panel.querySelector("h4").focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  function close() {
    serial++;
    player.pause();
    panel.remove();
  }

  return { show, close };
}
