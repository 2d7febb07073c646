// The sound once more, for a server that does not hold it: a balancer chose another one, or it
// dropped what was asked about longest ago.

const MOST_BYTES = 2_900_000; // as base64 it stays below what the server takes with one request
const TRIES = 4; // behind a balancer the next try reaches another server

// What to send along with a question about a sound, or null where it cannot be had any more.
export function makeAgain() {
  const held = { id: null, pieces: null };

  async function pieces({ source, model }) {
    const { start = 0 } = source ?? {};
    if (source?.example) return { example: source.example, start, model: model.name };
    const sound = source?.path ? await fetchSound(source.path) : null;
    return sound && { sound, start, model: model.name };
  }

  return (payload) => {
    if (held.id !== payload.id) Object.assign(held, { id: payload.id, pieces: pieces(payload) });
    return held.pieces;
  };
}

// Where the server hands out an upload.
export function addressOf(path) {
  const name = path.split("/").map(encodeURIComponent).join("/");
  return new URL(`gradio_api/file=${name}`, document.baseURI);
}

// Fetch an upload once, so that the browser still has it when its server is gone; not a large one,
// which could not be sent along anyway.
export async function keepAtHand(path) {
  try {
    const answer = await fetch(addressOf(path));
    if (Number(answer.headers.get("content-length")) > MOST_BYTES) await answer.body?.cancel();
    else await answer.blob();
  } catch {
    // asked again when it is needed
  }
}

// The file was fetched before, so that the browser may still have it.
async function fetchSound(path) {
  const url = addressOf(path);
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await fetch(url, { cache: tries ? "reload" : "force-cache" }).catch(() => null);
    if (!answer?.ok) continue;
    const blob = await answer.blob();
    return blob.size > MOST_BYTES ? null : toBase64(blob);
  }
  return null;
}

function toBase64(blob) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => done(null);
    reader.readAsDataURL(blob);
  });
}
