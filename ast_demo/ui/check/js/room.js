// @ts-check
// Five seconds of nobody speaking, to be mixed under the sounds at its own level.

import { button, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { startRecording } from "../../sound/recorder.js";

const ROOM_SECONDS = 5;
const WORDS = "five seconds of nobody speaking, mixed under the sounds at its own level";

/**
 * Make the button that records the room; the browser asks for the microphone.
 *
 * @param {object} on
 * @param {(file: File) => void} on.recorded
 * @param {(sentence: string) => void} on.complain
 */
export function roomButton({ recorded, complain }) {
  const record = button("Record my room", start, { class: "in-button", title: WORDS });
  return record;

  async function start() {
    record.disabled = true;
    complain("");
    /** @type {{ finish: () => File } | null} */
    let recording = null;
    let finished = false;
    const finish = () => {
      if (finished || !recording) return;
      finished = true;
      setText(record, "Record my room again");
      record.disabled = false;
      recorded(recording.finish());
    };
    try {
      recording = await startRecording({
        second: (seconds) => {
          setText(record, `Quiet, please: ${Math.max(0, ROOM_SECONDS - Math.round(seconds))}`);
          if (seconds >= ROOM_SECONDS) finish();
        },
        ended: finish,
        deaf: complain,
      });
    } catch (error) {
      record.disabled = false;
      complain(sentenceOf(error));
    }
  }
}
