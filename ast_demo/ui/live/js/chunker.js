// @ts-check
// What waits to be sent: samples, gathered into chunks and packed.

import { sixteenBit } from "../../sound/wav.js";

/**
 * Collect samples; at most a few seconds wait, the oldest are dropped first.
 * @param {number} rate Hz
 * @param {number} longest seconds
 */
export function makeCollector(rate, longest) {
  /** @type {Float32Array[]} */
  let blocks = [];
  let samples = 0;
  let dropped = 0; // samples
  /** @type {(() => void) | null} */
  let wake = null;
  return {
    /** @param {Float32Array} block */
    add(block) {
      blocks.push(block);
      samples += block.length;
      while (samples > longest * rate) {
        dropped += blocks[0].length;
        samples -= blocks.shift()?.length ?? 0;
      }
      wake?.();
    },
    get seconds() {
      return samples / rate;
    },
    /**
     * Wait until so much has come.
     * @param {number} seconds
     * @param {() => boolean} goesOn
     * @returns {Promise<boolean>} false if it was stopped meanwhile
     */
    async gather(seconds, goesOn) {
      while (goesOn() && samples < seconds * rate) {
        await new Promise((/** @type {(done: void) => void} */ resolve) => {
          wake = resolve;
          setTimeout(resolve, 200);
        });
      }
      return goesOn();
    },
    /** Take what waits, and the seconds that were dropped before it. */
    take() {
      const chunk = new Float32Array(samples);
      let filled = 0;
      for (const block of blocks) {
        chunk.set(block, filled);
        filled += block.length;
      }
      const lost = dropped / rate;
      blocks = [];
      samples = 0;
      dropped = 0;
      return { chunk, lost };
    },
    clear() {
      blocks = [];
      samples = 0;
      dropped = 0;
    },
  };
}

/** 16-bit little-endian samples as base64. @param {Float32Array} chunk */
export function packed(chunk) {
  const bytes = new Uint8Array(sixteenBit(chunk).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) {
    text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  }
  return btoa(text);
}
