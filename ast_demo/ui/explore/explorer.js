// @ts-check
// The explorer: one sound's spectrogram, patches and maps on a canvas, all redrawn in the browser.
//
// `state` is everything a person can choose; `set` changes it and asks for a redraw. A redraw reads
// the state and the decoded sound and writes two canvases, the picture and the marks that follow
// the cursor, and the panels around them. The server is asked only for what the payload cannot
// hold: maps seen from a patch or for a label, sounds to hear, tests and files.

import { isSamePicture, soundOf, viewOf } from "./state/opened.js";
import { keepAtHand, makeAgain } from "./state/resend.js";
import { makeAnswers } from "./state/serverCache.js";
import { FIRST_CHOICES, FIRST_PLACES } from "./state/state.js";
import { makeControls } from "./panels/controls.js";
import { DeletionTest } from "./panels/deletion.js";
import { describeMapPlace } from "./panels/altText.js";
import { makeHead } from "./panels/head.js";
import { partOf, setText } from "../shared/dom.js";
import { addressOf } from "../shared/fileAddress.js";
import { makeGrid } from "../shared/geometry.js";
import { chosenHeat, isMissing } from "./state/selectedMap.js";
import { Decision } from "./panels/decision.js";
import { SmallestSound } from "./panels/smallestSound.js";
import { makeLabels } from "./panels/labels.js";
import { makeCanvases } from "./draw/canvases.js";
import { legendOf } from "./draw/legend.js";
import { Playback } from "./panels/playback.js";
import { drawMarks } from "./draw/overlay.js";
import { makePatchCard } from "./panels/patchCard.js";
import { drawGhost, drawPicture } from "./draw/picture.js";
import { makeReadout } from "./panels/readout.js";
import { makeScenes, valueRange } from "./draw/scene.js";
import { watchColours } from "./draw/theme.js";
import { makeSheet } from "./panels/smallMultiples.js";
import { decodeSound } from "./state/payload.js";
import { watchStage } from "./interaction.js";
import { foldedTable, pictureTable } from "./panels/tables.js";
import { makeTakeaway, saveAddress } from "./panels/downloads.js";
import { openExample } from "./openExample.js";
import { exploreLink, isLinked, linkedChoices, linkedPlaces } from "./openLink.js";
import { openLinkedExample, withinModel } from "./openLink.js";
import { pictureRoom, watchPin } from "./pin.js";
import { makeStrip } from "./panels/strip.js";
import { makePresent } from "./present.js";
import { explodedLayout, makeView, planeLayout } from "./state/view.js";

/** @import { App, Colours, Heat, Missing, Notice, Payload } from "./types.js" */
/** @import { Sound, State, View } from "./types.js" */
/** @import { Server } from "../shared/types.js" */

const GHOST_GRID = makeGrid({
  num_mel_bins: 128,
  max_length: 512,
  patch_size: 16,
  frequency_stride: 10,
  time_stride: 10,
  freq_patches: 12,
  time_patches: 50,
});
/** @type {{ zoom: "fit", left: number, bottom: number }} */
const WHOLE = { zoom: "fit", left: 0, bottom: 0 };
const QUICK = ["cursor", "playing"]; // changes that leave the picture as it is

/**
 * @typedef {object} Component what gr.HTML hands to its JavaScript
 * @property {HTMLElement} element
 * @property {(name: string, changed: () => void) => void} watch
 * @property {{ value: Payload | Notice | null, space: string, models?: string[] }} props
 * @property {Server} server
 * @property {(name: string, data?: object) => void} trigger
 */

/** @param {Component} component */
export function startExplorer(component) {
  const explorer = new Explorer(component);
  Object.assign(explorer.root, { explorer }); // for tests and the curious
}

