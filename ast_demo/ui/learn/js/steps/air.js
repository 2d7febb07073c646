// @ts-check
// Step 1: the waveform, down to its samples.

import { slider } from "../../../shared/dom.js";
import { clamp } from "../../../shared/numbers.js";
import { makePlot, roundTicks } from "../plot.js";

const CLOSEST = 40; // samples that fill the width when zoomed in all the way
const DOTS = 3; // CSS pixels a sample from which on each is a dot

export function makeAir(app) {
  const words = app.words("air");
  const { texts, state } = app;
  const all = () => app.sound?.samples.length ?? 1;
  const shownAt = (at) => all() / timesOf(at);
  const zoom = slider(
    words.control,
    { min: 0, max: 100, step: 1, value: state.zoom },
    (at) => `×${texts.short(timesOf(at), 2)}`,
    (at) => {
      const middle = state.from + shownAt(state.zoom) / 2;
      app.set({ zoom: at, from: middle - shownAt(at) / 2 });
    },
  );
  let drag = null;

  function timesOf(at) {
    return Math.max(1, all() / CLOSEST) ** (at / 100);
  }

  function range() {
    const shown = Math.max(2, shownAt(state.zoom));
    const from = clamp(state.from, 0, Math.max(0, all() - shown));
    return [from, from + shown];
  }

  function draw({ context, colours, width, height }) {
    const { samples, stages } = app.sound;
    const [from, to] = range();
    const ticks = roundTicks(from / stages.rate, to / stages.rate).map((
      at,
    ) => [at * stages.rate, secondsText(at, to - from)]);
    const peak = Math.max(0.02, peakOf(samples, 0, all()));
    const tall = state.revealed.air === undefined ? peak : Math.min(2 * peak, 2);
    const box = { left: 56, top: 24, width: width - 72, height: height - 56 };
    const upward = {
      from: -tall,
      to: tall,
      title: words.axis,
      ticks: [-tall, 0, tall].map((at) => [at, texts.short(at, 2)]),
    };
    const plot = makePlot(context, colours, box, { from, to, ticks }, upward);
    plot.clipped(() => {
      if (state.revealed.air !== undefined) {
        wave(context, plot, samples, from, to, 2, colours.hot, box);
      }
      wave(context, plot, samples, from, to, 1, colours.accent, box);
    });
    plot.axes();
    if (state.revealed.air !== undefined) {
      context.fillStyle = colours.hot;
      context.textAlign = "right";
      context.fillText(words.outline, box.left + box.width - 8, box.top + 16);
    }
  }

  const secondsText = (at, shown) =>
    texts.ui("seconds", { value: texts.number(at, shown < 800 ? 4 : shown < 16000 ? 2 : 1) });

  return {
    id: "air",
    right: 1,
    controls: [zoom.node],
    playing: true,
    height: () => 240,
    draw,
    facts() {
      const { stages, samples } = app.sound;
      const [from, to] = range();
      return {
        nyquist: texts.number(stages.rate / 2),
        from: texts.number(from / stages.rate, 3),
        to: texts.number(to / stages.rate, 3),
        shown: texts.number(Math.round(to - from)),
        peak: texts.percent(peakOf(samples, from, to)),
      };
    },
    rows() {
      const { samples, stages } = app.sound;
      const [from, to] = range().map(Math.floor);
      const step = Math.max(1, Math.round((to - from) / 40));
      const rows = [];
      for (let i = from; i < to; i += step) {
        rows.push([texts.number(i / stages.rate, 5), texts.number(samples[i], 4)]);
      }
      return rows;
    },
    pointer: {
      down: (x) => (drag = { x, from: range()[0] }),
      move: (x, _y, width) =>
        drag && app.set({ from: drag.from - ((x - drag.x) / (width - 72)) * shownAt(state.zoom) }),
      up: () => (drag = null),
      cancel: () => (drag = null),
    },
    keys: {
      ArrowLeft: () => app.set({ from: range()[0] - shownAt(state.zoom) / 8 }),
      ArrowRight: () => app.set({ from: range()[0] + shownAt(state.zoom) / 8 }),
    },
  };
}

function peakOf(samples, from, to) {
  let peak = 0;
  for (let i = Math.floor(from); i < Math.min(to, samples.length); i++) {
    peak = Math.max(peak, Math.abs(samples[i]));
  }
  return peak;
}

// Many samples a pixel: lowest and highest of each column; few: a line, and dots when far apart.
function wave(context, plot, samples, from, to, gain, colour, box) {
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1;
  const pixels = box.width / (to - from);
  context.beginPath();
  if (pixels < 0.5) {
    for (let column = 0; column < box.width; column++) {
      const first = Math.floor(from + column / pixels);
      let [low, high] = [Infinity, -Infinity];
      for (let i = first; i <= from + (column + 1) / pixels && i < samples.length; i++) {
        low = Math.min(low, samples[i]);
        high = Math.max(high, samples[i]);
      }
      const x = box.left + column + 0.5;
      context.moveTo(x, plot.y(low * gain));
      context.lineTo(x, plot.y(high * gain) - 0.5);
    }
    return context.stroke();
  }
  const last = Math.min(samples.length - 1, Math.ceil(to));
  for (let i = Math.max(0, Math.floor(from)); i <= last; i++) {
    context.lineTo(plot.x(i), plot.y(samples[i] * gain));
  }
  context.stroke();
  if (pixels < DOTS || gain !== 1) return;
  for (let i = Math.max(0, Math.floor(from)); i <= last; i++) {
    context.beginPath();
    context.arc(plot.x(i), plot.y(samples[i]), Math.min(4, pixels / 3), 0, 7);
    context.fill();
  }
}
