// What only the server can tell, asked once for each sound and remembered in the browser.

const KEPT = 64; // answers; a patch's maps of the largest model take 175 kB

// `again` gives what to send along to a server that does not hold the sound, null if it cannot.
export function makeAnswers(server, again, onArrival) {
  const entries = new Map(); // key -> { value } or { error } or { pending }

  async function ask(name, request) {
    let answer = await server[name](request);
    const sound = answer?.gone ? await again() : null;
    if (sound) answer = await server[name]({ ...request, ...sound });
    if (!answer) throw new Error("The server did not answer: try again.");
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  // The answer if it is here; otherwise null, and the question is on its way.
  function get(key, name, request, unpack) {
    if (!entries.has(key)) {
      entries.set(key, { pending: true });
      if (entries.size > KEPT) entries.delete(entries.keys().next().value);
      ask(name, request)
        .then((answer) => entries.set(key, { value: unpack(answer) }))
        .catch((error) => entries.set(key, { error: error.message }))
        .finally(onArrival);
    }
    return entries.get(key).value ?? null;
  }

  return {
    ask,
    get,
    error: (key) => entries.get(key)?.error ?? null,
    clear: () => entries.clear(),
    forgetErrors() {
      for (const [key, entry] of entries) if (entry.error) entries.delete(key);
    },
  };
}
