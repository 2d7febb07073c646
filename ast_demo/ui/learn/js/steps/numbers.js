// @ts-check
// Step 8: one card times one learned pattern is one number.

import { slider } from "../../../shared/dom.js";
import { nearestPatch } from "../../../shared/geometry.js";
import { clamp } from "../../../shared/numbers.js";
import { spectrogramImage } from "../../../explore/draw/picture.js";
import { colourTable } from "../../../shared/colour.js";
import { drawLocator, drawSquare, pixelsOf, signedTable } from "../cardPictures.js";
import { makePlot } from "../plot.js";
import { cellsOf, projected, tokenOf } from "../projection.js";
import { cardFacts } from "./patches.js";

const UNKNOWN = "\u2026"; // until the server has sent the patterns
const TOKEN_HEIGHT = 144; // of the plot of all numbers, with its title and axis

export function makeNumbers(app) {
  const words = app.words("numbers");
  const { texts, state } = app;
  const pattern = slider(
    words.control,
    { min: 0, max: 1, step: 1, value: 0 },
    String,
    (chosen) => app.set({ pattern: chosen }),
  );
  const card = slider(
    words.card,
    { min: 0, max: 1, step: 1, value: 0 },
    String,
    (number) => {
      const { timePatches } = app.sound.grid;
      app.set({ patch: { f: Math.floor(number / timePatches), t: number % timePatches } });
    },
  );
  const few = () => app.sound.payload.hidden_size < app.sound.grid.size ** 2;
  const beyond = () => state.patch.t * app.sound.grid.timeStride >= app.sound.numFrames;
  const locator = kept((sound) => spectrogramImage(sound, "magma", sound.low, sound.high));
  const token = kept((sound, patch, weights) => tokenOf(weights, cellsOf(sound, patch)));
  const tokenNow = () => token(app.sound, state.patch, app.weights());
  let map = null; // where the small map of the whole sound lies

  function draw({ context, colours, width }) {
    context.font = colours.font;
    const layout = layoutIn(width);
    map = layout.map;
    drawLocator(
      context,
      colours,
      locator(app.sound, null),
      { ...app.sound, patch: state.patch },
      map,
    );
    const weights = app.weights();
    if (!weights) return;
    drawProduct(context, colours, weights, layout);
    drawToken(context, colours, layout.token);
  }

  // Card times pattern gives products.
  function drawProduct(context, colours, weights, { squares }) {
    const cells = cellsOf(app.sound, state.patch);
    const { filter, products } = projected(weights, state.pattern, cells);
    const { low, high } = app.sound;
    const signs = signedTable(colours.dark);
    const even = (values) => {
      const most = Math.max(1e-9, ...values.map(Math.abs));
      return pixelsOf(values, signs, -most, most);
    };
    const shown = [
      [pixelsOf(cells, colourTable("magma"), low, high), words.card_picture],
      [even(filter), words.pattern_picture],
      [even(products), words.product_picture],
    ];
    shown.forEach(([pixels, title], i) => drawSquare(context, colours, pixels, squares[i], title));
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = colours.font.replace(/\d+px/, "20px");
    ["×", "="].forEach((sign, i) => {
      const { left, top, side } = squares[i];
      context.fillText(sign, left + side + 16, top + side / 2);
    });
    context.font = colours.font;
  }

  function drawToken(context, colours, box) {
    const values = tokenNow();
    const tall = Math.max(1e-6, ...values.map(Math.abs));
    const title = texts.fill(words.token_picture, { hidden: texts.number(values.length) });
    const across = {
      from: 0,
      to: values.length,
      ticks: [[0, "0"], [values.length, String(values.length)]],
    };
    const upward = { from: -tall, to: tall, title, ticks: [[0, "0"]] };
    const plot = makePlot(context, colours, box, across, upward);
    plot.bars(values, (index) => (index === state.pattern ? colours.hot : colours.accent), 0);
    plot.axes();
  }

  function refresh() {
    const { grid, payload } = app.sound;
    pattern.limit(payload.hidden_size - 1);
    card.limit(grid.patches - 1);
    pattern.set(state.pattern);
    card.set(state.patch.f * grid.timePatches + state.patch.t);
  }

  function facts() {
    const { grid, payload } = app.sound;
    const area = grid.size ** 2;
    const weights = app.weights();
    const values = weights ? tokenNow() : [];
    const known = (value, digits) => (weights ? texts.signed(value, digits) : UNKNOWN);
    return {
      ...cardFacts(app, state.patch),
      area,
      hidden: texts.number(payload.hidden_size),
      pattern: state.pattern,
      products: texts.number(area * payload.hidden_size),
      all_products: texts.number(area * payload.hidden_size * grid.patches),
      offset: known(weights?.offsets[state.pattern], 3),
      value: known(values[state.pattern], 3),
      lowest: known(Math.min(...values)),
      highest: known(Math.max(...values)),
    };
  }

  const go = (along, up) => {
    const { freqPatches, timePatches } = app.sound.grid;
    const f = clamp(state.patch.f + up, 0, freqPatches - 1);
    app.set({ patch: { f, t: clamp(state.patch.t + along, 0, timePatches - 1) } });
  };

  function pick(x, y) {
    if (!map || x < map.left || y < map.top || y > map.top + map.height) return;
    const { grid } = app.sound;
    const frame = Math.floor(((x - map.left) / map.width) * grid.frames);
    const bin = Math.floor((1 - (y - map.top) / map.height) * grid.bins);
    if (frame >= grid.frames || bin >= grid.bins) return;
    const patch = nearestPatch(grid, bin, frame);
    if (patch) app.set({ patch });
  }

  return {
    id: "numbers",
    right: () => (few() ? 0 : 1),
    why: () => (few() ? words.why_few : words.why_many),
    controls: [pattern.node, card.node],
    height: (width) => layoutIn(width).height,
    draw,
    refresh,
    facts,
    read: () => `${words.read}${beyond() ? ` ${texts.ui("padding_card")}` : ""}`,
    rows: () =>
      app.weights() ? tokenNow().map((value, index) => [index, texts.signed(value, 3)]) : [],
    keys: {
      ArrowLeft: () => go(-1, 0),
      ArrowRight: () => go(1, 0),
      ArrowUp: () => go(0, 1),
      ArrowDown: () => go(0, -1),
    },
    pointer: { up: pick },
  };
}

// Where all lies: the map beside the squares, or above them where there is no room.
function layoutIn(width) {
  const wide = width > 760;
  const side = wide ? Math.min(176, (width - 420) / 3 - 40) : Math.min(144, (width - 64) / 3);
  const map = wide
    ? { left: 16, top: 24, width: 360, height: side }
    : { left: 0, top: 8, width, height: 96 };
  const top = wide ? 24 : 136;
  const first = wide ? map.left + map.width + 32 : 0;
  return {
    map,
    squares: [0, 1, 2].map((i) => ({ left: first + i * (side + 32), top, side })),
    token: {
      left: wide ? 72 : 40,
      top: top + side + 40,
      width: width - (wide ? 88 : 48),
      height: TOKEN_HEIGHT / 2,
    },
    height: top + side + TOKEN_HEIGHT,
  };
}

// Computes anew only for another sound or another card.
function kept(compute) {
  let known = { key: "", value: null };
  return (sound, patch, ...rest) => {
    const key = `${sound.id} ${patch?.f} ${patch?.t}`;
    if (known.key !== key) known = { key, value: compute(sound, patch, ...rest) };
    return known.value;
  };
}
