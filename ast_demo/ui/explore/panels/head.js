// @ts-check
// What stands above and below the picture about its sound: name, answer, notes, how it was made.

import { describeBest, describePicture, describeRun, STAGE_KEYS } from "./altText.js";
import { make, setText } from "../../shared/dom.js";
import { openInTimeline } from "../../shared/tabs.js";

/** @import { Sound, SoundFacts } from "../types.js" */

let serial = 0; // a page may hold more than one explorer

/**
 * @param {HTMLElement} root
 * @returns {(sound: Sound | null) => void}
 */
export function makeHead(root) {
  const part = (
    /** @type {string} */ name,
  ) => /** @type {HTMLElement} */ (root.querySelector(`.ex-${name}`));
  const stage = part("stage");
  const described = part("described");
  described.id = `explorer-described-${serial++}`;
  stage.setAttribute("aria-describedby", described.id);
  return (sound) => {
    setText(part("title"), sound ? sound.payload.title : "");
    setText(part("best"), sound ? describeBest(sound.payload) : "");
    setText(part("foot"), sound ? describeRun(sound.payload) : "");
    part("notes").replaceChildren(...(sound ? noteParts(sound.payload) : []));
    const description = sound ? `${describePicture(sound)} ${STAGE_KEYS}` : "No sound yet";
    stage.setAttribute("aria-label", description);
  };
}

/**
 * What was done to the sound; a long one has a way to where all of it is heard.
 * @param {SoundFacts} payload
 */
function noteParts({ notes, waveform, window_length, source, title }) {
  const text = notes.join(" \u00b7 ");
  if (!waveform || !window_length || waveform.seconds <= window_length + 0.01) return [text];
  const link = make("button", "ex-link", "Timeline hears all of it", { type: "button" });
  link.addEventListener("click", () => openInTimeline({ ...source, title }));
  return [text, " \u00b7 ", link];
}
