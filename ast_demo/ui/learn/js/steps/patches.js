// @ts-check
// Step 7: cards at any stride, with what it costs and what it leaves out.

import { button, make, slider } from "../../../shared/dom.js";
import { makeGrid, SPECIAL_TOKENS } from "../../../shared/geometry.js";
import { outcomeTable } from "../outcomes.js";
import { makePlane } from "../plane.js";

const STRIDES = { min: 6, max: 16, step: 1 };
const TABLE_STRIDES = [6, 8, 10, 12, 14, 16];
// One model trained at each stride, without weight averaging; README.md of YuanGongND/ast.
const TRAINED = { 10: [0.448, 0.45], 12: [0.447], 14: [0.443], 16: [0.442] };

export function makePatches(app) {
  const words = app.words("patches");
  const { texts, state } = app;
  const upward = slider(
    words.control,
    { ...STRIDES, value: state.fstride },
    String,
    (fstride) => app.set({ fstride }),
  );
  const inTime = slider(
    words.control_time,
    { ...STRIDES, value: state.tstride },
    String,
    (tstride) => app.set({ tstride }),
  );
  const run = button(
    words.run,
    () => app.experiment("stride", { fstride: state.fstride, tstride: state.tstride }, runKey()),
    { class: "in-button" },
  );
  const outcome = make("div", "ln-outcome");
  const runKey = () => `stride ${state.fstride} ${state.tstride}`;
  const grid = () => gridAt(app.sound.grid, state.fstride, state.tstride);
  const plane = makePlane(app, { grid, onPick: (patch) => app.set({ patch }) });

  function refresh() {
    upward.set(state.fstride);
    inTime.set(state.tstride);
    const found = app.result(runKey());
    const own = app.sound.grid.frequencyStride;
    outcome.replaceChildren(
      ...app.resultNodes(runKey(), (answer) => [
        make("p", "ln-warning", texts.fill(words.warning, { stride: own })),
        ...outcomeTable(texts, answer),
      ]),
    );
    run.disabled = Boolean(found);
  }

  function facts() {
    const { payload, grid: own, numFrames } = app.sound;
    const now = grid();
    const full = gridAt(own, own.size, own.size);
    const same = now.frequencyStride === now.timeStride;
    const patch = state.patch &&
      {
        f: Math.min(state.patch.f, now.freqPatches - 1),
        t: Math.min(state.patch.t, now.timePatches - 1),
      };
    return {
      size: own.size,
      stride: own.frequencyStride,
      overlap: Math.max(0, own.size - now.frequencyStride) +
        (same ? "" : ` / ${Math.max(0, own.size - now.timeStride)}`),
      bins: own.bins,
      fstride: now.frequencyStride,
      tstride: now.timeStride,
      rows: now.freqPatches,
      columns: now.timePatches,
      cards: texts.number(now.patches),
      tokens: texts.number(now.patches + SPECIAL_TOKENS),
      gflop: texts.number(gigaflops(payload, now), 1),
      blind_bins: own.bins - now.coveredBins,
      blind_frames: own.frames - now.coveredFrames,
      own_bins: own.bins - own.coveredBins,
      own_frames: own.frames - own.coveredFrames,
      full_bins: full.coveredBins,
      full_frames: texts.number(full.coveredFrames),
      max_length: texts.number(own.frames),
      cards_full: texts.number(full.patches),
      cards_own: texts.number(own.patches),
      share: texts.percent(gigaflops(payload, full) / gigaflops(payload, own)),
      cells: texts.number(own.bins * own.frames),
      area: own.size ** 2,
      numbers: texts.number(now.patches * own.size ** 2),
      pairs: texts.number((now.patches + SPECIAL_TOKENS) ** 2),
      ...(patch ? cardFacts(app, patch, now) : {}),
      numFrames,
    };
  }

  function rows() {
    const own = app.sound.grid;
    const measured = app.sound.payload.num_layers === 12 && own.frames === 1024 ? TRAINED : {};
    return TABLE_STRIDES.map((stride) => {
      const now = gridAt(own, stride, stride);
      const blind = `${own.bins - now.coveredBins} / ${own.frames - now.coveredFrames}`;
      const cost = texts.number(gigaflops(app.sound.payload, now), 1);
      return [
        stride,
        `${now.freqPatches} × ${now.timePatches}`,
        texts.number(now.patches + SPECIAL_TOKENS),
        cost,
        blind,
        measured[stride]?.map((value) => texts.number(value, 3)).join("\u2013") ?? "\u2013",
      ];
    });
  }

  return {
    ...plane,
    id: "patches",
    right: 2,
    controls: [upward.node, inTime.node, run],
    extra: outcome,
    refresh,
    facts,
    rows,
    sentence: () => (state.fstride < app.sound.grid.size ? words.sentence : words.sentence_apart),
    read: () => [words.read, words.cost, ...(state.patch ? [words.picked] : [])].join(" "),
    note: words.source,
  };
}

const grids = new Map(); // "bins frames size f t" -> grid
export function gridAt({ bins, frames, size }, frequencyStride, timeStride) {
  const key = [bins, frames, size, frequencyStride, timeStride].join(" ");
  const count = (length, stride) => Math.floor((length - size) / stride) + 1;
  if (!grids.has(key)) {
    grids.set(
      key,
      makeGrid({
        num_mel_bins: bins,
        max_length: frames,
        patch_size: size,
        frequency_stride: frequencyStride,
        time_stride: timeStride,
        freq_patches: count(bins, frequencyStride),
        time_patches: count(frames, timeStride),
      }),
    );
  }
  return grids.get(key);
}

/** Multiplications and additions of one pass, in billions: projection, attention, perceptron. */
export function gigaflops(
  { hidden_size: hidden, intermediate_size: wide, num_layers: layers },
  { patches, size },
) {
  const tokens = patches + SPECIAL_TOKENS;
  const layer = 8 * tokens * hidden ** 2 + 4 * tokens * hidden * wide + 4 * tokens ** 2 * hidden;
  return (2 * patches * size ** 2 * hidden + layers * layer) / 1e9;
}

/** Where a card lies, in words' facts. */
export function cardFacts({ sound, texts }, { f, t }, grid = sound.grid) {
  const { mel_hertz, hop_seconds, window_seconds } = sound.payload;
  const [bin, frame] = [f * grid.frequencyStride, t * grid.timeStride];
  return {
    card: texts.number(f * grid.timePatches + t),
    row: f,
    column: t,
    low: texts.number(mel_hertz[bin][0]),
    high: texts.number(mel_hertz[bin + grid.size - 1][2]),
    from: texts.number(frame * hop_seconds, 2),
    to: texts.number((frame + grid.size - 1) * hop_seconds + window_seconds, 2),
  };
}
