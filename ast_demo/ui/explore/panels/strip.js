// @ts-check
// The whole sound as a narrow waveform above its picture: where the play cursor is, and, for a
// sound longer than the window, which part the picture shows. That part can be dragged.

import { button, make, setText } from "../../shared/dom.js";
import { clamp, decodeBytes, formatSeconds } from "../../shared/numbers.js";
import { frameSeconds } from "../state/payload.js";
import { MARGIN } from "../state/view.js";

const HEIGHT = 40; // CSS pixels
const STEP = 0.25; // of the window, for each arrow key

/**
 * @param {object} app
 * @param {HTMLElement} node
 * @param {HTMLElement} side where its length and what can be done with it stand
 * @param {object} on
 * @param {(seconds: number) => void} on.seek a moment of the sound
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
  frame.append(canvas);
  node.append(frame);
  side.append(time, save, clear);
  let outline = { id: null, bytes: new Uint8Array(0) };
  let dragged = null; // { x, start, moved } while the part is dragged

  const span = () => {
    const { seconds } = app.sound.payload.waveform;
    return Math.max(seconds, app.sound.payload.window_length);
  };
  const isLong = () => app.sound.payload.waveform.seconds > app.sound.payload.window_length + 0.01;
  const secondsAt = (event) => {
    const box = frame.getBoundingClientRect();
    return clamp((event.clientX - box.left) / box.width, 0, 1) * span();
  };
  const latest = () => app.sound.payload.waveform.seconds - app.sound.payload.window_length;
  const startFor = (seconds) =>
    clamp(seconds - app.sound.payload.window_length / 2, 0, Math.max(0, latest()));

  frame.addEventListener("pointerdown", (event) => {
    if (!app.sound?.payload.waveform || event.button > 0) return;
    frame.setPointerCapture(event.pointerId);
    dragged = { x: event.clientX, moved: false, start: app.sound.payload.waveform.start };
  });
  frame.addEventListener("pointermove", (event) => {
    if (!dragged || !isLong()) return;
    if (Math.abs(event.clientX - dragged.x) > 4) dragged.moved = true;
    if (dragged.moved) dragged.start = startFor(secondsAt(event));
    refresh();
  });
  frame.addEventListener("pointerup", (event) => {
    if (!dragged) return;
    const { moved, start } = dragged;
    dragged = null;
    const seconds = secondsAt(event);
    const { waveform, window_length } = app.sound.payload;
    const inside = seconds >= waveform.start && seconds <= waveform.start + window_length;
    if (moved) on.window(start);
    else if (inside || !isLong()) on.seek(seconds - waveform.start);
    else on.window(startFor(seconds));
  });
  frame.addEventListener("pointercancel", () => (dragged = null));
  frame.addEventListener("keydown", (event) => {
    if (!app.sound || !isLong()) return;
    const { waveform, window_length } = app.sound.payload;
    const targets = {
      ArrowLeft: waveform.start - STEP * window_length,
      ArrowRight: waveform.start + STEP * window_length,
      Home: 0,
      End: latest(),
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    on.window(clamp(targets[event.key], 0, latest()));
  });

  function refresh() {
    const payload = app.sound?.payload;
    node.hidden = side.hidden = !payload?.waveform;
    if (node.hidden) return;
    if (outline.id !== app.sound.id) {
      outline = { id: app.sound.id, bytes: decodeBytes(payload.waveform.data) };
      describe(payload);
    }
    draw(payload);
  }

  function describe({ waveform, window_length, source }) {
    const long = isLong();
    const end = Math.min(waveform.seconds, waveform.start + window_length);
    const part = `${waveform.start.toFixed(1)} to ${formatSeconds(end, 1)}`;
    setText(
      time,
      long ? `${part} of ${formatSeconds(waveform.seconds, 1)}` : formatSeconds(end, 1),
    );
    save.hidden = !source?.path;
    frame.dataset.long = String(long);
    const slider = {
      role: "slider",
      tabindex: "0",
      "aria-label": "Part of the sound in the picture",
      "aria-valuemin": "0",
      "aria-valuemax": latest().toFixed(1),
      "aria-valuenow": waveform.start.toFixed(1),
      "aria-valuetext": part,
    };
    for (const [name, value] of Object.entries(slider)) {
      if (long) frame.setAttribute(name, value);
      else frame.removeAttribute(name);
    }
    frame.title = long ? "Drag to move the part that the picture shows" : "Click to play from here";
  }

  function draw({ waveform, window_length }) {
    const ratio = devicePixelRatio || 1;
    const width = frame.clientWidth;
    if (width === 0) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(HEIGHT * ratio);
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(`--ex-${name}`);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const x = (seconds) => (seconds / span()) * width;
    const start = dragged?.moved ? dragged.start : waveform.start;
    const end = Math.min(waveform.seconds, start + window_length);
    pen.fillStyle = colour("faint");
    pen.fillRect(x(start), 0, x(end) - x(start), HEIGHT);
    const { bytes } = outline;
    const step = x(waveform.seconds) / bytes.length;
    for (let i = 0; i < bytes.length; i++) {
      const tall = Math.max(1, (bytes[i] / 255) * (HEIGHT - 4));
      const seconds = (i / bytes.length) * waveform.seconds;
      pen.fillStyle = colour(seconds >= start && seconds <= end ? "text" : "line");
      pen.fillRect(i * step, (HEIGHT - tall) / 2, Math.max(step, 0.5), tall);
    }
    if (isLong()) {
      pen.strokeStyle = colour("accent");
      pen.lineWidth = 2;
      pen.strokeRect(x(start) + 1, 1, x(end) - x(start) - 2, HEIGHT - 2);
    }
    const { playing } = app.state;
    if (playing === null) return;
    pen.fillStyle = colour("accent");
    pen.fillRect(x(waveform.start + frameSeconds(app.sound, playing)) - 1, 0, 2, HEIGHT);
  }

  frame.style.marginLeft = `${MARGIN.left}px`;
  return refresh;
}
