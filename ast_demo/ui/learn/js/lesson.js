// @ts-check
// The lesson: twelve steps over one sound, one picture each, all on one canvas.
//
// `app.state` is everything a person can choose; `app.set` changes it and asks for a redraw, once
// per frame. A step is an object that draws, words its facts, and says which answer is right.

import { make, setText } from "../../shared/dom.js";
import { readLink } from "../../shared/links.js";
import { makeAsking } from "./asking.js";
import { foldedTable, makeExact } from "./details.js";
import { makeDrawing, watchStage, watchSurroundings } from "./drawing.js";
import { makeExperiments } from "./experiments.js";
import { makeHeader } from "./header.js";
import { isSilent } from "./lessonSound.js";
import { makePlayback } from "./playback.js";
import { makeSession } from "./session.js";
import { firstState, linkSettings, placeIn } from "./state.js";
import { makeTeacher } from "./teacher.js";
import { chooseLanguage, makeTexts } from "./texts.js";
import { makeAddress } from "./steps/address.js";
import { makeAir } from "./steps/air.js";
import { makeAnswer } from "./steps/answer.js";
import { makeBreak } from "./steps/break.js";
import { makeFrames } from "./steps/frames.js";
import { makeListening } from "./steps/listening.js";
import { makeLog } from "./steps/log.js";
import { makeMel } from "./steps/mel.js";
import { makeNormalize } from "./steps/normalize.js";
import { makeNumbers } from "./steps/numbers.js";
import { makePatches } from "./steps/patches.js";
import { makeSpectrum } from "./steps/spectrum.js";

const MAKERS = [
  makeAir,
  makeFrames,
  makeSpectrum,
  makeMel,
  makeLog,
  makeNormalize,
  makePatches,
  makeNumbers,
  makeAddress,
  makeListening,
  makeAnswer,
  makeBreak,
];

export function startLearn({ element, watch, props, server }) {
  const root = element.querySelector(".learn");
  const find = (name) => root.querySelector(`.ln-${name}`);
  const app = makeApp(props, server);
  const session = makeSession(app, { onSound, onTrouble });
  const drawing = makeDrawing(app, root, session);
  const { open, fact, weights, pooled, model } = session;
  Object.assign(app, { open, fact, weights, pooled, model, recolour: drawing.recolour });
  app.onChange = drawing.schedule;
  app.linkSettings = () => linkSettings(app, session.exampleName());
  Object.assign(app, makeExperiments(app, session), { play: makePlayback(app) });
  const asking = makeAsking(app, find("ask"));
  const walk = makeWalk(app, root, asking);
  app.ask = asking.ask;

  async function speak(language) {
    app.texts = makeTexts(await session.texts(language), language);
    root.lang = language;
    for (const key of ["heading", "intro", "back", "next"]) setText(find(key), app.texts.ui(key));
    const minutes = app.texts.number(Math.round(props.keep_seconds / 60));
    setText(find("foot"), app.texts.ui("foot", { minutes }));
    app.header = makeHeader(app, find("settings"), speak);
    app.exact = makeExact(app, find("exact"));
    app.table = foldedTable(app.texts.ui("table"));
    find("table").replaceChildren(app.table.node);
    makeTeacher(app, find("teacher"), session);
    if (app.sound) rebuild();
  }

  function onSound(sound, keep) {
    app.sound = sound;
    placeIn(app.state, sound, keep);
    rebuild();
  }

  function rebuild() {
    app.redraw();
    app.steps = MAKERS.map((makeStep) => makeStep(app));
    setText(find("note"), noteOf(app.texts, app.sound));
    root.dataset.state = "ready";
    walk.list();
    walk.enter(app.state.step, false);
  }

  function onTrouble(message, retry) {
    const line = find("error");
    line.hidden = !message;
    line.replaceChildren(message ?? "");
    if (message && retry && app.texts) {
      const again = make("button", "in-button", app.texts.ui("retry"), { type: "button" });
      again.addEventListener("click", retry);
      line.append(" ", again);
    }
    drawing.schedule();
  }

  find("back").addEventListener("click", () => walk.enter(app.state.step - 1));
  find("next").addEventListener("click", () => walk.enter(app.state.step + 1));
  watchStage(app, find("stage"), (text) => setText(find("spoken"), text));
  watchSurroundings(root, drawing.recolour, session.visit);
  watch("value", session.modelChanged);
  root.lesson = app; // for tests and the curious
  session.whenVisible(root, async () => {
    const wishes = [String(app.link.lang ?? ""), ...navigator.languages].filter(Boolean);
    try {
      await speak(chooseLanguage(props.languages.map(([code]) => code), wishes));
      session.begin();
    } catch (error) {
      onTrouble(error.message);
    }
  });
}

