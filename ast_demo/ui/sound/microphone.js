// @ts-check
// The microphone as blocks of samples at the device's own rate, untouched by the browser.

import { within } from "./bounded.js";

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

const ANSWER_SECONDS = 120; // for a person to answer the browser's question
const WORKLET_SECONDS = 20;
const START_SECONDS = 8; // until the browser's sound runs; it never does without an output
const PAUSE_SECONDS = 2;
const DEAF_SECONDS = 1; // without a block, while it should be listening
const LOOK_MILLISECONDS = 250;

const UNANSWERED =
  "The browser still waits for an answer about the microphone: allow it in the question beside " +
  "the address, then try again.";
const UNPREPARED =
  "The browser did not prepare its sound in time: reload the page, then try again.";
const NOT_RUNNING =
  "The browser's sound does not start, as happens without a sound output: connect headphones or " +
  "a loudspeaker, then try again.";
export const DEAF =
  "No sound has come from the microphone for a second. If it stays so, press Stop and start again.";

/** What to do, for each way in which a browser says no. @type {Record<string, string>} */
const REFUSALS = {
  NotAllowedError:
    "The microphone is not allowed for this page: press the lock or microphone sign beside the " +
    "address, allow the microphone, then try again.",
  NotFoundError: "No microphone was found: plug one in or switch it on, then try again.",
  NotReadableError:
    "The microphone is in use by another program or blocked by the system: close that program, " +
    "or allow the browser in the system's privacy settings, then try again.",
};

/**
 * Say in one sentence why a browser gives no microphone.
 *
 * @param {{ name?: string, message?: string }} error
 */
export function refusalText(error) {
  return REFUSALS[error.name ?? ""] ??
    `The microphone cannot be opened (${
      error.message || error.name
    }): reload the page and try again.`;
}

/**
 * @typedef {object} Microphone
 * @property {number} rate Hz, of the blocks
 * @property {() => Promise<void>} pause
 * @property {() => Promise<void>} resume rejects with a sentence if the sound does not run again
 * @property {() => void} close gives the microphone back
 */

/**
 * Open the microphone; blocks come until it is closed.
 *
 * @param {object} on
 * @param {(block: Float32Array) => void} on.block
 * @param {() => void} on.ended the microphone was unplugged or taken away
 * @param {(sentence: string) => void} on.deaf no block has come for a second
 * @returns {Promise<Microphone>} rejects with a sentence that says what to do
 */
export async function openMicrophone(on) {
  const stream = await askForMicrophone();
  let context = null;
  try {
    context = new AudioContext();
    await loadWorklet(context);
    return await listenTo(stream, context, on);
  } catch (error) {
    release(stream, context);
    throw error;
  }
}

/** @returns {Promise<MediaStream>} */
async function askForMicrophone() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(
      "Browsers give the microphone only to pages on https or localhost: open this page at such " +
        "an address.",
    );
  }
  // Noise suppression and automatic gain control are made for calls: they remove rain and level out
  // a bang.
  const audio = {
    channelCount: 1,
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: false,
  };
  const asked = navigator.mediaDevices.getUserMedia({ audio }).catch((error) => {
    throw new Error(refusalText(error));
  });
  return await within(asked, ANSWER_SECONDS, UNANSWERED, (stream) => release(stream, null));
}

/** @param {AudioContext} context */
async function loadWorklet(context) {
  const address = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
  try {
    await within(context.audioWorklet.addModule(address), WORKLET_SECONDS, UNPREPARED);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/**
 * @param {MediaStream} stream
 * @param {AudioContext} context
 * @param {object} on
 * @param {(block: Float32Array) => void} on.block
 * @param {() => void} on.ended
 * @param {(sentence: string) => void} on.deaf
 * @returns {Promise<Microphone>}
 */
async function listenTo(stream, context, on) {
  // Audio nodes without a reference may be garbage-collected while their context is suspended: then
  // no sound comes after it resumes. These are referenced by whoever holds the microphone.
  const source = context.createMediaStreamSource(stream);
  const blocks = new AudioWorkletNode(context, "blocks");
  const mute = new GainNode(context, { gain: 0 }); // a node without an output may not be processed
  const nodes = [source, blocks, mute];
  const watch = watchForBlocks(on.deaf);
  source.connect(blocks).connect(mute).connect(context.destination);
  blocks.port.onmessage = ({ data }) => {
    watch.heard();
    on.block(data);
  };
  for (const track of stream.getTracks()) track.addEventListener("ended", on.ended);

  // A block is a surer sign that sound runs than the context's state, which some never change.
  const run = () =>
    within(Promise.race([context.resume(), watch.next()]), START_SECONDS, NOT_RUNNING);

  function close() {
    watch.stop();
    blocks.port.onmessage = null;
    for (const node of nodes) node.disconnect();
    release(stream, context);
  }

  try {
    await run();
  } catch (error) {
    close();
    throw error;
  }
  watch.start();
  return {
    rate: context.sampleRate,
    async pause() {
      watch.stop();
      // Blocks are left out, whether it suspends or not.
      await within(context.suspend(), PAUSE_SECONDS, "").catch(() => {});
    },
    async resume() {
      await run();
      watch.start();
    },
    close,
  };
}

/**
 * Tell when no block has come for a second, once each time.
 *
 * @param {(sentence: string) => void} deaf
 */
function watchForBlocks(deaf) {
  let latest = 0;
  let told = false;
  let timer = 0;
  /** @type {(() => void)[]} */
  const waiting = []; // to be told of the next block

  function look() {
    if (told || performance.now() - latest < 1000 * DEAF_SECONDS) return;
    told = true;
    deaf(DEAF);
  }

  function stop() {
    clearInterval(timer);
  }

  return {
    heard() {
      latest = performance.now();
      told = false;
      for (const resolve of waiting.splice(0)) resolve();
    },
    /** @returns {Promise<void>} */
    next: () => new Promise((resolve) => waiting.push(resolve)),
    start() {
      stop();
      latest = performance.now();
      told = false;
      timer = setInterval(look, LOOK_MILLISECONDS);
    },
    stop,
  };
}

/**
 * Give the microphone and the sound of the page back.
 *
 * @param {MediaStream} stream
 * @param {AudioContext | null} context
 */
function release(stream, context) {
  for (const track of stream.getTracks()) track.stop();
  if (context && context.state !== "closed") context.close().catch(() => {});
}
