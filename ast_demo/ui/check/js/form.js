// @ts-check
// What is checked: which sounds, against what, how thoroughly, by which bar.

import { button, choice, make, segmented, setText, slider } from "../../shared/dom.js";
import { startRecording } from "../../sound/recorder.js";
import { sendSound, sentenceOf } from "../../sound/send.js";

const ROOM_SECONDS = 5;
const MEGABYTE = 1 << 20;
const SOURCES = [
  ["examples", "the examples"],
  ["explore", "the sound in Explore"],
  ["sound", "a sound of mine"],
  ["zip", "a ZIP of labelled clips"],
];

/** Make the form; `run` gets the request once everything is there. */
export function makeForm({ part, props, server, upload, run, complain }) {
  const asked = { source: "examples", quick: true, heat: false, against: "", kept: 0.9 };
  const files = { sound: null, zip: null, room: null }; // { path, title } of what was sent
  let wanted = "sound"; // what the file dialog is open for
  const file = part("file");

  const source = choice("sounds", SOURCES, asked.source, choose);
  const other = choice(
    "against",
    [["", "nothing"], ...props.against.map((name) => [name, name])],
    "",
    (name) => (asked.against = name),
  );
  const size = segmented(
    "how thorough",
    [["quick", "quick, 30"], ["full", "full, 130"]],
    "quick",
    (value) => (asked.quick = value === "quick"),
  );
  const bar = slider(
    "best label must stay in",
    { min: 0.5, max: 1, step: 0.05, value: asked.kept },
    (value) => `${Math.round(100 * value)} %`,
    (value) => (asked.kept = value),
  );
  const start = button("Run", begin, { class: "in-button in-main" });
  part("source").append(source.node);
  part("against").append(other.node);
  part("size").append(size.node);
  part("bar").append(bar.node);
  part("extras").append(heatBox(asked), roomButton());
  part("run").append(start);
  file.addEventListener("change", () => {
    if (file.files[0]) take(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  });
  tell();

  function choose(value) {
    asked.source = value;
    complain("");
    if (value in files && !files[value]) pick(value);
    tell();
  }

  function pick(what) {
    wanted = what;
    file.accept = what === "zip" ? ".zip,application/zip" : props.accept;
    file.click();
  }

  function roomButton() {
    const words = "five seconds of nobody speaking, mixed under the sounds at its own level";
    const record = button("Record my room", () => recordRoom(record), {
      class: "in-button",
      title: words,
    });
    return record;
  }

  // Five seconds of nobody speaking; the browser asks for the microphone.
  async function recordRoom(record) {
    record.disabled = true;
    complain("");
    try {
      const recording = await startRecording({
        second: (seconds) => {
          setText(record, `Quiet, please: ${Math.max(0, ROOM_SECONDS - Math.round(seconds))}`);
          if (seconds >= ROOM_SECONDS) finish();
        },
        ended: () => finish(),
        deaf: complain,
      });
      let finished = false;
      const finish = () => {
        if (finished) return;
        finished = true;
        setText(record, "Record my room again");
        record.disabled = false;
        wanted = "room";
        take(recording.finish());
      };
    } catch (error) {
      record.disabled = false;
      complain(error.message);
    }
  }

  async function take(chosen) {
    const what = wanted;
    start.disabled = true; // until the file is there
    setText(part("chosen"), `Sending ${chosen.name}\u2026`);
    try {
      files[what] = what === "zip" ? await sendZip(chosen) : await send(chosen);
      if (what !== "room") source.set(asked.source = what);
    } catch (error) {
      complain(sentenceOf(error));
    }
    start.disabled = false;
    tell();
  }

  async function send(chosen) {
    const server_ = { megabytes: props.max_megabytes, upload, readable: server.sound_readable };
    const { path } = await sendSound(chosen, server_);
    return { path, title: chosen.name };
  }

  async function sendZip(chosen) {
    if (chosen.size > props.zip_megabytes * MEGABYTE) {
      const size = Math.round(chosen.size / MEGABYTE);
      throw new Error(
        `The ZIP has ${size} MB, the limit is ${props.zip_megabytes} MB: check it at home with python -m ast_demo check MODEL --data FOLDER.`,
      );
    }
    const { path } = await upload(chosen);
    return { path, title: chosen.name };
  }

  function begin() {
    const held = files[asked.source];
    if (asked.source in files && !held) {
      pick(asked.source);
      return;
    }
    const room = files.room ? { room: files.room.path } : {};
    run({ ...asked, ...(held ?? {}), ...room });
  }

  function tell() {
    const words = [];
    const held = files[asked.source];
    if (held) words.push(held.title);
    if (asked.source === "zip") {
      words.push("folders named after the model's labels, or a CSV with file and label");
    }
    if (files.room) words.push(`room: ${files.room.title}`);
    setText(part("chosen"), words.join(" \u00b7 "));
  }

  return {
    setBusy(busy) {
      start.disabled = busy;
    },
  };
}

function heatBox(asked) {
  const label = make("label", "ck-box");
  const box = make("input", "", "", { type: "checkbox" });
  box.addEventListener("change", () => (asked.heat = box.checked));
  label.append(box, make("span", "", "test the heat too (slower)"));
  return label;
}