/** @implements {App} */
class Explorer {
  /** @param {Component} component */
  constructor({ element, watch, props, server, trigger }) {
    this.root = partOf(element, ".explorer");
    this.trigger = trigger;
    this.space = props.space;
    this.stage = this.part("stage");
    this.link = exploreLink(); // until its sound is here, as its model hears it
    this.models = props.models ?? [];
    /** @type {State} */
    this.state = { ...FIRST_CHOICES, ...FIRST_PLACES, ...linkedChoices(this.link) };
    /** @type {Sound | null} */
    this.sound = null;
    /** @type {View | null} */
    this.view = null;
    /** @type {"all" | "marks" | null} */
    this.wanted = null; // of the next redraw
    /** @type {number | null} */
    this.shownPlaying = null;
    const again = makeAgain();
    this.answers = makeAnswers(
      server,
      () => again(this.sound?.payload ?? null),
      () => this.redraw(),
    );
    this.canvases = makeCanvases(
      partOf(this.root, ".ex-picture", HTMLCanvasElement),
      partOf(this.root, ".ex-marks", HTMLCanvasElement),
    );
    this.colours = watchColours(this.root, () => this.redraw());
    /** @type {() => boolean} */
    this.isPinned = () => false; // until that is watched
    this.scenes = makeScenes(this);
    this.panels = this.makePanels();
    this.watchPage();
    watch("value", () => this.receive(props.value));
    this.receive(props.value);
    openLinkedExample(this.link).then((found) => {
      if (found || !server?.opening_example || props.value) return;
      openExample(server, this.root, (value) => this.receive(value));
    });
  }

  /** @param {string} name */
  part(name) {
    return partOf(this.root, `.ex-${name}`);
  }

  makePanels() {
    const listen = new Playback(this, this.part("listen"));
    const table = foldedTable("The picture as a table", pictureTable);
    this.part("panels").append(table.node);
    return {
      listen,
      table,
      head: makeHead(this.root),
      readout: makeReadout(this.part("readout")),
      labels: makeLabels(this, this.part("labels")),
      controls: makeControls(this, this.part("controls"), this.part("zoom-row")),
      patch: makePatchCard(this, this.part("patch")),
      sheet: makeSheet(this, this.part("maps")),
      deletion: new DeletionTest(this, this.part("deletion")),
      smallest: new SmallestSound(this, this.part("inside")),
      decision: new Decision(this, this.part("decision")),
      takeaway: makeTakeaway(this, this.part("takeaway")),
      strip: makeStrip(this, this.part("strip"), this.part("file"), {
        seek: (seconds) => listen.playFrom(seconds),
        window: (start) => {
          const { source, title } = soundOf(this).payload;
          this.trigger("window", { ...source, title, start });
        },
        clear: () => this.trigger("cleared"),
        save: () => {
          const { source, title } = soundOf(this).payload;
          if (source?.path) saveAddress(addressOf(source.path), title);
        },
      }),
    };
  }

