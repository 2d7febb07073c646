// @ts-check
// What is to be checked: which sounds, against which other model, how thoroughly, and the share of
// sounds that must keep their best label.

import { button, choice, make, partOf, segmented, setText, slider } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { sendFile } from "./files.js";
import { roomButton } from "./room.js";
import { percent } from "./tables.js";

/** @import { Component, FileKind, Request, SentFile } from "./types.js" */

const SOURCES = [
  ["examples", "the examples"],
  ["explore", "the sound in Explore"],
  ["sound", "a sound of mine"],
  ["zip", "a ZIP of labelled clips"],
];
const ZIP_WORDS = "folders named after the model's labels, or a CSV with file and label";

/**
 * @typedef {object} FormParts
 * @property {HTMLElement} root of the tab
 * @property {(request: Request) => void} run gets the request once everything is there
 * @property {(sentence: string) => void} complain
 */

export class CheckForm {
  /** @param {Pick<Component, "props" | "server" | "upload"> & FormParts} context */
  constructor(context) {
    this.context = context;
    this.fileInput = partOf(context.root, ".ck-file", HTMLInputElement);
    /** @type {Request} */
    this.asked = { source: "examples", quick: true, heat: false, against: "", kept: 0.9 };
    /** @type {Record<FileKind, SentFile | null>} */
    this.files = { sound: null, zip: null, room: null };
    /** @type {FileKind} */
    this.wanted = "sound"; // what the file dialog is open for
    this.source = choice("Sounds", SOURCES, this.asked.source, (value) => this.choose(value));
    this.start = button("Run", () => this.begin(), { class: "in-button in-main" });
    this.fill();
    this.tell();
  }

  /** @param {string} name */
  part(name) {
    return partOf(this.context.root, `.ck-${name}`);
  }

  /** Put the fields into their places. */
  fill() {
    const { props, complain } = this.context;
    const { asked, fileInput } = this;
    const others = [["", "nothing"], ...props.against.map((name) => [name, name])];
    const size = [["quick", "quick, 30"], ["full", "full, 130"]];
    const range = { min: 0.5, max: 1, step: 0.05, value: asked.kept };
    /** @param {File} file */
    const recorded = (file) => this.take("room", file);
    this.part("source").append(this.source.node);
    this.part("against").append(
      choice("Against", others, "", (name) => (asked.against = name)).node,
    );
    this.part("size").append(
      segmented("How thorough", size, "quick", (value) => (asked.quick = value === "quick")).node,
    );
    this.part("bar").append(
      slider("Best label must stay in", range, percent, (value) => (asked.kept = value)).node,
    );
    this.part("extras").append(heatBox(asked), roomButton({ recorded, complain }));
    this.part("run").append(this.start);
    fileInput.addEventListener("change", () => {
      const [file] = fileInput.files ?? [];
      if (file) this.take(this.wanted, file);
      fileInput.value = ""; // so that the same file can be chosen again
    });
  }

  /** @param {string} source */
  choose(source) {
    this.asked.source = source;
    this.context.complain("");
    const kind = this.kindOf(source);
    if (kind && !this.files[kind]) this.pick(kind);
    this.tell();
  }

  /** What file a source needs, or null. @param {string} source @returns {FileKind | null} */
  kindOf(source) {
    return source === "sound" || source === "zip" ? source : null;
  }

  /** Open the file dialog. @param {FileKind} kind */
  pick(kind) {
    this.wanted = kind;
    this.fileInput.accept = kind === "zip" ? ".zip,application/zip" : this.context.props.accept;
    this.fileInput.click();
  }

  /** Send a file that was chosen or recorded. @param {FileKind} kind @param {File} file */
  async take(kind, file) {
    this.start.disabled = true; // until the file is there
    setText(this.part("chosen"), `Sending ${file.name}\u2026`);
    try {
      this.files[kind] = await sendFile(kind, file, this.context);
      if (kind !== "room") this.source.set(this.asked.source = kind);
    } catch (error) {
      this.context.complain(sentenceOf(error));
    }
    this.start.disabled = false;
    this.tell();
  }

  begin() {
    const { asked, files } = this;
    const kind = this.kindOf(asked.source);
    const sent = kind && files[kind];
    if (kind && !sent) {
      this.pick(kind);
      return;
    }
    const room = files.room ? { room: files.room.path } : {};
    this.context.run({ ...asked, ...(sent ?? {}), ...room });
  }

  /** Say which files are chosen. */
  tell() {
    const { asked, files } = this;
    const kind = this.kindOf(asked.source);
    const words = [
      kind && files[kind]?.title,
      kind === "zip" ? ZIP_WORDS : "",
      files.room ? `room: ${files.room.title}` : "",
    ];
    setText(this.part("chosen"), words.filter(Boolean).join(" \u00b7 "));
  }

  /** @param {boolean} isBusy */
  setBusy(isBusy) {
    this.start.disabled = isBusy;
  }
}

/** @param {Request} asked */
function heatBox(asked) {
  const label = make("label", "ck-box");
  const box = make("input", "", "", { type: "checkbox" });
  box.addEventListener("change", () => (asked.heat = box.checked));
  label.append(box, make("span", "", "Test the heat too (slower)"));
  return label;
}
