// @ts-check
// What the live view's modules hand to each other, for editors and `deno check`; nothing runs here.

/**
 * What the server tells of a stream when it begins, see server_functions.py.
 * @typedef {object} Facts
 * @property {string} key of the stream
 * @property {string[]} labels
 * @property {number[]} silence labels that say silence
 * @property {"sigmoid" | "softmax" | "linear"} rule that makes the scores
 * @property {number} threshold score from which a label counts
 * @property {number} abstention score under which the best label is no answer
 * @property {Record<string, number>} grid see makeGrid
 * @property {[number, number, number][]} mel_hertz lower edge, centre and upper edge of each bin
 * @property {number} window_seconds
 * @property {[number, number]} range of the spectrogram's bytes
 * @property {number} chunk_seconds at least so much is sent at a time
 */

/**
 * What the server tells of a chunk.
 * @typedef {object} Answer
 * @property {true} [gone] the stream is no longer kept; nothing else is told
 * @property {number} restarts of the window, so far
 * @property {number} seconds of the stream, so far
 * @property {number} seconds_left until it is stopped
 * @property {string} frames base64 of new columns of the spectrogram
 * @property {number} new_frames
 * @property {number} filled frames of sound in the window
 * @property {string | null} scores base64 of a byte a label; null where the model was not run
 * @property {string | null} rollout base64 of a byte a patch
 * @property {number} [rollout_max]
 * @property {boolean} silent
 * @property {number} level in dB
 * @property {string[]} notes
 * @property {{ model?: number }} timings milliseconds
 */

/** @typedef {{ at: number, scores: Uint8Array, silent: boolean }} Moment `at` in seconds */

/** @typedef {(name: string) => string} Colour of the page by its short name */

/** @typedef {"off" | "opening" | "on" | "paused"} State */

export {};
