// @ts-check
// What a person does on the picture itself: move, pick, drag, pinch, and the same with keys.

import { nearestPatch } from "../shared/geometry.js";
import { clamp } from "../shared/numbers.js";
import { speakCell } from "./panels/readout.js";
import { isMissing } from "./state/selectedMap.js";
import { cellAt, nextZoom, patchBox, scrollTo } from "./state/view.js";
import { soundOf, viewOf } from "./state/opened.js";

/** @import { Cell } from "../shared/types.js" */
/** @import { App, State, View } from "./types.js" */

const DRAG_PIXELS = 5; // less is a click with an unsteady hand
const CARD_DISTANCE = 16; // CSS pixels between a patch and the card over the foot of a phone
const PINCH_STEP = 1.35; // fingers this much farther apart zoom one step

/** @typedef {Map<number, [number, number]>} Fingers place of each pointer by its id */

/**
 * Where a drag began, on the screen and in the view.
 * @typedef {{ x: number, y: number, left: number, bottom: number, panning: boolean }} Drag
 */

/**
 * @param {App} app
 * @param {HTMLElement} stage
 * @param {object} on
 * @param {(frame: number) => void} on.onSeek
 * @param {() => void} on.onPlay
 */
export function watchStage(app, stage, { onSeek, onPlay }) {
  watchPointers(app, stage, onSeek);
  watchWheel(app, stage);
  watchKeys(app, stage, onPlay);
}

/** @param {App} app @param {HTMLElement} stage @param {(frame: number) => void} onSeek */
function watchPointers(app, stage, onSeek) {
  /** @type {Fingers} */
  const fingers = new Map();
  /** @type {Drag | null} */
  let drag = null;
  /** @type {number | null} */
  let pinch = null; // distance of two fingers at the last step of zoom

  /** @param {MouseEvent} event @returns {[number, number]} */
  const place = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  stage.addEventListener("pointerdown", (event) => {
    if (!app.sound || !app.view || event.button > 0) return;
    const [x, y] = place(event);
    fingers.set(event.pointerId, [x, y]);
    pinch = fingers.size === 2 ? spreadOf(fingers) : null;
    drag = { x, y, left: app.view.left, bottom: app.view.bottom, panning: fingers.size > 1 };
    app.set({ cursor: cellAt(app.view, x, y) });
  });

  stage.addEventListener("pointermove", (event) => {
    if (!app.sound || !app.view) return;
    const [x, y] = place(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, [x, y]);
    if (pinch) {
      pinch = zoomByFingers(app, spreadOf(fingers), pinch);
      return;
    }
    if (drag && Math.hypot(x - drag.x, y - drag.y) > DRAG_PIXELS) drag.panning = true;
    app.set({ cursor: cellAt(app.view, x, y), ...panned(app.view, drag, x, y) });
  });

  stage.addEventListener("pointerup", (event) => {
    const cursor = drag && !drag.panning ? cellAt(viewOf(app), ...place(event)) : null;
    if (cursor) {
      pick(app, stage, cursor);
      onSeek(cursor.frame);
    }
    release(event);
  });
  stage.addEventListener("pointercancel", release);
  stage.addEventListener("pointerleave", (event) => {
    release(event);
    if (event.pointerType === "mouse") app.set({ cursor: null });
  });

  /** @param {PointerEvent} event */
  function release(event) {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = null;
    if (fingers.size === 0) drag = null;
  }
}

/**
 * Zoom a step once the fingers are far enough from where they were; returns what to compare with.
 * @param {App} app
 * @param {number} distance
 * @param {number} before
 */
function zoomByFingers(app, distance, before) {
  const ratio = distance / before;
  if (ratio <= PINCH_STEP && ratio >= 1 / PINCH_STEP) return before;
  app.set({ zoom: nextZoom(viewOf(app), ratio > 1 ? 1 : -1) });
  return distance;
}

/** @param {Fingers} fingers */
function spreadOf(fingers) {
  const [[x, y], [otherX, otherY]] = fingers.values();
  return Math.max(1, Math.hypot(x - otherX, y - otherY));
}

/**
 * Where a drag has moved the view to.
 * @param {View} view
 * @param {Drag | null} drag
 * @param {number} x
 * @param {number} y
 * @returns {Partial<State>}
 */
