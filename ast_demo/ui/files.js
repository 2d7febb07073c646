// A button to choose a sound file, and a veil that takes one dropped anywhere on the page.
//
// What the server cannot decode (m4a, webm, phone memos) is decoded here by the browser, mixed to
// mono and resampled, so that the server needs no ffmpeg. What nobody can decode is sent as it is:
// the server says why it refuses.

const SERVER_READS = /\.(wav|flac|ogg|oga|opus|mp3|aiff?|aifc|au|caf|w64|rf64)$/i;
const SAMPLING_RATE = 16000; // Hz, what the model takes
const MEGABYTE = 1 << 20;
const button = element.querySelector(".files-choose");
const input = element.querySelector("input");
const veil = element.querySelector(".files-veil");
const holdsFile = (event) => [...(event.dataTransfer?.types || [])].includes("Files");

button.addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  take(input.files[0]);
  input.value = ""; // so that the same file can be chosen again
});
document.addEventListener("dragenter", (event) => {
  if (element.isConnected && element.offsetParent && holdsFile(event)) veil.hidden = false;
});
// The veil takes the drop itself: leaving it is one event, not one per element below.
veil.addEventListener("dragover", (event) => event.preventDefault());
veil.addEventListener("dragleave", () => (veil.hidden = true));
veil.addEventListener("drop", (event) => {
  event.preventDefault();
  veil.hidden = true;
  take(event.dataTransfer.files[0]);
});

async function take(file) {
  if (!file || button.disabled) return;
  button.disabled = true;
  button.textContent = "Uploading\u2026";
  try {
    const { sound, note } = SERVER_READS.test(file.name) ? { sound: file } : await decoded(file);
    const megabytes = sound.size / MEGABYTE;
    if (megabytes > props.max_megabytes) {
      const size = megabytes.toFixed(megabytes < 10 ? 1 : 0);
      throw new Error(
        `the file has ${size} MB, expected at most ${props.max_megabytes} MB: cut it or compress it.`,
      );
    }
    const { path } = await upload(sound);
    trigger("chosen", { path, title: file.name, note });
  } catch (error) {
    trigger("chosen", { path: null, problem: told(error) });
  } finally {
    button.disabled = false;
    button.textContent = "Upload a sound";
  }
}

// The server's sentence alone, without the status that Gradio writes before it.
function told(error) {
  return String(error?.message ?? error).replace(/^(Error: )?HTTP \d+: /, "");
}

async function decoded(file) {
  try {
    const context = new OfflineAudioContext(1, 1, SAMPLING_RATE);
    const audio = await context.decodeAudioData(await file.arrayBuffer());
    const name = `${file.name.replace(/\.\w+$/, "")}.wav`;
    const channels = audio.numberOfChannels > 1 ? `, ${audio.numberOfChannels} channels averaged` : "";
    const note = `decoded and resampled to ${SAMPLING_RATE} Hz by the browser${channels}`;
    return { sound: new File([wav(mono(audio))], name, { type: "audio/wav" }), note };
  } catch {
    return { sound: file };
  }
}

function mono(audio) {
  const mixed = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel += 1) {
    audio.getChannelData(channel).forEach((value, index) => (mixed[index] += value));
  }
  return mixed.map((value) => value / audio.numberOfChannels);
}

// A WAV file of 16-bit samples.
function wav(samples) {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, word) => [...word].forEach((c, i) => bytes.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  bytes.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true); // length of the format
  bytes.setUint16(20, 1, true); // PCM
  bytes.setUint16(22, 1, true); // channels
  bytes.setUint32(24, SAMPLING_RATE, true);
  bytes.setUint32(28, 2 * SAMPLING_RATE, true); // bytes a second
  bytes.setUint16(32, 2, true); // bytes a frame
  bytes.setUint16(34, 16, true); // bits a sample
  text(36, "data");
  bytes.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, index) => {
    const level = Math.max(-1, Math.min(1, value));
    bytes.setInt16(44 + 2 * index, Math.round(level * (level < 0 ? 0x8000 : 0x7fff)), true);
  });
  return bytes.buffer;
}
