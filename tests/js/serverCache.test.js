import { makeAnswers } from "../../ast_demo/ui/explore/state/serverCache.js";
import { equal } from "./assert.js";

const settled = () => new Promise((done) => setTimeout(done));

Deno.test("an answer is asked for once, and there after it has come", async () => {
  const asked = [];
  const server = { twice: ({ number }) => Promise.resolve(asked.push(number) && 2 * number) };
  let arrivals = 0;
  const answers = makeAnswers(server, () => Promise.resolve(null), () => arrivals++);
  const get = () => answers.get("key", "twice", { number: 4 }, (answer) => `found ${answer}`);
  equal([get(), get()], [null, null]);
  await settled();
  equal([get(), asked, arrivals], ["found 8", [4], 1]);
});

Deno.test("a server that lost the sound gets it once more", async () => {
  const requests = [];
  const server = {
    map(request) {
      requests.push(request);
      return Promise.resolve(request.sound ? { map: 1 } : { gone: true, error: "not kept" });
    },
  };
  const answers = makeAnswers(server, () => Promise.resolve({ sound: "pcm" }), () => {});
  equal(await answers.ask("map", { id: "a" }), { map: 1 });
  equal(requests, [{ id: "a" }, { id: "a", sound: "pcm" }]);
});

Deno.test("an error is told and can be forgotten", async () => {
  const server = { map: () => Promise.resolve({ error: "busy" }) };
  const answers = makeAnswers(server, () => Promise.resolve(null), () => {});
  answers.get("key", "map", {}, (found) => found);
  await settled();
  equal(answers.error("key"), "busy");
  answers.forgetErrors();
  equal(answers.error("key"), null);
});

Deno.test("the oldest of many answers are dropped", async () => {
  let asked = 0;
  const server = { map: () => Promise.resolve(++asked) };
  const answers = makeAnswers(server, () => Promise.resolve(null), () => {});
  const get = (key) => answers.get(key, "map", {}, (found) => found);
  for (let i = 0; i < 65; i++) get(`key ${i}`);
  await settled();
  equal([get("key 64"), get("key 0")], [65, null]);
});
