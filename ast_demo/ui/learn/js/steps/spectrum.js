// @ts-check
// Step 3: one slot and the tones in it, faded or cut hard.

import { button, segmented } from "../../../shared/dom.js";
import { hertzTicks, makePlot } from "../plot.js";
import { frameFacts, frameMoves, frameSlider } from "./frames.js";

const LOWEST_DECIBELS = -100; // below the strongest line
const FAR_HERTZ = 500; // from the strongest tone: what lies farther is leakage, or other tones

export function makeSpectrum(app) {
  const words = app.words("spectrum");
  const { texts, state } = app;
  const fade = segmented(
    words.control,
    [["hann", words.hann], ["none", words.none]],
    state.fade,
    (chosen) => app.set({ fade: chosen }),
  );
  const pick = frameSlider(app, words.slot);
  const tones = button(words.test_tones, () => app.open({ example: "test_tones" }), {
    class: "in-button",
  });
  tones.hidden = !app.examples.includes("test_tones");

  const decibelsOf = (faded) => {
    const { stages, samples } = app.sound;
    const powers = stages.power(stages.windowed(samples, state.frame, faded));
    return powers.map((power) => 10 * Math.log10(power + 1e-12));
  };

  function draw({ context, colours, width, height }) {
    const { stages, samples } = app.sound;
    const faded = state.fade === "hann";
    const wide = width > 640;
    const left = {
      left: 56,
      top: 24,
      width: wide ? width * 0.36 - 56 : width - 72,
      height: wide ? height - 56 : height / 2 - 60,
    };
    const right = wide
      ? { left: width * 0.36 + 56, top: 24, width: width * 0.64 - 72, height: height - 56 }
      : { left: 56, top: height / 2 + 20, width: width - 72, height: height / 2 - 52 };
    const slot = stages.windowed(samples, state.frame, faded);
    const tall = Math.max(1e-4, ...slot.map(Math.abs));
    const slotPlot = makePlot(context, colours, left, {
      from: 0,
      to: stages.length - 1,
      ticks: [[0, "0"], [stages.length - 1, String(stages.length)]],
    }, { from: -tall, to: tall, ticks: [[0, "0"]], title: words.samples });
    slotPlot.line(slot, colours.accent, 1.2);
    slotPlot.axes();
    const shown = decibelsOf(faded);
    const top = Math.max(...shown);
    const spacing = stages.rate / stages.fft;
    const across = { from: 0, to: stages.rate / 2, ticks: hertzTicks(stages.rate / 2, true) };
    const ticks = [0, -20, -40, -60, -80].map((
      at,
    ) => [top + at, String(at).replace("-", "\u2212")]);
    const plot = makePlot(context, colours, right, across, {
      from: top + LOWEST_DECIBELS,
      to: top + 4,
      ticks,
      title: words.axis,
    });
    plot.bars(
      shown,
      () => colours.accent,
      top + LOWEST_DECIBELS,
      (line) => [(line - 0.5) * spacing, (line + 0.5) * spacing],
    );
    if (state.revealed.spectrum !== undefined) {
      plot.line(decibelsOf(!faded), colours.hot, 1.5, (line) => line * spacing);
    }
    plot.axes();
  }

  return {
    id: "spectrum",
    right: 1,
    controls: [fade.node, pick.node, tones],
    height: (width) => (width > 640 ? 256 : 448),
    draw,
    refresh: pick.refresh,
    facts() {
      const { stages } = app.sound;
      const shown = decibelsOf(state.fade === "hann");
      const spacing = stages.rate / stages.fft;
      const peak = shown.indexOf(Math.max(...shown));
      const far = shown.filter((_, line) => Math.abs(line - peak) * spacing >= FAR_HERTZ);
      const mean = far.reduce((sum, each) => sum + each, 0) / (far.length || 1);
      return {
        ...frameFacts(app),
        hertz: texts.number(peak * spacing),
        away: texts.number(shown[peak] - mean),
        other: (state.fade === "hann" ? words.none : words.hann).toLowerCase(),
        fft: texts.number(stages.fft),
        lines: texts.number(stages.lines),
        spacing: texts.number(spacing, 2),
      };
    },
    rows() {
      const spacing = app.sound.stages.rate / app.sound.stages.fft;
      return Array.from(
        decibelsOf(state.fade === "hann"),
        (value, line) => [texts.number(line * spacing, 1), texts.number(value, 1)],
      );
    },
    ...frameMoves(app),
  };
}
