// The talk with the server: chunks of the microphone go out, the next when the last was answered.

import { makeCollector, packed } from "./chunker.js";
import { openMicrophone } from "../../sound/microphone.js";

const LONGEST_SECONDS = 4; // that wait for a server; the oldest beyond it are left out
const RETRIES = 3;
const UNPLUGGED = "The microphone was unplugged or taken away: press Listen to go on.";
const UNREACHABLE = "The server cannot be reached: check the connection, then press Listen again.";

// on: { stage(text), begun(facts), answered(answer, spoken, seconds), hidden(), failed(sentence) }
export function makeStream({ server, model, settings, visible, on }) {
  let microphone = null;
  let collector = null;
  let key = null;
  let begunWith = null; // name of the model that hears this stream
  let chunkSeconds = 0.25; // at least so much is sent at a time
  let lost = null; // what the next chunk tells about sound before it that was left out
  let heldAt = 0;
  let run = 0; // number of the present loop; an older loop that wakes up ends

  async function open() {
    const mine = ++run;
    on.stage("waiting for the microphone\u2026");
    try {
      const opened = await openMicrophone({
        block: (block) => collector?.add(block),
        ended: () => on.failed(UNPLUGGED),
        deaf: on.stage,
      });
      if (mine !== run) return opened.close(); // stopped meanwhile
      microphone = opened;
      collector = makeCollector(microphone.rate, LONGEST_SECONDS);
      on.stage("loading the model\u2026");
      if (!(await begin(mine))) return;
    } catch (error) {
      if (mine === run) on.failed(error.message);
      return;
    }
    follow();
  }

  // True if nobody stopped meanwhile.
  async function begin(mine) {
    end();
    const name = model();
    const facts = await ask("live_begin", { model: name });
    key = facts.key;
    if (mine !== run) {
      end();
      return false;
    }
    begunWith = name;
    chunkSeconds = facts.chunk_seconds;
    lost = null;
    on.begun(facts);
    collector.clear(); // what came while a model was loading is past
    return true;
  }

  function end() {
    if (key) server.live_end({ key }).catch(() => {}); // gone or unreachable: nothing is left to free
    key = null;
  }

  async function follow() {
    const mine = ++run;
    let failures = 0;
    const goesOn = () => mine === run;
    while (await collector.gather(chunkSeconds, goesOn)) {
      if (!visible()) return on.hidden();
      try {
        if (model() !== begunWith && !(await begin(mine))) return;
        const answer = await send(goesOn);
        failures = 0;
        if (answer?.gone && !(await begin(mine))) return;
      } catch (error) {
        if (!goesOn()) return;
        if (error.final || ++failures > RETRIES) {
          return on.failed(error.final ? error.message : UNREACHABLE);
        }
        on.stage("waiting for the server\u2026");
        await new Promise((resolve) => setTimeout(resolve, 1000 * failures));
      }
    }
  }

  async function send(goesOn) {
    const { chunk, lost: seconds } = collector.take();
    if (!chunk.length) return null;
    const length = chunk.length / microphone.rate;
    const spoken = performance.now() - 1000 * length; // when its first sample was
    if (seconds > 0) lost = { seconds, reason: "the server was slow" };
    const { floor, look } = settings;
    const answer = await ask("live_hear", {
      key,
      rate: microphone.rate,
      pcm: packed(chunk),
      floor,
      look,
      lost,
    });
    if (answer.gone || !goesOn()) return answer;
    lost = null;
    on.answered(answer, spoken, length);
    return answer;
  }

  async function ask(name, request) {
    const answer = await server[name](request);
    if (answer?.error) throw Object.assign(new Error(answer.error), { final: true });
    if (!answer) throw new Error("no answer");
    return answer;
  }

  return {
    open,
    async pause() {
      run++;
      heldAt = performance.now();
      await microphone.pause();
    },
    async resume() {
      const mine = ++run;
      on.stage("waiting for the microphone\u2026");
      try {
        await microphone.resume();
      } catch (error) {
        if (mine === run) on.failed(error.message);
        return;
      }
      if (mine !== run) return; // paused or stopped meanwhile
      collector.clear();
      lost = { seconds: (performance.now() - heldAt) / 1000, reason: "paused" };
      follow();
    },
    stop() {
      run++;
      microphone?.close();
      microphone = null;
      end();
    },
    // What comes next does not continue what came before.
    cut(reason) {
      lost = { seconds: 0, reason };
    },
    moment: () => ask("live_moment", { key }),
  };
}
