// The explorer: one sound's spectrogram, patches and maps on a canvas, all redrawn in the browser.
//
// `state` is everything a person can choose; `set` changes it and asks for a redraw. Drawing reads
// state and the decoded sound and writes two canvases: the picture, and the marks that follow the
// cursor. The server is asked only for what the payload cannot hold.

import { inkOver } from "./colour.js";
import { button, make, segmented, setText, slider } from "./dom.js";
import { makeGrid, nearestPatch } from "./geometry.js";
import { makeLabels } from "./labels.js";
import { heatBar, overlapKey, spectrogramBar } from "./legend.js";
import { rolloutMap } from "./maps.js";
import { drawMarks } from "./marks.js";
import { clamp, formatCount, formatPercent, formatShare, formatSigned } from "./numbers.js";
import { drawGhost, drawPicture, heatImage, overlapImage, spectrogramImage } from "./picture.js";
import { makeReadout, speakCell } from "./readout.js";
import { decodeSound } from "./sound.js";
import {
  cellAt,
  explodedLayout,
  firstZoom,
  makeView,
  nextZoom,
  planeLayout,
  scrollTo,
} from "./view.js";

const FIRST_STATE = {
  grid: "off", // off, outline, exploded, overlap
  heat: "none", // none, rollout
  opacity: 0.8,
  colours: "magma",
  axis: "hertz", // hertz, mel, bin
  zoom: null, // decided by the width when the first sound comes
  left: 0, // first column in sight
  bottom: 0,
  cursor: null, // { frame, bin, patch }
  patch: null, // chosen: { f, t }
  playing: null, // frame under the play cursor
  chosenLabels: [],
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

export function startExplorer(element, watch, props) {
  const root = element.querySelector(".explorer");
  const find = (name) => root.querySelector(`.ex-${name}`);
  const state = { ...FIRST_STATE };
  const images = {}; // offscreen canvases by name, each with the key it was drawn for
  let sound = null;
  let view = null;
  const stage = find("stage");
  const readout = makeReadout(find("readout"));
  const drawLabels = makeLabels(find("labels"), () => {});
  const controls = makeControls();

  function set(changes) {
    Object.assign(state, changes);
    if (Object.keys(changes).every((name) => name === "cursor" || name === "playing")) {
      return schedule("marks");
    }
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
    if (what === "all") redrawPicture();
    if (sound) {
      drawMarks(contextOf("marks"), scene());
      readout(sound, state.cursor);
    }
    performance.clearMeasures(`explorer:${what}`); // keep one, not a session's worth
    performance.measure(`explorer:${what}`, { start, end: performance.now() });
  }

  function redrawPicture() {
    const grid = sound ? sound.grid : makeGrid(GHOST_GRID);
    const layout = state.grid === "exploded" ? explodedLayout(grid) : planeLayout(grid);
    const zoom = sound ? state.zoom : "fit";
    view = makeView(layout, { ...state, zoom }, stage.clientWidth, devicePixelRatio);
    for (const name of ["picture", "marks"]) sizeCanvas(find(name));
    stage.style.height = `${view.height}px`;
    const context = contextOf("picture");
    context.clearRect(0, 0, view.width, view.height);
    if (!sound) return drawGhost(context, view, grid, pageColours());
    refreshImages();
    drawPicture(context, scene());
    drawLegends();
    controls.refresh();
    setText(find("scale"), describeScale());
  }

  function scene() {
    const map = chosenMap();
    return {
      view,
      sound,
      images: {
        spectrogram: images.spectrogram.canvas,
        overlap: images.overlap?.canvas,
        heat: map ? images.heat.canvas : null,
      },
      map,
      ceiling: map?.max,
      grid: state.grid,
      opacity: state.opacity,
      axis: state.axis,
      cursor: state.cursor,
      patch: state.patch,
      playing: state.playing,
      ink: inkOver(spectrogramColours()),
      colours: pageColours(),
    };
  }

  function chosenMap() {
    return state.heat === "rollout" ? rolloutMap(sound) : null;
  }

  // Energy is lightness, attention is hue: under heat the spectrogram turns grey.
  function spectrogramColours() {
    if (state.heat === "none") return state.colours;
    return state.colours === "inverted" ? "underInverted" : "under";
  }

  function refreshImages() {
    const colours = spectrogramColours();
    keep("spectrogram", `${sound.id} ${colours}`, () =>
      spectrogramImage(sound, colours, sound.low, sound.high),
    );
    const map = chosenMap();
    if (map) keep("heat", `${sound.id} ${map.name}`, () => heatImage(sound.grid, map, map.max));
    if (state.grid === "overlap") keep("overlap", sound.id, () => overlapImage(sound.grid));
  }

  function keep(name, key, draw) {
    if (images[name]?.key !== key) images[name] = { key, canvas: draw() };
  }

  function sizeCanvas(canvas) {
    const [width, height] = [view.width, view.height].map((css) => Math.round(css * view.pixelRatio));
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
      canvas.style.width = `${view.width}px`;
      canvas.style.height = `${view.height}px`;
    }
  }

  function contextOf(name) {
    const context = find(name).getContext("2d");
    context.setTransform(view.pixelRatio, 0, 0, view.pixelRatio, 0, 0);
    return context;
  }

  // Colours of the page's theme, which may change while we run.
  function pageColours() {
    const style = getComputedStyle(root);
    const read = (name) => style.getPropertyValue(`--ex-${name}`).trim();
    const names = ["text", "muted", "line", "surface", "veil", "hatch", "blind", "ghost", "chosen"];
    const colours = Object.fromEntries(names.map((name) => [name, read(name)]));
    return { ...colours, ghostLine: read("ghost-line"), font: `12px ${style.fontFamily}` };
  }

  function drawLegends() {
    const ends = [sound.low, sound.high].map((value) => formatSigned(value));
    const map = chosenMap();
    const bars = [];
    if (state.grid === "overlap" && view.layout.kind === "plane") bars.push(overlapKey());
    else bars.push(spectrogramBar(spectrogramColours(), ...ends));
    if (map) bars.push(heatBar("how much it listened here (attention rollout)", formatShare(map.max)));
    find("legends").replaceChildren(...bars);
  }

  function describeScale() {
    if (view.fitting) {
      const square = Math.abs(view.cellWidth / view.cellHeight - 1) < 0.02;
      return square ? "fitted to the width" : "fitted to the width, cells are not square";
    }
    return `${Number(view.cellWidth.toFixed(2))} px a cell`;
  }

  function makeControls() {
    const grid = segmented(
      "Patches",
      [
        ["off", "Off"],
        ["outline", "Outline"],
        ["exploded", "Pulled apart"],
        ["overlap", "Overlap"],
      ],
      state.grid,
      (value) => set({ grid: value, left: 0, bottom: 0, cursor: null }),
    );
    const heat = segmented(
      "Heat",
      [
        ["none", "None"],
        ["rollout", "Rollout"],
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
    const mapFacts = make("p", "ex-muted ex-map-facts");
    const zoomBy = (direction) => () => {
      const zoom = nextZoom(view, direction);
      const middle = view.left + view.columnsSeen / 2;
      const seen = zoom === "fit" ? Infinity : view.plot.width / zoom;
      set({ zoom, left: middle - seen / 2 });
    };
    const zoom = make("div", "ex-zoom", "", { role: "group", "aria-label": "Zoom" });
    zoom.append(
      make("span", "ex-caption ex-scale"),
      button("\u2212", zoomBy(-1), { "aria-label": "Zoom out" }),
      button("+", zoomBy(1), { "aria-label": "Zoom in" }),
      button("Fit", () => set({ zoom: "fit", left: 0, bottom: 0 })),
    );
    find("controls").append(grid.node, heat.node, opacity.node, zoom, mapFacts);
    return {
      refresh() {
        opacity.node.hidden = state.heat === "none";
        const map = chosenMap();
        setText(mapFacts, map ? describeMap(map) : "");
      },
    };
  }

  function describeMap(map) {
    const patches = Math.round(2 ** map.entropy);
    return (
      `Highest share ${formatShare(map.max)}, spread over ${patches} of ${sound.grid.patches} ` +
      `patches (entropy ${map.entropy.toFixed(1)} bit), ${formatPercent(map.specialShare)} stays on ` +
      "the special tokens. Heat is where information flowed, not why."
    );
  }

  // --- what a person does on the picture ---

  let drag = null;
  function pointerPlace(event) {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  stage.addEventListener("pointermove", (event) => {
    if (!sound || !view) return;
    const [x, y] = pointerPlace(event);
    if (drag) {
      const moved = Math.hypot(x - drag.x, y - drag.y);
      if (moved > 4) drag.panning = true;
      if (drag.panning) {
        set({
          left: drag.left - (x - drag.x) / view.cellWidth,
          bottom: drag.bottom + (y - drag.y) / view.cellHeight,
        });
      }
    }
    set({ cursor: cellAt(view, x, y) });
  });
  stage.addEventListener("pointerdown", (event) => {
    if (!sound || !view) return;
    const [x, y] = pointerPlace(event);
    drag = { x, y, left: view.left, bottom: view.bottom, panning: false };
    set({ cursor: cellAt(view, x, y) });
  });
  stage.addEventListener("pointerup", () => {
    if (drag && !drag.panning && state.cursor) pickUnderCursor();
    drag = null;
  });
  stage.addEventListener("pointercancel", () => (drag = null));
  stage.addEventListener("pointerleave", (event) => {
    drag = null;
    if (event.pointerType === "mouse") set({ cursor: null });
  });

  function pickUnderCursor() {
    const { bin, frame, patch } = state.cursor;
    set({ patch: patch ?? nearestPatch(sound.grid, bin, frame) });
  }

  stage.addEventListener("keydown", (event) => {
    if (!sound || !view) return;
    const step = event.shiftKey ? 1 : sound.grid.timeStride; // a cell with shift, else a patch
    const moves = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, step],
      ArrowDown: [0, -step],
    };
    if (event.key in moves) moveCursor(...moves[event.key]);
    else if (event.key === "Enter" && state.cursor) pickUnderCursor();
    else if (event.key === "Escape") set({ cursor: null, patch: null });
    else return;
    event.preventDefault();
  });

  function moveCursor(along, up) {
    const { grid } = sound;
    const from = state.cursor ?? { frame: 8 - along, bin: 8 - up };
    const frame = clamp(from.frame + along, 0, grid.frames - 1);
    const bin = clamp(from.bin + up, 0, grid.bins - 1);
    const patch = view.layout.kind === "exploded" ? nearestPatch(grid, bin, frame) : null;
    const cursor = { frame, bin, patch };
    const corner = patch ? view.layout.patchCorner(patch) : { x: frame - 8, y: bin - 8 };
    const scrolled = scrollTo(view, corner.x, corner.y, grid.size);
    const moved = scrolled.left !== view.left || scrolled.bottom !== view.bottom;
    set(moved ? { cursor, ...scrolled } : { cursor });
    setText(find("spoken"), speakCell(sound, cursor));
  }

  // --- what the page gives us ---

  function receive(value) {
    const status = value?.status ?? (value?.version ? "ready" : "empty");
    setText(find("busy"), status === "busy" ? value.stage : "");
    find("error").hidden = status !== "error";
    setText(find("error"), status === "error" ? value.message : "");
    if (status === "ready") show(decodeSound(value));
    if (status === "empty") show(null);
    root.dataset.state = status === "error" && !sound ? "empty" : status;
    stage.setAttribute("aria-busy", status === "busy");
    schedule("all");
  }

  function show(next) {
    sound = next;
    Object.assign(state, { cursor: null, patch: null, playing: null, left: 0, bottom: 0 });
    state.zoom ??= firstZoom(stage.clientWidth);
    setText(find("title"), sound ? sound.payload.title : "");
    setText(find("notes"), sound ? sound.payload.notes.join(" \u00b7 ") : "");
    setText(find("foot"), sound ? describeRun(sound.payload) : "");
    drawLabels(sound, state.chosenLabels);
    stage.setAttribute("aria-label", sound ? describePicture() : "No sound yet");
    if (!sound) readout(null, null);
  }

  function describeRun({ timings, model }) {
    const stages = Object.entries(timings).map(([name, spent]) => `${name} ${spent.toFixed(0)}`);
    const where = `${model.device.toUpperCase()} ${model.dtype}`;
    return `${stages.join(" \u00b7 ")} ms \u00b7 ${where} \u00b7 ${model.name}, ${formatCount(model.parameters)} parameters`;
  }

  function describePicture() {
    const { title, seconds, labels } = sound.payload;
    const [best] = labels;
    return (
      `Spectrogram of ${title}, ${seconds.toFixed(2)} seconds. Most likely ${best.name}, ` +
      `score ${best.score.toFixed(2)}. Arrow keys move by a patch, with shift by a cell.`
    );
  }

  watch("value", () => receive(props.value));
  new ResizeObserver(() => schedule("all")).observe(stage);
  watchTheme(root, () => schedule("all"));
  receive(props.value);
  root.explorer = { state, set, sound: () => sound, view: () => view, map: chosenMap };
}

// Gradio switches themes by a class on the body.
function watchTheme(root, onChange) {
  const observer = new MutationObserver(() => {
    if (root.isConnected) onChange();
    else observer.disconnect();
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
}
