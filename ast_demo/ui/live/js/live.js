// @ts-check
// The live view: what the stream tells becomes picture, labels and past.

import { button, make, partOf, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { decodeBytes } from "../../shared/numbers.js";
import { makePlayer } from "../../sound/player.js";
import { CurrentLabels } from "./currentLabels.js";
import { EventLog } from "./eventLog.js";
import { KeptSound } from "./keptSound.js";
import { Gauges } from "./meters.js";
import { colourBar, RollingSpectrogram } from "./rollingSpectrogram.js";
import { ScoreHistory } from "./scoreHistory.js";
import { makeOptions } from "./settings.js";
import { Stream } from "./stream.js";

/** @import { Server } from "../../shared/types.js" */
/** @import { Answer, Facts, State } from "./types.js" */

const SHORT_FRAMES = 160; // of a window that leaves room for large labels beside its picture
const FRAME_SECONDS = 0.01;
const PAUSED = "Paused: nothing is sent";

/**
 * @typedef {object} Component what gr.HTML hands to its JavaScript
 * @property {HTMLElement} element
 * @property {(name: string, changed: () => void) => void} watch
 * @property {{ value: { model: string } | null, words: string | null }} props words: a model that
 *     knows them
 * @property {Server} server
 * @property {(name: string, data?: object) => void} trigger
 */

/** @param {Component} component */
export function startLive(component) {
  return new LiveView(component);
}

class LiveView {
  /** @param {Component} component */
  constructor({ element, watch, props, server, trigger }) {
    this.element = element;
    this.props = props;
    this.trigger = trigger;
    this.root = partOf(element, ".live");
    /** @type {State} */
    this.state = "off";
    /** @type {Facts | null} */
    this.facts = null; // of the stream
    /** @type {Answer | null} */
    this.answer = null; // the latest
    this.kept = new KeptSound();
    const player = makePlayer(partOf(element, ".live-audio", HTMLAudioElement), {
      time() {},
      trouble: (text) => this.complain(text),
    });
    this.player = player;
    this.scroll = new RollingSpectrogram(partOf(element, ".live-picture", HTMLCanvasElement));
    this.ribbon = new ScoreHistory(partOf(element, ".live-ribbon", HTMLCanvasElement));
    this.heard = new EventLog(this.part("heard"), {
      sound: (name, start, end) => this.kept.file(name, start, end),
      play(file) {
        player.load(file);
        player.play(0);
      },
    });
    this.now = new CurrentLabels(this.part("labels"), this.part("headline"));
    this.gauges = new Gauges((name) => this.part(name));
    this.options = this.makeOptions();
    this.settings = this.options.settings;
    this.stream = this.makeStream(server);
    this.buttons = this.makeButtons();
    Object.assign(this.root, { live: this }); // for whoever wants to look inside, such as a test
    this.show("off");
    this.invite();
    watch("value", () => this.invite());
    this.watchWindow();
  }

  /** @param {string} name */
  part(name) {
    return partOf(this.element, `.live-${name}`);
  }

  makeOptions() {
    return makeOptions(this.part("options"), {
      threshold: (score) => {
        this.ribbon.setThreshold(score);
        this.heard.setThreshold(score);
      },
      floor: (level) => this.gauges.placeFloor(level),
      look: () => this.showLooking(),
      watched: (numbers) => {
        this.ribbon.watch(numbers);
        this.heard.watch(numbers);
      },
    });
  }

  /** @param {Component["server"]} server */
  makeStream(server) {
    return new Stream({
      server,
      settings: this.settings,
      model: () => this.props.value?.model,
      visible: () => Boolean(this.root.offsetParent),
      on: {
        stage: (text) => this.say(text),
        begun: (facts) => this.begun(facts),
        renewed: (facts) => this.renewed(facts),
        answered: (...told) => this.answered(...told),
        hidden: () => this.pause(),
        failed: (sentence) => this.stop(sentence),
      },
    });
  }

  makeButtons() {
    const turn = () => (this.state === "on" ? this.pause() : this.resume());
    const buttons = {
      listen: button("Listen", () => this.listen(), { class: "in-button in-main" }),
      pause: button("Pause", turn, { class: "in-button" }),
      stop: button("Stop", () => this.stop(), { class: "in-button" }),
      clear: button("Clear", () => this.clear(), { class: "in-button" }),
      explain: button("Explain this moment", () => this.explain(), { class: "in-button" }),
    };
    partOf(this.element, ".in-buttons").append(...Object.values(buttons));
    return buttons;
  }

  watchWindow() {
    const redraw = () => this.redraw();
    addEventListener("resize", redraw);
    new ResizeObserver(redraw).observe(this.root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    addEventListener("pagehide", () => this.stop());
  }

  redraw() {
    if (!this.root.offsetParent) return;
    this.scroll.draw();
    this.ribbon.draw();
  }

  // Words need a model that knows them.
  invite() {
    const { words, value } = this.props;
    this.part("words").hidden = !words || words === value?.model;
    setText(this.part("words"), `To see spoken words, choose the model ${words}.`);
  }

  // Buttons

  listen() {
    if (this.state !== "off") return;
    this.complain("");
    this.show("opening");
    this.stream.open();
  }

  async pause() {
    this.show("paused");
    this.say(PAUSED);
    await this.stream.pause();
  }

  async resume() {
    this.player.pause(); // or the microphone would hear it
    this.heard.cut();
    this.show("on");
    await this.stream.resume();
  }

  stop(reason = "") {
    this.stream.stop();
    this.show("off");
    this.say("");
    this.complain(reason);
    this.gauges.rest();
  }

  clear() {
    for (const view of [this.scroll, this.ribbon, this.heard, this.now, this.gauges]) view.clear();
    this.root.dataset.filled = "false";
    this.kept.clear();
    if (this.state === "on") this.stream.cut("cleared");
    this.redraw();
  }

  async explain() {
    const title = `Live at ${new Date().toLocaleTimeString([], { hour12: false })}`;
    if (this.state === "on") await this.pause();
    this.say("Opening this moment in Explore\u2026");
    try {
      const { path, gone } = await this.stream.moment();
      if (gone) {
        throw new Error(
          "This moment is no longer kept: press Resume, then explain the next one sooner.",
        );
      }
      this.trigger("moment", { path, title });
      this.say(PAUSED);
    } catch (error) {
      this.complain(sentenceOf(error));
    }
  }

  // What the stream tells

  /** @param {Facts} facts */
  begun(facts) {
    this.facts = facts;
    this.answer = null;
    this.kept.clear();
    this.root.dataset.short = String(facts.grid.max_length <= SHORT_FRAMES);
    for (const view of [this.scroll, this.ribbon, this.heard, this.now]) view.begin(facts);
    this.options.begin(facts);
    this.gauges.clear();
    const patches = facts.grid.freq_patches * facts.grid.time_patches;
    const softmax = facts.rule === "softmax";
    setText(
      this.part("rule"),
      softmax ? "Scores add up to 1 (softmax)" : "Labels may overlap (sigmoid)",
    );
    setText(
      this.part("caption"),
      `The model hears the last ${
        facts.window_seconds.toFixed(1)
      } s as ${patches} patches. The sound slides; the patches stay.`,
    );
    this.showLooking();
    this.show("on");
  }

  /**
   * The window is empty; what was heard, its sound and what is watched stay.
   * @param {Facts} facts
   */
  renewed(facts) {
    this.facts = facts;
    this.answer = null; // whatever its first answer says, the picture begins anew
    this.heard.cut();
    this.gauges.clear();
    this.show("on");
  }

  /**
   * @param {Answer} answer
   * @param {number} spoken when the first sample of the chunk was, as performance.now() tells
   * @param {Float32Array} chunk
   * @param {number} rate Hz
   */
  answered(answer, spoken, chunk, rate) {
    if (answer.restarts !== this.answer?.restarts) this.scroll.clear();
    this.answer = answer;
    this.kept.add(chunk, answer.seconds, rate);
    this.scroll.add(decodeBytes(answer.frames), answer.new_frames, answer.filled);
    this.root.dataset.filled = "true";
    const looked = answer.rollout && this.settings.look ? decodeBytes(answer.rollout) : null;
    if (looked || answer.scores) this.scroll.look(looked, answer.rollout_max);
    this.scroll.draw();
    if (looked) this.showLegend();
    if (answer.scores) this.scored(answer, decodeBytes(answer.scores));
    this.gauges.count(answer, spoken);
    setText(this.part("notes"), answer.notes.join(" \u00b7 "));
    this.say(this.gauges.told(answer));
  }

  /** @param {Answer} answer @param {Uint8Array} scores */
  scored(answer, scores) {
    this.ribbon.add(answer.seconds, scores, answer.silent);
    this.ribbon.draw();
    this.heard.add(answer.seconds, answer.filled * FRAME_SECONDS, scores, answer.silent);
    this.now.show(scores, answer.silent, this.settings.threshold);
    this.root.dataset.silent = String(answer.silent);
  }

  showLooking() {
    if (!this.settings?.look) this.scroll.look(null);
    this.showLegend();
    this.redraw();
  }

  showLegend() {
    const legend = this.scroll.legend(this.settings.look);
    if (!legend) return;
    const { name, table, ticks } = legend;
    const scale = make("span", "live-scale");
    scale.append(colourBar(table));
    for (const [place, text] of ticks) {
      const tick = make("span", "live-tick in-number", text);
      tick.style.left = `${100 * place}%`;
      scale.append(tick);
    }
    this.part("legend").replaceChildren(make("span", "", name), scale);
  }

  // State and words

  /** @param {State} next */
  show(next) {
    const { listen, pause, stop, explain } = this.buttons;
    const running = ["on", "paused"].includes(next);
    this.state = next;
    this.root.dataset.state = next;
    listen.disabled = next !== "off";
    pause.disabled = !running;
    stop.disabled = next === "off";
    explain.disabled = !running;
    setText(pause, next === "paused" ? "Resume" : "Pause");
  }

  /** @param {string} text */
  say(text) {
    setText(this.part("status"), text);
  }

  /** @param {string} text */
  complain(text) {
    const error = partOf(this.element, ".in-error");
    setText(error, text);
    error.hidden = !text;
  }
}
