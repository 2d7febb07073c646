// @ts-check
// The rows of controls under the picture. Each changes the state; refresh shows what fits it.

import { COLOUR_MAPS } from "../../shared/colour.js";
import { button, choice, make, segmented, setText, slider } from "../../shared/dom.js";
import { isMissing, MEAN_HEAD } from "../state/selectedMap.js";
import { effectivePatches, paddingShare } from "../state/maps.js";
import { describeOrder } from "../draw/exploded.js";
import { formatTimes, LEAST_TOP } from "../../shared/heat.js";
import { formatPercent, formatShare, formatSigned } from "../../shared/numbers.js";
import { nextZoom } from "../state/view.js";
import { soundOf, viewOf } from "../state/opened.js";

/** @import { App, Heat, Missing, Sound, State, View } from "../types.js" */

const LEAST_RANGE = 0.1; // between the darkest and the brightest value
const PLAY_MILLISECONDS = 600; // a layer while playing through them

/**
 * @param {App} app
 * @param {HTMLElement} row
 * @param {HTMLElement} zoomRow
 * @returns {(found: Heat | Missing | null) => void}
 */
export function makeControls(app, row, zoomRow) {
  const { state, set } = app;
  const grid = segmented(
    "Patches",
    [
      ["off", "Off"],
      ["outline", "Outline"],
      ["exploded", "Pulled apart"],
      ["overlap", "Overlap"],
    ],
    state.grid,
    (value) => set({ grid: value, left: 0, bottom: 0, cursor: null, before: null }),
  );
  const heat = segmented(
    "Heat",
    [
      ["none", "None"],
      ["rollout", "Rollout"],
      ["layer", "Layer and head"],
      ["label", "Label"],
    ],
    state.heat,
    (value) => set({ heat: value }),
  );
  const opacity = slider(
    "Opacity",
    { min: 0, max: 1, step: 0.05, value: state.opacity },
    (value) => `${Math.round(value * 100)} %`,
    (value) => set({ opacity: value }),
  );
  const attention = makeAttentionRow(app);
  const look = makeLook(app);
  const zoom = makeZoom(app);
  const facts = make("p", "ex-muted ex-map-facts", "", { "aria-live": "polite" });
  row.append(grid.node, heat.node, opacity.node, attention.node, facts, look.node);
  zoomRow.append(zoom.node);
  return function refresh(found) {
    grid.set(state.grid);
    heat.set(state.heat);
    opacity.node.hidden = state.heat === "none";
    opacity.set(state.opacity);
    attention.refresh();
    look.refresh();
    zoom.refresh();
    setText(facts, describeShown(soundOf(app), found, state));
  };
}

/** @param {App} app */
function makeAttentionRow(app) {
  const { state, set } = app;
  const node = make("div", "ex-row");
  const layer = slider(
    "Layer",
    { min: 0, max: 1, step: 1, value: state.layer },
    (value) => String(value),
    (value) => set({ layer: value }),
  );
  const head = slider(
    "Head",
    { min: MEAN_HEAD, max: 1, step: 1, value: state.head },
    (value) => (value === MEAN_HEAD ? "mean" : String(value)),
    (value) => set({ head: value }),
  );
  const from = segmented(
    "Attention from",
    [
      ["answer", "The answer"],
      ["patch", "Chosen patch"],
    ],
    state.from,
    (value) => set({ from: value }),
  );
  const scale = segmented(
    "Scale",
    [
      ["own", "Own maximum"],
      ["shared", "One for all"],
    ],
    state.scale,
    (value) => set({ scale: value }),
  );
  const play = makeLayerPlayer(app);
  node.append(layer.node, head.node, play, from.node, scale.node);
  return {
    node,
    refresh() {
      node.hidden = state.heat !== "layer";
      const { layers, heads } = soundOf(app).attention;
      layer.limit(layers - 1);
      head.limit(heads - 1);
      layer.set(state.layer);
      head.set(state.head);
      from.set(state.from);
      scale.set(state.scale);
    },
  };
}

/** Runs through the layers once, from the present one or from the first. @param {App} app */
function makeLayerPlayer(app) {
  const { state, set } = app;
  let timer = 0; // none
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    setText(play, "Play layers");
  };
  const play = button("Play layers", () => {
    if (timer) return stop();
    const last = () => (app.sound?.attention.layers ?? 0) - 1;
    if (state.layer >= last()) set({ layer: 0 });
    setText(play, "Stop");
    timer = setInterval(() => {
      if (state.heat !== "layer" || state.layer >= last()) return stop();
      set({ layer: state.layer + 1 });
    }, PLAY_MILLISECONDS);
  });
  return play;
}

/** @param {App} app */
function makeZoom(app) {
  const { set } = app;
  const by = (/** @type {number} */ direction) => () => {
    const view = viewOf(app);
    const zoom = nextZoom(view, direction);
    const middle = view.left + view.columnsSeen / 2;
    const seen = zoom === "fit" ? Infinity : view.plot.width / zoom;
    set({ zoom, left: middle - seen / 2 });
  };
  const node = make("div", "ex-zoom", "", { role: "group", "aria-label": "Zoom" });
  const scale = make("span", "ex-caption ex-scale");
  node.append(
    button("\u2212", by(-1), { "aria-label": "Zoom out" }),
    button("+", by(1), { "aria-label": "Zoom in" }),
    button("Fit", () => set({ zoom: "fit", left: 0, bottom: 0 })),
    scale,
  );
  return { node, refresh: () => setText(scale, describeZoom(viewOf(app))) };
}

