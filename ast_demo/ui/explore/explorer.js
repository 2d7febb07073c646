// The explorer: one sound's spectrogram, patches and maps on a canvas, all redrawn in the browser.
//
// `app.state` is everything a person can choose; `app.set` changes it and asks for a redraw. A
// redraw reads the state and the decoded sound and writes two canvases, the picture and the marks
// that follow the cursor, and the panels around them. The server is asked only for what the payload
// cannot hold: maps seen from a patch or for a label, sounds to hear, tests and files.

import { addressOf, keepAtHand, makeAgain } from "./state/resend.js";
import { makeAnswers } from "./state/serverCache.js";
import { FIRST_CHOICES, FIRST_PLACES } from "./state/state.js";
import { makeControls } from "./panels/controls.js";
import { makeDeletion } from "./panels/deletion.js";
import {
  describeBest,
  describeMapPlace,
  describePicture,
  describeRun,
  STAGE_KEYS,
} from "./panels/altText.js";
import { make, setText } from "../shared/dom.js";
import { makeGrid } from "../shared/geometry.js";
import { chosenHeat } from "./state/selectedMap.js";
import { Decision } from "./panels/decision.js";
import { SmallestSound } from "./panels/smallestSound.js";
import { makeLabels } from "./panels/labels.js";
import { heatBar, overlapKey, spectrogramBar, uncoveredKey } from "./draw/legend.js";
import { makeListen } from "./panels/playback.js";
import { drawMarks } from "./draw/overlay.js";
import { formatSigned } from "../shared/numbers.js";
import { makePatchCard } from "./panels/patchCard.js";
import { drawGhost, drawPicture } from "./draw/picture.js";
import { makeReadout } from "./panels/readout.js";
import { makeScenes, spectrogramColours, valueRange } from "./draw/scene.js";
import { makeSheet } from "./panels/smallMultiples.js";
import { decodeSound } from "./state/payload.js";
import { watchStage } from "./interaction.js";
import { foldedTable, pictureTable } from "./panels/tables.js";
import { makeTakeaway, saveAddress } from "./panels/downloads.js";
import { openExample } from "./openExample.js";
import { exploreLink, linkedChoices, linkedPlaces, openLinkedExample } from "./openLink.js";
import { makeStrip } from "./panels/strip.js";
import { makePresent } from "./present.js";
import { explodedLayout, makeView, planeLayout } from "./state/view.js";
import { openInTimeline } from "../shared/tabs.js";

const GHOST_GRID = {
  num_mel_bins: 128,
  max_length: 512,
  patch_size: 16,
  frequency_stride: 10,
  time_stride: 10,
  freq_patches: 12,
  time_patches: 50,
};
const WHOLE = { zoom: "fit", left: 0, bottom: 0 };
const QUICK = ["cursor", "playing"]; // changes that leave the picture as it is
const COLOUR_NAMES = "text muted line surface veil hatch blind ghost ghost-line chosen hot".split(
  " ",
);

const MOST_HEIGHT = 0.45; // of the window, for the picture: controls stay in sight below it
const PINNED_HEIGHT = 0.34; // once the page has scrolled on and the picture stays at its top
const LEAST_WINDOW = 560; // CSS pixels; a lower window has no room for a picture that stays
const PRESENT_SCALE = 1.75; // of the type, for the last row

