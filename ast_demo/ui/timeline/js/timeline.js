// The timeline: choose a recording, watch it being heard, look at labels over time, play, open.

import { button, setText } from "../../shared/dom.js";
import { drawScale } from "./chart.js";
import { makeControls, makeOverlap, saveFile } from "./controls.js";
import { listEvents, showWindow, windowLine } from "./panels.js";
import { makePlayer } from "../../sound/player.js";
import { chooseRows, clock, decodeTimeline } from "./timelineData.js";
import { makeSource } from "./recordingSource.js";
import { makeStage } from "./interaction.js";

export function startTimeline({ element, watch, props, server, trigger, upload }) {
  const part = (name) => element.querySelector(`.tl-${name}`);
  const root = element.querySelector(".timeline");
  const state = { overlap: 2, threshold: 0.5, all: false, chosen: null, played: null };
  const app = { state, timeline: null, rows: [], events: [], source: null };
  const player = makePlayer(part("audio"), { time: showPlayed, trouble: complain });
  let job = 0; // number of the present computation; views of one that was given up are not shown
  root.timeline = app; // for whoever wants to look inside, such as a test

  const buttons = element.querySelector(".in-buttons");
  const stage = makeStage({
    root,
    scroller: part("scroller"),
    spacer: part("spacer"),
    canvas: part("chart"),
    scene: () => ({ ...app, ...state }),
    on: {
      chosen: choose,
      pointed: read,
      entered: () => play(...app.timeline.facts.windows[state.chosen]),
    },
  });
  makeSource({
    root,
    file: part("file"),
    buttons,
    props,
    server,
    ask,
    upload,
    on: { stage: begin, ready: take, failed, deaf: complain },
  });
  const again = button("Again", compute, { class: "in-button", hidden: "" });
  buttons.append(again);
  makeOverlap(part("overlap"), (overlap) => {
    state.overlap = overlap;
    compute();
  });
  const controls = makeControls(part("controls"), state.threshold, stage, {
    threshold(score) {
      state.threshold = score;
      askEvents();
    },
    rows() {
      state.all = !state.all;
      arrange();
      redraw();
    },
    download,
  });
  part("cancel").append(button("Cancel", giveUp, { class: "in-button" }));
  watch("value", () => receive(props.value));
  redraw();

  // From a recording to its timeline

  function take(source, sound) {
    app.source = source;
    player.load(sound);
    compute();
  }

  function compute() {
    if (!app.source) return;
    job++;
    begin("Waiting for the server");
    trigger("chosen", { ...app.source, overlap: state.overlap, job });
  }

  function giveUp() {
    job++;
    trigger("given_up");
    rest();
  }

  function receive(value) {
    if (!value || (value.job && value.job !== job)) return;
    if (value.status === "busy") {
      work(value.stage, value);
      if (value.partial) show(value.partial, true);
    } else if (value.status === "error") {
      failed(value.message);
    } else {
      rest();
      show(value, false);
    }
  }

  function show(facts, partial) {
    const first = !app.timeline || app.shownJob !== job;
    app.shownJob = job;
    app.timeline = decodeTimeline(facts);
    root.dataset.state = partial ? "partial" : "ready";
    if (first) {
      stage.whole();
      Object.assign(state, { chosen: null, played: null, all: false, threshold: facts.threshold });
      controls.setThreshold(facts.threshold);
    }
    if (partial || first) app.events = [];
    setText(part("title"), facts.title);
    setText(part("facts"), describe(facts));
    arrange();
    if (!partial) askEvents();
    redraw();
  }

  function describe(facts) {
    const windows = `${facts.windows.length} windows of ${
      facts.window_seconds.toFixed(2)
    } s every ${facts.hop_seconds.toFixed(2)} s`;
    return [clock(facts.seconds), windows, facts.model, ...facts.notes].filter(Boolean).join(
      " \u00b7 ",
    );
  }

  function arrange() {
    const { rows, more } = chooseRows(app.timeline, state.all);
    app.rows = rows;
    controls.setRows(state.all, more);
  }

  // What the server is asked about it

  async function askEvents() {
    const { id } = app.timeline.facts;
    if (!id) return;
    try {
      const { events } = await ask("timeline_events", { id, on: state.threshold });
      if (app.timeline.facts.id !== id) return;
      app.events = events;
      listEvents(part("events"), events, state.threshold, {
        play,
        chosen: (window) => choose(window, true),
      });
      redraw();
    } catch (error) {
      complain(error.message);
    }
  }

  async function openWindow() {
    try {
      const answer = await ask("timeline_window", {
        id: app.timeline.facts.id,
        window: state.chosen,
      });
      player.pause();
      trigger("window", answer);
    } catch (error) {
      complain(error.message);
    }
  }

  async function download(kind) {
    try {
      saveFile(
        await ask("timeline_export", { id: app.timeline.facts.id, kind, on: state.threshold }),
      );
    } catch (error) {
      complain(error.message);
    }
  }

  async function ask(name, request) {
    const answer = await server[name](request);
    if (!answer || answer.error) {
      throw new Error(answer?.error ?? "The server did not answer: try again.");
    }
    return answer;
  }

  // What is looked at and played

  function choose(window, reveal = false) {
    state.chosen = window;
    if (reveal) stage.reveal(window);
    redraw();
  }

  function read(window) {
    setText(part("readout"), window === null ? "" : windowLine(app.timeline, window));
  }

  function play(start, end) {
    complain("");
    player.play(start, end);
  }

  function showPlayed(seconds) {
    state.played = seconds;
    stage.redraw();
  }

  function redraw() {
    showWindow(part("window"), app.timeline, state.chosen, { play, opened: openWindow });
    drawScale(part("scale"));
    setText(part("ceiling"), app.timeline ? app.timeline.ceiling.toFixed(2) : "");
    stage.redraw();
  }

  // State and words

  function begin(text) {
    complain("");
    work(text);
  }

  function work(text, { fraction, seconds, total } = {}) {
    root.dataset.busy = "true";
    part("work").hidden = false;
    setText(
      part("stage"),
      total ? `${text}, ${clock(seconds, 0)} of ${clock(total, 0)}` : `${text}\u2026`,
    );
    if (typeof fraction === "number") part("progress").value = fraction;
    else part("progress").removeAttribute("value");
  }

  function rest() {
    root.dataset.busy = "false";
    part("work").hidden = true;
    again.hidden = !app.source;
  }

  function failed(sentence) {
    rest();
    complain(sentence);
  }

  function complain(text) {
    const error = element.querySelector(".in-error");
    setText(error, text);
    error.hidden = !text;
  }
}