/** @param {View} view */
function describeZoom(view) {
  if (!view.fitting) return `${Number(view.cellWidth.toFixed(2))} px a cell`;
  const square = Math.abs(view.cellWidth / view.cellHeight - 1) < 0.02;
  return square ? "fitted" : "fitted, stretched";
}

/** How it looks: folded away, since the first look should do. @param {App} app */
function makeLook(app) {
  const { state, set } = app;
  const node = make("details", "ex-look");
  const row = make("div", "ex-row");
  /**
   * @param {string} title
   * @param {"colours" | "style" | "axis" | "range"} name
   * @param {string[][]} options
   */
  const pick = (title, name, options) =>
    choice(title, options, state[name], (value) => set({ [name]: value }));
  const chosen = {
    colours: pick("Colours", "colours", COLOUR_MAPS.map((name) => [name, NAMES[name] ?? name])),
    style: pick("Heat as", "style", [
      ["tint", "colour over grey"],
      ["contour", "contour lines"],
      ["alone", "colour alone"],
    ]),
    axis: pick("Vertical axis", "axis", [
      ["hertz", "Hz"],
      ["mel", "mel"],
      ["bin", "mel bin"],
    ]),
    range: pick("Value range", "range", [
      ["auto", "of this sound"],
      ["fixed", "fixed"],
    ]),
  };
  /** @param {string} title @param {"low" | "high"} name */
  const limit = (title, name) =>
    slider(
      title,
      { min: -1.5, max: 2, step: 0.05, value: state[name] },
      (value) => formatSigned(value),
      (value) => set(inOrder(name, value)),
    );
  /** @param {"low" | "high"} name @param {number} value */
  const inOrder = (name, value) =>
    name === "low"
      ? { low: value, high: Math.max(state.high, value + LEAST_RANGE) }
      : { high: value, low: Math.min(state.low, value - LEAST_RANGE) };
  const limits = { low: limit("Darkest at", "low"), high: limit("Brightest at", "high") };
  row.append(...[...Object.values(chosen), ...Object.values(limits)].map(({ node }) => node));
  node.append(make("summary", "", "Appearance"), row);
  return {
    node,
    refresh() {
      for (const name of keysOf(chosen)) chosen[name].set(state[name]);
      const grey = state.heat !== "none" && state.style !== "alone";
      chosen.colours.title(grey ? "Colours (grey while heat is on)" : "Colours");
      for (const name of keysOf(limits)) {
        limits[name].node.hidden = state.range !== "fixed";
        limits[name].set(state[name]);
      }
    },
  };
}

/** @type {Record<string, string>} */
const NAMES = { inverted: "grey, inverted" };

/**
 * The names in an object that has no others than its type says.
 * @template {object} Named
 * @param {Named} named
 */
const keysOf = (named) => /** @type {(keyof Named)[]} */ (Object.keys(named));

/**
 * What the heat means, and the order of patches pulled apart.
 * @param {Sound} sound
 * @param {Heat | Missing | null} found
 * @param {State} state
 */
function describeShown(sound, found, { grid, scale }) {
  const order = grid === "exploded" ? describeOrder(sound.grid) : "";
  const map = isMissing(found) ? null : found;
  const heat = isMissing(found) ? found.missing : map && describeHeat(sound, map, scale);
  return [heat, order].filter(Boolean).join(" ");
}

/** @param {Heat} map @param {State["scale"]} scale @param {number} patches */
function describeScale(map, scale, patches) {
  const nearlyFlat = !map.linear && map.ceiling * patches < LEAST_TOP;
  if (nearlyFlat) return `full colour at ${LEAST_TOP}\u00d7 an even share`;
  const shared = scale === "shared" && map.ceiling > map.max;
  return `scaled to ${shared ? "the highest value of all layers and heads" : "its own maximum"}`;
}

/**
 * First what the heat means, in words, then its numbers.
 * @param {Sound} sound
 * @param {Heat} map
 * @param {State["scale"]} scale
 */
export function describeHeat(sound, map, scale) {
  const { grid, numFrames } = sound;
  const times = map.linear ? "" : ` (${formatTimes(map.max * grid.patches)} an even share)`;
  const parts = [
    `Highest ${formatShare(map.max)}${times}`,
    describeScale(map, scale, grid.patches),
    `effectively spread over ${Math.round(effectivePatches(map))} of ${grid.patches} patches`,
  ];
  if (map.specialShare !== null) {
    parts.push(`${formatPercent(map.specialShare)} on the special tokens`);
  }
  const padded = paddingShare(map, grid, numFrames);
  if (padded > 0.005) parts.push(`${formatPercent(padded)} of the heat on padding`);
  const name = map.name[0].toUpperCase() + map.name.slice(1);
  return `${name}. ${map.caveat} ${parts.join(", ")}.`;
}
