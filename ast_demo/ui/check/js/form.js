// @ts-check
// What is checked: which sounds, against what, how thoroughly, by which bar.

import { button, choice, make, segmented, setText, slider } from "../../shared/dom.js";
import { sentenceOf } from "../../sound/send.js";
import { sendFile } from "./files.js";
import { roomButton } from "./room.js";

const SOURCES = [
  ["examples", "the examples"],
  ["explore", "the sound in Explore"],
  ["sound", "a sound of mine"],
  ["zip", "a ZIP of labelled clips"],
];
const ZIP_WORDS = "folders named after the model's labels, or a CSV with file and label";

export class CheckForm {
  /**
   * @param {object} context
   * @param {(name: string) => any} context.part of the component
   * @param {any} context.props
   * @param {any} context.server
   * @param {(file: File) => Promise<{ path: string }>} context.upload
   * @param {(request: object) => void} context.run gets the request once everything is there
   * @param {(sentence: string) => void} context.complain
   */
  constructor(context) {
    this.context = context;
    this.asked = { source: "examples", quick: true, heat: false, against: "", kept: 0.9 };
    this.files = { sound: null, zip: null, room: null }; // { path, title } of what was sent
    this.wanted = "sound"; // what the file dialog is open for
    this.source = choice("Sounds", SOURCES, this.asked.source, (value) => this.choose(value));
    this.start = button("Run", () => this.begin(), { class: "in-button in-main" });
    this.fill();
    this.tell();
  }

  /** Put the fields into their places. */
  fill() {
    const { part, props, complain } = this.context;
    const { asked } = this;
    const others = [["", "nothing"], ...props.against.map((name) => [name, name])];
    const size = [["quick", "quick, 30"], ["full", "full, 130"]];
    const percent = (value) => `${Math.round(100 * value)} %`;
    const range = { min: 0.5, max: 1, step: 0.05, value: asked.kept };
    const recorded = (file) => this.take("room", file);
    part("source").append(this.source.node);
    part("against").append(choice("Against", others, "", (name) => (asked.against = name)).node);
    part("size").append(
      segmented("How thorough", size, "quick", (value) => (asked.quick = value === "quick")).node,
    );
    part("bar").append(
      slider("Best label must stay in", range, percent, (value) => (asked.kept = value)).node,
    );
    part("extras").append(heatBox(asked), roomButton({ recorded, complain }));
    part("run").append(this.start);
    const file = part("file");
    file.addEventListener("change", () => {
      if (file.files[0]) this.take(this.wanted, file.files[0]);
      file.value = ""; // so that the same file can be chosen again
    });
  }

  choose(value) {
    this.asked.source = value;
    this.context.complain("");
    if (value in this.files && !this.files[value]) this.pick(value);
    this.tell();
  }

  /** Open the file dialog. */
  pick(what) {
    const file = this.context.part("file");
    this.wanted = what;
    file.accept = what === "zip" ? ".zip,application/zip" : this.context.props.accept;
    file.click();
  }

  /** Send a file that was chosen or recorded. */
  async take(what, file) {
    this.start.disabled = true; // until the file is there
    setText(this.context.part("chosen"), `Sending ${file.name}\u2026`);
    try {
      this.files[what] = await sendFile(what, file, this.context);
      if (what !== "room") this.source.set(this.asked.source = what);
    } catch (error) {
      this.context.complain(sentenceOf(error));
    }
    this.start.disabled = false;
    this.tell();
  }

  begin() {
    const { asked, files } = this;
    const held = files[asked.source];
    if (asked.source in files && !held) {
      this.pick(asked.source);
      return;
    }
    const room = files.room ? { room: files.room.path } : {};
    this.context.run({ ...asked, ...(held ?? {}), ...room });
  }

  /** Say which files are chosen. */
  tell() {
    const { asked, files } = this;
    const words = [
      files[asked.source]?.title,
      asked.source === "zip" ? ZIP_WORDS : "",
      files.room ? `room: ${files.room.title}` : "",
    ];
    setText(this.context.part("chosen"), words.filter(Boolean).join(" \u00b7 "));
  }

  setBusy(busy) {
    this.start.disabled = busy;
  }
}

function heatBox(asked) {
  const label = make("label", "ck-box");
  const box = make("input", "", "", { type: "checkbox" });
  box.addEventListener("change", () => (asked.heat = box.checked));
  label.append(box, make("span", "", "Test the heat too (slower)"));
  return label;
}
