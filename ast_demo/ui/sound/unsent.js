// @ts-check
// A recording that did not arrive: it stays in the page, to be sent again or saved.

import { button, make } from "../shared/dom.js";
import { sentenceOf } from "../shared/errors.js";
import { saveFile } from "../shared/saveFile.js";

const NO_ANSWER = "Connection errored out."; // what Gradio says, then the browser's words

/**
 * Say why a recording did not arrive.
 *
 * @param {unknown} error
 */
export function notArrived(error) {
  const sentence = sentenceOf(error);
  return sentence.startsWith(NO_ANSWER)
    ? "The recording did not arrive, the server cannot be reached: check the connection, then " +
      "try again."
    : `The recording did not arrive: ${sentence}`;
}

/** Make the offer; it is seen while there is such a recording. */
export function makeUnsent() {
  /** @type {{ recording: File, send: () => void } | null} */
  let kept = null;
  const node = make("div", "unsent", "", { role: "group", "aria-label": "Unsent recording" });
  node.append(
    make("span", "", "The recording is kept in this page until the next one."),
    button("Try again", () => kept?.send(), { class: "unsent-button" }),
    button("Save recording", () => kept && saveFile(kept.recording), { class: "unsent-button" }),
  );
  node.hidden = true;

  return {
    node,
    /** @param {File} recording @param {() => void} send sends it again */
    keep(recording, send) {
      kept = { recording, send };
      node.hidden = false;
    },
    drop() {
      kept = null;
      node.hidden = true;
    },
  };
}
