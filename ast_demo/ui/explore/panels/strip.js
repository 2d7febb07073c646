// @ts-check
// The whole sound as a narrow waveform above its picture: where the play cursor is, and, for a
// sound longer than the window, which part the picture shows. That part can be dragged.

import { contextOf } from "../../shared/canvas.js";
import { button, make, setText } from "../../shared/dom.js";
import { clamp, decodeBytes, formatSeconds } from "../../shared/numbers.js";
import { frameSeconds } from "../state/payload.js";
import { MARGIN } from "../state/view.js";
import { soundOf } from "../state/opened.js";

/** @import { App, Pen, Sound, Waveform } from "../types.js" */

const HEIGHT = 40; // CSS pixels
const STEP = 0.25; // of the window, for each arrow key
const DRAG_PIXELS = 4; // less is a click

/**
 * A sound's outline and what of it the model's window holds.
 * @typedef {object} Span
 * @property {Waveform} waveform
 * @property {number} window_length in seconds
 */

/** @param {Sound | null} sound @returns {Span | null} null where the server sent no outline */
function spanOf(sound) {
  const { waveform, window_length } = sound?.payload ?? {};
  return waveform && window_length ? { waveform, window_length } : null;
}

/** Whether a sound is longer than the window. @param {Span} span */
export function isLong({ waveform, window_length }) {
  return waveform.seconds > window_length + 0.01;
}

/** Seconds that the strip is wide. @param {Span} span */
export function stripSeconds({ waveform, window_length }) {
  return Math.max(waveform.seconds, window_length);
}

/** Seconds at which a part may begin. @param {Span} span @param {number} start */
export function allowedStart({ waveform, window_length }, start) {
  return clamp(start, 0, Math.max(0, waveform.seconds - window_length));
}

/** The beginning of the part around a moment. @param {Span} span @param {number} seconds */
export function startAround(span, seconds) {
  return allowedStart(span, seconds - span.window_length / 2);
}

/** Seconds at which the part begins that a key moves to. @param {Span} span @param {string} key */
export function startAfter(span, key) {
  const { waveform, window_length } = span;
  /** @type {Record<string, number>} */
  const targets = {
    ArrowLeft: waveform.start - STEP * window_length,
    ArrowRight: waveform.start + STEP * window_length,
    Home: 0,
    End: Infinity,
  };
  return key in targets ? allowedStart(span, targets[key]) : null;
}

/**
 * @param {App} app
 * @param {HTMLElement} node
 * @param {HTMLElement} side where its length and what can be done with it stand
 * @param {object} on
 * @param {(seconds: number) => void} on.seek a moment of the window
 * @param {(start: number) => void} on.window seconds at which another part begins
 * @param {() => void} on.clear
 * @param {() => void} on.save
 */
export function makeStrip(app, node, side, on) {
  const frame = make("div", "ex-wave");
  const canvas = /** @type {HTMLCanvasElement} */ (make("canvas"));
  const time = make("span", "ex-number ex-caption ex-wave-time");
  const save = button("Save", on.save, { title: "Save this sound as a file" });
  const clear = button("\u00d7", on.clear, { "aria-label": "Clear the sound", title: "Clear" });
  frame.style.marginLeft = `${MARGIN.left}px`;
  frame.append(canvas);
  node.append(frame);
  side.append(time, save, clear);
  let outline = { id: "", bytes: new Uint8Array(0) };
  const draggedTo = watchDrag(app, frame, on, refresh);
  watchArrows(app, frame, on.window);

  function refresh() {
    const span = spanOf(app.sound);
    node.hidden = side.hidden = !span;
    if (!span) return;
    const { waveform } = span;
    const { id, payload } = soundOf(app);
    if (outline.id !== id) {
      outline = { id, bytes: decodeBytes(waveform.data) };
      setText(time, describeTime(span));
      save.hidden = !payload.source?.path;
      describeFrame(frame, span);
    }
    const { playing } = app.state;
    drawStrip(canvas, frame.clientWidth, {
      span,
      bytes: outline.bytes,
      start: draggedTo() ?? waveform.start,
      playing: playing === null ? null : waveform.start + frameSeconds(soundOf(app), playing),
    });
  }
  return refresh;
}

/**
 * A click plays, a drag or a click elsewhere moves the part.
 * @param {App} app
 * @param {HTMLElement} frame
 * @param {{ seek: (seconds: number) => void, window: (start: number) => void }} on
 * @param {() => void} refresh
 * @returns {() => number | null} seconds at which the part begins while it is dragged
 */
