// @ts-check
// Step 11: what each of the pooled numbers adds to a label, and how the sum becomes a score.

import { choice } from "../../../shared/dom.js";
import { makePlot, roundTicks } from "../plot.js";

const UNKNOWN = "\u2026"; // until the server has sent the pooled numbers

export function makeAnswer(app) {
  const words = app.words("answer");
  const { texts, state } = app;
  const labels = (app.sound?.payload.labels ?? []).slice(0, app.sound?.payload.weighed_labels ?? 0);
  const label = choice(
    words.control,
    labels.map(({ name }) => [name, name]),
    state.label ?? labels[0]?.name,
    (chosen) => app.set({ label: chosen }),
  );

  function chosen() {
    const found = app.pooled();
    if (!found) return null;
    const index = Math.max(0, found.labels.indexOf(state.label ?? labels[0]?.name));
    const hidden = found.pooled.length;
    const weights = found.weights.subarray(index * hidden, (index + 1) * hidden);
    const parts = Float32Array.from(found.pooled, (value, i) => value * weights[i]);
    return {
      parts,
      offset: found.offsets[index],
      logit: found.logits[index],
      score: found.scores[index],
      name: found.labels[index],
    };
  }

  // Where the curve bends: at 0 for sigmoid, at the weight of all other labels for softmax.
  function bendOf({ logit, score }) {
    return app.sound.payload.rule === "softmax"
      ? logit - Math.log(score / (1 - score + 1e-12) + 1e-12)
      : 0;
  }

  function draw({ context, colours, width, height }) {
    const found = chosen();
    if (!found) return;
    const wide = width > 640;
    const left = {
      left: 56,
      top: 24,
      width: wide ? width * 0.62 - 72 : width - 72,
      height: wide ? height - 56 : height / 2 - 56,
    };
    const right = wide
      ? { left: width * 0.62 + 40, top: 24, width: width * 0.38 - 56, height: height - 56 }
      : { left: 56, top: height / 2 + 24, width: width - 72, height: height / 2 - 56 };
    const tall = Math.max(1e-6, ...found.parts.map(Math.abs)) * 1.05;
    const count = found.parts.length;
    const ticks = roundTicks(-tall, tall, 4).map((at) => [at, texts.short(at, 2)]);
    const plot = makePlot(context, colours, left, {
      from: 0,
      to: count,
      ticks: [[0, "0"], [count, String(count)]],
    }, { from: -tall, to: tall, ticks, title: texts.fill(words.for, { label: found.name }) });
    plot.bars(found.parts, (i) => (found.parts[i] < 0 ? colours.muted : colours.accent), 0);
    plot.axes();
    drawCurve(context, colours, right, found);
  }

  function drawCurve(context, colours, box, found) {
    const reach = Math.max(8, Math.abs(found.logit) + 2);
    const bend = bendOf(found);
    const linear = app.sound.payload.rule === "linear";
    const curve = (sum) => (linear ? sum : 1 / (1 + Math.exp(bend - sum)));
    const across = {
      from: -reach,
      to: reach,
      ticks: roundTicks(-reach, reach, 5).map((at) => [at, texts.number(at)]),
    };
    const upward = linear
      ? { from: -reach, to: reach }
      : { from: 0, to: 1, ticks: [0, 0.5, 1].map((at) => [at, texts.number(at, 1)]) };
    const plot = makePlot(context, colours, box, across, { ...upward, title: words.score_axis });
    const points = Array.from({ length: 101 }, (_, i) => -reach + (i / 50) * reach);
    plot.line(points.map(curve), colours.muted, 2, (i) => points[i]);
    plot.axes();
    const [x, y] = [plot.x(found.logit), plot.y(curve(found.logit))];
    context.fillStyle = colours.hot;
    context.fillRect(x - 0.5, y, 1, box.top + box.height - y);
    context.beginPath();
    context.arc(x, y, 6, 0, 7);
    context.fill();
  }

  const step = (by) => {
    const names = labels.map(({ name }) => name);
    const at = names.indexOf(state.label ?? names[0]) + by;
    app.set({ label: names[(at + names.length) % names.length] });
  };
  const softmax = () => app.sound.payload.rule === "softmax";
  const ranked = (found) =>
    Array.from(found.parts, (value, i) => [i, value]).sort((one, other) =>
      Math.abs(other[1]) - Math.abs(one[1])
    );

  return {
    id: "answer",
    right: () => (softmax() ? 0 : 1),
    why: () => (softmax() ? words.why_softmax : words.why_sigmoid),
    controls: [label.node],
    height: (width) => (width > 640 ? 256 : 480),
    draw,
    keys: { ArrowLeft: () => step(-1), ArrowRight: () => step(1) },
    refresh: () => label.set(state.label ?? labels[0]?.name),
    calibrated: () => words.calibrated[app.sound.payload.model.name] ?? "",
    facts() {
      const { payload } = app.sound;
      const found = chosen();
      const sum = (sign) =>
        found.parts.reduce((all, part) => all + (part * sign > 0 ? part : 0), 0);
      return {
        hidden: texts.number(payload.hidden_size),
        labels: texts.number(payload.labels.length),
        label: found?.name ?? labels[0]?.name ?? UNKNOWN,
        plus: found ? texts.signed(sum(1)) : UNKNOWN,
        minus: found ? texts.signed(sum(-1)) : UNKNOWN,
        offset: found ? texts.signed(found.offset) : UNKNOWN,
        logit: found ? texts.signed(found.logit) : UNKNOWN,
        score: found ? texts.number(found.score, 3) : UNKNOWN,
        total: texts.number(payload.labels.reduce((all, { score }) => all + score, 0), 2),
        rule: words[payload.rule],
      };
    },
    rows() {
      const found = chosen();
      return found
        ? ranked(found).slice(0, 40).map(([i, value]) => [i, texts.signed(value, 3)])
        : [];
    },
  };
}
