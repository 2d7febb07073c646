// @ts-check
// The exchange with the server: chunks of the microphone go out, each once the last is answered.

import { sentenceOf } from "../../shared/errors.js";
import { clamp } from "../../shared/numbers.js";
import { makeCollector, packed } from "./chunker.js";
import { openMicrophone } from "../../sound/microphone.js";

/** @import { Server } from "../../shared/types.js" */
/** @import { Answer, Facts } from "./types.js" */

const LONGEST_SECONDS = 4; // that wait for a server; the oldest beyond it are dropped
const MOST_LOST = 86400; // seconds: more than a day left out is not told
const RETRIES = 3;
const UNPLUGGED = "The microphone was unplugged or taken away: press Listen to go on.";
const UNREACHABLE = "The server cannot be reached: check the connection, then press Listen again.";
const WAITING = "waiting for the microphone\u2026";

/**
 * @typedef {object} StreamEvents
 * @property {(text: string) => void} stage
 * @property {(facts: Facts) => void} begun
 * @property {(facts: Facts) => void} renewed the same model hears on, in a new window; times go on
 * @property {(answer: Answer, spoken: number, chunk: Float32Array, rate: number) => void} answered
 *     its seconds count from where the model began to hear, over all of the server's streams
 * @property {() => void} hidden the view is no longer seen
 * @property {(sentence: string) => void} failed
 */

/**
 * @typedef {object} Ears
 * @property {import("../../sound/microphone.js").Microphone} microphone
 * @property {ReturnType<typeof makeCollector>} collector of what it hears
 */

/** The server's own sentence: asking again would not help. */
class Refusal extends Error {}

export class Stream {
  /**
   * @param {object} world
   * @param {Server} world.server
   * @param {() => string | undefined} world.model name of the model that shall hear
   * @param {{ floor: number, look: boolean }} world.settings
   * @param {() => boolean} world.visible
   * @param {StreamEvents} world.on
   */
  constructor({ server, model, settings, visible, on }) {
    this.server = server;
    this.model = model;
    this.settings = settings;
    this.visible = visible;
    this.on = on;
    /** @type {Ears | null} */
    this.ears = null;
    this.key = null;
    /** @type {string | null | undefined} */
    this.begunWith = null; // name of the model that hears this stream
    /** @type {Facts | null} */
    this.facts = null; // of the server's stream, also when that is over
    this.chunkSeconds = 0.25; // at least so much is sent at a time
    /** @type {{ seconds: number, reason: string } | null} */
    this.lost = null; // what the next chunk tells about sound before it that was dropped
    this.offset = 0; // seconds at which the server's stream began
    this.come = { seconds: 0, at: 0 }; // how far it has come, and when, in ms of the clock
    this.run = 0; // number of the present loop; an older loop that wakes up ends
  }

  async open() {
    const mine = ++this.run;
    this.on.stage(WAITING);
    try {
      const opened = await openMicrophone({
        block: (block) => this.ears?.collector.add(block),
        ended: () => this.on.failed(UNPLUGGED),
        deaf: this.on.stage,
      });
      if (mine !== this.run) return opened.close(); // stopped meanwhile
      const ears = {
        microphone: opened,
        collector: makeCollector(opened.rate, LONGEST_SECONDS),
      };
      this.ears = ears;
      this.on.stage("loading the model\u2026");
      if (await this.begin(mine, ears)) this.follow(ears);
    } catch (error) {
      if (mine === this.run) this.on.failed(sentenceOf(error));
    }
  }

  async pause() {
    this.run++;
    await this.ears?.microphone.pause();
  }

  async resume() {
    const { ears } = this;
    if (!ears) return;
    const mine = ++this.run;
    this.on.stage(WAITING);
    try {
      await ears.microphone.resume();
    } catch (error) {
      if (mine === this.run) this.on.failed(sentenceOf(error));
      return;
    }
    if (mine !== this.run) return; // paused or stopped meanwhile
    ears.collector.clear();
    this.lost = { seconds: this.missed(), reason: "paused" };
    this.follow(ears);
  }

  stop() {
    this.run++;
    this.ears?.microphone.close();
    this.ears = null;
    this.end();
    this.cut("stopped");
  }

  /**
   * What comes next does not continue what came before.
   *
   * @param {string} reason
   */
  cut(reason) {
    this.lost = { seconds: 0, reason };
  }

