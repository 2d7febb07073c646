// @ts-check
// Plays samples at their true level; one player for the whole lesson.

import { button, setText } from "../../shared/dom.js";
import { sixteenBit, wavFile } from "../../sound/wav.js";

export function makePlayback(app) {
  const player = new Audio();
  const buttons = new Set();
  let url = null;

  function play(samples) {
    if (!player.paused) return player.pause();
    if (url) URL.revokeObjectURL(url);
    url = URL.createObjectURL(wavFile([sixteenBit(samples)], app.sound.stages.rate, "sound.wav"));
    player.src = url;
    player.play().catch(() => show());
  }

  function show() {
    for (const each of buttons) {
      if (each.isConnected) setText(each, app.texts.ui(player.paused ? "play" : "stop"));
      else buttons.delete(each);
    }
  }
  for (const event of ["play", "pause", "ended"]) player.addEventListener(event, show);

  play.button = () => {
    const made = button(app.texts.ui("play"), () => play(app.sound.samples), {
      class: "in-button",
    });
    buttons.add(made);
    return made;
  };
  return play;
}