export function startExplorer({ element, watch, props, server, trigger }) {
  const root = element.querySelector(".explorer");
  const find = (name) => root.querySelector(`.ex-${name}`);
  const stage = find("stage");
  let link = exploreLink(); // until its sound is here
  const places = { ...FIRST_PLACES, ...linkedChoices(link) };
  const app = { state: { ...FIRST_CHOICES, ...places }, sound: null, view: null, set };
  app.redraw = () => schedule("all");
  app.space = props.space; // name of the Space that the page runs in, if it does
  app.speak = (text) => setText(find("spoken"), text);
  const again = makeAgain();
  app.answers = makeAnswers(server, () => again(app.sound.payload), app.redraw);
  app.heat = () => (app.sound ? chosenHeat(app) : null);
  const { state } = app;
  const { refreshImages, makeScene } = makeScenes(app);
  const readout = makeReadout(find("readout"));
  const listen = makeListen(app, find("listen"));
  const refreshLabels = makeLabels(app, find("labels"));
  const refreshControls = makeControls(app, find("controls"), find("zoom-row"));
  const refreshPatch = makePatchCard(app, find("patch"));
  const refreshSheet = makeSheet(app, find("maps"));
  const deletion = makeDeletion(app, find("deletion"));
  const inside = [
    new SmallestSound(app, find("inside")),
    new Decision(app, find("decision")),
  ];
  const refreshTakeaway = makeTakeaway(app, find("takeaway"));
  const table = foldedTable("The picture as a table", pictureTable);
  find("panels").append(table.node);
  find("zoom-row").append(makePresent(root, () => schedule("all")));
  const refreshStrip = makeStrip(app, find("strip"), find("file"), {
    seek: (seconds) => listen.playFrom(seconds),
    window: (start) => {
      const { source, title } = app.sound.payload;
      trigger("window", { ...source, title, start });
    },
    clear: () => trigger("cleared"),
    save: () => saveAddress(addressOf(app.sound.payload.source.path), app.sound.payload.title),
  });
  describeBy(stage, find("described"));
  watchStage(app, stage, { onSeek: listen.seek, onPlay: listen.toggle });

  function set(changes) {
    const names = Object.keys(changes);
    Object.assign(state, changes);
    if (names.every((name) => QUICK.includes(name))) return schedule("marks");
    app.answers.forgetErrors();
    schedule("all");
  }

  // --- the picture stays in sight while one works below it, smaller ---

  let pinned = false;
  const presents = () => root.dataset.present === "true";
  new IntersectionObserver(([entry]) => {
    const above = entry.boundingClientRect.top < 0 && !entry.isIntersecting;
    const stays = above && innerHeight >= LEAST_WINDOW && app.sound !== null;
    if (stays === pinned) return;
    pinned = stays;
    root.dataset.pinned = String(pinned);
    schedule("all");
  }).observe(find("sentinel"));

  function room(isPinned) {
    if (presents()) return { most: innerHeight - 260, scale: PRESENT_SCALE, tall: true };
    return { most: (isPinned ? PINNED_HEIGHT : MOST_HEIGHT) * innerHeight };
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
    colours.font = `${12 * (presents() ? PRESENT_SCALE : 1)}px ${
      getComputedStyle(root).fontFamily
    }`;
    const grid = sound ? sound.grid : makeGrid(GHOST_GRID);
    const plane = planeLayout(grid);
    const layout = state.grid === "exploded" && sound ? explodedLayout(grid) : plane;
    const place = sound ? state : WHOLE;
    const measure = (layout, place, room) =>
      makeView(layout, place, stage.clientWidth, devicePixelRatio, room);
    // Every view has the height of the whole picture, so that nothing below it jumps.
    const fitted = measure(plane, WHOLE, room(false));
    const full = measure(layout, place, { ...room(false), frame: fitted.plot.height });
    // What a zoomed picture shows, and what is downloaded of it, does not change with the scroll.
    const shrinks = pinned && full.fitting;
    app.view = shrinks ? measure(layout, place, room(true)) : full;
    const height = shrinks ? app.view.height : fitted.height;
    find("pin").style.marginBottom = `${fitted.height - height}px`;
    for (const name of ["picture", "marks"]) sizeCanvas(find(name), app.view);
    stage.style.height = `${height}px`;
    const context = contextOf("picture");
    context.clearRect(0, 0, app.view.width, app.view.height);
    refreshLabels();
    refreshStrip();
    if (!sound) return drawGhost(context, app.view, grid, colours);
    const shown = heat && !heat.missing ? heat : null;
    refreshImages(shown);
    drawPicture(context, makeScene(shown, colours));
    drawLegends(shown);
    refreshControls(heat);
    listen.refresh(heat);
    refreshSheet();
    deletion.refresh(shown, colours);
    for (const panel of inside) panel.refresh();
    refreshTakeaway();
    setText(find("described"), shown ? describeMapPlace(sound, shown) : "");
    table.refresh(`${sound.id} ${shown?.key}`, sound, shown);
  }

  let shownPlaying = null;
  function redrawMarks(heat, colours) {
    drawMarks(contextOf("marks"), makeScene(heat, colours));
    readout(app.sound, state.cursor, heat?.missing ? null : heat);
    root.dataset.patch = Boolean(state.patch);
    root.dataset.touched = Boolean(state.cursor);
    if (state.playing !== shownPlaying) refreshStrip();
    shownPlaying = state.playing;
    refreshPatch(heat, { name: state.colours, ...valueRange(app) });
  }

  function sizeCanvas(canvas, view) {
    const [width, height] = [view.width, view.height].map((css) =>
      Math.round(css * view.pixelRatio)
    );
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
    const { low, high } = valueRange(app);
    const { grid } = app.sound;
    const bars = [];
    if (state.grid === "overlap") bars.push(overlapKey());
    else if (!map || state.style !== "alone") {
      bars.push(
        spectrogramBar(spectrogramColours(state, map), formatSigned(low), formatSigned(high)),
      );
    }
    const style = state.grid === "exploded" ? "tint" : state.style;
    if (map) bars.push(heatBar(map, grid, style));
    if (state.grid === "outline") bars.push(uncoveredKey());
    find("legends").replaceChildren(...bars);
  }

  // --- what the page gives us ---

  function receive(value) {
    const status = value?.status ?? (value?.version ? "ready" : "empty");
    setText(find("busy"), status === "busy" ? value.stage : "");
    find("error").hidden = status !== "error";
    setText(find("error"), status === "error" ? value.message : "");
    root.dataset.asked = String(status !== "empty" || app.sound !== null); // by the visitor
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
    for (const panel of inside) panel.forget();
    Object.assign(state, FIRST_PLACES, { heat: state.heat === "label" ? "rollout" : state.heat });
    if (sound && (!link.sound || sound.payload.source?.example?.startsWith(`${link.sound}.`))) {
      Object.assign(state, linkedPlaces(link, sound, state));
      link = {};
    }
    setText(find("title"), sound ? sound.payload.title : "");
    setText(find("best"), sound ? describeBest(sound.payload) : "");
    showNotes(sound?.payload);
    if (sound?.payload.source?.path) keepAtHand(sound.payload.source.path);
    setText(find("foot"), sound ? describeRun(sound.payload) : "");
    const description = sound ? `${describePicture(sound)} ${STAGE_KEYS}` : "No sound yet";
    stage.setAttribute("aria-label", description);
    if (!sound) readout(null, null);
  }

  // What was done to the sound; a long one has a way to where all of it is heard.
  function showNotes(payload) {
    const notes = payload ? payload.notes.join(" \u00b7 ") : "";
    find("notes").replaceChildren(notes);
    const { waveform, window_length } = payload ?? {};
    if (!waveform || waveform.seconds <= window_length + 0.01) return;
    const link = make("button", "ex-link", "Timeline hears all of it", { type: "button" });
    link.addEventListener(
      "click",
      () => openInTimeline({ ...payload.source, title: payload.title }),
    );
    find("notes").append(" \u00b7 ", link);
  }

  watch("value", () => receive(props.value));
  new ResizeObserver(() => schedule("all")).observe(stage);
  watchTheme(root, () => {
    knownColours = null;
    schedule("all");
  });
  document.fonts?.ready.then(app.redraw);
  receive(props.value);
  openLinkedExample(link).then((found) => {
    if (!found && server?.opening_example && !props.value) openExample(server, root, receive);
  });
  app.receive = receive;
  root.explorer = app; // for tests and the curious
}

let serial = 0; // a page may hold more than one explorer

function describeBy(node, description) {
  description.id = `explorer-described-${serial++}`;
  node.setAttribute("aria-describedby", description.id);
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
