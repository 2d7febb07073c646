// @ts-check
// A recording from the microphone as a WAV file, 16 bit at the device's rate.

import { openMicrophone } from "./microphone.js";
import { sixteenBit, wavFile } from "./wav.js";

const LONGEST_SECONDS = 480; // 46 MB at 48 kHz: the server takes 50 MB

/**
 * Begin a recording.
 *
 * @param {object} on
 * @param {(seconds: number) => void} on.second how long it lasts by now
 * @param {() => void} on.ended it is as long as can be, or the microphone was taken away
 * @param {(sentence: string) => void} on.deaf no sound comes
 * @returns {Promise<{ finish: () => File }>}
 */
export async function startRecording(on) {
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
    if (rate && samples / rate >= LONGEST_SECONDS) on.ended();
  }

  return {
    finish() {
      microphone.close();
      return wavFile(blocks, rate, "recording.wav");
    },
  };
}
