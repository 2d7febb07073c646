// @ts-check
// The timeline: choose a recording, watch it being heard, look at labels over time, play, open.

import { button, partOf, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { saveFile } from "../../shared/saveFile.js";
import { makePlayer } from "../../sound/player.js";
import { COLOURS } from "./chart.js";
import { makeControls, makeOverlap } from "./controls.js";
import { Stage } from "./interaction.js";
import { EventTable, showWindow, windowLine } from "./panels.js";
import { RecordingSource } from "./recordingSource.js";
import { chooseRows, clock, decodeTimeline, labelColours } from "./timelineData.js";

/** @import { Server } from "../../shared/types.js" */
/** @import { Recording, SourceProps } from "./recordingSource.js" */
/** @import { Event, Facts, Timeline } from "./timelineData.js" */

/**
 * @typedef {object} Component what gr.HTML hands to its JavaScript
 * @property {HTMLElement} element
 * @property {(name: string, changed: () => void) => void} watch
 * @property {SourceProps & { value: Value | null }} props
 * @property {Server} server
 * @property {(name: string, data?: object) => void} trigger
 * @property {(file: File) => Promise<{ path: string }>} upload
 */

/**
 * @typedef {object} State
 * @property {number} overlap windows over each moment
 * @property {number} threshold from which events are listed
 * @property {boolean} all whether more labels have rows
 * @property {number | null} chosen window
 * @property {number | null} played seconds under the play cursor
 */

/**
 * What the component shows: a stage of work, an error, or the facts of a timeline.
 * @typedef {{ job?: number | null } & (Work | Failure | Ready)} Value
 *
 * @typedef {Facts & { status: "ready" }} Ready
 *
 * @typedef {object} Work
 * @property {"busy"} status
 * @property {string} stage
 * @property {number} [fraction] that is done
 * @property {number} [seconds] that are done
 * @property {number} [total] seconds
 * @property {Facts} [partial] of what is done
 *
 * @typedef {{ status: "error", message: string }} Failure
 */

/** @param {Component} component */
export function startTimeline(component) {
  return new TimelineView(component);
}

class TimelineView {
  /** @param {Component} component */
  constructor({ element, watch, props, server, trigger, upload }) {
    this.element = element;
    this.props = props;
    this.server = server;
    this.trigger = trigger;
    this.root = partOf(element, ".timeline");
    /** @type {State} */
    this.state = { overlap: 2, threshold: 0.5, all: false, chosen: null, played: null };
    /** @type {Timeline | null} */
    this.timeline = null;
    /** @type {number[]} */
    this.rows = []; // numbers of the labels that have one
    /** @type {Event[]} */
    this.events = [];
    /** @type {Map<string, number>} */
    this.colours = new Map();
    /** @type {Recording | null} */
    this.source = null;
    /** @type {{ sound: Blob | string, began: Date | null } | null} */
    this.arrived = null; // of the source, until its first picture takes the place of another's
    this.eventsAsked = 0; // serial number: a threshold's late events do not overwrite the newest's
    this.job = 0; // number of the present computation; views of one that was given up are not shown
    this.shownJob = -1;
    Object.assign(this.root, { timeline: this }); // for whoever wants to look inside
    this.player = makePlayer(partOf(element, ".tl-audio", HTMLAudioElement), {
      time: (seconds) => this.showPlayed(seconds),
      trouble: (text) => this.complain(text),
    });
    this.stage = this.makeStage();
    this.recordings = this.makeRecordings(upload);
    this.again = button("Re-run", () => this.compute(), { class: "in-button", hidden: "" });
    partOf(element, ".in-buttons").append(this.again);
    makeOverlap(this.part("overlap"), (overlap) => {
      this.state.overlap = overlap;
      this.compute();
    });
    this.controls = this.makeControls();
    this.table = new EventTable(this.part("events"), {
      play: (start, end) => this.play(start, end),
      chosen: (window) => this.choose(window, true),
    });
    this.part("cancel").append(button("Cancel", () => this.giveUp(), { class: "in-button" }));
    watch("value", () => this.receive(props.value));
    this.redraw();
  }

  /** @param {string} name */
  part(name) {
    return partOf(this.element, `.tl-${name}`);
  }

  makeStage() {
    const enter = () => {
      const { timeline, state: { chosen } } = this;
      if (timeline && chosen !== null) this.play(...timeline.facts.windows[chosen]);
    };
    return new Stage({
      root: this.root,
      scroller: this.part("scroller"),
      spacer: this.part("spacer"),
      canvas: partOf(this.root, ".tl-chart", HTMLCanvasElement),
      scene: () => {
        const { timeline, rows, events, colours, state } = this;
        return { timeline, rows, events, colours, ...state };
      },
      on: {
        chosen: (window) => this.choose(window),
        pointed: (window) => this.read(window),
        entered: enter,
      },
    });
  }

  /** @param {Component["upload"]} upload */
  makeRecordings(upload) {
    return new RecordingSource({
      root: this.root,
      file: partOf(this.root, ".tl-file", HTMLInputElement),
      buttons: partOf(this.element, ".in-buttons"),
      pathRow: this.part("path-row"),
      props: this.props,
      server: this.server,
      ask: (name, request) => this.ask(name, request),
      upload,
      on: {
        stage: (text) => this.begin(text),
        ready: (recording, sound, began) => this.take(recording, sound, began),
        failed: (sentence) => this.failed(sentence),
        deaf: (sentence) => this.complain(sentence),
      },
    });
  }

  makeControls() {
    return makeControls(this.part("controls"), this.state.threshold, this.stage, {
      threshold: (score) => {
        this.state.threshold = score;
        this.askEvents();
      },
      rows: () => {
        this.state.all = !this.state.all;
        this.arrange();
        this.redraw();
      },
      download: (kind) => this.download(kind),
      stop: () => this.player.pause(),
    });
  }

  // From a recording to its timeline

  /** @param {Recording} recording @param {Blob | string} sound @param {Date | null} began */
  take(recording, sound, began) {
    this.source = recording;
    this.arrived = { sound, began };
    this.compute();
  }

  compute() {
    if (!this.source) return;
    this.job++;
    this.begin("Waiting for the server");
    this.trigger("chosen", { ...this.source, overlap: this.state.overlap, job: this.job });
  }

  giveUp() {
    this.job++;
    this.recordings.giveUp();
    this.trigger("given_up");
    this.rest();
  }

  /** @param {Value | null} value */
  receive(value) {
    if (!value || (value.job && value.job !== this.job)) return;
    if (value.status === "busy") {
      this.work(value.stage, value);
      if (value.partial) this.show(value.partial, true);
    } else if (value.status === "error") {
      this.failed(value.message);
    } else {
      this.rest();
      this.show(value, false);
    }
  }

  /** @param {Facts} facts @param {boolean} partial */
  show(facts, partial) {
    const first = !this.timeline || this.shownJob !== this.job;
    this.shownJob = this.job;
    this.timeline = decodeTimeline(facts);
    this.colours = labelColours(this.timeline, COLOURS);
    this.root.dataset.state = partial ? "partial" : "ready";
    if (first) {
      this.takeArrived();
      this.stage.whole();
      const { threshold } = facts;
      Object.assign(this.state, { chosen: null, played: null, all: false, threshold });
      this.controls.setThreshold(threshold);
    }
    if (partial || first) this.events = [];
    setText(this.part("title"), facts.title);
    setText(this.part("facts"), describe(facts));
    this.arrange();
    if (!partial) this.askEvents();
    this.redraw();
  }

  /** Play, and count times of day from, the recording whose first picture is shown. */
  takeArrived() {
    if (!this.arrived) return;
    this.player.load(this.arrived.sound);
    this.table.setBeginning(this.arrived.began);
    this.arrived = null;
  }

  arrange() {
    if (!this.timeline) return;
    const { rows, more } = chooseRows(this.timeline, this.events, this.state.all);
    this.rows = rows;
    this.controls.setRows(this.state.all, more);
  }

  // What the server is asked about it

  async askEvents() {
    const id = this.timeline?.facts.id;
    if (!id) return;
    const mine = ++this.eventsAsked;
    const isWanted = () => mine === this.eventsAsked && this.timeline?.facts.id === id;
    try {
      const { events } = await this.ask("timeline_events", { id, on: this.state.threshold });
      if (!isWanted()) return;
      this.events = events;
      this.table.show(events, this.state.threshold, this.colours);
      this.arrange();
      this.redraw();
    } catch (error) {
      if (isWanted()) this.complain(sentenceOf(error));
    }
  }

  async openWindow() {
    try {
      const request = { id: this.timeline?.facts.id, window: this.state.chosen };
      const answer = await this.ask("timeline_window", request);
      this.player.pause();
      this.trigger("window", answer);
    } catch (error) {
      this.complain(sentenceOf(error));
    }
  }

  /** @param {string} kind of file */
  async download(kind) {
    try {
      const request = { id: this.timeline?.facts.id, kind, on: this.state.threshold };
      const { name, type, text } = await this.ask("timeline_export", request);
      saveFile(new File([text], name, { type }));
    } catch (error) {
      this.complain(sentenceOf(error));
    }
  }

  /**
   * @param {string} name of the server function
   * @param {object} request
   * @returns {Promise<any>}
   * @throws {Error} with the server's sentence
   */
  async ask(name, request) {
    const answer = await this.server[name](request);
    if (!answer || answer.error) {
      throw new Error(answer?.error ?? "The server did not answer: try again.");
    }
    return answer;
  }

  // What is looked at and played

  /** @param {number} window @param {boolean} [reveal] */
  choose(window, reveal = false) {
    this.state.chosen = window;
    if (reveal) this.stage.reveal(window);
    this.redraw();
  }

  /** @param {number | null} window */
  read(window) {
    const { timeline } = this;
    const line = timeline && window !== null ? windowLine(timeline, window) : "";
    setText(this.part("readout"), line);
  }

  /** @param {number} start @param {number} end both in seconds */
  play(start, end) {
    this.complain("");
    this.player.play(start, end);
  }

  /** @param {number | null} seconds */
  showPlayed(seconds) {
    this.state.played = seconds;
    this.controls?.setPlaying(seconds !== null);
    this.stage?.redraw();
  }

  redraw() {
    showWindow(this.part("window"), this.timeline, this.state.chosen, {
      play: (start, end) => this.play(start, end),
      opened: () => this.openWindow(),
    });
    setText(this.part("ceiling"), this.timeline ? this.timeline.ceiling.toFixed(2) : "");
    this.stage.redraw();
  }

  // State and words

  /** @param {string} text */
  begin(text) {
    this.complain("");
    this.work(text);
  }

  /**
   * @param {string} text
   * @param {{ fraction?: number, seconds?: number, total?: number }} [done]
   */
  work(text, { fraction, seconds = 0, total } = {}) {
    this.root.dataset.busy = "true";
    this.part("work").hidden = false;
    const done = total ? `${text}, ${clock(seconds, 0)} of ${clock(total, 0)}` : `${text}\u2026`;
    setText(this.part("stage"), done);
    const progress = partOf(this.root, ".tl-progress", HTMLProgressElement);
    if (typeof fraction === "number") progress.value = fraction;
    else progress.removeAttribute("value");
  }

  rest() {
    this.root.dataset.busy = "false";
    this.part("work").hidden = true;
    this.again.hidden = !this.source;
  }

  /** @param {string} sentence */
  failed(sentence) {
    this.rest();
    this.complain(sentence);
  }

  /** @param {string} text */
  complain(text) {
    const error = partOf(this.element, ".in-error");
    setText(error, text);
    error.hidden = !text;
  }
}

/** @param {Facts} facts */
function describe(facts) {
  const windows = `${facts.windows.length} windows of ${facts.window_seconds.toFixed(2)} s every ${
    facts.hop_seconds.toFixed(2)
  } s`;
  return [clock(facts.seconds), windows, facts.model, ...facts.notes].filter(Boolean).join(
    " \u00b7 ",
  );
}