  // What a person does, and what the window does, asks for a redraw.
  watchPage() {
    const { listen } = this.panels;
    watchStage(this, this.stage, {
      onSeek: (frame) => listen.seek(frame),
      onPlay: () => listen.toggle(),
    });
    this.part("zoom-row").append(makePresent(this.root, () => this.redraw()));
    const isFilled = () => this.sound !== null;
    this.isPinned = watchPin(this.root, this.part("sentinel"), isFilled, () => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(this.stage);
    document.fonts?.ready.then(() => this.redraw());
  }

  // --- what panels call ---

  /** @param {Partial<State>} changes */
  set = (changes) => { // bound, since panels take it out
    Object.assign(this.state, changes);
    if (Object.keys(changes).every((name) => QUICK.includes(name))) return this.schedule("marks");
    this.answers.forgetErrors();
    this.schedule("all");
  };

  redraw() {
    this.schedule("all");
  }

  /** @param {string} sentence */
  speak(sentence) {
    setText(this.part("spoken"), sentence);
  }

  /** @returns {Heat | Missing | null} */
  heat() {
    return this.sound ? chosenHeat(this) : null;
  }

  // --- one redraw per frame, however many changes came in between ---

  /** @param {"all" | "marks"} what */
  schedule(what) {
    if (this.wanted === null) requestAnimationFrame(() => this.draw());
    if (this.wanted !== "all") this.wanted = what;
  }

  draw() {
    const what = this.wanted;
    this.wanted = null;
    if (!this.root.isConnected || this.stage.clientWidth === 0) return; // hidden in another tab
    const start = performance.now();
    const heat = this.heat();
    const map = isMissing(heat) ? null : heat;
    const colours = this.colours(this.room(false).scale);
    if (what === "all") this.drawAll(heat, map, colours);
    if (this.sound) this.drawMarks(map, colours);
    performance.clearMeasures(`explorer:${what}`); // keep one, not a session's worth
    performance.measure(`explorer:${what}`, { start, end: performance.now() });
  }

  /** @param {boolean} isPinned */
  room(isPinned) {
    return pictureRoom(isPinned, this.root.dataset.present === "true");
  }

  /** @param {Heat | Missing | null} heat @param {Heat | null} map @param {Colours} colours */
  drawAll(heat, map, colours) {
    const { panels, sound } = this;
    const view = this.measure();
    const context = this.canvases.picture(view);
    context.clearRect(0, 0, view.width, view.height);
    panels.labels();
    panels.strip();
    if (!sound) return drawGhost(context, view, GHOST_GRID, colours);
    this.scenes.refreshImages(map);
    drawPicture(context, this.scenes.makeScene(map, colours));
    this.part("legends").replaceChildren(...legendOf(this, map));
    panels.controls(heat);
    panels.listen.refresh(map);
    panels.sheet();
    panels.deletion.refresh(map, colours);
    panels.smallest.refresh();
    panels.decision.refresh();
    panels.takeaway();
    setText(this.part("described"), map ? describeMapPlace(sound, map) : "");
    panels.table.refresh(`${sound.id} ${map?.key}`, sound, map);
  }

  // Every view has the height of the whole picture, so that nothing below it jumps. What a zoomed
  // picture shows, and what is downloaded of it, does not change with the scroll.
  measure() {
    const { sound, state } = this;
    const grid = sound ? sound.grid : GHOST_GRID;
    const plane = planeLayout(grid);
    const layout = state.grid === "exploded" && sound ? explodedLayout(grid) : plane;
    const place = sound ? state : WHOLE;
    const width = this.stage.clientWidth;
    const fitted = makeView(plane, WHOLE, width, devicePixelRatio, this.room(false));
    const room = { ...this.room(false), frame: fitted.plot.height };
    const full = makeView(layout, place, width, devicePixelRatio, room);
    const shrinks = this.isPinned() && full.fitting;
    const view = shrinks ? makeView(layout, place, width, devicePixelRatio, this.room(true)) : full;
    const height = shrinks ? view.height : fitted.height;
    this.view = view;
    this.part("pin").style.marginBottom = `${fitted.height - height}px`;
    this.canvases.resize(view);
    this.stage.style.height = `${height}px`;
    return view;
  }

  /** @param {Heat | null} map @param {Colours} colours */
  drawMarks(map, colours) {
    const { panels, state, sound } = this;
    drawMarks(this.canvases.marks(viewOf(this)), this.scenes.makeScene(map, colours));
    panels.readout(sound, state.cursor, map);
    this.root.dataset.patch = String(Boolean(state.patch));
    this.root.dataset.touched = String(Boolean(state.cursor));
    if (state.playing !== this.shownPlaying) panels.strip();
    this.shownPlaying = state.playing;
    panels.patch(map, { name: state.colours, ...valueRange(this) });
  }

  // --- what the page gives us ---

  /** @param {Payload | Notice | null} value */
  receive(value) {
    const payload = /** @type {Payload | null} */ (value && "version" in value ? value : null);
    const notice = /** @type {Notice} */ (payload || !value ? {} : value);
    const status = payload ? "ready" : notice.status ?? "empty";
    const error = this.part("error");
    setText(this.part("busy"), status === "busy" ? notice.stage ?? "" : "");
    error.hidden = status !== "error";
    setText(error, status === "error" ? notice.message ?? "" : "");
    this.root.dataset.asked = String(status !== "empty" || this.sound !== null); // by the visitor
    if (payload) this.show(decodeSound(payload));
    if (status === "empty") this.show(null);
    const settled = status === "error" ? (this.sound ? "ready" : "empty") : status;
    this.root.dataset.state = settled;
    this.root.dataset.filled = String(this.sound !== null);
    this.stage.setAttribute("aria-busy", String(status === "busy"));
    this.redraw();
  }

  /** @param {Sound | null} sound */
  show(sound) {
    const { state, link, panels } = this;
    const isAgain = sound && this.sound && isSamePicture(this.sound.payload, sound.payload);
    this.sound = sound;
    this.answers.clear();
    panels.listen.forget();
    panels.deletion.forget();
    panels.smallest.forget();
    panels.decision.forget();
    const heat = state.heat === "label" ? "rollout" : state.heat;
    Object.assign(state, isAgain ? { playing: null } : { ...FIRST_PLACES, heat });
    if (sound) Object.assign(state, withinModel(state, sound.attention));
    if (sound && isLinked(link, sound.payload, this.models)) {
      Object.assign(state, linkedPlaces(link, sound, state));
      this.link = {};
    }
    panels.head(sound);
    if (sound?.payload.source?.path) keepAtHand(sound.payload.source.path);
    if (!sound) panels.readout(null, null);
  }
}
