// @ts-check
// The Check tab: choose sounds and bars, watch the check run, read its verdicts, hear what was
// changed.

import { makePlayer } from "../../sound/player.js";
import { button, partOf, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { addressOf } from "../../shared/fileAddress.js";
import { decodeBytes } from "../../shared/numbers.js";
import { saveFile } from "../../shared/saveFile.js";
import { showClips } from "./clips.js";
import { showComparison, showHeat } from "./compare.js";
import { showCurves } from "./curves.js";
import { Detail } from "./detail.js";
import { CheckForm } from "./form.js";
import { showDownloads, showEnd, showHead, showVerdicts } from "./report.js";

/** @import { Busy, Component, Ready, Report, Request, View } from "./types.js" */

/** @param {Component} component */
export function startCheck(component) {
  const tab = new CheckTab(component);
  component.watch("value", () => tab.receive(component.props.value));
}

class CheckTab {
  /** @param {Component} component */
  constructor(component) {
    const { element, server, trigger } = component;
    this.server = server;
    this.trigger = trigger;
    this.root = partOf(element, ".check");
    this.progress = partOf(this.root, ".ck-progress", HTMLProgressElement);
    this.job = 0; // answers to an earlier run are not shown
    this.id = ""; // of the report
    /** @type {Report | null} */
    this.report = null;
    const complain = (/** @type {string} */ text) => this.complain(text);
    const audio = partOf(this.root, ".ck-audio", HTMLAudioElement);
    this.player = makePlayer(audio, { time: () => {}, trouble: complain });
    this.form = new CheckForm({
      ...component,
      root: this.root,
      run: (request) => this.run(request),
      complain,
    });
    this.detail = new Detail({
      ask: (name, request) => this.ask(name, request),
      player: this.player,
      open: (file) => this.open(file),
      complain,
      sounds: () => this.report?.sounds ?? [],
    });
    this.part("cancel").append(button("Cancel", () => this.giveUp(), { class: "in-button" }));
    Object.assign(this.root, { check: this }); // for whoever wants to look inside, such as a test
  }

  /** @param {string} name */
  part(name) {
    return partOf(this.root, `.ck-${name}`);
  }

  /** @param {Request} request */
  run(request) {
    this.job++;
    this.complain("");
    this.work("Waiting for the server", { fraction: null });
    this.trigger("asked", { ...request, job: this.job });
  }

  giveUp() {
    this.job++;
    this.trigger("given_up");
    this.rest();
  }

  /** @param {View | null} view */
  receive(view) {
    if (!view || (view.job && view.job !== this.job)) return;
    if (view.status === "busy") {
      this.work(view.stage, view);
      return;
    }
    this.rest();
    if (view.status === "error") this.complain(view.message);
    if (view.status === "ready" && view.id !== this.id) this.show(view); // it may be told twice
  }

  /** @param {Ready} view */
  show({ id, report }) {
    Object.assign(this, { id, report });
    const { detail } = this;
    const play = (/** @type {string} */ clip) => this.attempt(() => this.playClip(clip));
    const open = (/** @type {string} */ clip) =>
      this.attempt(async () => this.open(await this.clip(clip)));
    this.root.dataset.state = "ready";
    this.part("report").hidden = false;
    detail.close();
    showHead(this.part("head"), this.part("numbers"), report);
    showDownloads(this.part("downloads"), (kind) => this.attempt(() => this.download(kind)));
    showVerdicts(this.part("verdicts"), report);
    showCurves(this.part("curves"), report, detail);
    showComparison(this.part("compare"), report);
    showClips(this.part("clips"), report, { play, open });
    showHeat(this.part("heat"), report);
    showEnd(this.part("end"), report);
    partOf(this.part("head"), "h2").focus();
  }

  /**
   * Ask the server about the report.
   * @param {string} name of the server function
   * @param {object} request
   * @returns {Promise<any>}
   * @throws {Error} with the server's sentence
   */
  async ask(name, request) {
    const answer = await this.server[name]({ id: this.id, ...request });
    if (!answer || answer.error) {
      throw new Error(answer?.error ?? "The server did not answer: try again.");
    }
    return answer;
  }

  /** Do something, or say why not. @param {() => Promise<void>} work */
  async attempt(work) {
    this.complain("");
    try {
      await work();
    } catch (error) {
      this.complain(sentenceOf(error));
    }
  }

  /** Open a sound in Explore. @param {object} file */
  open(file) {
    this.player.pause();
    this.trigger("sound", file);
  }

  /** @param {string} name */
  clip(name) {
    return this.ask("check_clip", { clip: name });
  }

  /** @param {string} name */
  async playClip(name) {
    const { path } = await this.clip(name);
    this.player.load(addressOf(path).href);
    await this.player.play(0);
  }

  /** @param {string} kind of file */
  async download(kind) {
    const { name, type, data } = await this.ask("check_export", { kind });
    saveFile(new File([decodeBytes(data)], name, { type }));
  }

  /**
   * Show what is being done, how far it is, and how long it still takes.
   * @param {string} stage
   * @param {Pick<Busy, "fraction" | "left">} progress
   */
  work(stage, { fraction, left }) {
    this.root.dataset.busy = "true";
    this.form.setBusy(true);
    this.part("work").hidden = false;
    setText(this.part("stage"), `${stage}${left === undefined ? "" : timeLeft(left)}\u2026`);
    if (fraction === null) this.progress.removeAttribute("value");
    else this.progress.value = fraction;
  }

  rest() {
    this.root.dataset.busy = "false";
    this.form.setBusy(false);
    this.part("work").hidden = true;
  }

  /** @param {string} text empty if all is well */
  complain(text) {
    const error = partOf(this.root, ".in-error");
    setText(error, text);
    error.hidden = !text;
  }
}

/** @param {number} seconds */
function timeLeft(seconds) {
  if (seconds < 90) return `, about ${Math.max(1, Math.round(seconds))} s left`;
  return `, about ${Math.round(seconds / 60)} min left`;
}
