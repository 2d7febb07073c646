import { RecordingSource } from "../../ast_demo/ui/timeline/js/recordingSource.js";
import { equal } from "./assert.js";

const SOUND = new File([new Uint8Array(100)], "sound.wav");

// A source without its buttons; `told` lists what it says, `arrive` ends an upload.
function sourceWithoutPage() {
  const told = [];
  const uploads = [];
  const source = Object.assign(Object.create(RecordingSource.prototype), {
    wanted: 0,
    props: { max_megabytes: 1, local: false },
    server: {
      sound_readable: ({ path }) => {
        told.push(`readable ${path}`);
        return Promise.resolve({});
      },
    },
    upload: () => new Promise((done, fail) => uploads.push({ done, fail })),
    unsent: {
      keep(recording, send) {
        source.kept = { recording, send };
      },
      drop: () => delete source.kept,
    },
    on: {
      stage: (text) => told.push(text),
      ready: ({ path }) => told.push(`ready ${path}`),
      failed: (sentence) => told.push(`failed: ${sentence}`),
    },
  });
  const begun = async (count) => {
    while (uploads.length < count) await new Promise((done) => setTimeout(done));
  };
  return { source, told, uploads, begun };
}

Deno.test("a recording is uploaded, read and handed on", async () => {
  const { source, told, uploads, begun } = sourceWithoutPage();
  const taken = source.take(SOUND);
  await begun(1);
  uploads[0].done({ path: "a" });
  await taken;
  equal(told, ["Opening the recording", "Uploading the recording", "readable a", "ready a"]);
});

Deno.test("nothing follows from an upload that was given up", async () => {
  const { source, told, uploads, begun } = sourceWithoutPage();
  const taken = [source.take(SOUND), source.take(SOUND)];
  await begun(1);
  source.giveUp();
  uploads[0].done({ path: "a" });
  await Promise.all(taken);
  equal(told, ["Opening the recording", "Opening the recording", "Uploading the recording"]);
});

Deno.test("a newer recording overtakes one that is on its way, and its failure", async () => {
  const { source, told, uploads, begun } = sourceWithoutPage();
  const first = source.take(SOUND);
  await begun(1);
  const second = source.take(SOUND);
  await begun(2);
  uploads[0].fail(new Error("lost"));
  uploads[1].done({ path: "b" });
  await Promise.all([first, second]);
  equal(told.slice(-2), ["readable b", "ready b"]);
  equal(told.some((text) => text.startsWith("failed")), false);
});

Deno.test("what goes wrong with the wanted one is told", async () => {
  const { source, told, uploads, begun } = sourceWithoutPage();
  const taken = source.take(SOUND);
  await begun(1);
  uploads[0].fail(new Error("HTTP 507: no room"));
  await taken;
  equal(told.at(-1), "failed: The recording did not arrive: no room");
});

Deno.test("a recording that did not arrive is kept until it does", async () => {
  const { source, told, uploads, begun } = sourceWithoutPage();
  const began = new Date();
  const sent = source.sendRecording(SOUND, began);
  await begun(1);
  equal(source.kept, undefined);
  uploads[0].fail(new Error("HTTP 503: busy"));
  await sent;
  equal(source.kept.recording === SOUND, true);
  source.on.ready = (recording, sound, at) => told.push(recording.path, sound === SOUND, at);
  const again = source.kept.send();
  await begun(2);
  uploads[1].done({ path: "a" });
  await again;
  equal([source.kept, ...told.slice(-3)], [undefined, "a", true, began]);
});

Deno.test("a recording that is given up is kept, but not beside a later one", async () => {
  const { source, uploads, begun } = sourceWithoutPage();
  const later = new File([new Uint8Array(50)], "later.wav");
  const first = source.sendRecording(SOUND, null);
  await begun(1);
  source.giveUp();
  uploads[0].done({ path: "a" });
  await first;
  equal(source.kept.recording === SOUND, true);
  const both = [source.sendRecording(SOUND, null)];
  await begun(2);
  both.push(source.sendRecording(later, null));
  await begun(3);
  uploads[2].fail(new Error("lost"));
  await both[1];
  uploads[1].fail(new Error("lost"));
  await both[0];
  equal(source.kept.recording === later, true);
});

Deno.test("a second click while the microphone opens does not open another", async () => {
  const { source, told } = sourceWithoutPage();
  const asked = [];
  const getUserMedia = () => new Promise((_, refuse) => asked.push(refuse));
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia }, configurable: true });
  source.on.deaf = () => told.push("deaf");
  const clicks = [source.recordOrFinish(), source.recordOrFinish()];
  equal(asked.length, 1);
  asked[0](new DOMException("", "NotFoundError"));
  await Promise.all(clicks);
  equal(told, ["deaf"]);
  const later = source.recordOrFinish();
  equal(asked.length, 2);
  asked[1](new DOMException("", "NotFoundError"));
  await later;
  delete navigator.mediaDevices;
});
