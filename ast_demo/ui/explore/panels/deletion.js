// @ts-check
// Does the heat matter? Remove the hottest part, or random parts, and watch the score.

import { contextOf } from "../../shared/canvas.js";
import { button, choice, make, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { explainedLabel, heatRequest } from "../state/selectedMap.js";
import { foldedTable } from "./tables.js";
import { soundOf } from "../state/opened.js";

/** @import { App, Colours, Heat, Pen, State } from "../types.js" */

/**
 * What faithfulness.py finds: scores while more and more is removed.
 * @typedef {object} Curves
 * @property {number[]} shares of the sound removed
 * @property {number[]} hottest
 * @property {number[]} random
 * @property {number[]} coldest
 * @property {number} gain area between hottest and random
 * @property {string} verdict
 */

/** @typedef {(value: number) => number} Scale from shares or scores to CSS pixels */

const WIDTH = 480; // CSS pixels of the plot
const HEIGHT = 208;
const PLOT = { left: 48, right: 144, top: 8, bottom: 40 };
const ALTERED_SOUNDS = 32; // five orders of six shares, all and nothing, see faithfulness.py
const FILLINGS = { mean: "the sound's mean", silence: "silence" };
/** @type {["hottest" | "random" | "coldest", string, number[]][]} */
const CURVES = [ // name, words in the key, dashes
  ["hottest", "hottest first", []],
  ["random", "random places", [6, 4]],
  ["coldest", "coldest first", [2, 3]],
];

const EXPLANATION =
  "Removes more and more of the sound, hottest first, and re-scores it. If the map is right, the " +
  "score falls faster than when random places are removed.";
const INVITATION = "Choose a heat above first: this test removes its hottest places.";

export class DeletionTest {
  /** @param {App} app @param {HTMLElement} panel */
  constructor(app, panel) {
    this.app = app;
    this.panel = panel;
    /** @type {{ answer: Curves, key: string, of: string } | null} */
    this.result = null; // the curves, what they were asked for, and its name
    /** @type {{ id: string } | null} */
    this.running = null; // the sound whose answer is awaited
    /** @type {{ model: string, milliseconds: number } | null} */
    this.known = null; // how long the last test took
    const { state, set } = app;
    const filling = choice(
      "Replace by",
      Object.entries(FILLINGS),
      state.filling,
      (value) => set({ filling: /** @type {State["filling"]} */ (value) }),
    );
    this.intro = make("p", "ex-muted");
    this.run = button("Run the test", () => this.start(), { class: "ex-button ex-main-action" });
    this.cancel = button("Cancel", () => this.stop());
    this.verdict = make("p", "", "", { role: "status" });
    this.about = make("p", "ex-muted ex-about");
    this.area = make("p", "ex-muted");
    this.canvas = make("canvas", "ex-plot", "", { role: "img" });
    this.numbers = foldedTable("The numbers", curveTable);
    const row = make("div", "ex-row");
    row.append(filling.node, this.run, this.cancel);
    panel.append(
      make("h3", "ex-heading", "Does the heat matter?"),
      this.intro,
      row,
      this.about,
      this.verdict,
      this.canvas,
      this.area,
      this.numbers.node,
    );
  }

  async start() {
    const { app } = this;
    const { id, payload } = soundOf(app);
    const mine = (this.running = { id });
    const request = this.request();
    const { name } = /** @type {Heat} */ (app.heat());
    const of = `${name}; score of ${request.label}; replaced by ${FILLINGS[request.filling]}`;
    const { model, timings } = payload;
    const { known } = this;
    const before = known?.model === model.name ? known.milliseconds : null;
    const begun = performance.now();
    this.countDown(mine, before ?? ALTERED_SOUNDS * timings.model);
    app.redraw();
    try {
      const answer = await app.answers.ask("deletion", { id, ...request });
      if (mine !== this.running) return;
      this.known = { model: model.name, milliseconds: performance.now() - begun };
      this.result = { answer, of, key: JSON.stringify(request) };
      setText(this.verdict, answer.verdict);
    } catch (error) {
      if (mine !== this.running) return;
      setText(this.verdict, sentenceOf(error));
    }
    this.running = null;
    app.redraw();
  }

  // What the test would be asked for now.
  request() {
    const { state } = this.app;
    const heat = heatRequest(this.app);
    const label = explainedLabel(heat) ?? state.labels[0] ??
      soundOf(this.app).payload.labels[0].name;
    return { heat, label, filling: state.filling };
  }

  /**
   * Tell how long it may still take, by the last test or by what one run of the model took.
   * @param {{ id: string }} mine the run
   * @param {number} milliseconds
   */
  countDown(mine, milliseconds) {
    const end = performance.now() + milliseconds;
    const tick = () => {
      if (mine !== this.running) return;
      const left = Math.ceil((end - performance.now()) / 1000);
      const rest = left > 1 ? `, about ${left} s left` : "";
      setText(this.verdict, `Re-scoring ${ALTERED_SOUNDS} altered sounds${rest}\u2026`);
      setTimeout(tick, 1000);
    };
    tick();
  }

  // The server stops at once; what it had found so far is dropped.
  stop() {
    if (!this.running) return;
    const { id } = this.running;
    this.app.answers.ask("cancel", { id }).catch(() => {}); // it may be over by now
    this.running = null;
    setText(this.verdict, "Cancelled.");
    this.app.redraw();
  }

  /** @param {Heat | null} map @param {Colours} colours */
  refresh(map, colours) {
    const isRunning = this.running !== null;
    this.run.disabled = !map || isRunning;
    this.cancel.hidden = !isRunning;
    for (const node of [this.canvas, this.area, this.about, this.numbers.node]) {
      node.hidden = !this.result || isRunning;
    }
    setText(this.intro, map ? EXPLANATION : INVITATION);
    if (!this.result) return;
    const { answer, of, key } = this.result;
    const stale = key !== JSON.stringify(this.request());
    this.panel.dataset.stale = String(stale && !isRunning);
    setText(
      this.about,
      stale ? `For ${of}. Run the test again for what is chosen now.` : `For ${of}.`,
    );
    drawCurves(this.canvas, answer, colours);
    setText(this.area, describeArea(answer));
    this.numbers.refresh(answer, answer);
  }

  /** Let go of a sound. */
  forget() {
    this.stop();
    this.result = null;
    this.panel.dataset.stale = "false";
    setText(this.verdict, "");
  }
}

/** @param {Curves} result */
function describeArea({ gain }) {
  const side = gain < 0 ? "above" : "below";
  return (
    `Area between the curves of hottest and random: ${Math.abs(gain).toFixed(3)} of the starting ` +
    `score, the hottest ${side} random.`
  );
}

/** @param {HTMLCanvasElement} canvas @param {Curves} result @param {Colours} colours */
function drawCurves(canvas, result, colours) {
  const ratio = devicePixelRatio;
  canvas.width = WIDTH * ratio;
  canvas.height = HEIGHT * ratio;
  canvas.setAttribute("aria-label", result.verdict);
  const pen = contextOf(canvas);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, WIDTH, HEIGHT);
  pen.font = colours.font;
  const width = WIDTH - PLOT.left - PLOT.right;
  const height = HEIGHT - PLOT.top - PLOT.bottom;
  const most = Math.max(0.01, ...CURVES.flatMap(([name]) => result[name]));
  const top = most > 0.5 ? 1 : most * 1.1;
  const x = (/** @type {number} */ share) => PLOT.left + share * width;
  const y = (/** @type {number} */ score) => PLOT.top + height * (1 - score / top);
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

/**
 * A piece of the line just drawn, with its name.
 * @param {Pen} pen
 * @param {Colours} colours
 * @param {string} words
 * @param {number} x
 * @param {number} y
 */
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

/**
 * @param {Pen} pen
 * @param {Colours} colours
 * @param {object} plot
 * @param {Scale} plot.x
 * @param {Scale} plot.y
 * @param {number} plot.top highest score
 * @param {number} plot.width
 * @param {number} plot.height
 */
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

/**
 * The area between removing hot and removing random places: what the map knows.
 * @param {Pen} pen
 * @param {Curves} result
 * @param {Scale} x
 * @param {Scale} y
 */
function drawArea(pen, { shares, hottest, random }, x, y) {
  pen.beginPath();
  shares.forEach((share, i) => pen.lineTo(x(share), y(random[i])));
  for (let i = shares.length - 1; i >= 0; i--) pen.lineTo(x(shares[i]), y(hottest[i]));
  pen.fillStyle = "rgba(255, 106, 0, 0.15)";
  pen.fill();
}

/** @param {Curves} result */
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
