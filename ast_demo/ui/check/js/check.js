// @ts-check
// The bench: choose sounds and bars, watch the check run, read its verdicts, hear what was bent.

import { makePlayer } from "../../sound/player.js";
import { button, setText } from "../../shared/dom.js";
import { showClips } from "./clips.js";
import { showComparison, showHeat } from "./compare.js";
import { showCurves } from "./curves.js";
import { makeDetail } from "./detail.js";
import { makeForm } from "./form.js";
import { showDownloads, showEnd, showHead, showVerdicts } from "./report.js";

export function startCheck({ element, watch, props, server, trigger, upload }) {
  const part = (name) => element.querySelector(`.ck-${name}`);
  const root = element.querySelector(".check");
  const player = makePlayer(part("audio"), { time: () => {}, trouble: complain });
  const state = { job: 0, id: null, report: null };
  root.check = state; // for whoever wants to look inside, such as a test
  const form = makeForm({ part, props, server, upload, run, complain });
  part("cancel").append(button("Cancel", giveUp, { class: "in-button" }));
  const detail = makeDetail({ ask, player, open, complain, sounds: () => state.report.sounds });
  watch("value", () => receive(props.value));

  function run(request) {
    state.job++;
    complain("");
    work("Waiting for the server", {});
    trigger("asked", { ...request, job: state.job });
  }

  function giveUp() {
    state.job++;
    trigger("given_up");
    rest();
  }

  function receive(value) {
    if (!value || (value.job && value.job !== state.job)) return;
    if (value.status === "busy") {
      work(value.stage, value);
    } else if (value.status === "error") {
      rest();
      complain(value.message);
    } else if (value.status === "ready") {
      rest();
      show(value);
    }
  }

  function show({ id, report }) {
    Object.assign(state, { id, report });
    root.dataset.state = "ready";
    part("report").hidden = false;
    detail.close();
    showHead(part("head"), part("numbers"), report);
    showDownloads(part("downloads"), download);
    showVerdicts(part("verdicts"), report);
    showCurves(part("curves"), report, detail);
    showComparison(part("compare"), report);
    showClips(part("clips"), report, { play: playClip, open: openClip });
    showHeat(part("heat"), report);
    showEnd(part("end"), report);
    part("head").querySelector("h2").focus();
  }

  async function ask(name, request) {
    const answer = await server[name]({ id: state.id, ...request });
    if (!answer || answer.error) {
      throw new Error(answer?.error ?? "The server did not answer: try again.");
    }
    return answer;
  }

  async function attempt(work) {
    complain("");
    try {
      await work();
    } catch (error) {
      complain(error.message);
    }
  }

  function open(file) {
    player.pause();
    trigger("sound", file);
  }

  const openClip = (clip) => attempt(async () => open(await ask("check_clip", { clip })));

  const playClip = (clip) =>
    attempt(async () => {
      const { path } = await ask("check_clip", { clip });
      player.load(new URL(`gradio_api/file=${path}`, document.baseURI).href);
      await player.play(0);
    });

  const download = (kind) =>
    attempt(async () => {
      const { name, type, data } = await ask("check_export", { kind });
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([bytes], { type }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });

  function work(text, { fraction = null, left = null }) {
    root.dataset.busy = "true";
    form.setBusy(true);
    part("work").hidden = false;
    const rest = left === null ? "" : `, about ${Math.max(1, Math.round(left))} s left`;
    setText(part("stage"), `${text}${rest}\u2026`);
    if (fraction === null) part("progress").removeAttribute("value");
    else part("progress").value = fraction;
  }

  function rest() {
    root.dataset.busy = "false";
    form.setBusy(false);
    part("work").hidden = true;
  }

  function complain(text) {
    const error = element.querySelector(".in-error");
    setText(error, text);
    error.hidden = !text;
  }
}
