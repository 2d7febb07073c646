// @ts-check
// The present view as the server's figures and a reader's Python want it.

import { heatRequest, isMissing } from "../state/selectedMap.js";
import { soundOf, viewOf } from "../state/opened.js";

/** @import { App, HeatRequest, State } from "../types.js" */

/**
 * Choices of figures/view.py's View that differ from its own.
 * @param {Pick<App, "state" | "view" | "heat">} app
 * @returns {Record<string, any>}
 */
export function viewRequest(app) {
  const { state } = app;
  /** @type {Record<string, any>} */
  const request = {};
  const differs = (/** @type {keyof State} */ name, /** @type {any} */ usual) => {
    if (state[name] !== usual) request[name] = state[name];
  };
  const found = app.heat();
  const map = isMissing(found) ? null : found;
  differs("colours", "magma");
  if (state.range === "fixed") request.value_range = [state.low, state.high];
  differs("grid", "off");
  if (map) {
    differs("style", "tint");
    differs("opacity", 1);
    if (map.linear) request.scale = "linear";
    if (map.ceiling > map.max) request.ceiling = map.ceiling;
  }
  differs("axis", "hertz");
  const { layout, left, bottom, columnsSeen, rowsSeen } = viewOf(app);
  /** @param {number} first @param {number} seen @param {number} all */
  const part = (first, seen, all) => {
    const [start, end] = [first, first + seen].map((cells) => Math.round(cells * 100) / 100);
    return start > 0 || end < all ? [start, end] : null;
  };
  const spans = {
    columns: part(left, columnsSeen, layout.columns),
    rows: part(bottom, rowsSeen, layout.rows),
  };
  for (const [name, span] of Object.entries(spans)) if (span) request[name] = span;
  if (state.patch) request.patch = [state.patch.f, state.patch.t];
  return request;
}

/** @param {App} app */
export function pythonFor(app) {
  const { title, file, model, source } = soundOf(app).payload;
  const request = heatRequest(app);
  const view = viewRequest(app);
  const heat = app.heat();
  const settings = Object.entries(view).map(([name, value]) => `${name}=${literal(value)}`);
  const place = { device: model.device, dtype: model.dtype, revision: model.revision };
  const load = [literal(model.name)];
  for (const [key, value] of Object.entries(place)) {
    if (value) load.push(`${key}=${literal(value)}`);
  }
  return [
    "from ast_demo import AudioClassifier, load_audio",
    ...(request?.over ? ["from ast_demo.explain.faithfulness import more_for"] : []),
    "from ast_demo.figures.figure import View, explanation_figure, figure_bytes",
    "from ast_demo.explain.provenance import provenance_line",
    "",
    `classifier = AudioClassifier.load(${load.join(", ")})`,
    ...soundLines(file, source?.start ?? 0),
    "print(explanation.top(5))",
    "",
    ...heatLines(request),
    `view = View(${settings.join(", ")})`,
    `name = ${request && heat ? literal(isMissing(heat) ? "" : heat.name) : "None"}`,
    "figure = explanation_figure(",
    `    explanation, ${literal(title)}, heat, name, view, provenance=provenance_line(explanation)`,
    ")",
    'with open("explained.png", "wb") as file:',
    "    file.write(figure_bytes(figure))",
    "",
  ].join("\n");
}

/**
 * A part of a longer sound is cut out where the page cut it.
 * @param {string} file
 * @param {number} start seconds
 */
function soundLines(file, start) {
  if (start === 0) return [`explanation = classifier.explain(load_audio(${literal(file)}))`];
  return [
    `sound = load_audio(${literal(file)})`,
    `first = round(${start} * sound.sampling_rate)`,
    "last = first + round(classifier.window_seconds * sound.sampling_rate)",
    "explanation = classifier.explain(sound.waveform[first:last], sound.sampling_rate)",
  ];
}

/**
 * JSON strings are Python strings, too; lists become tuples.
 * @param {any} value
 * @returns {string}
 */
function literal(value) {
  return Array.isArray(value) ? `(${value.map(literal).join(", ")})` : JSON.stringify(value);
}

/** @param {HeatRequest | null} request */
function heatLines(request) {
  if (!request) return ["heat = None  # the spectrogram alone"];
  return [
    `heat = ${heatCall(request)}`,
    "heatmap = explanation.grid.spread(heat)  # (mel bins, frames)",
  ];
}

/** @param {HeatRequest} request */
function heatCall(request) {
  const relevance = (/** @type {string | undefined} */ label) =>
    `explanation.relevance(${literal(label)})`;
  if (request.kind === "rollout") return "explanation.rollout";
  if (request.over) return `more_for(${relevance(request.label)}, ${relevance(request.over)})`;
  if (request.kind === "relevance") return relevance(request.label);
  const head = request.head === null ? "None" : request.head;
  const token = literal(request.token);
  return `explanation.attention(layer=${request.layer}, head=${head}, token=${token})`;
}
