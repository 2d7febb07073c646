// Does the heat matter? Remove the hottest part, or random parts, and watch the score.

import { button, choice, make, setText } from "../../shared/dom.js";
import { heatRequest } from "../state/selectedMap.js";
import { foldedTable } from "./tables.js";

const WIDTH = 480; // CSS pixels of the plot
const HEIGHT = 208;
const PLOT = { left: 48, right: 144, top: 8, bottom: 40 };
const ALTERED_SOUNDS = 32; // five orders of six shares, all and nothing, see faithfulness.py
const FILLINGS = { mean: "the sound's mean", silence: "silence" };
const CURVES = [
  // name, words in the key, dashes
  ["hottest", "hottest first", []],
  ["random", "random places", [6, 4]],
  ["coldest", "coldest first", [2, 3]],
];

const EXPLANATION =
  "Removes more and more of the sound, hottest first, and re-scores it. If the map is right, the " +
  "score falls faster than when random places are removed.";
const INVITATION = "Choose a heat above first: this test removes its hottest places.";

export function makeDeletion(app, panel) {
  const { state, set } = app;
  const title = make("h3", "ex-heading", "Does the heat matter?");
  const intro = make("p", "ex-muted");
  const filling = choice(
    "Replace by",
    Object.entries(FILLINGS),
    state.filling,
    (value) => set({ filling: value }),
  );
  const run = button("Run the test", start, { class: "ex-button ex-main-action" });
  const cancel = button("Cancel", stop);
  const row = make("div", "ex-row");
  row.append(filling.node, run, cancel);
  const verdict = make("p", "", "", { role: "status" });
  const about = make("p", "ex-muted ex-about");
  const area = make("p", "ex-muted");
  const canvas = make("canvas", "ex-plot", "", { role: "img" });
  const numbers = foldedTable("The numbers", curveTable);
  panel.append(title, intro, row, about, verdict, canvas, area, numbers.node);
  let result = null; // { answer, key, of }: the curves, what they were asked for, and its name
  let running = null; // { id } of the sound whose answer is awaited
  let known = null; // { model, milliseconds } that the last test took

  async function start() {
    const { id, payload } = app.sound;
    const mine = (running = { id });
    const request = wanted();
    const of = `${app.heat().name}; score of ${request.label}; replaced by ${
      FILLINGS[state.filling]
    }`;
    const { model, timings } = payload;
    const before = known?.model === model.name ? known.milliseconds : null;
    const begun = performance.now();
    countDown(mine, before ?? ALTERED_SOUNDS * timings.model);
    app.redraw();
    try {
      const answer = await app.answers.ask("deletion", { id, ...request });
      if (mine !== running) return;
      known = { model: model.name, milliseconds: performance.now() - begun };
      result = { answer, of, key: JSON.stringify(request) };
      setText(verdict, answer.verdict);
    } catch (error) {
      if (mine !== running) return;
      setText(verdict, error.message);
    }
    running = null;
    app.redraw();
  }

  // What the test would be asked for now.
  function wanted() {
    const { payload } = app.sound;
    const label = state.labels[state.compared === "second" ? 1 : 0] ?? payload.labels[0].name;
    return { heat: heatRequest(app), label, filling: state.filling };
  }

  // How long it may still take, by the last test or by what one run of the model took.
  function countDown(mine, milliseconds) {
    const end = performance.now() + milliseconds;
    const tick = () => {
      if (mine !== running) return;
      const left = Math.ceil((end - performance.now()) / 1000);
      const rest = left > 1 ? `, about ${left} s left` : "";
      setText(verdict, `Re-scoring ${ALTERED_SOUNDS} altered sounds${rest}\u2026`);
      setTimeout(tick, 1000);
    };
    tick();
  }

  // The server stops at once; what it had found so far is dropped.
  function stop() {
    if (!running) return;
    app.answers.ask("cancel", { id: running.id }).catch(() => {}); // it may be over by now
    running = null;
    setText(verdict, "Cancelled.");
    app.redraw();
  }

  return {
    refresh(map, colours) {
      run.disabled = !map || Boolean(map.missing) || Boolean(running);
      cancel.hidden = !running;
      canvas.hidden =
        area.hidden =
        about.hidden =
        numbers.node.hidden =
          !result || Boolean(running);
      setText(intro, map ? EXPLANATION : INVITATION);
      if (!result) return;
      const { answer, of, key } = result;
      const stale = key !== JSON.stringify(wanted());
      panel.dataset.stale = String(stale && !running);
      setText(
        about,
        stale ? `For ${of}. Run the test again for what is chosen now.` : `For ${of}.`,
      );
      drawCurves(canvas, answer, colours);
      setText(area, describeArea(answer));
      numbers.refresh(answer, answer);
    },
    forget() {
      stop();
      result = null;
      panel.dataset.stale = "false";
      setText(verdict, "");
    },
  };
}