  moment() {
    return this.ask("live_moment", { key: this.key });
  }

  /**
   * @param {number} mine number of the loop
   * @param {Ears} ears
   * @returns {Promise<boolean>} false if it was stopped
   */
  async begin(mine, ears) {
    this.end();
    const name = this.model();
    const facts = await this.ask("live_begin", { model: name });
    this.key = facts.key;
    if (mine !== this.run) {
      this.end();
      return false;
    }
    const same = name === this.begunWith && saysTheSame(facts, this.facts);
    this.begunWith = name;
    this.facts = facts;
    this.chunkSeconds = facts.chunk_seconds;
    ears.collector.clear(); // what came while a model was loading is past
    if (same) this.goOn();
    else this.startAnew();
    return true;
  }

  startAnew() {
    this.offset = 0;
    this.come = { seconds: 0, at: Date.now() };
    this.lost = null;
    this.on.begun(/** @type {Facts} */ (this.facts));
  }

  // The server's new stream counts from 0, and is told what it missed as one that was paused is.
  goOn() {
    const { reason } = this.lost ?? { reason: "the stream had ended" };
    this.offset = this.come.seconds;
    this.lost = { seconds: this.missed(), reason };
    this.on.renewed(/** @type {Facts} */ (this.facts));
  }

  /** Seconds that have passed since the last sound that was heard. */
  missed() {
    return clamp((Date.now() - this.come.at) / 1000, 0, MOST_LOST);
  }

  end() {
    // Where this fails, nothing is left to free.
    if (this.key) this.server.live_end({ key: this.key }).catch(() => {});
    this.key = null;
  }

  /** @param {Ears} ears */
  async follow(ears) {
    const mine = ++this.run;
    let failures = 0;
    const goesOn = () => mine === this.run;
    while (await ears.collector.gather(this.chunkSeconds, goesOn)) {
      if (!this.visible()) return this.on.hidden();
      try {
        if (this.model() !== this.begunWith && !(await this.begin(mine, ears))) return;
        const answer = await this.send(ears, goesOn);
        failures = 0;
        if (answer?.gone && !(await this.begin(mine, ears))) return;
      } catch (error) {
        if (!goesOn()) return;
        if (error instanceof Refusal) return this.on.failed(error.message);
        if (++failures > RETRIES) return this.on.failed(UNREACHABLE);
        this.on.stage("waiting for the server\u2026");
        await new Promise((resolve) => setTimeout(resolve, 1000 * failures));
      }
    }
  }

  /** @param {Ears} ears @param {() => boolean} goesOn @returns {Promise<Answer | null>} */
  async send({ microphone: { rate }, collector }, goesOn) {
    const { chunk, lost: seconds } = collector.take();
    if (!chunk.length) return null;
    const { key, offset } = this;
    const at = Date.now();
    const spoken = performance.now() - (1000 * chunk.length) / rate; // when its first sample was
    if (seconds > 0) this.lost = { seconds, reason: "the server was slow" };
    const { floor, look } = this.settings;
    const answer = await this.ask("live_hear", {
      key,
      rate,
      pcm: packed(chunk),
      floor,
      look,
      lost: this.lost,
    });
    if (answer.gone || key !== this.key) return answer;
    answer.seconds += offset;
    this.come = { seconds: answer.seconds, at };
    if (!goesOn()) return answer;
    this.lost = null;
    this.on.answered(answer, spoken, chunk, rate);
    return answer;
  }

  /**
   * @param {string} name of the server function
   * @param {object} request
   * @returns {Promise<any>}
   * @throws {Refusal} with the server's sentence
   * @throws {Error} if it does not answer
   */
  async ask(name, request) {
    const answer = await this.server[name](request);
    if (answer?.error) throw new Refusal(answer.error);
    if (!answer) throw new Error("no answer");
    return answer;
  }
}

/**
 * Whether scores and times of two streams mean the same: a host may have changed a model meanwhile.
 *
 * @param {Facts} facts
 * @param {Facts | null} before
 */
function saysTheSame(facts, before) {
  const meaning = (/** @type {Facts | null} */ one) =>
    JSON.stringify([one?.labels, one?.rule, one?.window_seconds]);
  return meaning(facts) === meaning(before);
}
