// A recording from the microphone as a WAV file, 16 bit at the device's rate.

import { openMicrophone } from "./microphone.js";
import { sixteenBit, wavFile } from "./wav.js";

const LONGEST_SECONDS = 480; // 46 MB at 48 kHz: the server takes 50 MB

export async function startRecording(onSecond, onEnd) {
  const blocks = [];
  let samples = 0;
  let rate = 0;
  const microphone = await openMicrophone(take, onEnd);
  rate = microphone.rate;

  function take(block) {
    blocks.push(sixteenBit(block));
    samples += block.length;
    onSecond(samples / (rate || 48000));
    if (rate && samples / rate >= LONGEST_SECONDS) onEnd();
  }

  return {
    finish() {
      microphone.close();
      return wavFile(blocks, rate, "recording.wav");
    },
  };
}
