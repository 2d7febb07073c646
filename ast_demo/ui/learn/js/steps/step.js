// @ts-check
// One step of the lesson: a picture, a control, a sentence, a question, and exact numbers.

/** @import { Facts, Judgement, KeyActions, PointerActions, Row } from "../types.js" */
/** @import { StepWords, Surface } from "../types.js" */
/** @import { Heat } from "../../../explore/types.js" */
/** @import { Lesson } from "../lesson.js" */

/** What the lesson asks of a step; each overrides what is its own. */
export class Step {
  /** @param {Lesson} lesson @param {string} id under which its words stand */
  constructor(lesson, id) {
    this.lesson = lesson;
    this.id = id;
    this.state = lesson.state;
    this.texts = lesson.texts;
    /** @type {StepWords} */
    this.words = lesson.words(id);
    /** @type {HTMLElement[]} */
    this.controls = [];
    /** @type {HTMLElement | null} */
    this.extra = null; // below the controls
    this.playable = false; // whether the sound can be played here
    this.revealText = this.texts.ui("reveal");
    this.note = ""; // below the table
    /** @type {KeyActions} */
    this.keys = {};
    /** @type {PointerActions} */
    this.pointer = {};
  }

  get sound() {
    return this.lesson.sound;
  }

  /** Of the picture, in CSS pixels. @param {number} _width @returns {number} */
  height(_width) {
    return 256;
  }

  /**
   * Width of the picture on paper, in CSS pixels; null for the whole width.
   * @returns {number | null}
   */
  paper() {
    return null;
  }

  /** @param {Surface} _surface */
  draw(_surface) {}

  /** Bring controls and what is below them up to date. */
  refresh() {}

  /** What fills the gaps of the step's sentences. @returns {Facts} */
  facts() {
    return {};
  }

  /** The picture as a table. @returns {Row[]} */
  rows() {
    return [];
  }

  sentence() {
    return this.words.sentence;
  }

  /** What is to be seen in the picture. */
  read() {
    return this.words.read;
  }

  /** The map whose colours need a legend. @returns {Heat | null} */
  legend() {
    return null;
  }

  /**
   * Which choice is right, from 0; null where an experiment tells, see judge.
   * @returns {number | null}
   */
  right() {
    return null;
  }

  /**
   * What is said to each choice, where it depends on the sound or the model.
   * @returns {string[]}
   */
  why() {
    return [];
  }

  /** Said behind the answer. @returns {string} */
  afterword() {
    return "";
  }

  /** Called when the answer is shown. */
  onReveal() {}

  /**
   * Compare a guess with what happens.
   * @param {number} guess
   * @returns {Promise<Judgement>}
   */
  judge(guess) {
    return Promise.resolve({ right: this.right() === guess, sentences: [] });
  }
}
