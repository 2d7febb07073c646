// @ts-check
// The button that records from the microphone: a red dot, then a square and a running clock.

import { partOf, setText } from "../shared/dom.js";
import { startRecording } from "../sound/recorder.js";
import { makeUnsent, notArrived } from "../sound/unsent.js";
import { sentenceOf } from "../shared/errors.js";

const TEXTS = { ready: "Record", waiting: "Record", recording: "Stop", sending: "Sending\u2026" };

/**
 * @param {object} part
 * @param {HTMLElement} part.element
 * @param {{ max_megabytes: number }} part.props of a file
 * @param {(name: string, data: object) => void} part.trigger
 * @param {(file: File) => Promise<{ path: string }>} part.upload
 */
export function startRecordButton({ element, props, trigger, upload }) {
  const button = /** @type {HTMLButtonElement} */ (element.querySelector(".recorder-button"));
  const words = partOf(button, "span");
  const clock = /** @type {HTMLElement} */ (element.querySelector(".recorder-clock"));
  const { tell, unsent } = makeTrouble(element);
  /** @type {{ finish: () => File } | null} */
  let recording = null;
  show("ready");

  button.addEventListener("click", () => (recording ? finish(recording) : begin()));

  /** @param {keyof typeof TEXTS} state */
  function show(state) {
    button.dataset.state = state;
    button.disabled = state === "waiting" || state === "sending";
    clock.hidden = state !== "recording";
    setText(words, TEXTS[state]);
  }

  async function begin() {
    tell("");
    show("waiting");
    setText(clock, "0:00");
    document.dispatchEvent(new CustomEvent("recording")); // whatever plays is not to be recorded
    try {
      recording = await startRecording({
        second: (seconds) => setText(clock, formatClock(seconds)),
        ended: () => recording && finish(recording),
        deaf: tell,
      }, props.max_megabytes);
      unsent.drop();
      show("recording");
    } catch (error) {
      tell(sentenceOf(error));
      show("ready");
    }
  }

  /** @param {{ finish: () => File }} ended */
  function finish(ended) {
    recording = null;
    return send(ended.finish());
  }

  /** @param {File} file */
  async function send(file) {
    show("sending");
    unsent.drop();
    tell("");
    try {
      const { path } = await upload(file);
      trigger("chosen", { path, title: "Recording" });
    } catch (error) {
      unsent.keep(file, () => send(file));
      tell(notArrived(error));
    } finally {
      show("ready");
    }
  }
}

/** What went wrong, and the recording that it left behind. @param {HTMLElement} element */
function makeTrouble(element) {
  const trouble = partOf(element, ".recorder-trouble");
  const alert = partOf(trouble, "[role=alert]");
  const unsent = makeUnsent();
  trouble.append(unsent.node);

  /** @param {string} sentence */
  function tell(sentence) {
    trouble.hidden = !sentence;
    setText(alert, sentence);
  }

  return { tell, unsent };
}

/** @param {number} seconds */
function formatClock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