function panned(view, drag, x, y) {
  if (!drag?.panning || view.fitting) return {};
  return {
    left: drag.left - (x - drag.x) / view.cellWidth,
    bottom: drag.bottom + (y - drag.y) / view.cellHeight,
  };
}

/** @param {App} app @param {HTMLElement} stage @param {Cell} cursor */
function pick(app, stage, cursor) {
  const { bin, frame, patch } = cursor;
  const chosen = patch ?? nearestPatch(soundOf(app).grid, bin, frame);
  app.set({ cursor, patch: chosen, before: null });
  requestAnimationFrame(() => keepAboveCard(app, stage)); // once the card is drawn
}

/**
 * On a phone the card slides over the page's foot: the patch must not lie under it.
 * @param {App} app
 * @param {HTMLElement} stage
 */
function keepAboveCard(app, stage) {
  const { patch } = app.state;
  const card = stage.closest(".explorer")?.querySelector(".ex-patch");
  if (!patch || !card || getComputedStyle(card).position !== "fixed") return;
  const [, top, , height] = patchBox(viewOf(app), patch, soundOf(app).grid.size);
  const foot = stage.getBoundingClientRect().top + top + height;
  const hidden = foot + CARD_DISTANCE - card.getBoundingClientRect().top;
  if (hidden > 0) scrollBy(0, hidden);
}

/**
 * Sideways wheels and shift pan in time; the plain wheel still scrolls the page.
 * @param {App} app
 * @param {HTMLElement} stage
 */
function watchWheel(app, stage) {
  stage.addEventListener(
    "wheel",
    (event) => {
      const along = event.shiftKey ? event.deltaY : event.deltaX;
      if (!app.sound || viewOf(app).fitting || Math.abs(along) < Math.abs(event.deltaY) / 2) return;
      event.preventDefault();
      app.set({ left: viewOf(app).left + along / viewOf(app).cellWidth });
    },
    { passive: false },
  );
}

/** @param {App} app @param {HTMLElement} stage @param {() => void} onPlay */
function watchKeys(app, stage, onPlay) {
  const { state, set } = app;
  stage.addEventListener("keydown", (event) => {
    if (!app.sound || !app.view || event.ctrlKey || event.metaKey || event.altKey) return;
    const { timeStride, frequencyStride } = app.sound.grid;
    const [along, up] = event.shiftKey ? [1, 1] : [timeStride, frequencyStride];
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => moveCursor(app, -along, 0),
      ArrowRight: () => moveCursor(app, along, 0),
      ArrowUp: () => moveCursor(app, 0, up),
      ArrowDown: () => moveCursor(app, 0, -up),
      Home: () => moveCursor(app, -Infinity, 0),
      End: () => moveCursor(app, Infinity, 0),
      Enter: () => state.cursor && pick(app, stage, state.cursor),
      " ": onPlay,
      "+": () => set({ zoom: nextZoom(viewOf(app), 1) }),
      "-": () => set({ zoom: nextZoom(viewOf(app), -1) }),
      Escape: () => set({ cursor: null, patch: null, before: null }),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  });
}

/**
 * Move the cursor, keep it in sight, and say what lies under it.
 * @param {App} app
 * @param {number} along frames; without an end: to the first or last one that sounds
 * @param {number} up mel bins
 */
function moveCursor(app, along, up) {
  const { grid, numFrames } = soundOf(app);
  const { layout } = viewOf(app);
  const middle = Math.floor(grid.size / 2);
  const from = app.state.cursor ?? { frame: middle - along, bin: middle - up }; // first: patch 0
  const last = Math.min(numFrames, grid.frames) - 1; // End stops where the sound does
  const ends = { [Infinity]: last, [-Infinity]: 0 };
  const frame = ends[along] ?? clamp(from.frame + along, 0, grid.frames - 1);
  const bin = clamp(from.bin + up, 0, grid.bins - 1);
  const patch = layout.kind === "exploded" ? nearestPatch(grid, bin, frame) : null;
  const corner = patch ? layout.patchCorner(patch) : { x: frame - middle, y: bin - middle };
  const { left, bottom } = scrollTo(viewOf(app), corner.x, corner.y, grid.size);
  const cursor = { frame, bin, patch };
  const scrolled = left !== viewOf(app).left || bottom !== viewOf(app).bottom;
  app.set(scrolled ? { cursor, left, bottom } : { cursor });
  const heat = app.heat();
  app.speak(speakCell(soundOf(app), cursor, isMissing(heat) ? null : heat));
}
