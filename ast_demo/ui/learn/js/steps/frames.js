// @ts-check
// Step 2: the slots, three rows of brackets since they overlap.

import { slider } from "../../../shared/dom.js";
import { clamp } from "../../../shared/numbers.js";
import { makePlot, roundTicks } from "../plot.js";

const AROUND = 7; // slots to either side of the chosen one
const BRACKET_ROWS = 3; // 25 ms every 10 ms: the fourth slot begins after the first has ended

export function makeFrames(app) {
  const words = app.words("frames");
  const { texts, state } = app;
  const pick = frameSlider(app, words.control);

  function spanOf() {
    const { hop, length } = app.sound.stages;
    const middle = state.frame * hop + length / 2;
    return [middle - AROUND * hop, middle + AROUND * hop];
  }

  function draw({ context, colours, width, height }) {
    const { samples, stages, numFrames } = app.sound;
    const { hop, length, rate } = stages;
    const [from, to] = spanOf();
    const box = { left: 56, top: 24, width: width - 72, height: height - 140 };
    const first = Math.max(0, Math.floor(from));
    const part = samples.subarray(first, Math.max(first, Math.ceil(to)));
    const tall = Math.max(0.001, ...part.map(Math.abs));
    const ticks = roundTicks(Math.max(0, from) / rate, to / rate).map((
      at,
    ) => [at * rate, texts.ui("seconds", { value: texts.number(at, 2) })]);
    const plot = makePlot(context, colours, box, { from, to, ticks }, {
      from: -tall,
      to: tall,
      ticks: [[0, "0"]],
    });
    const start = state.frame * hop;
    context.fillStyle = colours.faint;
    context.fillRect(plot.x(start), box.top, plot.x(start + length) - plot.x(start), box.height);
    plot.line(part, colours.accent, 1, (i) => first + i);
    plot.axes();
    for (
      let frame = Math.max(0, state.frame - AROUND - 2);
      frame < Math.min(numFrames, state.frame + AROUND + 2);
      frame++
    ) {
      bracket(
        context,
        plot,
        box,
        frame,
        stages,
        frame === state.frame ? colours.hot : colours.muted,
      );
    }
  }

  function bracket(context, plot, box, frame, { hop, length }, colour) {
    const y = box.top + box.height + 44 + (frame % BRACKET_ROWS) * 24;
    const [left, right] = [plot.x(frame * hop), plot.x(frame * hop + length)];
    if (right < box.left || left > box.left + box.width) return;
    context.save();
    context.beginPath();
    context.rect(box.left - 1, box.top, box.width + 2, 400);
    context.clip();
    context.strokeStyle = colour;
    context.lineWidth = frame === state.frame ? 3 : 1;
    context.beginPath();
    context.moveTo(left + 1, y - 6);
    context.lineTo(left + 1, y);
    context.lineTo(right - 1, y);
    context.lineTo(right - 1, y - 6);
    context.stroke();
    context.fillStyle = colour;
    context.textAlign = "center";
    context.textBaseline = "bottom";
    context.fillText(String(frame), (left + right) / 2, y - 1);
    context.restore();
  }

  return {
    id: "frames",
    right: 0,
    controls: [pick.node],
    height: () => 296,
    draw,
    refresh: pick.refresh,
    facts() {
      const { stages, samples, grid } = app.sound;
      const { hop, length, rate } = stages;
      const first = state.frame * hop;
      return {
        ...frameFacts(app),
        first: texts.number(first),
        last: texts.number(first + length - 1),
        from: texts.number(first / rate, 3),
        to: texts.number((first + length) / rate, 3),
        naive: texts.number(Math.floor(samples.length / hop)),
        apart: texts.number(Math.floor(samples.length / length)),
        shared_ms: texts.number((1000 * (length - hop)) / rate),
        max_length: texts.number(grid.frames),
      };
    },
    rows() {
      const { stages, samples, numFrames } = app.sound;
      const rows = [];
      for (let frame = 0; frame < numFrames; frame += Math.max(1, Math.round(numFrames / 40))) {
        const first = frame * stages.hop;
        const loudest = Math.max(...samples.subarray(first, first + stages.length).map(Math.abs));
        rows.push([frame, first, first + stages.length - 1, texts.percent(loudest)]);
      }
      return rows;
    },
    ...frameMoves(app, (x, width) => {
      const [from, to] = spanOf();
      const { hop, length } = app.sound.stages;
      return (from + ((x - 56) / (width - 72)) * (to - from) - length / 2) / hop;
    }),
  };
}

/** The slider that chooses a slot: steps 2 to 5 share it. */
export function frameSlider(app, title) {
  const most = Math.max(0, (app.sound?.numFrames ?? 1) - 1);
  const made = slider(
    title,
    { min: 0, max: most, step: 1, value: app.state.frame },
    String,
    (frame) => app.set({ frame }),
  );
  return { node: made.node, refresh: () => made.set(app.state.frame) };
}

export function frameFacts({ sound, state, texts }) {
  const { hop, length, rate } = sound.stages;
  return {
    frame: texts.number(state.frame),
    hop: texts.number(hop),
    length: texts.number(length),
    window_ms: texts.number((1000 * length) / rate),
    hop_ms: texts.number((1000 * hop) / rate),
  };
}

/** Arrow keys walk from slot to slot; on the picture a click or a drag goes to a place. */
export function frameMoves(app, frameAt) {
  const go = (frame) => app.set({ frame: clamp(Math.round(frame), 0, app.sound.numFrames - 1) });
  let held = null;
  return {
    keys: {
      ArrowLeft: () => go(app.state.frame - 1),
      ArrowRight: () => go(app.state.frame + 1),
      Home: () => go(0),
      End: () => go(Infinity),
    },
    pointer: frameAt && {
      down: (x) => (held = { x, frame: app.state.frame, moved: false }),
      move(x, _y, width) {
        if (!held) return;
        held.moved ||= Math.abs(x - held.x) > 4;
        if (held.moved) go(held.frame - (frameAt(x, width) - frameAt(held.x, width)));
      },
      up(x, _y, width) {
        if (held && !held.moved) go(frameAt(x, width));
        held = null;
      },
      cancel: () => (held = null),
    },
  };
}
