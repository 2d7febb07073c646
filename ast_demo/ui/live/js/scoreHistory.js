// Scores over the last minutes: one row a label, the height of the fill is the score.

import { fitted, fontFamily, hatch, palette, prepared } from "../../shared/canvas.js";

const PAST_SECONDS = 180;
const FIRST_SECONDS = 60; // shown until there is more
const NAME_WIDTH = 144; // CSS pixels for the labels' names
const ROW = 24; // CSS pixels
const MOST_ROWS = 8;
const FOOT = 24;

export function makeRibbon(canvas) {
  const context = canvas.getContext("2d");
  let past = []; // { at: seconds, scores: Uint8Array, silent }
  let rows = []; // numbers of labels, in the order in which they first counted
  let labels = [];
  let watched = [];
  let quiet = []; // labels that say silence: it is hatched instead
  let threshold = 0.4;

  function begin(names, silence) {
    labels = names;
    quiet = silence;
    past = [];
    rows = [];
    watched = [];
    draw();
  }

  function add(at, scores, silent) {
    past.push({ at, scores, silent });
    while (past.length && past[0].at < at - PAST_SECONDS) past.shift();
    chooseRows();
  }

  function clear() {
    past = [];
    rows = [];
    draw();
  }

  function watch(numbers) {
    watched = numbers;
    chooseRows();
    draw();
  }

  function setThreshold(value) {
    threshold = value;
    rows = [];
    for (const moment of past) noteLabels(moment);
    chooseRows();
    draw();
  }

  // Labels that count keep their row; a label that has not counted for minutes makes room.
  function chooseRows() {
    if (watched.length) {
      rows = watched;
      return;
    }
    const last = past.at(-1);
    if (last) noteLabels(last);
    if (rows.length <= MOST_ROWS) return;
    const latest = (label) => past.findLastIndex(({ scores }) => scores[label] >= 255 * threshold);
    const oldest = rows.reduce((least, label) => (latest(label) < latest(least) ? label : least));
    rows = rows.filter((label) => label !== oldest);
  }

  function noteLabels({ scores, silent }) {
    if (silent) return;
    for (let label = 0; label < scores.length; label++) {
      if (scores[label] >= 255 * threshold && ![...rows, ...quiet].includes(label)) {
        rows = [...rows, label];
      }
    }
  }

  function draw() {
    const width = canvas.parentElement.clientWidth;
    if (width <= 0) return;
    const name = Math.min(NAME_WIDTH, width * 0.36);
    const shown = Math.max(3, rows.length);
    const height = shown * ROW;
    prepared(canvas, width, height + FOOT);
    const colour = palette(canvas);
    context.font = `13px ${fontFamily(canvas)}`;
    const plot = width - name;
    const now = past.at(-1)?.at ?? 0;
    const span = now - (past[0]?.at ?? now) > FIRST_SECONDS ? PAST_SECONDS : FIRST_SECONDS;
    const xOf = (at) => name + plot * (1 - (now - at) / span);
    context.fillStyle = colour("ghost");
    context.fillRect(name, 0, plot, height);
    drawSilence(xOf, height, colour);
    context.textBaseline = "middle";
    rows.forEach((label, row) => {
      const bottom = (row + 1) * ROW;
      drawRow(label, bottom, xOf, colour);
      context.fillStyle = colour("line");
      context.fillRect(0, bottom - 1, width, 1);
      context.fillStyle = colour("text");
      context.textAlign = "left";
      context.fillText(fitted(context, labels[label], name - 8), 0, bottom - ROW / 2);
    });
    if (!rows.length && past.length) {
      context.fillStyle = colour("muted");
      context.textAlign = "left";
      context.fillText(`no label reached ${threshold.toFixed(2)} yet`, name + 8, height / 2);
    }
    context.fillStyle = colour("muted");
    drawTime(span, name, plot, height);
  }

  function drawTime(span, name, plot, height) {
    context.textBaseline = "top";
    const step = span / (plot < 480 ? 3 : 6);
    for (let ago = 0; ago <= span; ago += step) {
      const x = name + plot * (1 - ago / span);
      context.fillRect(Math.min(x, name + plot - 1), height, 1, 4);
      context.textAlign = ago === 0 ? "right" : ago === span ? "left" : "center";
      const text = `\u2212${Math.floor(ago / 60)}:${String(ago % 60).padStart(2, "0")}`;
      context.fillText(ago === 0 ? "now" : text, x, height + 8);
    }
  }

  function drawRow(label, bottom, xOf, colour) {
    const strong = colour("accent");
    const weak = colour("weak");
    for (let i = 0; i < past.length; i++) {
      const { at, scores, silent } = past[i];
      if (silent) continue;
      const score = scores[label] / 255;
      const left = i ? xOf(past[i - 1].at) : xOf(at) - 2;
      const right = xOf(at);
      context.fillStyle = score >= threshold ? strong : weak;
      const tall = Math.max(1, (ROW - 4) * score);
      context.fillRect(left, bottom - 1 - tall, Math.min(right - left, 8) + 0.5, tall);
    }
  }

  function drawSilence(xOf, height, colour) {
    const quiet = past.flatMap(({ at, silent }, i) => {
      const from = silent && i ? xOf(past[i - 1].at) : null;
      return from === null ? [] : [[from, 0, xOf(at) - from, height]];
    });
    hatch(context, quiet, colour("hatch"));
  }

  return { begin, add, clear, watch, setThreshold, draw };
}
