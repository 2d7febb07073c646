// @ts-check
// Step 8: one card times one learned pattern is one number.

import { slider } from "../../../shared/dom.js";
import { nearestPatch } from "../../../shared/geometry.js";
import { clamp } from "../../../shared/numbers.js";
import { spectrogramImage } from "../../../explore/draw/picture.js";
import { colourTable } from "../../../shared/colour.js";
import { makePlot } from "../plot.js";
import { cardFacts } from "./patches.js";

const MARGIN = 16;

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
    (number) => app.set({ patch: patchOf(number) }),
  );
  let locator = null; // { id, image }
  let place = null; // of the small map of the whole sound: left, top, width, height

  const patchOf = (number) => ({
    f: Math.floor(number / app.sound.grid.timePatches),
    t: number % app.sound.grid.timePatches,
  });
  const numberOf = ({ f, t }) => f * app.sound.grid.timePatches + t;

  function cells() {
    const { grid, values } = app.sound;
    const { f, t } = state.patch;
    const out = new Float32Array(grid.size ** 2); // bin by bin, each with its frames, as the filter lies
    for (let up = 0; up < grid.size; up++) {
      for (let along = 0; along < grid.size; along++) {
        out[up * grid.size + along] =
          values[(t * grid.timeStride + along) * grid.bins + f * grid.frequencyStride + up];
      }
    }
    return out;
  }

  function product(weights, index, card256) {
    const area = card256.length;
    const filter = weights.filters.subarray(index * area, (index + 1) * area);
    let sum = weights.offsets[index];
    const products = Float32Array.from(
      filter,
      (step, i) => step * weights.scales[index] * card256[i],
    );
    for (const each of products) sum += each;
    return { filter, products, sum };
  }

  const pixelsOf = (values, table, low, high) =>
    Array.from(
      values,
      (value) => table[Math.round(clamp((value - low) / (high - low || 1), 0, 1) * 255)],
    );

  function square(context, colours, pixels, [left, top, side], title) {
    const { size } = app.sound.grid;
    const image = new ImageData(size, size);
    const target = new Uint32Array(image.data.buffer);
    for (let up = 0; up < size; up++) {
      for (let along = 0; along < size; along++) {
        target[(size - 1 - up) * size + along] = pixels[up * size + along];
      }
    }
    const small = new OffscreenCanvas(size, size);
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, left, top, side, side);
    context.strokeStyle = colours.line;
    context.strokeRect(left - 0.5, top - 0.5, side + 1, side + 1);
    context.fillStyle = colours.text;
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillText(title, left, top - 4);
  }

  function drawLocator(context, colours, box) {
    const { sound } = app;
    if (locator?.id !== sound.id) {
      locator = { id: sound.id, image: spectrogramImage(sound, "magma", sound.low, sound.high) };
    }
    const { grid } = sound;
    place = box;
    context.imageSmoothingEnabled = true;
    context.drawImage(locator.image, box.left, box.top, box.width, box.height);
    const [x, y] = [box.width / grid.frames, box.height / grid.bins];
    const { f, t } = state.patch;
    const top = box.top + box.height - (f * grid.frequencyStride + grid.size) * y;
    context.strokeStyle = "#000";
    context.lineWidth = 4;
    context.strokeRect(box.left + t * grid.timeStride * x, top, grid.size * x, grid.size * y);
    context.strokeStyle = colours.chosen;
    context.lineWidth = 2;
    context.strokeRect(box.left + t * grid.timeStride * x, top, grid.size * x, grid.size * y);
    context.lineWidth = 1;
  }

  function draw({ context, colours, width }) {
    context.font = colours.font;
    const wide = width > 760;
    const side = wide ? Math.min(176, (width - 420) / 3 - 40) : Math.min(144, (width - 64) / 3);
    const map = wide
      ? { left: MARGIN, top: 24, width: 360, height: side }
      : { left: 0, top: 8, width, height: 96 };
    drawLocator(context, colours, map);
    const weights = app.weights();
    if (!weights) return;
    const values = cells();
    const { filter, products } = product(weights, state.pattern, values);
    const top = wide ? 24 : 136;
    const lefts = [0, 1, 2].map((i) => (wide ? map.left + map.width + 32 : 0) + i * (side + 32));
    const { low, high } = app.sound;
    const [most, mostProduct] = [
      Math.max(...filter.map(Math.abs)),
      Math.max(1e-9, ...products.map(Math.abs)),
    ];
    const signs = signedTable(colours.dark);
    square(context, colours, pixelsOf(values, colourTable("magma"), low, high), [
      lefts[0],
      top,
      side,
    ], words.card_picture);
    square(
      context,
      colours,
      pixelsOf(filter, signs, -most, most),
      [lefts[1], top, side],
      words.pattern_picture,
    );
    square(context, colours, pixelsOf(products, signs, -mostProduct, mostProduct), [
      lefts[2],
      top,
      side,
    ], words.product_picture);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = colours.font.replace(/\d+px/, "20px");
    ["×", "="].forEach((sign, i) => context.fillText(sign, lefts[i] + side + 16, top + side / 2));
    context.font = colours.font;
    drawTokens(context, colours, weights, values, {
      left: wide ? 72 : 40,
      top: top + side + 40,
      width: width - (wide ? 88 : 48),
      height: 72,
    });
  }

  function drawTokens(context, colours, weights, values, box) {
    const token = tokenOf(weights, values);
    const tall = Math.max(1e-6, ...token.map(Math.abs));
    const title = texts.fill(words.token_picture, { hidden: texts.number(token.length) });
    const plot = makePlot(context, colours, box, {
      from: 0,
      to: token.length,
      ticks: [[0, "0"], [token.length, String(token.length)]],
    }, { from: -tall, to: tall, title, ticks: [[0, "0"]] });
    plot.bars(token, (index) => (index === state.pattern ? colours.hot : colours.accent), 0);
    plot.axes();
  }

  let kept = { key: "", token: [] };
  function tokenOf(weights, values) {
    const key = `${app.sound.id} ${numberOf(state.patch)}`;
    if (kept.key !== key) {
      kept = {
        key,
        token: Array.from(weights.offsets, (_, index) => product(weights, index, values).sum),
      };
    }
    return kept.token;
  }
  const few = () => app.sound.payload.hidden_size < app.sound.grid.size ** 2;

  function refresh() {
    pattern.limit(app.sound.payload.hidden_size - 1);
    card.limit(app.sound.grid.patches - 1);
    pattern.set(state.pattern);
    card.set(numberOf(state.patch));
  }

  const go = (along, up) => {
    const { freqPatches, timePatches } = app.sound.grid;
    app.set({
      patch: {
        f: clamp(state.patch.f + up, 0, freqPatches - 1),
        t: clamp(state.patch.t + along, 0, timePatches - 1),
      },
    });
  };

  return {
    id: "numbers",
    right: () => (few() ? 0 : 1),
    why: () => (few() ? words.why_few : words.why_many),
    controls: [pattern.node, card.node],
    height: (
      width,
    ) => (width > 760
      ? 24 + Math.min(176, (width - 420) / 3 - 40) + 144
      : 136 + Math.min(144, (width - 64) / 3) + 144),
    draw,
    refresh,
    facts() {
      const { grid, payload } = app.sound;
      const weights = app.weights();
      const shown = {
        ...cardFacts(app, state.patch),
        area: grid.size ** 2,
        hidden: texts.number(payload.hidden_size),
        pattern: state.pattern,
      };
      const counts = {
        products: texts.number(grid.size ** 2 * payload.hidden_size),
        all_products: texts.number(grid.size ** 2 * payload.hidden_size * grid.patches),
      };
      if (!weights) {
        return {
          ...shown,
          ...counts,
          value: "\u2026",
          offset: "\u2026",
          lowest: "\u2026",
          highest: "\u2026",
        };
      }
      const token = tokenOf(weights, cells());
      return {
        ...shown,
        ...counts,
        offset: texts.signed(weights.offsets[state.pattern], 3),
        value: texts.signed(token[state.pattern], 3),
        lowest: texts.signed(Math.min(...token)),
        highest: texts.signed(Math.max(...token)),
      };
    },
    rows() {
      const weights = app.weights();
      return weights
        ? tokenOf(weights, cells()).map((value, index) => [index, texts.signed(value, 3)])
        : [];
    },
    keys: {
      ArrowLeft: () => go(-1, 0),
      ArrowRight: () => go(1, 0),
      ArrowUp: () => go(0, 1),
      ArrowDown: () => go(0, -1),
    },
    pointer: {
      up(x, y) {
        if (!place || x < place.left || y < place.top || y > place.top + place.height) return;
        const { grid } = app.sound;
        const frame = Math.floor(((x - place.left) / place.width) * grid.frames);
        const bin = Math.floor((1 - (y - place.top) / place.height) * grid.bins);
        if (frame >= grid.frames || bin >= grid.bins) return;
        const patch = nearestPatch(grid, bin, frame);
        if (patch) app.set({ patch });
      },
    },
  };
}

// Blue below zero, orange above, the surface's own light between.
function signedTable(dark) {
  const middle = dark ? 24 : 250;
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const strength = Math.abs(level - 127.5) / 127.5;
    const hue = level < 127.5 ? [30, 110, 220] : [240, 110, 10];
    const [red, green, blue] = hue.map((part) => Math.round(middle + (part - middle) * strength));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
