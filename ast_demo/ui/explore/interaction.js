// What a person does on the picture itself: move, pick, drag, pinch, and the same with keys.

import { nearestPatch } from "../shared/geometry.js";
import { clamp } from "../shared/numbers.js";
import { speakCell } from "./panels/readout.js";
import { cellAt, nextZoom, patchBox, scrollTo } from "./state/view.js";

const DRAG_PIXELS = 5; // less is a click with an unsteady hand
const CARD_DISTANCE = 16; // CSS pixels between a patch and the card over the foot of a phone
const PINCH_STEP = 1.35; // fingers this much farther apart zoom one step

export function watchStage(app, stage, { onSeek, onPlay }) {
  const { state, set } = app;
  const fingers = new Map(); // pointerId -> [x, y]
  let drag = null;
  let pinch = null;

  const place = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function pick(cursor) {
    const { bin, frame, patch } = cursor;
    set({ cursor, patch: patch ?? nearestPatch(app.sound.grid, bin, frame), before: null });
    requestAnimationFrame(() => keepAboveCard()); // once the card is drawn
  }

  // On a phone the card slides over the page's foot: the patch must not lie under it.
  function keepAboveCard() {
    const card = stage.closest(".explorer").querySelector(".ex-patch");
    if (!state.patch || getComputedStyle(card).position !== "fixed") return;
    const [, top, , height] = patchBox(app.view, state.patch, app.sound.grid.size);
    const foot = stage.getBoundingClientRect().top + top + height;
    const hidden = foot + CARD_DISTANCE - card.getBoundingClientRect().top;
    if (hidden > 0) scrollBy(0, hidden);
  }

  stage.addEventListener("pointerdown", (event) => {
    if (!app.sound || !app.view || event.button > 0) return;
    const [x, y] = place(event);
    fingers.set(event.pointerId, [x, y]);
    pinch = fingers.size === 2 ? spreadOf(fingers) : null;
    drag = { x, y, left: app.view.left, bottom: app.view.bottom, panning: fingers.size > 1 };
    set({ cursor: cellAt(app.view, x, y) });
  });

  stage.addEventListener("pointermove", (event) => {
    if (!app.sound || !app.view) return;
    const [x, y] = place(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, [x, y]);
    if (pinch) return zoomWithFingers();
    if (drag && Math.hypot(x - drag.x, y - drag.y) > DRAG_PIXELS) drag.panning = true;
    const changes = { cursor: cellAt(app.view, x, y) };
    if (drag?.panning && !app.view.fitting) {
      changes.left = drag.left - (x - drag.x) / app.view.cellWidth;
      changes.bottom = drag.bottom + (y - drag.y) / app.view.cellHeight;
    }
    set(changes);
  });

  function zoomWithFingers() {
    const ratio = spreadOf(fingers) / pinch;
    if (ratio > PINCH_STEP || ratio < 1 / PINCH_STEP) {
      set({ zoom: nextZoom(app.view, ratio > 1 ? 1 : -1) });
      pinch = spreadOf(fingers);
    }
  }

  stage.addEventListener("pointerup", (event) => {
    const cursor = drag && !drag.panning ? cellAt(app.view, ...place(event)) : null;
    if (cursor) {
      pick(cursor);
      onSeek(cursor.frame);
    }
    release(event);
  });
  stage.addEventListener("pointercancel", release);
  stage.addEventListener("pointerleave", (event) => {
    release(event);
    if (event.pointerType === "mouse") set({ cursor: null });
  });

  function release(event) {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = null;
    if (fingers.size === 0) drag = null;
  }

  // Sideways wheels and shift pan in time; the plain wheel still scrolls the page.
  stage.addEventListener(
    "wheel",
    (event) => {
      const along = event.shiftKey ? event.deltaY : event.deltaX;
      if (!app.sound || app.view.fitting || Math.abs(along) < Math.abs(event.deltaY) / 2) return;
      event.preventDefault();
      set({ left: app.view.left + along / app.view.cellWidth });
    },
    { passive: false },
  );

  stage.addEventListener("keydown", (event) => {
    if (!app.sound || !app.view || event.ctrlKey || event.metaKey || event.altKey) return;
    const { timeStride, frequencyStride } = app.sound.grid;
    const [along, up] = event.shiftKey ? [1, 1] : [timeStride, frequencyStride];
    const actions = {
      ArrowLeft: () => move(-along, 0),
      ArrowRight: () => move(along, 0),
      ArrowUp: () => move(0, up),
      ArrowDown: () => move(0, -up),
      Home: () => move(-Infinity, 0),
      End: () => move(Infinity, 0),
      Enter: () => state.cursor && pick(state.cursor),
      " ": onPlay,
      "+": () => set({ zoom: nextZoom(app.view, 1) }),
      "-": () => set({ zoom: nextZoom(app.view, -1) }),
      Escape: () => set({ cursor: null, patch: null, before: null }),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  });

  function move(along, up) {
    const { grid, numFrames } = app.sound;
    const middle = Math.floor(grid.size / 2);
    const from = state.cursor ?? { frame: middle - along, bin: middle - up }; // first stop: patch 0
    const last = Math.min(numFrames, grid.frames) - 1; // End stops where the sound does
    const ends = { [Infinity]: last, [-Infinity]: 0 };
    const frame = ends[along] ?? clamp(from.frame + along, 0, grid.frames - 1);
    const bin = clamp(from.bin + up, 0, grid.bins - 1);
    const { layout } = app.view;
    const patch = layout.kind === "exploded" ? nearestPatch(grid, bin, frame) : null;
    const corner = patch ? layout.patchCorner(patch) : { x: frame - middle, y: bin - middle };
    const { left, bottom } = scrollTo(app.view, corner.x, corner.y, grid.size);
    const cursor = { frame, bin, patch };
    const scrolled = left !== app.view.left || bottom !== app.view.bottom;
    set(scrolled ? { cursor, left, bottom } : { cursor });
    const map = app.heat();
    app.speak(speakCell(app.sound, cursor, map?.missing ? null : map));
  }
}

function spreadOf(fingers) {
  const [[x, y], [otherX, otherY]] = fingers.values();
  return Math.max(1, Math.hypot(x - otherX, y - otherY));
}
