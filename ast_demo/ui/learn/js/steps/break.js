// @ts-check
// Step 12: break the sound in one way, after saying what will happen.

import { button, choice, make, segmented } from "../../../shared/dom.js";
import { movedBytes, pictureOf } from "../lessonSound.js";
import { outcomeTable, usually, verdictOf } from "../outcomes.js";
import { makePlane } from "../plane.js";

const LOWEST = 0; // byte of a picture's lowest value: silence, where nothing is left
const THEOREMS = ["shuffle_with_addresses", "shuffle_without_addresses"];

export function makeBreak(app) {
  const words = app.words("break");
  const { texts, state } = app;
  const kinds = Object.entries(words.kinds).map(([kind, [name]]) => [kind, name]);
  const kind = choice(words.control, kinds, state.kind, (chosen) => {
    change({ kind: chosen });
    app.ask();
  });
  const about = make("p", "ln-about");
  const tools = make("div", "in-bar");
  const mode = segmented(
    words.mode,
    [["paint", words.paint], ["pan", words.pan]],
    state.mode,
    (chosen) => app.set({ mode: chosen }),
  );
  const filling = segmented(
    words.filling,
    [["mean", words.mean], ["silence", words.silence]],
    state.filling,
    (chosen) => change({ filling: chosen }),
  );
  const tenth = (which) =>
    button(words[which], () => change({ painted: app.suggest(which) }), { class: "in-button" });
  const clear = button(words.clear, () => change({ painted: new Set() }), { class: "in-button" });
  const listen = button(words.listen, () => app.play(app.sound.samples.slice().reverse()), {
    class: "in-button",
  });
  const outcome = make("div", "ln-outcome");
  tools.append(mode.node, filling.node, tenth("hottest"), tenth("random"), clear);
  const painting = () => state.kind === "paint";

  const plane = makePlane(app, {
    picture,
    painting: () => painting() && state.mode === "paint",
    onPick: (patch) => app.set({ patch }),
    onPaint(patch, on) {
      const painted = new Set(state.painted);
      painted[on ? "add" : "delete"](`${patch.f} ${patch.t}`);
      change({ painted });
    },
  });

  // What was revealed was about the sound as it was.
  function change(changes) {
    const shown = state.revealed.break !== undefined;
    app.set({ ...changes, revealed: without(state.revealed, "break") });
    if (shown) app.ask();
  }

  function key() {
    return painting()
      ? `paint ${state.filling} ${[...state.painted].sort().join(",")}`
      : state.kind;
  }

  function run() {
    const patches = [...state.painted].map((each) => each.split(" ").map(Number));
    return app.experiment(state.kind, painting() ? { patches, filling: state.filling } : {}, key());
  }

  // The picture as the experiment leaves it, once it was tried.
  function picture() {
    const answer = painting() ? null : app.result(key())?.value;
    return answer ? { ...changed(app.sound, state.kind, answer), key: key() } : app.sound;
  }

  function refresh() {
    kind.set(state.kind);
    mode.set(state.mode);
    filling.set(state.filling);
    about.textContent = texts.fill(words.kinds[state.kind][1], { up: app.sound.payload.bins_up });
    tools.hidden = !painting();
    listen.hidden = state.kind !== "reverse_time";
    const shown = state.revealed.break !== undefined;
    outcome.replaceChildren(
      ...app.resultNodes(shown ? key() : null, (answer) => [
        ...outcomeTable(texts, answer),
        make(
          "p",
          "",
          usually(
            texts,
            words,
            app.sound.payload.effects,
            state.kind === "paint" ? "hottest" : state.kind,
          ),
        ),
        ...(THEOREMS.includes(state.kind) ? [make("p", "", words.theorem)] : []),
      ]),
    );
  }

  function facts() {
    const answer = app.result(key())?.value;
    const { label, before, after } = answer?.reference ??
      { ...app.sound.payload.labels[0], label: app.sound.payload.labels[0].name };
    return {
      label,
      before: before === undefined ? "" : texts.number(before, 2),
      after: after === undefined ? "" : texts.number(after, 2),
      best: answer?.best ?? label,
      count: texts.number(state.painted.size),
      dtype: answer?.dtype ?? "\u2013",
      difference: answer ? texts.short(answer.difference, 2) : "\u2013",
      up: app.sound.payload.bins_up,
    };
  }

  return {
    ...plane,
    id: "break",
    controls: [kind.node, about, tools, listen],
    extra: outcome,
    refresh,
    facts,
    revealText: words.run,
    // The answer is what happens: the guess is compared with it.
    async judge(guess) {
      if (painting() && !state.painted.size) throw new Error(words.paint_first);
      const answer = await run();
      const verdict = verdictOf(answer);
      const told = texts.fill([words.same, words.falls, words.other][verdict], facts());
      const guessed = texts.fill(words.choices[guess][0], facts());
      return {
        right: verdict === guess,
        sentences: [
          told,
          verdict === guess ? words.held : texts.fill(words.missed, { guess: guessed }),
        ],
      };
    },
    read() {
      if (state.revealed.break !== undefined && app.result(key())?.value) return words.read;
      return painting() ? words.painted : "";
    },
    rows: () =>
      (app.result(key())?.value?.rows ?? []).map((
        [label, before, after],
      ) => [label, texts.number(before, 3), texts.number(after, 3)]),
  };
}

const without = (values, name) =>
  Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));

/** The picture after an experiment: backward, upside down, moved up, its cards in another order. */
export function changed(sound, kind, { order, bins_up: up }) {
  const { grid, numFrames, samples, stages } = sound;
  if (kind === "reverse_time") {
    return pictureOf(sound, stages.logMel(samples.slice().reverse()));
  }
  const rules = {
    flip_frequency: (frame, bin) => frame * grid.bins + grid.bins - 1 - bin,
    shift_up: (frame, bin) => (bin < up ? -1 : frame * grid.bins + bin - up),
    shuffle_patches: shuffled,
    shuffle_with_addresses: shuffled,
    shuffle_without_addresses: shuffled,
  };
  if (!(kind in rules)) return sound;
  const whole = { ...sound, numFrames: kind.startsWith("shuffle") ? grid.frames : numFrames };
  return { ...sound, bytes: movedBytes(whole, rules[kind], LOWEST) };

  function shuffled(frame, bin) {
    const [f, t] = [Math.floor(bin / grid.frequencyStride), Math.floor(frame / grid.timeStride)];
    if (f >= grid.freqPatches || t >= grid.timePatches) return frame * grid.bins + bin;
    const source = order[f * grid.timePatches + t];
    const upper = Math.floor(source / grid.timePatches) * grid.frequencyStride +
      (bin - f * grid.frequencyStride);
    const along = (source % grid.timePatches) * grid.timeStride + (frame - t * grid.timeStride);
    return along * grid.bins + upper;
  }
}
