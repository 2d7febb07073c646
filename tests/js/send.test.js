import { sentenceOf } from "../../ast_demo/ui/shared/errors.js";
import { sendSound } from "../../ast_demo/ui/sound/send.js";
import { equal } from "./assert.js";

// A server that takes one megabyte and refuses what it is told to refuse.
function fakeServer(refused = []) {
  const uploads = [];
  return {
    uploads,
    megabytes: 1,
    upload: (file) => {
      uploads.push(file.name);
      return Promise.resolve({ path: file.name });
    },
    readable: ({ path }) =>
      Promise.resolve(refused.includes(path) ? { error: `${path} can't be read as audio.` } : {}),
  };
}

async function refusal(promise) {
  return await promise.then(() => "", sentenceOf);
}

Deno.test("what the server reads is sent as it is, whatever its name says", async () => {
  const server = fakeServer();
  const sent = await sendSound(new File(["RIFF"], "wave.m4a"), server);
  equal([sent.path, sent.note, server.uploads], ["wave.m4a", undefined, ["wave.m4a"]]);
});

Deno.test("what nobody can read is refused with the server's sentence", async () => {
  const server = fakeServer(["text.wav"]);
  const told = await refusal(sendSound(new File(["no sound"], "text.wav"), server));
  equal(told, "text.wav can't be read as audio.");
});

Deno.test("a file that is too large and that nobody can shrink is not sent", async () => {
  const server = fakeServer();
  const told = await refusal(sendSound(new File([new Uint8Array(5 << 20)], "long.wav"), server));
  equal(told.slice(0, 48), "The file has 5.0 MB, expected at most 1 MB: cut ");
  equal(server.uploads, []);
});

Deno.test("the status before a sentence is left out", () => {
  equal(sentenceOf(new Error("HTTP 507: The room is used up.")), "The room is used up.");
});
