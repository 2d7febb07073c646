// @ts-check
// Plays stretches of a recording; one player of the page sounds at a time.

import { within } from "./bounded.js";

const START_SECONDS = 15; // for the browser to fetch what it needs and begin
const UNPLAYABLE = "This browser cannot play the recording; the timeline is not affected.";
const NOT_STARTED =
  "The browser did not begin to play within 15 s: check its sound output, then try again.";

/** @typedef {ReturnType<typeof makePlayer>} Player */

/**
 * Make a player of an audio element.
 *
 * @param {HTMLAudioElement} audio
 * @param {object} on
 * @param {(seconds: number | null) => void} on.time where it plays just now, null when it stops
 * @param {(sentence: string) => void} on.trouble
 */
export function makePlayer(audio, on) {
  let end = Infinity;
  let held = ""; // object URL of a file in the browser, to be revoked
  let address = ""; // of what is played

  function tick() {
    if (audio.paused) return;
    if (audio.currentTime >= end) {
      audio.pause();
      return;
    }
    on.time(audio.currentTime);
    requestAnimationFrame(tick);
  }

  audio.addEventListener("play", () => requestAnimationFrame(tick));
  for (const event of ["pause", "ended"]) audio.addEventListener(event, () => on.time(null));
  audio.addEventListener("error", () => address && on.trouble(UNPLAYABLE));
  pauseForOthers(audio);

  return {
    /**
     * Take a recording; a file that is still at hand here needs no server to be played.
     *
     * @param {Blob | string | null} source
     */
    load(source) {
      audio.pause();
      if (held) URL.revokeObjectURL(held);
      held = source instanceof Blob ? URL.createObjectURL(source) : "";
      address = typeof source === "string" ? source : held;
      if (address) audio.src = address;
      else audio.removeAttribute("src");
    },
    /**
     * Play from one moment to another.
     *
     * @param {number} start seconds
     * @param {number} [stop] seconds
     */
    async play(start, stop = Infinity) {
      end = stop;
      try {
        audio.currentTime = start;
        await within(audio.play(), START_SECONDS, NOT_STARTED);
      } catch (error) {
        const { name, message } = /** @type {Error} */ (error);
        if (name === "AbortError") return; // paused before it began
        audio.pause();
        on.trouble(message === NOT_STARTED ? NOT_STARTED : UNPLAYABLE);
      }
    },
    pause() {
      audio.pause();
    },
    get playing() {
      return !audio.paused;
    },
  };
}

/** @param {HTMLAudioElement} audio */
function pauseForOthers(audio) {
  document.addEventListener("play", (event) => {
    if (event.target !== audio) audio.pause();
  }, true);
}
