// @ts-check
// The lesson: twelve steps over one sound, one picture each, all on one canvas.
//
// `state` is everything a person can choose; `set` changes it and asks for a redraw, once per
// frame. A step draws, words its facts, and says which answer is right, see steps/step.js.

import { button, partOf, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { readLink } from "../../shared/links.js";
import { Asking } from "./asking.js";
import { foldedTable, makeExact } from "./details.js";
import { Drawing, watchStage, watchSurroundings } from "./drawing.js";
import { Experiments } from "./experiments.js";
import { makeHeader } from "./header.js";
import { isSilent } from "./lessonSound.js";
import { Playback } from "./playback.js";
import { Session } from "./session.js";
import { firstState, linkSettings, placeIn } from "./state.js";
import { showTeacherPart } from "./teacher.js";
import { chooseLanguage, loadTexts } from "./texts.js";
import { Walk } from "./walk.js";
import { Address } from "./steps/address.js";
import { Air } from "./steps/air.js";
import { Answer } from "./steps/answer.js";
import { Break } from "./steps/break.js";
import { Frames } from "./steps/frames.js";
import { Listening } from "./steps/listening.js";
import { Log } from "./steps/log.js";
import { Mel } from "./steps/mel.js";
import { Normalize } from "./steps/normalize.js";
import { Numbers } from "./steps/numbers.js";
import { Patches } from "./steps/patches.js";
import { Spectrum } from "./steps/spectrum.js";

/** @import { Server } from "../../shared/types.js" */
/** @import { Settings } from "../../shared/links.js" */
/** @import { Step } from "./steps/step.js" */
/** @import { Texts } from "./texts.js" */
/** @import { Component, Facts, LessonSound } from "./types.js" */
/** @import { LessonState, Props, Ticket } from "./types.js" */

const STEPS = [
  Air,
  Frames,
  Spectrum,
  Mel,
  Log,
  Normalize,
  Patches,
  Numbers,
  Address,
  Listening,
  Answer,
  Break,
];

/** @param {Component} component */
export function startLearn({ element, watch, props, server }) {
  const root = partOf(element, ".learn");
  /** @type {Lesson | null} */
  let lesson = null;
  watch("value", () => lesson?.session.followModel());
  whenVisible(root, async () => {
    const link = readLink();
    const wishes = [String(link.lang ?? ""), ...navigator.languages].filter(Boolean);
    const language = chooseLanguage(props.languages.map(([code]) => code), wishes);
    try {
      const texts = await loadTexts(server, language);
      lesson = new Lesson(root, props, server, link, texts);
      Object.assign(root, { lesson }); // for tests and the curious
      lesson.session.begin();
    } catch (error) {
      showTrouble(root, sentenceOf(error));
    }
  });
}

export class Lesson {
  /**
   * @param {HTMLElement} root
   * @param {Props} props
   * @param {Server} server
   * @param {Settings} link
   * @param {Texts} texts
   */
  constructor(root, props, server, link, texts) {
    this.root = root;
    this.props = props;
    this.server = server;
    this.link = link;
    this.texts = texts;
    this.examples = props.examples.map(({ name }) => name);
    this.state = firstState(link);
    this.scale = 1; // of the picture
    this.printing = false;
    /** @type {Ticket | null} */
    this.own = null; // the last sound that was no example
    /** @type {Step[]} */
    this.steps = []; // made anew for each sound and each language
    /** @type {{ step: Step, facts: Facts } | null} */
    this.known = null; // facts until something changes
    this.session = new Session(this, server);
    this.experiments = new Experiments(this);
    this.playback = new Playback(this);
    this.drawing = new Drawing(this);
    this.asking = new Asking(this, this.part("ask"));
    this.walk = new Walk(this);
    this.exact = makeExact(texts, this.part("exact"));
    this.table = foldedTable(texts.ui("table"));
    this.header = makeHeader(this, this.part("settings"));
    this.showWords();
    watchStage(this, this.part("stage"));
    watchSurroundings(root, () => this.drawing.recolour(), () => this.session.visit());
  }

  /** @param {string} name */
  part(name) {
    return partOf(this.root, `.ln-${name}`);
  }

  // --- what steps see ---

  /** The sound that is shown; steps are made when it is here. */
  get sound() {
    return /** @type {LessonSound} */ (this.session.sound);
  }

  isReady() {
    return this.steps.length > 0;
  }

  step() {
    return this.steps[this.state.step];
  }

  /** @param {string} id of a step */
  words(id) {
    return this.texts.words.steps[id];
  }

  /** @param {Partial<LessonState>} changes */
  set(changes) {
    Object.assign(this.state, changes);
    this.redraw();
  }

  redraw() {
    this.known = null;
    this.drawing.schedule();
  }

  ask() {
    this.asking.ask();
  }

  /** What fills the gaps of a step's sentences. @param {Step} step @returns {Facts} */
  facts(step) {
    if (this.known?.step !== step) {
      this.known = { step, facts: { ...commonFacts(this.sound, this.texts), ...step.facts() } };
    }
    return this.known.facts;
  }

  /** To those who hear the page. @param {string} sentence */
  speakAloud(sentence) {
    setText(this.part("spoken"), sentence);
  }

  linkSettings() {
    const { state, sound, session, props, link, texts } = this;
    return linkSettings(state, sound.grid, {
      example: session.exampleName(),
      model: session.model(),
      firstModel: props.default_model,
      language: link.lang ? texts.language : null,
    });
  }

  // --- what changes all steps ---

  /** Show a sound. @param {LessonSound} sound @param {Settings} keep settings of a link */
  show(sound, keep) {
    if (!sound.payload.source?.example) this.own = sound.payload;
    placeIn(this.state, sound, keep);
    this.makeSteps();
  }

  /** @param {string} language */
  async speak(language) {
    try {
      this.texts = await loadTexts(this.server, language);
    } catch (error) {
      this.complain(sentenceOf(error));
      return;
    }
    this.exact = makeExact(this.texts, this.part("exact"));
    this.table = foldedTable(this.texts.ui("table"));
    this.header = makeHeader(this, this.part("settings"));
    this.showWords();
    if (this.isReady()) this.makeSteps();
  }

  /** The words around the steps. */
  showWords() {
    const { texts, root } = this;
    root.lang = texts.language;
    for (const key of ["heading", "intro", "back", "next"]) setText(this.part(key), texts.ui(key));
    const minutes = texts.number(Math.round(this.props.keep_seconds / 60));
    setText(this.part("foot"), texts.ui("foot", { minutes }));
    this.part("table").replaceChildren(this.table.node);
    showTeacherPart(this, this.part("teacher"));
  }

  makeSteps() {
    this.redraw();
    this.steps = STEPS.map((Kind) => new Kind(this));
    setText(this.part("note"), noteOn(this.sound, this.texts));
    this.root.dataset.state = "ready";
    this.walk.list();
    this.walk.enter(this.state.step, false);
  }

  /** @param {string} message empty if all is well @param {() => void} [retry] */
  complain(message, retry) {
    showTrouble(this.root, message);
    if (message && retry) {
      this.part("error").append(" ", button(this.texts.ui("retry"), retry, { class: "in-button" }));
    }
    this.drawing.schedule();
  }
}

/** @param {HTMLElement} root @param {string} message */
function showTrouble(root, message) {
  const line = partOf(root, ".ln-error");
  line.hidden = !message;
  line.replaceChildren(message);
}

/**
 * Gradio mounts a tab's components late, but the first tab's at once: wait until one looks.
 * @param {HTMLElement} root
 * @param {() => void} start
 */
function whenVisible(root, start) {
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === 0) return;
    observer.disconnect();
    start();
  });
  observer.observe(root);
}

/** @param {LessonSound} sound @param {Texts} texts */
function commonFacts({ samples, stages, numFrames, grid, payload, title }, texts) {
  return {
    title,
    rate: texts.number(stages.rate),
    samples: texts.number(samples.length),
    seconds: texts.number(samples.length / stages.rate, 2),
    frames: texts.number(numFrames),
    bins: texts.number(grid.bins),
    window: texts.number(payload.window, 2),
  };
}

/** What is strange about a sound. @param {LessonSound} sound @param {Texts} texts */
function noteOn(sound, texts) {
  const { payload, samples, numFrames, stages } = sound;
  if (isSilent(sound)) return texts.ui("silent");
  if (numFrames < 2) return texts.ui("short");
  const isLonger = payload.seconds > (samples.length + stages.hop) / stages.rate;
  return isLonger ? texts.ui("too_long", { window: texts.number(payload.window, 2) }) : "";
}
