// @ts-check
// A recording from the microphone as a WAV file, 16 bit at the device's rate.

import { openMicrophone } from "./microphone.js";
import { HEADER_BYTES, SAMPLE_BYTES, sixteenBit, wavFile } from "./wav.js";

const LONGEST_SECONDS = 480; // 46 MB at 48 kHz, all of which stays in memory until it is sent
const MEGABYTE = 1 << 20;

/**
 * How long a recording may become: it must fit into what the server takes of a file.
 *
 * @param {number} rate Hz
 * @param {number} megabytes of a file at most
 * @returns {number} samples
 */
export function mostSamples(rate, megabytes) {
  const fit = Math.floor((megabytes * MEGABYTE - HEADER_BYTES) / SAMPLE_BYTES);
  return Math.min(LONGEST_SECONDS * rate, fit);
}

/**
 * Begin a recording.
 *
 * @param {object} on
 * @param {(seconds: number) => void} on.second how long it lasts by now
 * @param {() => void} on.ended it is as long as can be, or the microphone was taken away
 * @param {(sentence: string) => void} on.deaf no sound comes
 * @param {number} [megabytes] that the server takes of a file
 * @returns {Promise<{ finish: () => File }>}
 */
export async function startRecording(on, megabytes = Infinity) {
  /** @type {Int16Array<ArrayBuffer>[]} */
  const blocks = [];
  let samples = 0;
  let rate = 0;
  const microphone = await openMicrophone({ block: take, ended: on.ended, deaf: on.deaf });
  rate = microphone.rate;

  /** @param {Float32Array} block */
  function take(block) {
    blocks.push(sixteenBit(block));
    samples += block.length;
    on.second(samples / (rate || 48000));
    if (rate && samples + block.length > mostSamples(rate, megabytes)) on.ended();
  }

  return {
    finish() {
      microphone.close();
      return wavFile(blocks, rate, "recording.wav");
    },
  };
}
