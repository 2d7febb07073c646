// @ts-check
// The page opens with an example that is explained already: nobody looks at an empty rectangle.
// A visitor's own sound takes its place at once, also while the example is still on its way.

const PATIENCE = 400; // milliseconds before the wait is named
const BUSY = 1000; // milliseconds until a busy server is asked again
const STAGE = "Loading the model (first time only)";

/** @import { Notice, Payload } from "./types.js" */

/**
 * What the server says: the example, that it is being explained, or that all places are taken.
 * @typedef {{ payload?: Payload, wait?: boolean, busy?: boolean, error?: string }} Opening
 */

/**
 * @param {import("../shared/types.js").Server} server
 * @param {HTMLElement} root whose data-asked tells whether the visitor has given a sound
 * @param {(value: Payload | Notice | null) => void} receive
 */
export async function openExample(server, root, receive) {
  const isWanted = () => root.dataset.asked !== "true";
  const later = setTimeout(() => {
    if (isWanted()) show({ status: "busy", stage: STAGE });
  }, PATIENCE);

  /** @param {Payload | Notice | null} value */
  function show(value) {
    receive(value);
    root.dataset.asked = "false"; // this was us
  }

  try {
    /** @type {Opening | null} */
    let answer;
    do {
      answer = await server.opening_example({});
      if (answer?.busy) await new Promise((done) => setTimeout(done, BUSY));
    } while ((answer?.wait || answer?.busy) && isWanted());
    clearTimeout(later);
    if (!isWanted()) return;
    if (answer?.error) show({ status: "error", message: answer.error });
    else show(answer?.payload ?? null);
  } catch {
    clearTimeout(later);
    if (isWanted()) show(null); // the page works without it
  }
}
