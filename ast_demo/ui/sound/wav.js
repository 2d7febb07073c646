// @ts-check
// A WAV file of 16-bit mono samples.

export const HEADER_BYTES = 44;
export const SAMPLE_BYTES = 2;
const TOP = 32768; // of a 16-bit sample: full scale

/** @param {ArrayLike<number>} samples full scale 1.0 @returns {Int16Array<ArrayBuffer>} */
export function sixteenBit(samples) {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < pcm.length; i++) {
    pcm[i] = Math.max(-TOP, Math.min(TOP - 1, Math.round(samples[i] * TOP)));
  }
  return pcm;
}

/**
 * Make a file of blocks, as they lie in memory: all browsers' machines are little-endian.
 * @param {Int16Array<ArrayBuffer>[]} blocks
 * @param {number} rate Hz
 * @param {string} name
 */
export function wavFile(blocks, rate, name) {
  const length = blocks.reduce((sum, block) => sum + block.byteLength, 0);
  return new File([header(length, rate), ...blocks], name, { type: "audio/wav" });
}

/** @param {number} length bytes of samples @param {number} rate Hz */
function header(length, rate) {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  const text = (/** @type {number} */ at, /** @type {string} */ letters) =>
    [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // length of the format
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, SAMPLE_BYTES * rate, true); // bytes a second
  view.setUint16(32, SAMPLE_BYTES, true); // bytes a frame
  view.setUint16(34, 16, true); // bits a sample
  text(36, "data");
  view.setUint32(40, length, true);
  return view.buffer;
}
