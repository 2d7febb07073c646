// @ts-check
// Step 5: one column before and after the logarithm, louder or softer.

import { button, make, slider } from "../../../shared/dom.js";
import { makePlot, roundTicks } from "../plot.js";
import { melOfFrame } from "../lessonSound.js";
import { ENERGY_FLOOR, logOf } from "../stages.js";
import { frameMoves } from "./frames.js";

const DOUBLE = 2 * Math.LN2; // what twice the amplitude adds

export function makeLog(app) {
  const words = app.words("log");
  const { texts, state } = app;
  const gain = slider(
    words.control,
    { min: -24, max: 24, step: 6, value: state.gain },
    (at) => texts.ui("decibels", { value: texts.signed(at, 0) }),
    (at) => app.set({ gain: at }),
  );
  const ask = button(words.ask, () => app.experiment("gains"), { class: "in-button" });
  const scores = make("div", "ln-scores");

  const column = (decibels) => melOfFrame(app.sound, state.frame, 10 ** (decibels / 20));

  function draw({ context, colours, width, height }) {
    const wide = width > 640;
    const now = column(state.gain);
    const bins = now.length;
    const box = (second) =>
      wide
        ? { left: 56 + (second * width) / 2, top: 24, width: width / 2 - 76, height: height - 56 }
        : { left: 56, top: 24 + (second * height) / 2, width: width - 72, height: height / 2 - 60 };
    const across = {
      from: 0,
      to: bins,
      ticks: roundTicks(0, bins - 1).map((bin) => [bin + 0.5, String(bin)]),
    };
    const tallest = Math.max(ENERGY_FLOOR, ...column(0)) * 1.05;
    const before = makePlot(context, colours, box(0), across, {
      from: 0,
      to: tallest,
      ticks: roundTicks(0, tallest, 4).map((at) => [at, texts.short(at, 2)]),
      title: words.linear,
    });
    before.bars(now, () => colours.accent, 0);
    before.axes();
    const floor = Math.log(ENERGY_FLOOR);
    const upward = {
      from: floor,
      to: 12,
      ticks: [-15, -10, -5, 0, 5, 10].map((at) => [at, texts.number(at)]),
      title: words.logarithm,
    };
    const after = makePlot(context, colours, box(1), across, upward);
    after.bars(now.map(logOf), () => colours.accent, floor);
    if (state.gain) steps(after, column(0).map(logOf), colours.text, 1);
    if (state.revealed.log !== undefined) {
      steps(after, column(state.gain + 20 * Math.log10(2)).map(logOf), colours.hot, 1.5);
    }
    after.axes();
  }

  function steps(plot, values, colour, width) {
    const corners = Array.from(values).flatMap((value, bin) => [[bin, value], [bin + 1, value]]);
    plot.line(corners.map(([, value]) => value), colour, width, (corner) => corners[corner][0]);
  }

  function refresh() {
    gain.set(state.gain);
    const answer = app.experimentAnswer("gains");
    ask.hidden = Boolean(answer);
    scores.hidden = !answer;
    if (!answer) return;
    const rows = answer.rows.map(({ gain: at, score }) => {
      const item = make("li", at === state.gain ? "ln-now" : "");
      const bar = make("span", "ln-bar");
      bar.style.height = `${Math.max(1, 64 * score)}px`;
      item.append(
        make("span", "", texts.number(score, 2)),
        bar,
        make("span", "in-muted", texts.signed(at, 0)),
      );
      return item;
    });
    const list = make("ol");
    list.append(...rows);
    scores.replaceChildren(
      make("p", "in-muted", texts.fill(words.gains, { label: answer.label })),
      list,
    );
  }

  return {
    id: "log",
    right: 1,
    controls: [gain.node, ask],
    extra: scores,
    height: (width) => (width > 640 ? 256 : 480),
    draw,
    refresh,
    facts() {
      const logs = column(state.gain).map(logOf);
      return {
        frame: texts.number(state.frame),
        gain: texts.signed(state.gain, 0),
        times: texts.number(10 ** (state.gain / 20), 2),
        shift: texts.signed(2 * Math.log(10 ** (state.gain / 20))),
        step: texts.number(DOUBLE, 2),
        lowest: texts.number(Math.min(...logs), 2),
        highest: texts.number(Math.max(...logs), 2),
      };
    },
    rows: () =>
      Array.from(
        column(state.gain),
        (energy, bin) => [bin, texts.short(energy), texts.number(logOf(energy), 2)],
      ),
    ...frameMoves(app),
  };
}
