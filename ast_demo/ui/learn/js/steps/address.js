// @ts-check
// Step 9: which addresses are alike, and what is left without them.

import { button, make, slider } from "../../../shared/dom.js";
import { SPECIAL_TOKENS } from "../../../shared/geometry.js";
import { outcomeTable } from "../outcomes.js";
import { makePlane } from "../plane.js";
import { cardFacts } from "./patches.js";

const UNKNOWN = "\u2026"; // until the server has sent the addresses
const TRIES = {
  glued: "shuffle_with_addresses",
  off: "drop_addresses",
  bag: "shuffle_without_addresses",
};

export function makeAddress(app) {
  const words = app.words("address");
  const { texts, state } = app;
  const plane = makePlane(app, { map, onPick: (patch) => app.set({ patch }) });
  const card = slider(
    words.control,
    { min: 0, max: 1, step: 1, value: 0 },
    String,
    (number) => {
      const { timePatches } = app.sound.grid;
      app.set({ patch: { f: Math.floor(number / timePatches), t: number % timePatches } });
    },
  );
  const buttons = Object.entries(TRIES).map(([name, kind]) =>
    button(words[name], () => attempt(kind), { class: "in-button" })
  );
  const outcome = make("div", "ln-outcome");
  const numberOf = ({ f, t }) => f * app.sound.grid.timePatches + t;

  function attempt(kind) {
    app.set({ tried: kind });
    app.experiment(kind);
  }

  // Cosine of every address with that of the chosen card: rows are unit vectors in steps of 1/127.
  function likeness() {
    const weights = app.weights();
    if (!weights) return null;
    const hidden = app.sound.payload.hidden_size;
    const row = (token) => weights.addresses.subarray(token * hidden, (token + 1) * hidden);
    const own = row(numberOf(state.patch) + SPECIAL_TOKENS);
    return Float32Array.from(
      { length: app.sound.grid.patches },
      (_, patch) => cosine(own, row(patch + SPECIAL_TOKENS)),
    );
  }

  function map() {
    const values = likeness();
    if (!values) return null;
    const key = `likeness ${app.sound.id} ${numberOf(state.patch)}`;
    return {
      key,
      name: texts.fill(words.heat, { card: numberOf(state.patch) }),
      max: 1,
      linear: true,
      ceiling: 1,
      bytes: Uint8Array.from(values, (value) => Math.max(0, value * 255)),
    };
  }

  function refresh() {
    card.limit(app.sound.grid.patches - 1);
    card.set(numberOf(state.patch));
    outcome.replaceChildren(
      ...app.resultNodes(state.tried, (answer) => [
        make(
          "h3",
          "ln-small",
          words[Object.keys(TRIES).find((name) => TRIES[name] === state.tried)],
        ),
        ...(state.tried === TRIES.bag ? [make("p", "", words.bag_note)] : []),
        ...outcomeTable(texts, answer),
      ]),
    );
  }

  return {
    ...plane,
    id: "address",
    right: 2,
    controls: [card.node, ...buttons],
    extra: outcome,
    refresh,
    onReveal: () => attempt(TRIES.glued),
    legend: map,
    facts() {
      const { grid, payload } = app.sound;
      const values = likeness();
      const own = numberOf(state.patch);
      let best = own === 0 ? 1 : 0;
      values?.forEach((value, patch) => {
        if (patch !== own && value > values[best]) best = patch;
      });
      return {
        ...cardFacts(app, state.patch),
        hidden: texts.number(payload.hidden_size),
        cards: texts.number(grid.patches),
        tokens: texts.number(grid.patches + SPECIAL_TOKENS),
        like_row: values ? Math.floor(best / grid.timePatches) : UNKNOWN,
        like_column: values ? best % grid.timePatches : UNKNOWN,
        likeness: values ? texts.number(values[best] ?? 0, 2) : UNKNOWN,
      };
    },
    rows() {
      const { timePatches } = app.sound.grid;
      const values = Array.from(
        likeness() ?? [],
        (value, patch) => [Math.floor(patch / timePatches), patch % timePatches, value],
      );
      values.sort((one, other) => other[2] - one[2]);
      return values.slice(0, 40).map((
        [row, column, value],
      ) => [row, column, texts.number(value, 2)]);
    },
  };
}

function cosine(one, other) {
  let [dot, a, b] = [0, 0, 0];
  for (let i = 0; i < one.length; i++) {
    dot += one[i] * other[i];
    a += one[i] * one[i];
    b += other[i] * other[i];
  }
  return dot / (Math.sqrt(a * b) || 1);
}
