// A file that the server can decode, of a size that it takes.
//
// What the server cannot decode (m4a, webm, phone memos) is decoded here by the browser, mixed to
// mono and resampled, so that the server needs no ffmpeg. What nobody can decode is sent as it is:
// the server says why it refuses.

import { sixteenBit, wavFile } from "./wav.js";

const SERVER_READS = /\.(wav|flac|ogg|oga|opus|mp3|aiff?|aifc|au|caf|w64|rf64)$/i;
const SAMPLING_RATE = 16000; // Hz, what the model takes
const MEGABYTE = 1 << 20;

// Resolves to the file and a note that says what was done to it, if anything was.
export async function readable(file, most) {
  const result = SERVER_READS.test(file.name) ? { sound: file } : await decoded(file);
  const megabytes = result.sound.size / MEGABYTE;
  if (megabytes <= most) return result;
  const size = `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB`;
  const has = result.note ? `${size} once it is decoded` : size;
  throw new Error(
    `The file has ${has}, expected at most ${most} MB: cut it, or turn it into an MP3 (an hour takes 30 to 60 MB).`,
  );
}

// What went wrong in words: the server's sentence alone, without the status that Gradio puts first.
export function sentenceOf(error) {
  return String(error?.message ?? error).replace(/^(Error: )?HTTP \d+: /, "");
}

async function decoded(file) {
  try {
    const context = new OfflineAudioContext(1, 1, SAMPLING_RATE);
    const audio = await context.decodeAudioData(await file.arrayBuffer());
    const name = `${file.name.replace(/\.\w+$/, "")}.wav`;
    const channels = audio.numberOfChannels > 1
      ? `, ${audio.numberOfChannels} channels averaged`
      : "";
    const note = `decoded and resampled to ${SAMPLING_RATE} Hz by the browser${channels}`;
    return { sound: wavFile([sixteenBit(mono(audio))], SAMPLING_RATE, name), note };
  } catch {
    return { sound: file };
  }
}

function mono(audio) {
  const mixed = audio.getChannelData(0).slice();
  for (let channel = 1; channel < audio.numberOfChannels; channel++) {
    const more = audio.getChannelData(channel);
    for (let i = 0; i < mixed.length; i++) mixed[i] += more[i];
  }
  for (let i = 0; i < mixed.length; i++) mixed[i] /= audio.numberOfChannels;
  return mixed;
}
