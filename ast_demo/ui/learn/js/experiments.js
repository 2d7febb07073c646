// @ts-check
// Experiments that the server runs, each once, and how their answers are shown.

import { make } from "../../shared/dom.js";
import { clamp } from "../../shared/numbers.js";

const TENTH = 0.1; // of the cards that hold sound

export function makeExperiments(app, session) {
  /** @type {Map<string, { value?: any, error?: string, pending?: Promise<any> }>} */
  const results = new Map(); // "sound key" -> what came of it
  const full = (key) => `${app.sound.id} ${key}`;

  /** Run an experiment unless it was run; resolves with its answer, rejects with a sentence. */
  function experiment(kind, details = {}, key = kind) {
    const place = full(key);
    const known = results.get(place);
    if (known?.value) return Promise.resolve(known.value);
    if (known?.pending) return known.pending;
    const pending = session.ask("learn_experiment", { kind, ...details }).then(
      (value) => {
        results.set(place, { value });
        app.redraw();
        return value;
      },
      (error) => {
        results.set(place, { error: error.message });
        app.redraw();
        throw error;
      },
    );
    results.set(place, { pending });
    pending.catch(() => {}); // told where the result is shown
    app.redraw();
    return pending;
  }

  const result = (key) => (key && app.sound ? results.get(full(key)) : undefined);

  /** Elements that show an experiment: its answer, that it runs, or why it did not. */
  function resultNodes(key, build) {
    const found = result(key);
    if (!found) return [];
    if (found.error) return [make("p", "in-error", found.error)];
    return found.value ? build(found.value) : [make("p", "in-muted", app.texts.ui("waiting"))];
  }

  /** The hottest tenth of the cards that hold sound, or a random one, as the state keeps them. */
  function suggest(which) {
    const { grid, numFrames, rollout } = app.sound;
    const cards = Array.from({ length: grid.patches }, (_, card) => card).filter(
      (card) => (card % grid.timePatches) * grid.timeStride < numFrames,
    );
    const order = which === "hottest" ? (card) => -rollout.bytes[card] : () => Math.random();
    const ranked = cards.map((card) => [order(card), card]).sort(([one], [other]) => one - other);
    const count = clamp(Math.round(TENTH * cards.length), 1, cards.length);
    const painted = ranked.slice(0, count).map(([, card]) =>
      `${Math.floor(card / grid.timePatches)} ${card % grid.timePatches}`
    );
    return new Set(painted);
  }

  return {
    experiment,
    result,
    resultNodes,
    suggest,
    experimentAnswer: (key) => result(key)?.value ?? null,
  };
}
