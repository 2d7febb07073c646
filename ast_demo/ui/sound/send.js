// @ts-check
// A file on its way to the server: whoever can read it does, server or browser.
//
// Nothing is decided by a file's name. The server is asked whether it can read what it got; where
// it cannot, the browser decodes the file (phone memos, damaged files), so that the server needs
// no ffmpeg. What nobody can decode is refused with the server's own sentence.

import { decodedByBrowser } from "./decode.js";

const MEGABYTE = 1 << 20;
const WORTH_DECODING = 4; // times what the server takes: decoded it may be small enough
const HEAD_BYTES = 12;

/**
 * @typedef {object} Sent
 * @property {string} path of the file on the server
 * @property {string} [note] what the browser did to it
 * @property {File} sound what was sent
 */

/**
 * Why the server cannot read a file; `refused` where it was decoded and is no sound.
 * @typedef {{ error?: string, refused?: string }} Verdict
 */

/**
 * What the server takes.
 * @typedef {object} Server
 * @property {number} megabytes
 * @property {(file: File) => Promise<{ path: string }>} upload
 * @property {(request: { path: string }) => Promise<Verdict>} readable whether it can read a file
 */

/**
 * Send a sound to the server in a form that it can read.
 *
 * @param {File} file
 * @param {Server} server
 * @returns {Promise<Sent>} rejects with a sentence if nobody can read it
 */
export async function sendSound(file, server) {
  if (fits(file, server.megabytes) && !(await looksLikePhoneMemo(file))) {
    return await sendAsItIs(file, server, () => sendDecoded(file, server));
  }
  const sent = await sendDecoded(file, server);
  if (sent) return sent;
  checkSize(file, server.megabytes);
  return await sendAsItIs(file, server, () => Promise.resolve(null));
}

/**
 * @param {File} file
 * @param {Server} server
 * @param {() => Promise<Sent | null>} otherwise what to do where the server cannot read it
 * @returns {Promise<Sent>}
 */
async function sendAsItIs(file, server, otherwise) {
  const { path } = await server.upload(file);
  const { error, refused } = await server.readable({ path });
  if (refused) throw new Error(refused);
  if (!error) return { path, sound: file };
  const sent = await otherwise();
  if (!sent) throw new Error(error);
  return sent;
}

/**
 * @param {File} file
 * @param {Server} server
 * @returns {Promise<Sent | null>} null if the browser cannot decode it
 */
async function sendDecoded(file, server) {
  if (!fits(file, WORTH_DECODING * server.megabytes)) return null;
  const decoded = await decodedByBrowser(file);
  if (!decoded) return null;
  checkSize(decoded.sound, server.megabytes, " once it is decoded");
  const { path } = await server.upload(decoded.sound);
  const { error, refused } = await server.readable({ path });
  if (refused) throw new Error(refused);
  return error ? null : { path, ...decoded };
}

/** @param {File} file @param {number} megabytes */
function fits(file, megabytes) {
  return file.size <= megabytes * MEGABYTE;
}

/** @param {File} file @param {number} most megabytes @param {string} [how] it has that size */
function checkSize(file, most, how = "") {
  if (fits(file, most)) return;
  const megabytes = file.size / MEGABYTE;
  const size = megabytes.toFixed(megabytes < 10 ? 1 : 0);
  throw new Error(
    `The file has ${size} MB${how}, expected at most ${most} MB: cut it, or turn it into an MP3 ` +
      "(an hour takes 30 to 60 MB).",
  );
}

/**
 * Tell MP4 and WebM by their first bytes: the server reads neither, so they need not go there.
 * @param {File} file
 */
async function looksLikePhoneMemo(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const text = String.fromCharCode(...head);
  return text.slice(4, 8) === "ftyp" || text.startsWith("\x1a\x45\xdf\xa3");
}
