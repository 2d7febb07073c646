// @ts-check
// Step 6: all cells as a histogram, by several models' mean and spread; the filling stands apart.

import { button, choice, make } from "../../../shared/dom.js";
import { makePlot, roundTicks } from "../plot.js";
import { normalized } from "../lessonSound.js";
import { ENERGY_FLOOR } from "../stages.js";
import { scoreRow } from "../outcomes.js";

const BINS = 96; // of the histogram
const RANGES = { off: [-17, 8], other: [-2.5, 2] };
// As the authors' run.py has them; none at all leaves the numbers as they are.
export const STATISTICS = {
  audioset: { mean: -4.2677393, std: 4.5689974 },
  commands: { mean: -6.845978, std: 5.5654526 },
  off: { mean: 0, std: 0.5 },
};

export function makeNormalize(app) {
  const words = app.words("normalize");
  const { texts, state } = app;
  const kinds = ["own", "audioset", "commands", "off"];
  const whose = choice(
    words.control,
    kinds.map((kind) => [kind, words[kind]]),
    state.whose,
    (chosen) => app.set({ whose: chosen }),
  );
  const ask = button(words.ask, () => app.experiment("statistics"), { class: "in-button" });
  const scores = make("div", "ln-outcome");
  const statistics = (kind = state.whose) => STATISTICS[kind] ?? app.sound.payload;
  const valueOf = (log) => (log - statistics().mean) / (2 * statistics().std);

  // 65 000 cells: counted anew only for another sound or other numbers.
  let counted = { key: "", bars: null };
  function histogram([low, high]) {
    const key = `${app.sound.id} ${state.whose}`;
    if (counted.key !== key) {
      counted = { key, bars: countCells(app.sound, statistics(), low, high) };
    }
    return counted.bars;
  }

  const step = (by) => {
    const at = kinds.indexOf(state.whose) + by;
    app.set({ whose: kinds[(at + kinds.length) % kinds.length] });
  };
  const range = () => RANGES[state.whose] ?? RANGES.other;

  function draw({ context, colours, width, height }) {
    const [low, high] = range();
    const { sound, filling } = histogram([low, high]);
    const tall = Math.max(1, ...sound) * 1.1;
    const box = { left: 72, top: 24, width: width - 88, height: height - 56 };
    const ticks = roundTicks(low, high, 8).map((
      at,
    ) => [at, texts.number(at, state.whose === "off" ? 0 : 1)]);
    const plot = makePlot(context, colours, box, { from: low, to: high, ticks }, {
      from: 0,
      to: tall,
      ticks: roundTicks(0, tall, 4).map((at) => [at, texts.number(at)]),
      title: words.axis,
    });
    const at = (bin) => [bin, bin + 1].map((edge) => low + (edge / BINS) * (high - low));
    plot.bars(sound, () => colours.accent, 0, at);
    plot.bars(filling, () => colours.hot, 0, at);
    plot.axes();
    const { payload } = app.sound;
    const surface = { context, colours };
    const [silence, filled] = [Math.log(ENERGY_FLOOR), payload.padding_log_mel].map(valueOf);
    mark(surface, plot, box, silence, texts.ui("silence"), colours.text, 12);
    mark(surface, plot, box, filled, texts.ui("padding"), colours.hot, 32);
  }

  function mark({ context, colours }, plot, box, value, text, colour, down) {
    const x = Math.min(box.left + box.width - 1, Math.max(box.left, Math.round(plot.x(value))));
    context.fillStyle = colour;
    context.fillRect(x, box.top, 1.5, box.height);
    context.textBaseline = "middle";
    const right = x + context.measureText(text).width + 8 < box.left + box.width;
    context.textAlign = right ? "left" : "right";
    const place = [x + (right ? 6 : -6), box.top + down];
    context.strokeStyle = colours.surface; // other marks may cross
    context.lineWidth = 5;
    context.strokeText(text, ...place);
    context.fillText(text, ...place);
  }

  function refresh() {
    whose.set(state.whose);
    const answer = app.experimentAnswer("statistics");
    ask.hidden = Boolean(answer);
    scores.replaceChildren(
      ...(answer?.rows ?? []).map(({ whose: kind, label, score }) =>
        scoreRow(texts, `${words[kind]}: ${label}`, score)
      ),
    );
  }

  return {
    id: "normalize",
    right: 1,
    controls: [whose.node, ask],
    extra: scores,
    height: () => 248,
    keys: { ArrowLeft: () => step(-1), ArrowRight: () => step(1) },
    draw,
    refresh,
    facts() {
      const { payload, grid, numFrames } = app.sound;
      const { mean, spread } = histogram(range());
      const scaled = (log) => (log - payload.mean) / (2 * payload.std);
      const below = shareBelow(app.sound, payload.padding_log_mel);
      return {
        whose: words[state.whose],
        mean_now: texts.signed(mean),
        std_now: texts.number(spread, 2),
        mean: texts.signed(payload.mean, 3),
        std: texts.number(payload.std, 3),
        silence: texts.signed(scaled(Math.log(ENERGY_FLOOR))),
        fill: texts.signed(scaled(payload.padding_log_mel)),
        below: texts.percent(below),
        max_length: texts.number(grid.frames),
        filled: texts.number(grid.frames - numFrames),
      };
    },
    rows() {
      const [low, high] = range();
      const { sound, filling } = histogram([low, high]);
      return Array.from(
        sound,
        (
          count,
          bin,
        ) => [texts.number(low + ((bin + 0.5) / BINS) * (high - low), 2), count, filling[bin]],
      );
    },
  };
}

// Cells of sound and of filling in the bins of a histogram, with the sound's mean and spread.
function countCells(lesson, statistics, low, high) {
  const { grid, numFrames, logMel } = lesson;
  const values = normalized(lesson, logMel, statistics);
  const end = numFrames * grid.bins;
  const [sound, filling] = [new Float64Array(BINS), new Float64Array(BINS)];
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * BINS)));
    (i < end ? sound : filling)[bin]++;
    if (i >= end) continue;
    sum += value;
    squares += value * value;
  }
  const mean = sum / end;
  return { sound, filling, mean, spread: Math.sqrt(Math.max(0, squares / end - mean * mean)) };
}

function shareBelow({ logMel, numFrames, grid }, level) {
  const end = numFrames * grid.bins;
  let count = 0;
  for (let i = 0; i < end; i++) if (logMel[i] < level) count++;
  return count / end;
}
