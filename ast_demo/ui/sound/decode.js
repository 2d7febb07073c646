// @ts-check
// A sound decoded by the browser: mono, at the rate that the model takes, as a WAV file.

import { within } from "./bounded.js";
import { sixteenBit, wavFile } from "./wav.js";

export const SAMPLING_RATE = 16000; // Hz, what the model takes
const DECODE_SECONDS = 120; // an hour of MP3 takes a phone about half of it
const CANCELLED = 0.5; // of the power that unrelated channels would average to; less is cancelled

/**
 * Let the browser decode a file that the server cannot read.
 *
 * @param {File} file
 * @returns {Promise<{ sound: File, note: string } | null>} null if the browser cannot either
 */
export async function decodedByBrowser(file) {
  try {
    const context = new OfflineAudioContext(1, 1, SAMPLING_RATE);
    const audio = await within(
      context.decodeAudioData(await file.arrayBuffer()),
      DECODE_SECONDS,
      `The browser did not decode ${file.name} within ${DECODE_SECONDS} s.`,
    );
    const channels = Array.from(
      { length: audio.numberOfChannels },
      (_, channel) => audio.getChannelData(channel),
    );
    const { samples, how } = mixed(channels);
    const name = `${file.name.replace(/\.\w+$/, "")}.wav`;
    const note = `decoded and resampled to ${SAMPLING_RATE} Hz by the browser${how}`;
    return { sound: wavFile([sixteenBit(samples)], SAMPLING_RATE, name), note };
  } catch {
    return null;
  }
}

/**
 * Average channels; where they cancel each other, take the loudest.
 *
 * @param {Float32Array[]} channels
 * @returns {{ samples: Float32Array, how: string }} `how` continues a note
 */
export function mixed(channels) {
  const count = channels.length;
  if (count === 1) return { samples: channels[0], how: "" };
  const mean = new Float32Array(channels[0].length);
  for (const channel of channels) {
    for (let i = 0; i < mean.length; i++) mean[i] += channel[i] / count;
  }
  const powers = channels.map(power);
  const unrelated = powers.reduce((sum, one) => sum + one, 0) / (count * count);
  if (power(mean) >= CANCELLED * unrelated) {
    return { samples: mean, how: `, ${count} channels averaged` };
  }
  const loudest = powers.indexOf(Math.max(...powers));
  const how = `, channel ${loudest + 1} of ${count} heard: in their average they cancel each other`;
  return { samples: channels[loudest], how };
}

/** @param {Float32Array} samples */
function power(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return samples.length ? sum / samples.length : 0;
}
