// @ts-check
// From samples to log-mel in the browser: the same stages as features/spectrogram.py, in doubles.

import { hertzOf, melOf } from "../../shared/mel.js";

const WINDOW_SECONDS = 0.025;
const HOP_SECONDS = 0.01;
const PREEMPHASIS = 0.97;
const LOWEST_HERTZ = 20;
export const ENERGY_FLOOR = 1.1920928955078125e-7; // epsilon of a 32-bit float

/** @typedef {ReturnType<typeof makeStages>} Stages */

/**
 * A mel filter: its first line of the spectrum, and the weights of that and the following ones.
 * @typedef {{ first: number, weights: number[] }} MelFilter
 */

/**
 * Everything that depends on the rate and the number of mel bins alone.
 * @param {number} rate in Hz
 * @param {number} bins mel filters
 */
export function makeStages(rate, bins) {
  const length = Math.trunc(rate * WINDOW_SECONDS); // samples of a frame
  const hop = Math.trunc(rate * HOP_SECONDS);
  const fft = 2 ** Math.ceil(Math.log2(length));
  const hann = hannWindow(length);
  const { filters, edges } = makeFilters(rate, bins, fft);

  /** Squared magnitudes, fft / 2 + 1 of them. */
  const power = makeTransform(fft);

  /** How many whole frames fit. @param {number} samples */
  const count = (samples) => Math.max(0, 1 + Math.floor((samples - length) / hop));

  /**
   * One frame without its mean, pre-emphasized, and faded unless it is to be cut hard.
   * @param {Float32Array} samples
   * @param {number} frame
   * @param {boolean} [fade]
   */
  function windowed(samples, frame, fade = true) {
    const emphasized = preemphasized(samples.subarray(frame * hop, frame * hop + length));
    return fade ? emphasized.map((value, i) => value * hann[i]) : emphasized;
  }

  /** What each mel filter collects. @param {Float64Array} powers */
  const mel = (powers) => Float64Array.from(filters, (filter) => collected(filter, powers));

  /** Natural-log energies of every frame, time-major. @param {Float32Array} samples */
  function logMel(samples) {
    const frames = count(samples.length);
    const out = new Float32Array(frames * bins);
    for (let frame = 0; frame < frames; frame++) {
      out.set(mel(power(windowed(samples, frame))).map(logOf), frame * bins);
    }
    return out;
  }

  const lines = fft / 2 + 1; // of the spectrum
  const sizes = { rate, bins, length, hop, fft, lines };
  return { ...sizes, filters, edges, count, windowed, power, mel, logMel };
}

/** @param {number} length */
function hannWindow(length) {
  return Float64Array.from(
    { length },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (length - 1)),
  );
}

/** A frame without its mean, each sample less 0.97 of the one before. @param {Float32Array} cut */
function preemphasized(cut) {
  let mean = 0;
  for (const value of cut) mean += value / cut.length;
  const before = (/** @type {number} */ i) => cut[Math.max(0, i - 1)] - mean;
  return Float64Array.from(cut, (value, i) => value - mean - PREEMPHASIS * before(i));
}

/** @param {MelFilter} filter @param {Float64Array} powers */
function collected({ first, weights }, powers) {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * powers[first + i];
  return sum;
}

/** @param {number} energy */
export const logOf = (energy) => Math.log(Math.max(energy, ENERGY_FLOOR));

/**
 * Triangles that are linear in mel; the last line, at half the rate, belongs to none.
 * @param {number} rate in Hz
 * @param {number} bins
 * @param {number} fft
 * @returns {{ filters: MelFilter[], edges: number[] }} edges in Hz: filter i rises from edges[i] to
 *     edges[i + 1] and falls to edges[i + 2]
 */
function makeFilters(rate, bins, fft) {
  const lowest = melOf(LOWEST_HERTZ);
  const step = (melOf(rate / 2) - lowest) / (bins + 1);
  const mels = Array.from({ length: fft / 2 }, (_, line) => melOf((line * rate) / fft));
  const filters = Array.from({ length: bins }, (_, bin) => {
    const left = lowest + bin * step;
    const weightOf = (/** @type {number} */ mel) =>
      Math.min((mel - left) / step, (left + 2 * step - mel) / step);
    const inside = mels.map((mel, line) => [line, weightOf(mel)]).filter(([, weight]) =>
      weight > 0
    );
    return { first: inside[0]?.[0] ?? 0, weights: inside.map(([, weight]) => weight) };
  });
  const edges = Array.from({ length: bins + 2 }, (_, edge) => hertzOf(lowest + edge * step));
  return { filters, edges };
}

/**
 * Radix-2 Fourier transform of real values, filled up with zeros; returns squared magnitudes.
 * @param {number} size a power of two
 * @returns {(values: Float64Array) => Float64Array}
 */
function makeTransform(size) {
  const cosine = Float64Array.from(
    { length: size / 2 },
    (_, i) => Math.cos((2 * Math.PI * i) / size),
  );
  const sine = Float64Array.from(
    { length: size / 2 },
    (_, i) => -Math.sin((2 * Math.PI * i) / size),
  );
  const bits = Math.log2(size);
  const reversed = Uint16Array.from({ length: size }, (_, i) => {
    let turned = 0;
    for (let bit = 0; bit < bits; bit++) turned |= ((i >> bit) & 1) << (bits - 1 - bit);
    return turned;
  });
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  return (values) => {
    for (let i = 0; i < size; i++) real[reversed[i]] = i < values.length ? values[i] : 0;
    imaginary.fill(0);
    for (let half = 1; half < size; half *= 2) butterflies(real, imaginary, half, cosine, sine);
    return Float64Array.from({ length: size / 2 + 1 }, (_, i) => real[i] ** 2 + imaginary[i] ** 2);
  };
}

/**
 * One round of the transform, in place.
 * @param {Float64Array} real
 * @param {Float64Array} imaginary
 * @param {number} half of the values that are combined
 * @param {Float64Array} cosine
 * @param {Float64Array} sine
 */
function butterflies(real, imaginary, half, cosine, sine) {
  const stride = cosine.length / half;
  for (let start = 0; start < real.length; start += 2 * half) {
    for (let i = 0; i < half; i++) {
      const [a, b] = [start + i, start + i + half];
      const [c, s] = [cosine[i * stride], sine[i * stride]];
      const r = real[b] * c - imaginary[b] * s;
      const j = real[b] * s + imaginary[b] * c;
      real[b] = real[a] - r;
      imaginary[b] = imaginary[a] - j;
      real[a] += r;
      imaginary[a] += j;
    }
  }
}
