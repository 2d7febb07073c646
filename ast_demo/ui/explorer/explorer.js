// The explorer: one sound's spectrogram, patches and maps on a canvas, all redrawn in the browser.
//
// `app.state` is everything a person can choose; `app.set` changes it and asks for a redraw. A
// redraw reads the state and the decoded sound and writes two canvases, the picture and the marks
// that follow the cursor, and the panels around them. The server is asked only for what the payload
// cannot hold: maps seen from a patch or for a label, sounds to hear, tests and files.

import { makeAgain } from "./again.js";
import { makeAnswers } from "./answers.js";
import { inkOver } from "./colour.js";
import { contourPaths } from "./contour.js";
import { makeControls } from "./controls.js";
import { makeDeletion } from "./deletion.js";
import { STAGE_KEYS, describeMapPlace, describePicture, fillTable } from "./describe.js";
import { setText } from "./dom.js";
import { explodedEnergy, explodedHeat } from "./exploded.js";
import { makeGrid } from "./geometry.js";
import { chosenHeat } from "./heat.js";
import { makeLabels } from "./labels.js";
import { heatBar, overlapKey, spectrogramBar } from "./legend.js";
import { makeListen } from "./listen.js";
import { drawMarks } from "./marks.js";
import { formatCount, formatShare, formatSigned } from "./numbers.js";
import { makePatchCard } from "./patchcard.js";
import {
  drawGhost,
  drawPicture,
  heatImage,
  overlapImage,
  spectrogramImage,
} from "./picture.js";
import { makeReadout } from "./readout.js";
import { makeSheet } from "./sheet.js";
import { decodeSound } from "./sound.js";
import { watchStage } from "./stage.js";
import { makeTakeaway } from "./takeaway.js";
import { explodedLayout, firstZoom, makeView, planeLayout } from "./view.js";

// Kept from sound to sound: how a person likes to look.
const FIRST_CHOICES = {
  grid: "off", // off, outline, exploded, overlap
  heat: "none", // none, rollout, layer, label
  layer: 0,
  head: -1, // MEAN_HEAD
  from: "answer", // answer, patch
  scale: "own", // own, shared
  style: "tint", // tint, contour, alone
  opacity: 0.7,
  colours: "magma",
  range: "auto", // auto, fixed
  low: -1.3,
  high: 1,
  axis: "hertz", // hertz, mel, bin
  comparing: false,
  filling: "mean", // mean, silence
  allLabels: false,
  zoom: null, // decided by the width when the first sound comes
};
// Forgotten with each new sound.
const FIRST_PLACES = {
  left: 0, // first column in sight
  bottom: 0,
  cursor: null, // { frame, bin, patch }
  patch: null, // chosen: { f, t }
  playing: null, // frame under the play cursor
  labels: [], // chosen, two at most
  compared: "first", // first, second, more, less
  checked: null, // label whose map was asked of random weights
};
const GHOST_GRID = {
  num_mel_bins: 128,
  max_length: 512,
  patch_size: 16,
  frequency_stride: 10,
  time_stride: 10,
  freq_patches: 12,
  time_patches: 50,
};
const QUICK = ["cursor", "playing"]; // changes that leave the picture as it is
const COLOUR_NAMES =
  "text muted line surface veil hatch blind ghost ghost-line chosen hot".split(" ");

