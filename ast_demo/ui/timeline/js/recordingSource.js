// Where a recording comes from: a file that is chosen or dropped, the microphone, the examples.

import { button, setText } from "../../shared/dom.js";
import { sendSound, sentenceOf } from "../../sound/send.js";
import { startRecording } from "../../sound/recorder.js";
import { clock } from "./timelineData.js";

// on: { stage(text), ready({ path, title, note }, sound), failed(sentence), deaf(sentence) }
export function makeSource({ root, file, buttons, props, server, ask, upload, on }) {
  let recording = null;
  const record = button("Record", recordOrFinish, { class: "in-button" });
  buttons.append(
    button("Upload a recording", () => file.click(), { class: "in-button in-main" }),
    record,
    button("Try the examples in a row", tryExamples, { class: "in-button" }),
  );
  file.accept = props.accept;
  file.addEventListener("change", () => {
    if (file.files[0]) take(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  });
  takeDrops();

  async function take(chosen) {
    on.stage("Opening the recording");
    try {
      const { path, note, sound } = await sendSound(chosen, {
        megabytes: props.max_megabytes,
        upload: uploaded,
        readable: (request) => server.sound_readable(request),
      });
      on.ready({ path, title: chosen.name, note }, sound);
    } catch (error) {
      on.failed(sentenceOf(error));
    }
  }

  async function uploaded(sound) {
    on.stage("Uploading the recording");
    try {
      return await upload(sound);
    } catch (error) {
      throw new Error(`The recording did not arrive: ${sentenceOf(error)}`);
    }
  }

  async function tryExamples() {
    on.stage("Putting the examples in a row");
    try {
      const { path, title } = await ask("timeline_examples", {});
      on.ready({ path, title }, new URL(`gradio_api/file=${path}`, document.baseURI).href);
    } catch (error) {
      on.failed(error.message);
    }
  }

  async function recordOrFinish() {
    if (recording) {
      const sound = recording.finish();
      recording = null;
      setText(record, "Record");
      take(sound);
      return;
    }
    try {
      recording = await startRecording({
        second: (seconds) => setText(record, `Finish (${clock(seconds, 0)})`),
        ended: () => recording && recordOrFinish(),
        deaf: on.deaf,
      });
    } catch (error) {
      on.deaf(error.message);
    }
  }

  // A file may be dropped anywhere while this view is open.
  function takeDrops() {
    const holdsFile = (event) =>
      root.offsetParent && [...(event.dataTransfer?.types ?? [])].includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      root.dataset.drop = "true";
    });
    document.addEventListener("dragleave", () => delete root.dataset.drop);
    document.addEventListener("drop", (event) => {
      delete root.dataset.drop;
      if (!holdsFile(event)) return;
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    });
  }
}
