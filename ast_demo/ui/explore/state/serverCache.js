// @ts-check
// What only the server can tell, asked once for each sound and remembered in the browser.

const KEPT = 64; // answers; a patch's maps of the largest model take 175 kB

/** @typedef {ReturnType<typeof makeAnswers>} Answers */

/**
 * Make the memory of the server's answers.
 * @param {Record<string, (request: object) => Promise<any>>} server its functions by name
 * @param {() => Promise<object | null>} again what to send along to a server that does not hold the
 *     sound; null if it cannot be had
 * @param {() => void} onArrival
 */
export function makeAnswers(server, again, onArrival) {
  /** @type {Map<string, { value?: any, error?: string, pending?: boolean }>} */
  const entries = new Map();

  /**
   * Ask without remembering the answer.
   * @param {string} name
   * @param {object} request
   * @returns {Promise<any>}
   * @throws {Error} with the server's sentence
   */
  async function ask(name, request) {
    let answer = await server[name](request);
    const sound = answer?.gone ? await again() : null;
    if (sound) answer = await server[name]({ ...request, ...sound });
    if (!answer) throw new Error("The server did not answer: try again.");
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  /**
   * The answer if it is here; otherwise null, and the question is on its way.
   * @template Value
   * @param {string} key under which it is remembered
   * @param {string} name
   * @param {object} request
   * @param {(answer: any) => Value} unpack
   * @returns {Value | null}
   */
  function get(key, name, request, unpack) {
    if (!entries.has(key)) {
      entries.set(key, { pending: true });
      const [oldest] = entries.keys();
      if (entries.size > KEPT) entries.delete(oldest);
      ask(name, request)
        .then((answer) => ({ value: unpack(answer) }))
        .catch((error) => ({ error: error.message }))
        .then((entry) => entries.has(key) && entries.set(key, entry)) // or it was dropped meanwhile
        .finally(onArrival);
    }
    return entries.get(key)?.value ?? null;
  }

  return {
    ask,
    get,
    /** @param {string} key */
    error: (key) => entries.get(key)?.error ?? null,
    clear: () => entries.clear(),
    forgetErrors() {
      for (const [key, entry] of entries) if (entry.error) entries.delete(key);
    },
  };
}