function describeArea({ gain }) {
  const side = gain < 0 ? "above" : "below";
  return (
    `Area between the curves of hottest and random: ${Math.abs(gain).toFixed(3)} of the starting ` +
    `score, the hottest ${side} random.`
  );
}

function drawCurves(canvas, result, colours) {
  const ratio = devicePixelRatio;
  canvas.width = WIDTH * ratio;
  canvas.height = HEIGHT * ratio;
  canvas.setAttribute("aria-label", result.verdict);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, WIDTH, HEIGHT);
  pen.font = colours.font;
  const width = WIDTH - PLOT.left - PLOT.right;
  const height = HEIGHT - PLOT.top - PLOT.bottom;
  const most = Math.max(0.01, ...CURVES.flatMap(([name]) => result[name]));
  const top = most > 0.5 ? 1 : most * 1.1;
  const x = (share) => PLOT.left + share * width;
  const y = (score) => PLOT.top + height * (1 - score / top);
  drawGridLines(pen, colours, { x, y, top, width, height });
  drawArea(pen, result, x, y);
  CURVES.forEach(([name, words, dashes], place) => {
    pen.strokeStyle = name === "hottest" ? colours.hot : colours.text;
    pen.lineWidth = name === "hottest" ? 2.5 : 1.5;
    pen.setLineDash(dashes);
    pen.beginPath();
    result.shares.forEach((share, i) => pen.lineTo(x(share), y(result[name][i])));
    pen.stroke();
    drawKey(pen, colours, words, PLOT.left + width + 16, PLOT.top + 12 + 20 * place);
  });
  pen.setLineDash([]);
}

// A piece of the line just drawn, with its name.
function drawKey(pen, colours, words, x, y) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + 24, y);
  pen.stroke();
  pen.fillStyle = colours.text;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(words, x + 32, y);
}

function drawGridLines(pen, colours, { x, y, top, width, height }) {
  pen.textBaseline = "middle";
  for (const part of [0, 0.5, 1]) {
    pen.fillStyle = colours.line;
    pen.fillRect(PLOT.left, Math.round(y(part * top)), width, 1);
    pen.fillStyle = colours.muted;
    pen.textAlign = "right";
    pen.fillText((part * top).toFixed(2), PLOT.left - 8, y(part * top));
    pen.textAlign = "center";
    pen.fillText(`${part * 100} %`, x(part), PLOT.top + height + 12);
  }
  pen.fillText("of the sound removed", x(0.5), PLOT.top + height + 28);
}

// The area between removing hot and removing random places: what the map knows.
function drawArea(pen, { shares, hottest, random }, x, y) {
  pen.beginPath();
  shares.forEach((share, i) => pen.lineTo(x(share), y(random[i])));
  for (let i = shares.length - 1; i >= 0; i--) pen.lineTo(x(shares[i]), y(hottest[i]));
  pen.fillStyle = "rgba(255, 106, 0, 0.15)";
  pen.fill();
}

function curveTable(result) {
  const head = make("tr");
  head.append(make("th", "", "removed"), ...CURVES.map(([, words]) => make("th", "", words)));
  const rows = result.shares.map((share, i) => {
    const row = make("tr");
    row.append(make("th", "", `${Math.round(share * 100)} %`, { scope: "row" }));
    row.append(...CURVES.map(([name]) => make("td", "", result[name][i].toFixed(3))));
    return row;
  });
  return [head, ...rows];
}
