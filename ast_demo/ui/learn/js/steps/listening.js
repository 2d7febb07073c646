// @ts-check
// Step 10: whom a card, or the answer, listens to in each layer; and whether that matters.

import { button, choice, make, segmented, slider } from "../../../shared/dom.js";
import { SPECIAL_TOKENS, tokenOf } from "../../../shared/geometry.js";
import { headMap, layerMap } from "../../../explore/state/maps.js";
import { unpackAttention } from "../../../explore/state/payload.js";
import { outcomeTable } from "../outcomes.js";
import { makePlane } from "../plane.js";

const MEAN = "mean";

export function makeListening(app) {
  const words = app.words("listening");
  const { texts, state } = app;
  const { layers, heads } = app.sound?.attention ?? { layers: 1, heads: 1 };
  const plane = makePlane(app, { map, onPick: (patch) => app.set({ patch }) });
  const layer = slider(
    words.control,
    { min: 0, max: layers - 1, step: 1, value: state.layer },
    String,
    (chosen) => app.set({ layer: chosen }),
  );
  const options = [
    [MEAN, texts.fill(words.mean_head, { heads })],
    ...Array.from({ length: heads }, (_, head) => [String(head), String(head)]),
  ];
  const head = choice(words.head, options, state.head, (chosen) => app.set({ head: chosen }));
  const from = segmented(
    words.from,
    [["answer", words.from_answer], ["card", words.from_card]],
    state.listener,
    (chosen) => app.set({ listener: chosen }),
  );
  const test = button(words.test, attempt, { class: "in-button" });
  const outcome = make("div", "ln-outcome");

  function attempt() {
    app.experiment("hottest");
    app.experiment("random");
  }

  function pack() {
    if (state.listener === "answer") return app.sound.attention;
    const token = tokenOf(app.sound.grid, state.patch);
    return app.fact(`attention ${token}`, "attention_from", { token }, unpackAttention);
  }

  function map() {
    const found = pack();
    if (!found) return null;
    const one = state.head === MEAN
      ? layerMap(found, state.layer)
      : headMap(found, state.layer, Number(state.head));
    const who = state.listener === "answer" ? "answer" : tokenOf(app.sound.grid, state.patch);
    return {
      ...one,
      key: `listening ${app.sound.id} ${who} ${state.layer} ${state.head}`,
      name: words.heat,
      ceiling: one.max,
    };
  }

  function refresh() {
    layer.set(state.layer);
    head.set(state.head);
    from.set(state.listener);
    const nodes = ["hottest", "random"].flatMap((kind) =>
      app.resultNodes(kind, (answer) => {
        const part = make("div");
        part.append(make("h3", "ln-small", words[kind]), ...outcomeTable(texts, answer));
        return [part];
      })
    );
    outcome.replaceChildren(...nodes);
  }

  function hottest(shown) {
    let best = 0;
    shown.bytes.forEach((byte, patch) => {
      if (byte > shown.bytes[best]) best = patch;
    });
    return best;
  }

  return {
    ...plane,
    id: "listening",
    right: 1,
    controls: [layer.node, head.node, from.node, test],
    extra: outcome,
    refresh,
    onReveal: attempt,
    legend: map,
    facts() {
      const { grid } = app.sound;
      const shown = map() ?? { bytes: new Uint8Array(grid.patches), max: 0, specialShare: 0 };
      const best = hottest(shown);
      return {
        layers,
        heads,
        layer: state.layer,
        row: Math.floor(best / grid.timePatches),
        column: best % grid.timePatches,
        share: texts.short(shown.max),
        even: texts.short(1 / (grid.patches + SPECIAL_TOKENS)),
        special: texts.percent(shown.specialShare ?? 0),
        tokens: texts.number(grid.patches + SPECIAL_TOKENS),
      };
    },
    rows() {
      const shown = map();
      if (!shown) return [];
      const { timePatches } = app.sound.grid;
      const order = Array.from(shown.bytes, (_, patch) => patch).sort((one, other) =>
        shown.bytes[other] - shown.bytes[one]
      );
      return order.slice(0, 40).map((
        patch,
      ) => [
        Math.floor(patch / timePatches),
        patch % timePatches,
        texts.short((shown.bytes[patch] / 255) * shown.max),
      ]);
    },
  };
}