export function startExplorer(element, watch, props, server) {
  const root = element.querySelector(".explorer");
  const find = (name) => root.querySelector(`.ex-${name}`);
  const stage = find("stage");
  const app = { state: { ...FIRST_CHOICES, ...FIRST_PLACES }, sound: null, view: null, set };
  app.redraw = () => schedule("all");
  const again = makeAgain();
  app.answers = makeAnswers(server, () => again(app.sound.payload), app.redraw);
  app.heat = () => (app.sound ? chosenHeat(app) : null);
  const { state } = app;
  const images = {}; // offscreen canvases and paths by name, each with what it was drawn for
  const readout = makeReadout(find("readout"));
  const listen = makeListen(app, find("listen"));
  const refreshLabels = makeLabels(app, find("labels"));
  const refreshControls = makeControls(app, find("controls"), find("zoom-row"));
  const refreshPatch = makePatchCard(app, find("patch"));
  const refreshSheet = makeSheet(app, find("maps"));
  const deletion = makeDeletion(app, find("deletion"));
  const refreshTakeaway = makeTakeaway(app, find("takeaway"));
  const table = find("cells");
  watchStage(app, stage, {
    onSeek: listen.seek,
    onPlay: listen.toggle,
    speak: (text) => setText(find("spoken"), text),
  });

  function set(changes) {
    const names = Object.keys(changes);
    Object.assign(state, changes);
    if (names.every((name) => QUICK.includes(name))) return schedule("marks");
    app.answers.forgetErrors();
    schedule("all");
  }

  // Redraw once per frame, however many changes came in between.
  let wanted = null;
  function schedule(what) {
    if (wanted === null) requestAnimationFrame(redraw);
    if (wanted !== "all") wanted = what;
  }

  function redraw() {
    const what = wanted;
    wanted = null;
    if (!root.isConnected || stage.clientWidth === 0) return; // hidden in another tab
    const start = performance.now();
    const colours = pageColours();
    const heat = app.heat();
    if (what === "all") redrawPicture(heat, colours);
    if (app.sound) redrawMarks(heat, colours);
    performance.clearMeasures(`explorer:${what}`); // keep one, not a session's worth
    performance.measure(`explorer:${what}`, { start, end: performance.now() });
  }

  function redrawPicture(heat, colours) {
    const { sound } = app;
    const grid = sound ? sound.grid : makeGrid(GHOST_GRID);
    const layout = state.grid === "exploded" && sound ? explodedLayout(grid) : planeLayout(grid);
    const place = sound ? state : { zoom: "fit", left: 0, bottom: 0 };
    app.view = makeView(layout, place, stage.clientWidth, devicePixelRatio);
    for (const name of ["picture", "marks"]) sizeCanvas(find(name), app.view);
    stage.style.height = `${app.view.height}px`;
    const context = contextOf("picture");
    context.clearRect(0, 0, app.view.width, app.view.height);
    refreshLabels();
    if (!sound) return drawGhost(context, app.view, grid, colours);
    const shown = heat && !heat.missing ? heat : null;
    refreshImages(shown);
    drawPicture(context, makeScene(shown, colours));
    drawLegends(shown);
    refreshControls(heat);
    listen.refresh(heat);
    refreshSheet();
    deletion.refresh(shown, colours);
    refreshTakeaway();
    setText(find("described"), shown ? describeMapPlace(sound, shown) : "");
    if (find("table").open) fillTable(table, sound, shown);
  }

  function redrawMarks(heat, colours) {
    drawMarks(contextOf("marks"), makeScene(heat, colours));
    readout(app.sound, state.cursor);
    root.dataset.patch = Boolean(state.patch);
    refreshPatch(heat, { name: state.colours, ...valueRange() });
  }

  function makeScene(map, colours) {
    return {
      ...state,
      view: app.view,
      sound: app.sound,
      images: Object.fromEntries(Object.entries(images).map(([name, { drawn }]) => [name, drawn])),
      map,
      ink: inkOver(spectrogramColours(map)),
      colours,
    };
  }

  function valueRange() {
    const { low, high } = state.range === "fixed" ? state : app.sound;
    return { low, high };
  }

  // Energy is lightness, attention is hue: under heat the spectrogram turns grey.
  function spectrogramColours(map) {
    if (!map || map.missing) return state.colours;
    return state.colours === "inverted" ? "underInverted" : "under";
  }

  function refreshImages(map) {
    const { sound } = app;
    const { low, high } = valueRange();
    const colours = spectrogramColours(map);
    const energy = `${sound.id} ${colours} ${low} ${high}`;
    keep("spectrogram", energy, () => spectrogramImage(sound, colours, low, high));
    const { layout } = app.view;
    const key = `${sound.id} ${map?.key}`;
    if (layout.kind === "exploded") {
      const { drawn } = images.spectrogram;
      keep("explodedEnergy", energy, () => explodedEnergy(layout, sound.grid, drawn));
      if (map) keep("explodedHeat", key, () => explodedHeat(layout, sound.grid, map));
    } else if (map && state.style === "contour") {
      keep("contours", key, () => contourPaths(sound.grid, map));
    } else if (map) {
      keep("heat", key, () => heatImage(sound.grid, map));
    }
    if (state.grid === "overlap") keep("overlap", sound.id, () => overlapImage(sound.grid));
  }

  function keep(name, key, draw) {
    if (images[name]?.key !== key) images[name] = { key, drawn: draw() };
  }

  function sizeCanvas(canvas, view) {
    const [width, height] = [view.width, view.height].map((css) => Math.round(css * view.pixelRatio));
    if (canvas.width === width && canvas.height === height) return;
    Object.assign(canvas, { width, height });
    canvas.style.width = `${view.width}px`;
    canvas.style.height = `${view.height}px`;
  }

  function contextOf(name) {
    const context = find(name).getContext("2d");
    context.setTransform(app.view.pixelRatio, 0, 0, app.view.pixelRatio, 0, 0);
    return context;
  }

  // Colours of the page's theme, read anew only when it may have changed: it costs a style pass.
  let knownColours = null;
  function pageColours() {
    if (knownColours) return knownColours;
    const style = getComputedStyle(root);
    const read = (name) => style.getPropertyValue(`--ex-${name}`).trim();
    knownColours = Object.fromEntries(COLOUR_NAMES.map((name) => [name, read(name)]));
    knownColours.font = `12px ${style.fontFamily}`;
    return knownColours;
  }

  function drawLegends(map) {
    const { low, high } = valueRange();
    const bars = [];
    if (state.grid === "overlap") bars.push(overlapKey());
    else if (!map || state.style !== "alone") {
      bars.push(spectrogramBar(spectrogramColours(map), formatSigned(low), formatSigned(high)));
    }
    if (map) bars.push(heatBar(map.name, formatShare(map.ceiling)));
    find("legends").replaceChildren(...bars);
  }

  // --- what the page gives us ---

  function receive(value) {
    const status = value?.status ?? (value?.version ? "ready" : "empty");
    setText(find("busy"), status === "busy" ? value.stage : "");
    find("error").hidden = status !== "error";
    setText(find("error"), status === "error" ? value.message : "");
    if (status === "ready") show(decodeSound(value));
    if (status === "empty") show(null);
    const settled = status === "error" ? (app.sound ? "ready" : "empty") : status;
    root.dataset.state = settled;
    root.dataset.filled = Boolean(app.sound);
    stage.setAttribute("aria-busy", status === "busy");
    schedule("all");
  }

  function show(sound) {
    app.sound = sound;
    app.answers.clear();
    listen.forget();
    deletion.forget();
    Object.assign(state, FIRST_PLACES, { heat: state.heat === "label" ? "none" : state.heat });
    if (sound) state.zoom ??= firstZoom(stage.clientWidth);
    setText(find("title"), sound ? sound.payload.title : "");
    setText(find("notes"), sound ? sound.payload.notes.join(" \u00b7 ") : "");
    setText(find("foot"), sound ? describeRun(sound.payload) : "");
    const description = sound ? `${describePicture(sound)} ${STAGE_KEYS}` : "No sound yet";
    stage.setAttribute("aria-label", description);
    if (!sound) readout(null, null);
  }

  find("table").addEventListener("toggle", app.redraw);
  watch("value", () => receive(props.value));
  new ResizeObserver(() => schedule("all")).observe(stage);
  watchTheme(root, () => {
    knownColours = null;
    schedule("all");
  });
  document.fonts?.ready.then(app.redraw);
  receive(props.value);
  app.receive = receive;
  root.explorer = app; // for tests and the curious
}

function describeRun({ timings, model }) {
  const stages = Object.entries(timings).map(([name, spent]) => `${name} ${spent.toFixed(0)}`);
  const where = `${model.device.toUpperCase()} ${model.dtype}`;
  const parameters = `${formatCount(model.parameters)} parameters`;
  return `${stages.join(" \u00b7 ")} ms \u00b7 ${where} \u00b7 ${model.name}, ${parameters}`;
}

// Gradio switches themes by a class on the body; the system may switch, too.
function watchTheme(root, onChange) {
  const observer = new MutationObserver(() => {
    if (root.isConnected) onChange();
    else observer.disconnect();
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
}
