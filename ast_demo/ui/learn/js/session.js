// @ts-check
// The lesson's dealings with the server: its sound, and small facts asked for once.

import { makeAgain } from "../../explore/state/resend.js";
import { makeAnswers } from "../../explore/state/serverCache.js";
import { sentenceOf } from "../../shared/errors.js";
import { decodeBytes } from "../../shared/numbers.js";
import { openSound } from "./lessonSound.js";

/** @import { Server } from "../../shared/types.js" */
/** @import { Settings } from "../../shared/links.js" */
/** @import { Lesson } from "./lesson.js" */
/** @import { LessonSound, Pooled, Ticket, Weights } from "./types.js" */

const FIRST_SOUND = "siren";

export class Session {
  /** @param {Lesson} lesson @param {Server} server */
  constructor(lesson, server) {
    this.lesson = lesson;
    const again = makeAgain();
    this.answers = makeAnswers(server, () => again(this.ticket), () => lesson.redraw());
    /** @type {LessonSound | null} */
    this.sound = null; // the one that is shown
    /** @type {Ticket | null} */
    this.ticket = null; // of the sound that was asked for last
    this.serial = 0; // answers to an earlier wish are not shown
    this.isOpening = false;
    this.hasBegun = false;
    this.pending = ""; // what the present picture waits for, or why it waits in vain
    this.seen = exploredSound()?.id ?? null;
    const { link, props } = lesson;
    // A link's model, until the page's header has loaded it, too: no step is shown for another one.
    this.linked = props.models.find((model) => model === link.model) ?? null;
  }

  // --- which sound ---

  /** The first sound: the link's, Explore's, or an example. */
  begin() {
    this.hasBegun = true;
    const { link } = this.lesson;
    const linked = String(link.sound ?? "");
    const explored = exploredSound();
    if (explored && !this.example(linked)) return this.carry(explored, link);
    return this.openExample(linked, link);
  }

  /** Back from another tab: what Explore shows by then carries over. */
  visit() {
    const now = exploredSound();
    if (!this.hasBegun || !now || now.id === this.seen) return;
    this.seen = now.id;
    const example = now.source?.example;
    if (!example || example !== this.ticket?.source?.example) this.carry(now);
  }

  followModel() {
    this.linked = null;
    const { ticket } = this;
    if (this.hasBegun && ticket && this.model() !== ticket.model.name) this.carry(ticket);
  }

  model() {
    const { value, default_model } = this.lesson.props;
    return this.linked ?? value?.model ?? default_model;
  }

  /** @param {string} name */
  example(name) {
    return this.lesson.props.examples.find((each) => each.name === name);
  }

  /** Name of the example that was asked for last, or null. */
  exampleName() {
    return exampleOf(this.ticket?.source);
  }

  /** Name of the example that is shown, or null. */
  shownExample() {
    return exampleOf(this.sound?.payload.source);
  }

  /** @param {string} name the first sound where no example is called so @param {Settings} [keep] */
  openExample(name, keep) {
    const { props, texts } = this.lesson;
    const found = this.example(name) ?? this.example(FIRST_SOUND) ?? props.examples[0];
    if (!found) return this.lesson.complain(texts.ui("none_yet"));
    const model = { name: this.model() };
    const ticket = { id: randomKey(), title: found.title, source: { example: found.file }, model };
    return this.open(ticket, keep);
  }

  /** Open a sound with the present model. @param {Ticket} ticket @param {Settings} [keep] */
  carry({ id, title, source, model }, keep) {
    const name = this.model();
    const same = model.name === name ? id : randomKey();
    return this.open({ id: same, title, source, model: { name } }, keep);
  }

  /** @param {Ticket} ticket @param {Settings} [keep] settings of a link */
  async open(ticket, keep = {}) {
    const { lesson } = this;
    const mine = ++this.serial;
    this.ticket = ticket;
    this.isOpening = true;
    this.answers.clear();
    lesson.complain("");
    try {
      const answer = await this.answers.ask("learn_sound", firstRequest(ticket));
      if (mine !== this.serial) return;
      this.sound = openSound({ ...answer, source: ticket.source });
      lesson.show(this.sound, keep);
    } catch (error) {
      if (mine !== this.serial) return;
      this.linked = null; // trying again is worth it with the model that the page has
      lesson.complain(sentenceOf(error), () => this.carry(ticket, keep));
    } finally {
      if (mine === this.serial) this.isOpening = false;
      lesson.redraw();
    }
  }

  // --- what is asked about it ---

  /**
   * Ask about the sound that is shown.
   * @param {string} name
   * @param {object} request
   * @returns {Promise<any>}
   */
  ask(name, request) {
    return this.answers.ask(name, { id: this.lesson.sound.id, ...request });
  }

  /**
   * A fact of the sound, asked once; null while it is on its way.
   * @template Value
   * @param {string} key
   * @param {string} name of the server function
   * @param {object} request
   * @param {(answer: any) => Value} unpack
   * @returns {Value | null}
   */
  fact(key, name, request, unpack) {
    const { id } = this.lesson.sound;
    const full = `${id} ${key}`;
    const value = this.answers.get(full, name, { id, ...request }, unpack);
    if (!value) this.pending = this.answers.error(full) ?? this.lesson.texts.ui("waiting");
    return value;
  }

  weights() {
    return this.fact("weights", "learn_weights", {}, unpackWeights);
  }

  pooled() {
    return this.fact("pooled", "learn_answer", {}, unpackPooled);
  }

  /** What the picture waits for, in words. */
  status() {
    const { texts, props } = this.lesson;
    if (this.isOpening) return texts.ui(props.loaded ? "loading" : "loading_model");
    return this.pending;
  }
}

/** The sound that Explore shows, if there is one. @returns {Ticket | null} */
function exploredSound() {
  const root = /** @type {any} */ (document.querySelector(".explorer")); // holds its explorer
  return root?.explorer?.sound?.payload ?? null;
}

/** @param {Ticket["source"]} source @returns {string | null} */
const exampleOf = (source) => source?.example?.replace(/\.\w+$/, "") ?? null;

/** An example needs no second request: its name comes along at once. @param {Ticket} ticket */
function firstRequest({ id, title, source, model }) {
  const example = source?.example;
  return example ? { id, title, example, model: model.name } : { id, title };
}

/** @param {string} text */
const floats = (text) => new Float32Array(decodeBytes(text).buffer);

/** @param {Record<keyof Weights, string>} answer @returns {Weights} */
function unpackWeights({ filters, scales, offsets, addresses }) {
  return {
    filters: new Int16Array(decodeBytes(filters).buffer),
    scales: floats(scales),
    offsets: floats(offsets),
    addresses: new Int8Array(decodeBytes(addresses).buffer),
  };
}

/**
 * @param {Omit<Pooled, "pooled" | "weights"> & { pooled: string, weights: string }} answer
 * @returns {Pooled}
 */
function unpackPooled(answer) {
  return { ...answer, pooled: floats(answer.pooled), weights: floats(answer.weights) };
}

function randomKey() {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(16)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
