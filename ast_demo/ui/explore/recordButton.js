// @ts-check
// The button that records from the microphone: a red dot, then a square and a running clock.

import { partOf, setText } from "../shared/dom.js";
import { startRecording } from "../sound/recorder.js";
import { sentenceOf } from "../shared/errors.js";

const TEXTS = { ready: "Record", waiting: "Record", recording: "Stop", sending: "Sending\u2026" };

/**
 * @param {object} part
 * @param {HTMLElement} part.element
 * @param {(name: string, data: object) => void} part.trigger
 * @param {(file: File) => Promise<{ path: string }>} part.upload
 */
export function startRecordButton({ element, trigger, upload }) {
  const button = /** @type {HTMLButtonElement} */ (element.querySelector(".recorder-button"));
  const words = partOf(button, "span");
  const clock = /** @type {HTMLElement} */ (element.querySelector(".recorder-clock"));
  const trouble = /** @type {HTMLElement} */ (element.querySelector(".recorder-trouble"));
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

  /** @param {string} sentence */
  function tell(sentence) {
    trouble.hidden = !sentence;
    setText(trouble, sentence);
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
      });
      show("recording");
    } catch (error) {
      tell(sentenceOf(error));
      show("ready");
    }
  }

  /** @param {{ finish: () => File }} ended */
  async function finish(ended) {
    const file = ended.finish();
    recording = null;
    show("sending");
    try {
      const { path } = await upload(file);
      trigger("chosen", { path, title: "Recording" });
    } catch (error) {
      tell(`The recording did not arrive: ${sentenceOf(error)}`);
    } finally {
      show("ready");
    }
  }
}

/** @param {number} seconds */
function formatClock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
