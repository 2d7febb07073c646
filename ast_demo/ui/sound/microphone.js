// The microphone as blocks of samples at the device's own rate, untouched by the browser.

const BLOCK = 1024; // samples a message: 21 ms at 48 kHz
const WORKLET = `
registerProcessor("blocks", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(${BLOCK});
    this.filled = 0;
  }
  process([input]) {
    const channels = input.length;
    if (!channels) return true;
    const length = input[0].length;
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += input[channel][i];
      this.block[this.filled++] = sum / channels;
      if (this.filled === ${BLOCK}) {
        this.port.postMessage(this.block);
        this.filled = 0;
      }
    }
    return true;
  }
});`;

// What to do, for each way in which a browser says no.
const REFUSALS = {
  NotAllowedError:
    "The microphone is not allowed for this page: press the lock or microphone sign beside the address, allow the microphone, then try again.",
  NotFoundError: "No microphone was found: plug one in or switch it on, then try again.",
  NotReadableError:
    "The microphone is in use by another program or blocked by the system: close that program, or allow the browser in the system's privacy settings, then try again.",
};

export function refusalText(error) {
  return REFUSALS[error.name] ??
    `The microphone cannot be opened (${
      error.message || error.name
    }): reload the page and try again.`;
}

export async function openMicrophone(onBlock, onEnd) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(
      "Browsers give the microphone only to pages on https or localhost: open this page at such an address.",
    );
  }
  let stream;
  try {
    // Noise suppression and gain control are made for calls: they remove rain and level out a bang.
    const audio = {
      channelCount: 1,
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
    };
    stream = await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new Error(refusalText(error));
  }
  const context = new AudioContext();
  const address = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
  try {
    await context.audioWorklet.addModule(address);
  } finally {
    URL.revokeObjectURL(address);
  }
  const source = context.createMediaStreamSource(stream);
  const blocks = new AudioWorkletNode(context, "blocks");
  const mute = new GainNode(context, { gain: 0 }); // a node that leads nowhere may not be run
  source.connect(blocks).connect(mute).connect(context.destination);
  blocks.port.onmessage = ({ data }) => onBlock(data);
  for (const track of stream.getTracks()) track.addEventListener("ended", onEnd);
  await context.resume();
  return {
    rate: context.sampleRate,
    pause: () => context.suspend(),
    resume: () => context.resume(),
    close() {
      blocks.port.onmessage = null;
      for (const track of stream.getTracks()) track.stop();
      context.close();
    },
  };
}
