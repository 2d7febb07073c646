// @ts-check
// The spectrogram as a picture of cards: drawn by Explore's modules, picked, walked and painted.

import { drawPicture, heatImage, spectrogramImage } from "../../explore/draw/picture.js";
import {
  cellAt,
  makeView,
  MARGIN,
  patchBox,
  planeLayout,
  scrollTo,
} from "../../explore/state/view.js";
import { inkOver } from "../../shared/colour.js";
import { nearestPatch } from "../../shared/geometry.js";
import { clamp } from "../../shared/numbers.js";
import { drawOutlines, outlinesOf } from "./outline.js";

const DRAG_PIXELS = 5; // less is a click with an unsteady hand
const MOST_CELL = 3; // CSS pixels; 128 frames would fill a screen
const LEAST_CELL = 2; // a card shall look like a card: on a phone the picture pans
const PAPER_PIXELS = 1024; // of the plot, shrunk to the paper's width

/**
 * @param {any} app
 * @param {{
 *   picture?: () => any,
 *   grid?: () => any,
 *   map?: () => any,
 *   painting?: () => boolean,
 *   onPick: (patch: { f: number, t: number }) => void,
 *   onPaint?: (patch: { f: number, t: number }, on: boolean) => void,
 * }} plan
 */
export function makePlane(app, plan) {
  const images = new Map(); // name -> { key, drawn }
  const { texts } = app;
  let view = null;
  let drag = null;
  const grid = () => plan.grid?.() ?? app.sound.grid;
  const picture = () => plan.picture?.() ?? app.sound;

  function kept(name, key, draw) {
    if (images.get(name)?.key !== key) images.set(name, { key, drawn: draw() });
    return images.get(name).drawn;
  }

  const paperCell = () => Math.floor(PAPER_PIXELS / grid().frames); // paper shows all frames

  function viewIn(width) {
    const fitting = Math.floor((width - 64) / grid().frames);
    const place = {
      zoom: clamp(fitting, app.printing ? 1 : LEAST_CELL, MOST_CELL),
      left: app.state.left,
      bottom: app.state.bottom,
    };
    return makeView(planeLayout(grid()), place, width, (devicePixelRatio || 1) * app.scale);
  }

  function draw({ context, colours, width }) {
    view = viewIn(width);
    const map = plan.map?.() ?? null;
    const look = map ? "under" : "magma";
    const shown = { ...app.sound, ...picture(), grid: grid() };
    const { low, high } = shown;
    const spectrogram = kept(
      "spectrogram",
      `${shown.id} ${shown.key} ${look}`,
      () => spectrogramImage({ ...shown, grid: app.sound.grid }, look, low, high),
    );
    const heat = map && kept("heat", map.key, () => heatImage(grid(), map));
    const scene = {
      view,
      map,
      colours,
      sound: shown,
      images: { spectrogram, heat },
      ink: inkOver(look),
      words: {
        padding: texts.ui("padding"),
        seconds: (value) => texts.ui("seconds", { value }),
        number: texts.number,
      },
    };
    drawPicture(context, {
      ...scene,
      style: "tint",
      opacity: 1,
      grid: "outline",
      axis: "hertz",
    });
    context.save();
    const { plot } = view;
    context.beginPath();
    context.rect(plot.left, plot.top, plot.width, plot.height);
    context.clip();
    if (app.state.outline) {
      const key = `${shown.id} ${shown.key} ${grid().timeStride} ${grid().frequencyStride}`;
      drawOutlines(context, view, kept("outline", key, () => outlinesOf(shown, grid())));
    }
    drawPainted(context, colours);
    if (app.state.patch) outline(context, app.state.patch, colours.chosen, 2);
    context.restore();
  }

  function drawPainted(context, colours) {
    if (!plan.onPaint) return;
    for (const key of app.state.painted) {
      const [f, t] = key.split(" ").map(Number);
      const box = patchBox(view, { f, t }, grid().size);
      context.fillStyle = colours.surface;
      context.fillRect(...box);
      context.fillStyle = colours.hatch;
      context.fillRect(...box);
    }
  }

  // A light line inside a dark one shows on every colour map.
  function outline(context, patch, colour, width) {
    const [x, y, wide, tall] = patchBox(view, patch, grid().size).map(Math.round);
    for (const [line, style] of [[width + 2, "rgba(0, 0, 0, 0.7)"], [width, colour]]) {
      context.lineWidth = line;
      context.strokeStyle = style;
      context.strokeRect(x + 0.5, y + 0.5, wide - 1, tall - 1);
    }
  }

  const patchAt = (x, y) => {
    const cell = view && cellAt(view, x, y);
    return cell && nearestPatch(grid(), cell.bin, cell.frame);
  };

  function select(patch, dragging = false) {
    if (plan.painting?.()) {
      const key = `${patch.f} ${patch.t}`;
      if (!dragging) drag.erasing = app.state.painted.has(key);
      plan.onPaint?.(patch, !drag.erasing);
    }
    plan.onPick(patch);
  }

  const pointer = {
    down(x, y) {
      drag = {
        x,
        y,
        left: view?.left ?? 0,
        bottom: view?.bottom ?? 0,
        panning: false,
        erasing: false,
      };
      const patch = plan.painting?.() && patchAt(x, y);
      if (patch) select(patch);
    },
    move(x, y) {
      if (!drag || !view) return;
      if (plan.painting?.()) {
        const patch = patchAt(x, y);
        if (patch) select(patch, true);
        return;
      }
      if (Math.hypot(x - drag.x, y - drag.y) > DRAG_PIXELS) drag.panning = true;
      if (!drag.panning) return;
      app.set({
        left: drag.left - (x - drag.x) / view.cellWidth,
        bottom: drag.bottom + (y - drag.y) / view.cellHeight,
      });
    },
    up(x, y) {
      const patch = drag && !drag.panning && !plan.painting?.() && patchAt(x, y);
      if (patch) select(patch);
      drag = null;
    },
    cancel() {
      drag = null;
    },
  };

  function step(along, up) {
    const { freqPatches, timePatches, size, timeStride, frequencyStride } = grid();
    const now = app.state.patch ?? { f: 0, t: -along };
    const patch = {
      f: clamp(now.f + up, 0, freqPatches - 1),
      t: clamp(now.t + along, 0, timePatches - 1),
    };
    if (view) app.set(scrollTo(view, patch.t * timeStride, patch.f * frequencyStride, size));
    plan.onPick(patch);
  }

  function toggle() {
    const { patch, painted } = app.state;
    if (patch && plan.onPaint) plan.onPaint(patch, !painted.has(`${patch.f} ${patch.t}`));
  }

  return {
    draw,
    pointer,
    height: (width) => viewIn(width).height,
    paper: () => MARGIN.left + MARGIN.right + clamp(paperCell(), 1, MOST_CELL) * grid().frames,
    keys: {
      ArrowLeft: () => step(-1, 0),
      ArrowRight: () => step(1, 0),
      ArrowUp: () => step(0, 1),
      ArrowDown: () => step(0, -1),
      " ": toggle,
    },
  };
}
