// A recording from the microphone as a WAV file, 16 bit at the device's rate.

import { openMicrophone } from "./microphone.js";

const LONGEST_SECONDS = 480; // 46 MB at 48 kHz: the server takes 50 MB

export async function startRecording(onSecond, onEnd) {
  const blocks = [];
  let samples = 0;
  let rate = 0;
  const microphone = await openMicrophone(take, onEnd);
  rate = microphone.rate;

  function take(block) {
    const pcm = new Int16Array(block.length);
    for (let i = 0; i < block.length; i++) pcm[i] = Math.max(-32768, Math.min(32767, Math.round(block[i] * 32768)));
    blocks.push(pcm);
    samples += pcm.length;
    onSecond(samples / (rate || 48000));
    if (rate && samples / rate >= LONGEST_SECONDS) onEnd();
  }

  return {
    finish() {
      microphone.close();
      return new File([header(samples, rate), ...blocks], "recording.wav", { type: "audio/wav" });
    },
  };
}

function header(samples, rate) {
  const view = new DataView(new ArrayBuffer(44));
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples, true);
  return view.buffer;
}
