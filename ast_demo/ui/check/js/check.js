// @ts-check
// The bench: choose sounds and bars, watch the check run, read its verdicts, hear what was bent.

import { makePlayer } from "../../sound/player.js";
import { button, setText } from "../../shared/dom.js";
import { saveFile } from "../../shared/saveFile.js";
import { showClips } from "./clips.js";
import { showComparison, showHeat } from "./compare.js";
import { showCurves } from "./curves.js";
import { Detail } from "./detail.js";
import { CheckForm } from "./form.js";
import { showDownloads, showEnd, showHead, showVerdicts } from "./report.js";

export function startCheck(page) {
  const bench = new Bench(page);
  page.watch("value", () => bench.receive(page.props.value));
}

class Bench {
  /** @param {any} page what Gradio gives to a component's script */
  constructor(page) {
    const { element, server, trigger } = page;
    this.element = element;
    this.server = server;
    this.trigger = trigger;
    this.root = element.querySelector(".check");
    this.job = 0; // answers to an earlier run are not shown
    this.id = null; // of the report
    this.report = null;
    const part = (name) => element.querySelector(`.ck-${name}`);
    const complain = (text) => this.complain(text);
    this.part = part;
    this.player = makePlayer(part("audio"), { time: () => {}, trouble: complain });
    const run = (request) => this.run(request);
    this.form = new CheckForm({ ...page, part, run, complain });
    this.detail = new Detail({
      ask: (name, request) => this.ask(name, request),
      player: this.player,
      open: (file) => this.open(file),
      complain,
      sounds: () => this.report.sounds,
    });
    part("cancel").append(button("Cancel", () => this.giveUp(), { class: "in-button" }));
    this.root.check = this; // for whoever wants to look inside, such as a test
  }

  run(request) {
    this.job++;
    this.complain("");
    this.work("Waiting for the server", {});
    this.trigger("asked", { ...request, job: this.job });
  }

  giveUp() {
    this.job++;
    this.trigger("given_up");
    this.rest();
  }

  receive(value) {
    if (!value || (value.job && value.job !== this.job)) return;
    if (value.status === "busy") {
      this.work(value.stage, value);
      return;
    }
    this.rest();
    if (value.status === "error") this.complain(value.message);
    if (value.status === "ready") this.show(value);
  }

  show({ id, report }) {
    Object.assign(this, { id, report });
    const { part, detail } = this;
    const play = (clip) => this.attempt(() => this.playClip(clip));
    const open = (clip) => this.attempt(async () => this.open(await this.clip(clip)));
    this.root.dataset.state = "ready";
    part("report").hidden = false;
    detail.close();
    showHead(part("head"), part("numbers"), report);
    showDownloads(part("downloads"), (kind) => this.attempt(() => this.download(kind)));
    showVerdicts(part("verdicts"), report);
    showCurves(part("curves"), report, detail);
    showComparison(part("compare"), report);
    showClips(part("clips"), report, { play, open });
    showHeat(part("heat"), report);
    showEnd(part("end"), report);
    part("head").querySelector("h2").focus();
  }

  /** Ask the server about the report. */
  async ask(name, request) {
    const answer = await this.server[name]({ id: this.id, ...request });
    if (!answer || answer.error) {
      throw new Error(answer?.error ?? "The server did not answer: try again.");
    }
    return answer;
  }

  async attempt(work) {
    this.complain("");
    try {
      await work();
    } catch (error) {
      this.complain(error.message);
    }
  }

  open(file) {
    this.player.pause();
    this.trigger("sound", file);
  }

  clip(name) {
    return this.ask("check_clip", { clip: name });
  }

  async playClip(name) {
    const { path } = await this.clip(name);
    this.player.load(new URL(`gradio_api/file=${path}`, document.baseURI).href);
    await this.player.play(0);
  }

  async download(kind) {
    const { name, type, data } = await this.ask("check_export", { kind });
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    saveFile(new File([bytes], name, { type }));
  }

  /** Show what is being done, how far it is, and how long it still takes. */
  work(text, { fraction = null, left = null }) {
    const { part } = this;
    this.root.dataset.busy = "true";
    this.form.setBusy(true);
    part("work").hidden = false;
    setText(part("stage"), `${text}${left === null ? "" : timeLeft(left)}\u2026`);
    if (fraction === null) part("progress").removeAttribute("value");
    else part("progress").value = fraction;
  }

  rest() {
    this.root.dataset.busy = "false";
    this.form.setBusy(false);
    this.part("work").hidden = true;
  }

  complain(text) {
    const error = this.element.querySelector(".in-error");
    setText(error, text);
    error.hidden = !text;
  }
}

/** @param {number} seconds */
function timeLeft(seconds) {
  if (seconds < 90) return `, about ${Math.max(1, Math.round(seconds))} s left`;
  return `, about ${Math.round(seconds / 60)} min left`;
}
