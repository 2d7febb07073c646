// @ts-check
// The last minutes of the microphone, kept in the browser to be played and saved.

import { sixteenBit, wavFile } from "../../sound/wav.js";

export const KEPT_SECONDS = 300; // 29 MB at 48 kHz

/** @typedef {Int16Array<ArrayBuffer>} Samples */

/** @typedef {{ end: number, samples: Samples, rate: number }} Piece `end` in seconds, rate in Hz */

export class KeptSound {
  constructor() {
    /** @type {Piece[]} */
    this.pieces = [];
    this.seconds = 0; // of sound
  }

  clear() {
    this.pieces = [];
    this.seconds = 0;
  }

  /**
   * Keep a chunk; what is older than some minutes is dropped.
   *
   * @param {Float32Array} chunk
   * @param {number} end seconds of the stream at its end
   * @param {number} rate Hz
   */
  add(chunk, end, rate) {
    this.pieces.push({ end, samples: sixteenBit(chunk), rate });
    this.seconds += chunk.length / rate;
    while (this.seconds > KEPT_SECONDS) {
      const [oldest] = this.pieces.splice(0, 1);
      this.seconds -= oldest.samples.length / oldest.rate;
    }
  }

  /**
   * A stretch as a file, or everything; null where nothing of it is kept.
   *
   * It has the rate of its latest sound: between two, another microphone may have been plugged in.
   *
   * @param {string} name
   * @param {number} [start] seconds of the stream
   * @param {number} [end] seconds of the stream
   */
  file(name, start = -Infinity, end = Infinity) {
    const cut = this.pieces.map((piece) => cutOut(piece, start, end));
    const sound = cut.filter(({ samples }) => samples.length);
    const rate = sound.at(-1)?.rate;
    return rate ? wavFile(sound.map((piece) => atRate(piece, rate)), rate, name) : null;
  }
}

/** @param {Piece} piece @param {number} start @param {number} end both in seconds */
function cutOut({ end: last, samples, rate }, start, end) {
  const first = last - samples.length / rate;
  const place = (/** @type {number} */ seconds) => Math.round(Math.max(0, seconds - first) * rate);
  return { samples: samples.subarray(Math.min(samples.length, place(start)), place(end)), rate };
}

/**
 * Samples at another rate, on lines between those that there are: good enough to be listened to.
 *
 * @param {{ samples: Samples, rate: number }} sound
 * @param {number} rate Hz
 */
function atRate({ samples, rate: own }, rate) {
  if (own === rate) return samples;
  const last = samples.length - 1;
  return Int16Array.from({ length: Math.round((samples.length * rate) / own) }, (_, i) => {
    const place = Math.min(last, (i * own) / rate);
    const before = Math.floor(place);
    const after = Math.min(last, before + 1);
    return Math.round(samples[before] + (place - before) * (samples[after] - samples[before]));
  });
}
