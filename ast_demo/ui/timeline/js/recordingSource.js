// @ts-check
// Where a recording comes from: a file that is chosen, dropped or named, the microphone, another
// tab, the examples.

import { button, make, partOf, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { addressOf } from "../../shared/fileAddress.js";
import { sendSound } from "../../sound/send.js";
import { startRecording } from "../../sound/recorder.js";
import { makeUnsent, notArrived } from "../../sound/unsent.js";
import { TIMELINE_EVENT } from "../../shared/tabs.js";
import { clock } from "./timelineData.js";

const GIVEN_UP = "The recording was given up.";

/** @import { Server } from "../../shared/types.js" */

/**
 * @typedef {object} SourceProps
 * @property {string} accept file types
 * @property {boolean} local whether the page runs on its user's machine
 * @property {number} max_megabytes of a file
 */

/** @typedef {(recording: Recording, sound: Blob | string, began: Date | null) => void} Told */

/**
 * @typedef {object} Recording
 * @property {string} path on the server
 * @property {string} title
 * @property {string} [note] what the browser did to it
 */

export class RecordingSource {
  /**
   * @param {object} world
   * @param {HTMLElement} world.root of the view
   * @param {HTMLInputElement} world.file
   * @param {HTMLElement} world.buttons
   * @param {HTMLElement} world.pathRow
   * @param {SourceProps} world.props
   * @param {Server} world.server
   * @param {(name: string, request: object) => Promise<any>} world.ask
   * @param {(file: File) => Promise<{ path: string }>} world.upload
   * @param {object} world.on
   * @param {(text: string) => void} world.on.stage
   * @param {Told} world.on.ready
   * @param {(sentence: string) => void} world.on.failed
   * @param {(sentence: string) => void} world.on.deaf the microphone gives nothing
   */
  constructor({ root, file, buttons, pathRow, props, server, ask, upload, on }) {
    this.root = root;
    this.file = file;
    this.props = props;
    this.server = server;
    this.ask = ask;
    this.upload = upload;
    this.on = on;
    this.wanted = 0; // serial number of the recording that is wanted
    /** @type {{ finish: () => File } | null} */
    this.recording = null; // by the microphone, while it goes on
    this.isOpening = false; // the microphone; a second click meanwhile would open another
    /** @type {Date | null} */
    this.began = null; // when the recording began, if it is ours
    /** @type {File | null} */
    this.latest = null; // recording that was sent
    this.unsent = makeUnsent();
    partOf(root, ".in-error").after(this.unsent.node);
    this.record = button("Record", () => this.recordOrFinish(), { class: "in-button" });
    buttons.append(
      button("Upload a recording", () => file.click(), { class: "in-button in-main" }),
      this.record,
      button("Try the examples in a row", () => this.tryExamples(), { class: "in-button" }),
    );
    file.accept = props.accept;
    file.addEventListener("change", () => {
      const [chosen] = file.files ?? [];
      if (chosen) this.take(chosen);
      file.value = ""; // so that the same file can be chosen again
    });
    if (props.local) this.offerPath(pathRow);
    this.takeDrops();
    document.addEventListener(TIMELINE_EVENT, (event) => {
      if (event instanceof CustomEvent) this.open(event.detail);
    });
  }

  /**
   * Get a recording here; one that is given up or overtaken by another meanwhile is dropped.
   *
   * @param {string} stage what is said meanwhile
   * @param {(isWanted: () => boolean) => Promise<Parameters<Told>>} get
   * @returns {Promise<boolean>} whether it was handed on
   */
  async bring(stage, get) {
    const mine = ++this.wanted;
    const isWanted = () => mine === this.wanted;
    this.on.stage(stage);
    try {
      const found = await get(isWanted);
      if (isWanted()) this.on.ready(...found);
      return isWanted();
    } catch (error) {
      if (isWanted()) this.on.failed(this.hinted(sentenceOf(error)));
      return false;
    }
  }

  /** Drop the recording that is on its way. */
  giveUp() {
    this.wanted++;
  }

  /**
   * @param {File} chosen
   * @param {Date | null} began
   */
  take(chosen, began = null) {
    return this.bring("Opening the recording", async (isWanted) => {
      const { path, note, sound } = await sendSound(chosen, {
        megabytes: this.props.max_megabytes,
        upload: (file) => this.uploaded(file, isWanted),
        readable: (request) => this.server.sound_readable(request),
      });
      return [{ path, title: chosen.name, note }, sound, began];
    });
  }

  /**
   * Send what the microphone gave; what does not arrive, or is given up on its way, stays here.
   * @param {File} recording
   * @param {Date | null} began
   */
  async sendRecording(recording, began) {
    this.unsent.drop();
    this.latest = recording;
    const arrived = await this.take(recording, began);
    if (arrived || this.latest !== recording) return;
    this.unsent.keep(recording, () => this.sendRecording(recording, began));
  }

  /**
   * Upload; once the recording is given up, no further step is taken, and nobody is told.
   * @param {File} sound
   * @param {() => boolean} isWanted
   */
  async uploaded(sound, isWanted) {
    if (!isWanted()) throw new Error(GIVEN_UP);
    this.on.stage("Uploading the recording");
    const sent = await this.upload(sound).catch((error) => {
      throw new Error(notArrived(error));
    });
    if (!isWanted()) throw new Error(GIVEN_UP);
    return sent;
  }

  /** @param {string} sentence */
  hinted(sentence) {
    const isTooLarge = this.props.local && sentence.startsWith("The file has ");
    return isTooLarge ? `${sentence} Or give its path: then its size does not matter.` : sentence;
  }

  tryExamples() {
    this.fetch("Putting the examples in a row", "timeline_examples", {});
  }

  /** On the page's own machine a file is named, whatever its size. @param {HTMLElement} row */
  offerPath(row) {
    const input = make("input", "tl-path", "", {
      placeholder: "/path/to/recording.wav",
      "aria-label": "Path of a recording on this machine",
      autocomplete: "off",
      spellcheck: "false",
    });
    const open = () => {
      if (input.value.trim()) this.openPath(input.value);
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") open();
    });
    row.append(
      make("span", "ex-caption", "or a file on this machine, up to 2 GB"),
      input,
      button("Open", open, { class: "in-button" }),
    );
    row.hidden = false;
  }

  /** @param {string} path */
  openPath(path) {
    this.fetch("Opening the recording", "timeline_path", { path });
  }

  /**
   * Let the server find a recording.
   * @param {string} stage what is said meanwhile
   * @param {string} name of the server's function
   * @param {object} request
   * @param {string} [title] instead of the server's
   */
  fetch(stage, name, request, title) {
    return this.bring(stage, async () => {
      const found = await this.ask(name, request);
      return [{ path: found.path, title: title ?? found.title }, addressOf(found.path).href, null];
    });
  }

  /**
   * Take a sound of another tab, which is longer than it can show.
   *
   * @param {{ path?: string, example?: string, title: string }} sound a file on the server, or the
   *     name of an example clip
   */
  open({ path, example, title }) {
    const stage = "Opening the recording";
    if (!path) return this.fetch(stage, "timeline_examples", { name: example }, title);
    const address = addressOf(path).href;
    return this.bring(stage, () => Promise.resolve([{ path, title }, address, null]));
  }

  async recordOrFinish() {
    if (this.recording) {
      const sound = this.recording.finish();
      this.recording = null;
      setText(this.record, "Record");
      this.sendRecording(sound, this.began);
      return;
    }
    if (this.isOpening) return;
    this.isOpening = true;
    try {
      this.recording = await startRecording({
        second: (seconds) => setText(this.record, `Finish (${clock(seconds, 0)})`),
        ended: () => this.recording && this.recordOrFinish(),
        deaf: this.on.deaf,
      }, this.props.max_megabytes);
      this.unsent.drop();
      this.began = new Date();
    } catch (error) {
      this.on.deaf(sentenceOf(error));
    } finally {
      this.isOpening = false;
    }
  }

  // A file may be dropped anywhere while this view is open.
  takeDrops() {
    const { root } = this;
    const holdsFile = (/** @type {DragEvent} */ event) =>
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
      const [dropped] = event.dataTransfer?.files ?? [];
      if (dropped) this.take(dropped);
    });
  }
}
