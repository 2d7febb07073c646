// @ts-check
// The last minutes of the microphone, kept in the browser to be played and saved.

import { sixteenBit, wavFile } from "../../sound/wav.js";

export const KEPT_SECONDS = 300; // 29 MB at 48 kHz

/** @typedef {{ end: number, samples: Int16Array<ArrayBuffer> }} Piece `end` in seconds */

export class KeptSound {
  /** @param {number} rate Hz */
  constructor(rate) {
    this.rate = rate;
    /** @type {Piece[]} */
    this.pieces = [];
    this.samples = 0;
  }

  clear() {
    this.pieces = [];
    this.samples = 0;
  }

  get seconds() {
    return this.samples / this.rate;
  }

  /**
   * Keep a chunk; what is older than some minutes is dropped.
   *
   * @param {Float32Array} chunk
   * @param {number} end seconds of the stream at its end
   */
  add(chunk, end) {
    this.pieces.push({ end, samples: sixteenBit(chunk) });
    this.samples += chunk.length;
    while (this.samples > KEPT_SECONDS * this.rate) {
      this.samples -= this.pieces.shift()?.samples.length ?? 0;
    }
  }

  /**
   * A stretch as a file, or everything; null where nothing of it is kept.
   *
   * @param {string} name
   * @param {number} [start] seconds of the stream
   * @param {number} [end] seconds of the stream
   */
  file(name, start = -Infinity, end = Infinity) {
    const blocks = this.pieces.map((piece) => this.cut(piece, start, end));
    const sound = blocks.filter((block) => block.length);
    return sound.length ? wavFile(sound, this.rate, name) : null;
  }

  /** @param {Piece} piece @param {number} start @param {number} end both in seconds */
  cut({ end: last, samples }, start, end) {
    const first = last - samples.length / this.rate;
    const place = (/** @type {number} */ seconds) =>
      Math.round(Math.max(0, seconds - first) * this.rate);
    return samples.subarray(Math.min(samples.length, place(start)), place(end));
  }
}
