// @ts-check
// Experiments that the server runs, each once, and how their answers are shown.

import { make } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";

/** @import { Lesson } from "./lesson.js" */

/** @typedef {{ value?: any, error?: string, pending?: Promise<any> }} Result */

export class Experiments {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    this.lesson = lesson;
    /** @type {Map<string, Result>} */
    this.results = new Map(); // by sound and key
  }

  /** @param {string} key */
  place(key) {
    return `${this.lesson.sound.id} ${key}`;
  }

  /**
   * Run an experiment unless it was run.
   * @param {string} kind
   * @param {object} [details]
   * @param {string} [key] under which its result is remembered
   * @returns {Promise<any>} its answer
   * @throws {Error} with the server's sentence
   */
  run(kind, details = {}, key = kind) {
    const place = this.place(key);
    const known = this.results.get(place);
    if (known?.value) return Promise.resolve(known.value);
    if (known?.pending) return known.pending;
    const pending = this.ask(place, { kind, ...details });
    pending.catch(() => {}); // told where the result is shown
    this.keep(place, { pending });
    return pending;
  }

  /** @param {string} place @param {object} request */
  async ask(place, request) {
    try {
      const value = await this.lesson.session.ask("learn_experiment", request);
      this.keep(place, { value });
      return value;
    } catch (error) {
      this.keep(place, { error: sentenceOf(error) });
      throw error;
    }
  }

  /** @param {string} place @param {Result} result */
  keep(place, result) {
    this.results.set(place, result);
    this.lesson.redraw();
  }

  /** Whether it was run, or is running. @param {string} key */
  isKnown(key) {
    return this.results.has(this.place(key));
  }

  /** The answer, or null while there is none. @param {string} key @returns {any} */
  answer(key) {
    return this.results.get(this.place(key))?.value ?? null;
  }

  /**
   * Elements that show an experiment: its answer, that it runs, or why it did not.
   * @param {string | null} key null where none is shown
   * @param {(answer: any) => HTMLElement[]} build
   */
  nodes(key, build) {
    const found = key === null ? undefined : this.results.get(this.place(key));
    if (!found) return [];
    if (found.error) return [make("p", "in-error", found.error)];
    if (found.value) return build(found.value);
    return [make("p", "in-muted", this.lesson.texts.ui("waiting"))];
  }
}
