// @ts-check
// The sound once more, for a server that does not hold it: a load balancer chose another one, or it
// was evicted from the cache.

import { addressOf } from "../../shared/fileAddress.js";

const MOST_BYTES = 2_900_000; // as base64 it stays below what the server takes with one request
const TRIES = 4; // behind a load balancer the next try reaches another server

/** @import { SoundFacts } from "../types.js" */

/**
 * To find a sound again.
 * @typedef {Pick<SoundFacts, "id" | "source"> & { model: { name: string } }} Ticket
 */

/**
 * Make the function that gives what to send along with a question about a sound, or null where the
 * sound cannot be had any more.
 */
export function makeAgain() {
  /** @type {{ id: string, pieces: Promise<object | null> }} */
  let held = { id: "", pieces: Promise.resolve(null) };

  /** @param {Ticket} ticket */
  async function pieces({ source, model }) {
    const { start = 0 } = source ?? {};
    if (source?.example) return { example: source.example, start, model: model.name };
    const sound = source?.path ? await fetchSound(source.path) : null;
    return sound ? { sound, start, model: model.name } : null;
  }

  return /** @param {Ticket | null} ticket */ (ticket) => {
    if (!ticket) return Promise.resolve(null);
    if (held.id !== ticket.id) held = { id: ticket.id, pieces: pieces(ticket) };
    return held.pieces;
  };
}

/**
 * Fetch an upload once, so that the browser still has it when its server is gone; not a large one,
 * which could not be sent along anyway.
 * @param {string} path
 */
export async function keepAtHand(path) {
  try {
    const answer = await fetch(addressOf(path));
    if (Number(answer.headers.get("content-length")) > MOST_BYTES) await answer.body?.cancel();
    else await answer.blob();
  } catch {
    // asked again when it is needed
  }
}

/** The file was fetched before, so that the browser may still have it. @param {string} path */
async function fetchSound(path) {
  const url = addressOf(path);
  for (let tries = 0; tries < TRIES; tries++) {
    const request = fetch(url, { cache: tries ? "reload" : "force-cache" });
    const answer = await request.catch(() => Response.error());
    if (!answer.ok) continue;
    const blob = await answer.blob();
    return blob.size > MOST_BYTES ? null : toBase64(blob);
  }
  return null;
}

/** @param {Blob} blob @returns {Promise<string | null>} */
function toBase64(blob) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).split(",", 2)[1]); // behind "data:...,"
    reader.onerror = () => done(null);
    reader.readAsDataURL(blob);
  });
}