function makeApp(props, server) {
  const link = readLink();
  let version = 0; // of what a step's facts are made of
  let known = { version: -1, step: null, facts: {} };
  const app = {
    state: firstState(link),
    sound: null,
    scale: 1, // of the picture
    printing: false,
    texts: null,
    steps: [],
    props,
    server,
    link,
    examples: props.examples.map(({ name }) => name),
    words: (id) => app.texts.words.steps[id],
    step: () => app.steps[app.state.step],
    onChange() {},
    redraw() {
      version++;
      app.onChange();
    },
    set(changes) {
      Object.assign(app.state, changes);
      app.redraw();
    },
    facts(step) {
      if (known.version !== version || known.step !== step) {
        known = { version, step, facts: { ...commonFacts(app), ...step.facts() } };
      }
      return known.facts;
    },
  };
  return app;
}

function commonFacts({ sound, texts }) {
  const { samples, stages, numFrames, grid, payload, title } = sound;
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

function noteOf(texts, sound) {
  const { payload, samples, numFrames, stages } = sound;
  if (isSilent(sound)) return texts.ui("silent");
  if (numFrames < 2) return texts.ui("short");
  const longer = payload.seconds > (samples.length + stages.hop) / stages.rate;
  return longer ? texts.ui("too_long", { window: texts.number(payload.window, 2) }) : "";
}

// From step to step: the list on top, back and next, and where the focus goes.
function makeWalk(app, root, asking) {
  const find = (name) => root.querySelector(`.ln-${name}`);

  function list() {
    const nav = find("nav");
    nav.setAttribute("aria-label", app.texts.ui("steps"));
    nav.querySelector("ol").replaceChildren(
      ...app.steps.map(({ id }, index) => {
        const item = make("li");
        const choose = make("button", "ln-goto", "", { type: "button" });
        choose.append(make("span", "in-number", String(index + 1)), ` ${app.words(id).name}`);
        choose.addEventListener("click", () => enter(index));
        item.append(choose);
        return item;
      }),
    );
  }

  function mark(current) {
    root.querySelectorAll(".ln-goto").forEach((choose, index) => {
      if (index !== current) return choose.removeAttribute("aria-current");
      choose.setAttribute("aria-current", "step");
      const list = find("nav");
      list.scrollLeft = choose.offsetLeft - (list.clientWidth - choose.offsetWidth) / 2;
    });
    find("back").disabled = current === 0;
    find("next").disabled = current === app.steps.length - 1;
  }

  function enter(index, moveFocus = true) {
    const { state, texts, steps } = app;
    state.step = Math.min(Math.max(index, 0), steps.length - 1);
    const step = app.step();
    const words = app.words(step.id);
    const heading = `${state.step + 1} \u00b7 ${texts.fill(words.title, app.facts(step))} `;
    find("title").replaceChildren(heading, make("span", "ln-term", `(${words.term})`));
    find("controls").replaceChildren(
      ...step.controls,
      ...(step.playing ? [app.play.button()] : []),
    );
    find("extra").replaceChildren(...(step.extra ? [step.extra] : []));
    const place = { number: state.step + 1, count: steps.length, name: words.name };
    setText(find("position"), texts.ui("position", place));
    mark(state.step);
    app.table.columns(words.columns, step.note);
    asking.ask();
    app.redraw();
    if (!moveFocus) return;
    find("title").focus({ preventScroll: true });
    find("nav").scrollIntoView({ block: "nearest" });
    setText(find("spoken"), texts.ui("position", place));
  }

  return { list, enter };
}
