// The timeline: choose a recording, watch it being heard, look at labels over time, play, open.

import { button, make, segmented, setText, slider } from "./dom.js";
import { clamp } from "./numbers.js";
import { chartHeight, drawChart, drawScale, namesWidth } from "./chart.js";
import { makePlayer } from "./player.js";
import { startRecording } from "./recorder.js";
import { chooseRows, clock, decodeTimeline, topLabels, windowAt } from "./rows.js";

const DEEPEST_SECONDS = 10; // the chart shows no less
const MEGABYTE = 1 << 20;
const ZOOM = 2; // of one press
const LABELS_OF_WINDOW = 5;
const EVENTS_LISTED = 300;
const ASK_AGAIN_MILLISECONDS = 150; // after the threshold stops moving

export function startTimeline({ element, watch, props, server, trigger, upload }) {
  const part = (name) => element.querySelector(`.tl-${name}`);
  const root = element.querySelector(".timeline");
  const scroller = part("scroller");
  const state = { overlap: 2, threshold: 0.5, all: false, zoom: 1, chosen: null, played: null };
  const controls = {};
  const app = { state, timeline: null, rows: [], events: [], source: null };
  const player = makePlayer(part("audio"), showPlayed, complain);
  let recording = null;
  let job = 0; // number of the present computation; views of one that was given up are not shown
  let asked = 0; // timer of a question about events
  root.timeline = app; // for whoever wants to look inside, such as a test

  const buttons = {
    upload: button("Upload a recording", () => part("file").click(), { class: "in-button in-main" }),
    record: button("Record", recordOrFinish, { class: "in-button" }),
    examples: button("Try the examples in a row", tryExamples, { class: "in-button" }),
    again: button("Again", () => compute(), { class: "in-button", hidden: "" }),
  };
  element.querySelector(".in-buttons").append(...Object.values(buttons));
  buildControls();
  part("file").accept = ".wav,.mp3,.flac,.ogg,.oga,.opus,.aif,.aiff,.au,.caf";
  part("file").addEventListener("change", () => {
    if (part("file").files[0]) takeFile(part("file").files[0]);
    part("file").value = "";
  });
  listenToChart();
  takeDrops();
  new ResizeObserver(redraw).observe(root);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  watch("value", () => receive(props.value));
  redraw();

  // Choosing a recording

  async function takeFile(file) {
    complain("");
    const megabytes = file.size / MEGABYTE;
    if (megabytes > props.max_megabytes) {
      complain(`The file has ${megabytes.toFixed(0)} MB, expected at most ${props.max_megabytes} MB: compress it (an hour of MP3 takes 30 to 60 MB) or cut it.`);
      return;
    }
    work("Uploading the recording", null);
    try {
      const { path } = await upload(file);
      app.source = { path, title: file.name };
      player.load(file);
      compute();
    } catch (error) {
      rest();
      complain(`The recording did not arrive: it may be larger than the server takes (${error.message || error}).`);
    }
  }

  async function tryExamples() {
    complain("");
    work("Putting the examples in a row", null);
    try {
      const { path, title } = await ask("timeline_examples", {});
      app.source = { path, title };
      player.load(new URL(`gradio_api/file=${path}`, document.baseURI).href);
      compute();
    } catch (error) {
      rest();
      complain(error.message);
    }
  }

  async function recordOrFinish() {
    if (recording) {
      const file = recording.finish();
      recording = null;
      setText(buttons.record, "Record");
      takeFile(file);
      return;
    }
    complain("");
    try {
      recording = await startRecording(
        (seconds) => setText(buttons.record, `Finish (${clock(seconds, 0)})`),
        () => recording && recordOrFinish(),
      );
    } catch (error) {
      complain(error.message);
    }
  }

  // A file may be dropped anywhere while this view is open.
  function takeDrops() {
    const holdsFile = (event) => root.offsetParent && [...(event.dataTransfer?.types ?? [])].includes("Files");
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
      takeFile(event.dataTransfer.files[0]);
    });
  }

  function compute() {
    if (!app.source) return;
    job++;
    complain("");
    work("Waiting for the server", null);
    trigger("chosen", { ...app.source, overlap: state.overlap, job });
  }

  function giveUp() {
    job++;
    trigger("given_up");
    rest();
  }

  // What the server sends

  function receive(value) {
    if (!value || (value.job && value.job !== job)) return;
    if (value.status === "busy") {
      work(value.stage, value.fraction, value);
      if (value.partial) show(value.partial, true);
    } else if (value.status === "error") {
      rest();
      complain(value.message);
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
      Object.assign(state, { zoom: 1, chosen: null, played: null, all: false });
      state.threshold = facts.threshold;
      controls.threshold.set(facts.threshold);
    }
    if (partial || first) app.events = [];
    setText(part("title"), facts.title);
    setText(part("facts"), describe(facts));
    chooseLabels();
    if (!partial) askEvents();
    redraw();
  }

  function describe(facts) {
    const windows = `${facts.windows.length} windows of ${facts.window_seconds.toFixed(2)} s every ${facts.hop_seconds.toFixed(2)} s`;
    return [clock(facts.seconds), windows, facts.model, ...facts.notes].filter(Boolean).join(" \u00b7 ");
  }

  function chooseLabels() {
    const { rows, more } = chooseRows(app.timeline, state.all);
    app.rows = rows;
    controls.all.hidden = !more;
    setText(controls.all, state.all ? "Fewer labels" : "More labels");
  }

  async function askEvents() {
    const { id } = app.timeline.facts;
    if (!id) return;
    try {
      const { events } = await ask("timeline_events", { id, on: state.threshold });
      if (app.timeline.facts.id !== id) return;
      app.events = events;
      listEvents();
      redraw();
    } catch (error) {
      complain(error.message);
    }
  }

  async function ask(name, request) {
    const answer = await server[name](request);
    if (!answer || answer.error) throw new Error(answer?.error ?? "The server did not answer: try again.");
    return answer;
  }

  // Events and the chosen window

  function listEvents() {
    const body = part("events").querySelector("tbody");
    const rows = app.events.slice(0, EVENTS_LISTED).map((event) => {
      const row = make("tr");
      const cells = [
        make("td"),
        make("td", "in-number", clock(event.start)),
        make("td", "in-number", clock(event.end)),
        make("td", "", event.label),
        make("td", "in-number", event.peak.toFixed(2)),
        make("td"),
      ];
      const name = `${event.label} at ${clock(event.start)}`;
      cells[0].append(button("Play", () => play(event.start, event.end), { class: "in-chip", "aria-label": `Play ${name}` }));
      cells[5].append(button("Window", () => choose(event.peak_window, true), { class: "in-chip", "aria-label": `Show the window of ${name}` }));
      row.append(...cells);
      return row;
    });
    body.replaceChildren(...rows);
    part("events").querySelector("table").hidden = !rows.length;
    const more = app.events.length - rows.length;
    const none = `No label reached ${state.threshold.toFixed(2)}: lower the threshold.`;
    setText(part("none"), !rows.length ? none : more > 0 ? `and ${more} more in the downloads` : "");
  }

  function choose(window, reveal = false) {
    state.chosen = window;
    if (reveal) revealWindow(window);
    showWindow();
    redraw();
  }

  function showWindow() {
    const panel = part("window");
    const { chosen } = state;
    if (chosen === null || !app.timeline) {
      panel.replaceChildren();
      return;
    }
    const { windows, levels, marks } = app.timeline.facts;
    const [start, end] = windows[chosen];
    const list = make("ol", "tl-labels");
    for (const [label, score] of topLabels(app.timeline, chosen, LABELS_OF_WINDOW)) {
      const row = make("li", "tl-label");
      const track = make("span", "in-track");
      const fill = make("span", "in-fill");
      fill.style.width = `${100 * score}%`;
      track.append(fill);
      row.append(make("span", "tl-name", label), make("span", "in-number", score.toFixed(2)), track);
      list.append(row);
    }
    const says = [`${clock(start, 2)} to ${clock(end, 2)}`, `level ${levels[chosen].toFixed(0)} dB`.replace("-", "\u2212"), marks[chosen]];
    const actions = make("div", "in-buttons");
    actions.append(
      button("Play window", () => play(start, end), { class: "in-button" }),
      button("Open in Explore", openWindow, { class: "in-button" }),
    );
    panel.replaceChildren(make("h3", "in-heading", `Window ${chosen + 1} of ${windows.length}`), make("p", "in-muted", says.filter(Boolean).join(" \u00b7 ")), list, actions);
  }

  async function openWindow() {
    try {
      const answer = await ask("timeline_window", { id: app.timeline.facts.id, window: state.chosen });
      player.pause();
      trigger("window", answer);
    } catch (error) {
      complain(error.message);
    }
  }

  function play(start, end) {
    complain("");
    player.play(start, end);
  }

  function showPlayed(seconds) {
    state.played = seconds;
    redraw();
  }

  // The chart: zoom by buttons, scroll like any long thing, point, click, arrow keys

  function view() {
    const width = part("chart").parentElement.clientWidth;
    const names = namesWidth(width);
    const total = app.timeline?.facts.total ?? 60;
    state.zoom = clamp(state.zoom, 1, Math.max(1, total / DEEPEST_SECONDS));
    const seconds = total / state.zoom;
    const plot = width - names;
    const start = plot > 0 ? (scroller.scrollLeft / (plot * state.zoom)) * total : 0;
    return { width, names, plot, total, seconds, start: clamp(start, 0, Math.max(0, total - seconds)) };
  }

  function redraw() {
    if (!root.offsetParent) return;
    const { width, names, plot } = view();
    if (width <= 0) return;
    const height = chartHeight(app.rows.length || 6);
    scroller.style.height = `${height + (state.zoom > 1 ? 16 : 0)}px`;
    scroller.style.marginLeft = `${names}px`;
    part("spacer").style.width = `${plot * state.zoom}px`;
    const scene = { view: view(), timeline: app.timeline, rows: app.timeline ? app.rows : Array(6).fill(0), events: app.events };
    drawScale(part("scale"));
    setText(part("ceiling"), app.timeline ? app.timeline.ceiling.toFixed(2) : "");
    drawChart(part("chart"), { ...scene, chosen: state.chosen, played: state.played });
  }

  function zoomTo(zoom, middle) {
    const before = view();
    const at = middle ?? before.start + before.seconds / 2;
    const share = (at - before.start) / before.seconds;
    state.zoom = zoom;
    redraw();
    const after = view();
    scroller.scrollLeft = ((at - share * after.seconds) / after.total) * after.plot * state.zoom;
    redraw();
  }

  function revealWindow(window) {
    const { start, seconds, total, plot } = view();
    const [first, last] = app.timeline.facts.windows[window];
    if (first >= start && last <= start + seconds) return;
    scroller.scrollLeft = (((first + last) / 2 - seconds / 2) / total) * plot * state.zoom;
  }

  function secondsAt(event) {
    const { start, seconds, plot } = view();
    return start + ((event.clientX - scroller.getBoundingClientRect().left) / plot) * seconds;
  }

  function listenToChart() {
    scroller.addEventListener("scroll", redraw);
    scroller.addEventListener("click", (event) => {
      if (app.timeline?.count) choose(windowAt(app.timeline, secondsAt(event)));
    });
    scroller.addEventListener("pointermove", (event) => {
      if (app.timeline?.count) read(windowAt(app.timeline, secondsAt(event)));
    });
    scroller.addEventListener("pointerleave", () => setText(part("readout"), ""));
    scroller.addEventListener("wheel", (event) => {
      if (!event.ctrlKey || !app.timeline) return; // plain wheels scroll the page
      event.preventDefault();
      zoomTo(state.zoom * Math.exp(-event.deltaY / 200), secondsAt(event));
    }, { passive: false });
    scroller.addEventListener("keydown", (event) => {
      if (!app.timeline?.count) return;
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) {
        event.preventDefault();
        choose(clamp((state.chosen ?? -step) + step, 0, app.timeline.count - 1), true);
        read(state.chosen);
      } else if (event.key === "Enter" && state.chosen !== null) {
        play(...app.timeline.facts.windows[state.chosen]);
      }
    });
  }

  function read(window) {
    const [start, end] = app.timeline.facts.windows[window];
    const best = topLabels(app.timeline, window, 3).map(([label, score]) => `${label} ${score.toFixed(2)}`);
    const marks = app.timeline.facts.marks[window];
    setText(part("readout"), `window ${window + 1}: ${clock(start, 2)} to ${clock(end, 2)} \u00b7 ${best.join(", ")}${marks ? ` \u00b7 ${marks}` : ""}`);
  }

  // Controls

  function buildControls() {
    const overlap = segmented("step (hop)", [["1", "1 window"], ["2", "\u00bd"], ["4", "\u00bc"]], "2", (value) => {
      state.overlap = Number(value);
      if (app.source) compute();
    });
    part("overlap").append(overlap.node);
    const threshold = slider("events from a score of", { min: 0.05, max: 0.95, step: 0.05, value: state.threshold }, (value) => value.toFixed(2), (value) => {
      state.threshold = value;
      clearTimeout(asked);
      asked = setTimeout(askEvents, ASK_AGAIN_MILLISECONDS);
    });
    const zoom = make("div", "in-buttons");
    zoom.append(
      button("\u2212", () => zoomTo(state.zoom / ZOOM), { class: "in-button", "aria-label": "Zoom out" }),
      button("+", () => zoomTo(state.zoom * ZOOM), { class: "in-button", "aria-label": "Zoom in" }),
      button("Whole", () => zoomTo(1), { class: "in-button" }),
    );
    const all = button("More labels", () => {
      state.all = !state.all;
      chooseLabels();
      redraw();
    }, { class: "in-button" });
    const files = make("div", "in-buttons");
    for (const [kind, text, title] of [["csv", "CSV", "Every window with every score"], ["json", "JSON", "Windows, scores, events and notes"], ["audacity", "Label track", "Events for Audacity or Sonic Visualiser"]]) {
      files.append(button(text, () => download(kind), { class: "in-button", title }));
    }
    Object.assign(controls, { threshold, all });
    part("controls").append(threshold.node, zoom, all, files);
    part("cancel").append(button("Cancel", giveUp, { class: "in-button" }));
  }

  async function download(kind) {
    try {
      const { id } = app.timeline.facts;
      const { name, type, text } = await ask("timeline_export", { id, kind, on: state.threshold });
      const link = make("a", "", "", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) {
      complain(error.message);
    }
  }

  // State and words

  function work(stage, fraction, { seconds, total } = {}) {
    root.dataset.busy = "true";
    part("work").hidden = false;
    setText(part("stage"), total ? `${stage}, ${clock(seconds, 0)} of ${clock(total, 0)}` : `${stage}\u2026`);
    if (typeof fraction === "number") part("progress").value = fraction;
    else part("progress").removeAttribute("value");
  }

  function rest() {
    root.dataset.busy = "false";
    part("work").hidden = true;
    buttons.again.hidden = !app.source;
  }

  function complain(text) {
    const error = element.querySelector(".in-error");
    setText(error, text);
    error.hidden = !text;
  }
}
