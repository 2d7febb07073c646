import { Stream } from "../../ast_demo/ui/live/js/stream.js";
import { close, equal } from "./assert.js";

const RATE = 1000;
const SECOND = RATE; // samples

// A server that keeps one stream and can forget it; its clock counts what it hears and is told.
function forgetfulServer() {
  let seconds = 0;
  let streams = 0;
  const server = {
    key: null,
    labels: ["Low tone"],
    told: [], // of what was left out
    live_begin: () => {
      seconds = 0;
      server.key = `stream ${++streams}`;
      return Promise.resolve({ key: server.key, labels: server.labels, chunk_seconds: 0.25 });
    },
    live_hear: ({ key, lost, pcm }) => {
      if (key !== server.key) return Promise.resolve({ gone: true });
      if (lost) server.told.push(lost);
      seconds += (lost?.seconds ?? 0) + atob(pcm).length / 2 / RATE;
      return Promise.resolve({ seconds });
    },
    live_end: () => Promise.resolve({}),
  };
  return server;
}

// A stream whose microphone gives a second of sound each time it is asked, so many times.
function streamOf(server) {
  const told = [];
  const stream = new Stream({
    server,
    model: () => stream.chosen,
    settings: { floor: -60, look: false },
    visible: () => true,
    on: {
      stage() {},
      begun: () => told.push("begun"),
      renewed: () => told.push("renewed"),
      answered: ({ seconds }) => told.push(seconds),
      failed: (sentence) => told.push(sentence),
    },
  });
  const ears = (times) => ({
    microphone: { rate: RATE, pause() {}, resume() {}, close() {} },
    collector: {
      gather: () => Promise.resolve(times-- > 0),
      take: () => ({ chunk: new Float32Array(SECOND), lost: 0 }),
      clear() {},
    },
  });
  const hear = (times) => stream.follow(stream.ears = ears(times));
  const open = (times) => stream.begin(stream.run, ears(0)).then(() => hear(times));
  return Object.assign(stream, { chosen: "a model", told, hear, open });
}

// The last sound was heard so many seconds ago.
function wait(stream, seconds) {
  stream.come.at -= 1000 * seconds;
}

Deno.test("a stream that the server forgot is begun again, and its times go on", async () => {
  const server = forgetfulServer();
  const stream = streamOf(server);
  await stream.open(2);
  server.key = null;
  wait(stream, 60);
  await stream.hear(2);
  equal(stream.told.slice(0, 4), ["begun", 1, 2, "renewed"]);
  close(stream.told[4], 2 + 60 + 1, 0.2, "seconds");
  equal(server.told.map(({ reason }) => reason), ["the stream had ended"]);
  close(server.told[0].seconds, 60, 0.1, "left out");
});

Deno.test("a pause after which the stream is gone is told as a pause", async () => {
  const server = forgetfulServer();
  const stream = streamOf(server);
  await stream.open(1);
  await stream.pause();
  server.key = null;
  wait(stream, 90);
  await stream.resume(); // hears nothing more of these ears, but says what was left out
  await stream.hear(2);
  equal(server.told.map(({ reason }) => reason), ["paused"]);
  close(stream.told.at(-1), 1 + 90 + 1, 0.2, "seconds");
});

Deno.test("listening again after a stop goes on, with another model it begins", async () => {
  const server = forgetfulServer();
  const stream = streamOf(server);
  await stream.open(1);
  stream.stop();
  wait(stream, 30);
  await stream.open(1);
  equal(stream.told.slice(0, 3), ["begun", 1, "renewed"]);
  close(stream.told[3], 1 + 30 + 1, 0.2, "seconds");
  stream.chosen = "another";
  await stream.hear(1);
  equal(stream.told.slice(4), ["begun", 1]);
});

Deno.test("a model that has other labels under its old name begins", async () => {
  const server = forgetfulServer();
  const stream = streamOf(server);
  await stream.open(1);
  server.key = null;
  server.labels = ["High tone"];
  await stream.hear(1);
  equal(stream.told, ["begun", 1, "begun"]);
});

Deno.test("more than a day is told as a day, which is the most that a server takes", async () => {
  const server = forgetfulServer();
  const stream = streamOf(server);
  await stream.open(1);
  server.key = null;
  wait(stream, 100_000);
  await stream.hear(2);
  equal(server.told[0].seconds, 86400);
});
