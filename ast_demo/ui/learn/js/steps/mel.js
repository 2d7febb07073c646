// @ts-check
// Step 4: triangles over the spectrum, one for each bucket.

import { segmented, slider } from "../../../shared/dom.js";
import { clamp } from "../../../shared/numbers.js";
import { hertzTicks, makePlot } from "../plot.js";
import { melOfFrame } from "../lessonSound.js";
import { melOf } from "../stages.js";
import { frameFacts } from "./frames.js";

export function makeMel(app) {
  const words = app.words("mel");
  const { texts, state } = app;
  const most = (app.sound?.grid.bins ?? 128) - 1;
  const pick = slider(
    words.control,
    { min: 0, max: most, step: 1, value: state.bin },
    String,
    (bin) => app.set({ bin }),
  );
  const scale = segmented(
    words.scale,
    [["linear", words.linear], ["mel", words.melscale]],
    state.scale,
    (chosen) => app.set({ scale: chosen }),
  );

  function draw({ context, colours, width, height }) {
    const { stages, samples } = app.sound;
    const powers = stages.power(stages.windowed(samples, state.frame));
    const roots = powers.map((power) => power ** 0.25); // weak tones show beside strong ones
    const tall = Math.max(1e-6, ...roots) * 1.05;
    const even = state.scale === "linear";
    const spacing = stages.rate / stages.fft;
    const across = {
      from: 0,
      to: stages.rate / 2,
      ticks: hertzTicks(stages.rate / 2, even),
      ...(even ? {} : { scale: melOf }),
    };
    const box = { left: 56, top: 24, width: width - 72, height: height - 56 };
    const plot = makePlot(context, colours, box, across, { from: 0, to: tall, title: words.axis });
    const [low, centre, high] = stages.edges.slice(state.bin, state.bin + 3);
    const inside = (line) => line * spacing > low && line * spacing < high;
    plot.bars(
      roots,
      (line) => (inside(line) ? colours.accent : colours.weak),
      0,
      (line) => [Math.max(0, (line - 0.5) * spacing), (line + 0.5) * spacing],
    );
    const others = stages.edges.slice(0, -2).flatMap((
      _,
      bin,
    ) => (bin === state.bin ? [] : [bin, bin + 1, bin + 2]));
    plot.line(
      others.map((_, i) => (i % 3 === 1 ? tall : 0)),
      colours.line,
      0.6,
      (i) => stages.edges[others[i]],
    );
    context.fillStyle = `color-mix(in srgb, ${colours.hot} 18%, transparent)`;
    context.beginPath();
    for (const [x, y] of [[low, 0], [centre, tall], [high, 0]]) {
      context.lineTo(plot.x(x), plot.y(y));
    }
    context.fill();
    triangle(plot, stages.edges, state.bin, tall, colours.hot, 2.5);
    plot.axes();
  }

  const triangle = (plot, edges, bin, tall, colour, width) =>
    plot.line([0, tall, 0], colour, width, (corner) => edges[bin + corner]);

  const barsIn = (bin) => app.sound.stages.filters[bin].weights.length;
  const centresIn = (from, to) =>
    app.sound.stages.edges.slice(1, -1).filter((hertz) => hertz >= from && hertz < to).length;
  const step = (by) => app.set({ bin: clamp(state.bin + by, 0, app.sound.grid.bins - 1) });

  return {
    id: "mel",
    right: 2,
    controls: [pick.node, scale.node],
    height: () => 256,
    draw,
    refresh: () => pick.set(state.bin),
    read: () => (barsIn(state.bin) ? words.read : words.empty),
    facts() {
      const { stages } = app.sound;
      const [low, centre, high] = stages.edges.slice(state.bin, state.bin + 3).map((hertz) =>
        texts.number(hertz)
      );
      const hollow = stages.filters.flatMap(({ weights }, bin) => (weights.length ? [] : [bin]));
      return {
        ...frameFacts(app),
        bin: texts.number(state.bin),
        low,
        centre,
        high,
        bars: texts.number(barsIn(state.bin)),
        lines: texts.number(stages.lines),
        nyquist: texts.number(stages.rate / 2),
        few: texts.number(centresIn(100, 200)),
        many: texts.number(centresIn(1000, 2000)),
        step: texts.number(melOf(stages.edges[1]) - melOf(stages.edges[0]), 1),
        hollow: hollow.join(", ") || "0",
      };
    },
    rows() {
      const { edges } = app.sound.stages;
      return Array.from(melOfFrame(app.sound, state.frame), (energy, bin) => [
        bin,
        texts.number(edges[bin]),
        texts.number(edges[bin + 2]),
        texts.short(energy),
      ]);
    },
    keys: {
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      Home: () => step(-Infinity),
      End: () => step(Infinity),
    },
    pointer: {
      up(x, _y, width) {
        const { edges, rate } = app.sound.stages;
        const share = clamp((x - 56) / (width - 72), 0, 1);
        const goal = state.scale === "linear"
          ? (share * rate) / 2
          : 700 * (Math.exp((share * melOf(rate / 2)) / 1127) - 1);
        const distances = edges.slice(1, -1).map((hertz) => Math.abs(hertz - goal));
        app.set({ bin: distances.indexOf(Math.min(...distances)) });
      },
    },
  };
}