function watchDrag(app, frame, on, refresh) {
  /** @type {{ x: number, start: number, moved: boolean } | null} */
  let dragged = null;
  /** @param {PointerEvent} event @param {Span} span */
  const secondsAt = (event, span) => {
    const box = frame.getBoundingClientRect();
    const place = clamp((event.clientX - box.left) / box.width, 0, 1);
    return place * stripSeconds(span);
  };
  frame.addEventListener("pointerdown", (event) => {
    const span = spanOf(app.sound);
    if (!span || event.button > 0) return;
    frame.setPointerCapture(event.pointerId);
    dragged = { x: event.clientX, moved: false, start: span.waveform.start };
  });
  frame.addEventListener("pointermove", (event) => {
    const span = spanOf(app.sound);
    if (!dragged || !span || !isLong(span)) return;
    if (Math.abs(event.clientX - dragged.x) > DRAG_PIXELS) dragged.moved = true;
    if (dragged.moved) dragged.start = startAround(span, secondsAt(event, span));
    refresh();
  });
  frame.addEventListener("pointerup", (event) => {
    const span = spanOf(app.sound);
    if (!dragged || !span) return;
    const { moved, start } = dragged;
    dragged = null;
    const seconds = secondsAt(event, span);
    const into = seconds - span.waveform.start;
    if (moved) on.window(start);
    else if (!isLong(span) || (into >= 0 && into <= span.window_length)) on.seek(into);
    else on.window(startAround(span, seconds));
  });
  frame.addEventListener("pointercancel", () => (dragged = null));
  return () => (dragged?.moved ? dragged.start : null);
}

/** @param {App} app @param {HTMLElement} frame @param {(start: number) => void} onWindow */
function watchArrows(app, frame, onWindow) {
  frame.addEventListener("keydown", (event) => {
    const span = spanOf(app.sound);
    if (!span || !isLong(span)) return;
    const start = startAfter(span, event.key);
    if (start === null) return;
    event.preventDefault();
    onWindow(start);
  });
}

/** @param {Span} span */
function describePart({ waveform, window_length }) {
  const end = Math.min(waveform.seconds, waveform.start + window_length);
  return `${waveform.start.toFixed(1)} to ${formatSeconds(end, 1)}`;
}

/** @param {Span} span */
function describeTime(span) {
  const whole = formatSeconds(span.waveform.seconds, 1);
  return isLong(span) ? `${describePart(span)} of ${whole}` : whole;
}

/** A long sound's strip is a slider. @param {HTMLElement} frame @param {Span} span */
function describeFrame(frame, span) {
  const long = isLong(span);
  frame.dataset.long = String(long);
  frame.title = long ? "Drag to move the part that the picture shows" : "Click to play from here";
  const slider = {
    role: "slider",
    tabindex: "0",
    "aria-label": "Part of the sound in the picture",
    "aria-valuemin": "0",
    "aria-valuemax": allowedStart(span, Infinity).toFixed(1),
    "aria-valuenow": span.waveform.start.toFixed(1),
    "aria-valuetext": describePart(span),
  };
  for (const [name, value] of Object.entries(slider)) {
    if (long) frame.setAttribute(name, value);
    else frame.removeAttribute(name);
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width CSS pixels
 * @param {object} strip
 * @param {Span} strip.span
 * @param {Uint8Array} strip.bytes of the outline
 * @param {number} strip.start of the part, in seconds
 * @param {number | null} strip.playing seconds under the play cursor
 */
function drawStrip(canvas, width, { span, bytes, start, playing }) {
  const ratio = devicePixelRatio || 1;
  if (width === 0) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(HEIGHT * ratio);
  const pen = contextOf(canvas);
  const style = getComputedStyle(canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--ex-${name}`);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const { waveform: { seconds }, window_length } = span;
  const x = (/** @type {number} */ moment) => (moment / stripSeconds(span)) * width;
  const end = Math.min(seconds, start + window_length);
  pen.fillStyle = colour("faint");
  pen.fillRect(x(start), 0, x(end) - x(start), HEIGHT);
  const [inside, outside] = [colour("text"), colour("line")];
  drawOutline(pen, bytes, x(seconds), (place) => {
    const moment = place * seconds;
    return moment >= start && moment <= end ? inside : outside;
  });
  if (isLong(span)) {
    pen.strokeStyle = colour("accent");
    pen.lineWidth = 2;
    pen.strokeRect(x(start) + 1, 1, x(end) - x(start) - 2, HEIGHT - 2);
  }
  if (playing === null) return;
  pen.fillStyle = colour("accent");
  pen.fillRect(x(playing) - 1, 0, 2, HEIGHT);
}

/**
 * @param {Pen} pen
 * @param {Uint8Array} bytes
 * @param {number} width CSS pixels
 * @param {(place: number) => string} colourAt from 0 to 1
 */
function drawOutline(pen, bytes, width, colourAt) {
  const step = width / bytes.length;
  for (let i = 0; i < bytes.length; i++) {
    const tall = Math.max(1, (bytes[i] / 255) * (HEIGHT - 4));
    pen.fillStyle = colourAt(i / bytes.length);
    pen.fillRect(i * step, (HEIGHT - tall) / 2, Math.max(step, 0.5), tall);
  }
}
