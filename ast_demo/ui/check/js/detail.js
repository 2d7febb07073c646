// @ts-check
// One strength, looked at closely: hear it, see the maps side by side, open it in Explore.

import { depthChart } from "../../shared/depthChart.js";
import { button, choice, make, setText } from "../../shared/dom.js";
import { decodeBytes } from "../../shared/numbers.js";
import { sentenceOf } from "../../shared/errors.js";
import { drawPicture } from "./maps.js";

/** @import { Player } from "../../sound/player.js" */
/** @import { MapPair, Point, Series } from "./types.js" */

/** The panel that opens below a chart. */
export class Detail {
  /**
   * @param {object} context
   * @param {(name: string, request: object) => Promise<any>} context.ask the server
   * @param {Player} context.player
   * @param {(file: object) => void} context.open in Explore
   * @param {(sentence: string) => void} context.complain
   * @param {() => { sound: string }[]} context.sounds of the report
   */
  constructor(context) {
    this.context = context;
    this.panel = make("section", "ck-detail", "", { "aria-label": "Chosen strength" });
    this.note = make("p", "ck-note in-muted", "", { role: "status" });
    this.place = make("div", "ck-maps");
    this.request = { sound: 0, key: "" }; // number of the sound, key of the perturbation
    this.serial = 0; // answers to an earlier choice are not shown
  }

  /**
   * Open the panel for one point of a series, below its figure.
   * @param {Series} series
   * @param {Point} point
   * @param {Element} figure
   */
  show(series, point, figure) {
    const { panel, note, place } = this;
    const names = this.context.sounds().map(({ sound }, index) => [`${index}`, sound]);
    this.request = {
      sound: Math.min(this.request.sound, names.length - 1),
      key: point.keys[0],
    };
    this.clear();
    const which = choice("sound", names, `${this.request.sound}`, (index) => {
      this.request = { ...this.request, sound: Number(index) };
      this.clear();
    });
    const title = make("h4", "ck-name", describe(series, point), { tabindex: "-1" });
    panel.replaceChildren(title, which.node, this.buttons(), note, place);
    figure.after(panel);
    title.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  buttons() {
    const row = make("div", "in-buttons");
    /**
     * @param {string} text
     * @param {() => Promise<void>} work
     * @param {Record<string, string>} [attributes]
     */
    const add = (text, work, attributes = {}) =>
      row.append(
        button(text, () => this.attempt(work), { class: "in-button", ...attributes }),
      );
    add("Play", () => this.hear(this.request.key), { class: "in-button in-main" });
    add("Play the original", () => this.hear(""));
    add("Maps side by side", () => this.compareMaps());
    add("The smallest sound", () => this.hearSmallest(), {
      title: "the hottest part that brings 90 % of the score back, played alone",
    });
    add("When did it decide?", () => this.showDepth(), {
      title: "the final norm and the classifier, applied after every layer",
    });
    add("Open in Explore", async () => {
      this.context.open(await this.context.ask("check_open", this.request));
    });
    row.append(button("Close", () => this.close(), { class: "in-button" }));
    return row;
  }

  /** Do something, or say why not. @param {() => Promise<void>} work */
  async attempt(work) {
    this.context.complain("");
    try {
      await work();
    } catch (error) {
      this.context.complain(sentenceOf(error));
    }
  }

  /**
   * Ask about the chosen sound.
   * @param {string} name of the server function
   * @param {string} words shown meanwhile
   * @returns {Promise<any>} null if another one was chosen meanwhile
   */
  async ask(name, words) {
    const mine = ++this.serial;
    setText(this.note, words);
    const answer = await this.context.ask(name, this.request);
    return mine === this.serial ? answer : null;
  }

  /** @param {string} key of the perturbation, empty for the original */
  async hear(key) {
    const { wav, note } = await this.context.ask("check_sound", { ...this.request, key });
    await this.play(wav, note || key);
  }

  async hearSmallest() {
    const answer = await this.ask("check_smallest", "Trying how little is enough\u2026");
    if (answer) await this.play(answer.wav, answer.note);
  }

  async compareMaps() {
    /** @type {MapPair | null} */
    const answer = await this.ask("check_maps", "Listening\u2026");
    if (!answer) return;
    setText(this.note, "");
    this.place.replaceChildren(
      ...answer.pictures.map((picture, index) =>
        drawPicture(answer, picture, index ? "bent" : "as it was")
      ),
    );
  }

  async showDepth() {
    const answer = await this.ask("check_depth", "Reading the layers\u2026");
    if (!answer) return;
    setText(this.note, answer.note);
    this.place.replaceChildren(depthChart(answer.curves, answer.note));
  }

  /** @param {string} wav base64 of a WAV file @param {string} note */
  async play(wav, note) {
    this.context.player.load(new Blob([decodeBytes(wav)], { type: "audio/wav" }));
    setText(this.note, note);
    await this.context.player.play(0);
  }

  clear() {
    this.serial++;
    setText(this.note, "");
    this.place.replaceChildren();
  }

  close() {
    this.serial++;
    this.context.player.pause();
    this.panel.remove();
  }
}

/** @param {Series} series @param {Point} point */
function describe(series, point) {
  return [
    series.series,
    point.at,
    point.note,
    `score ${point.score.toFixed(2)} from ${point.before.toFixed(2)}`,
    `${point.kept} of ${point.cases} keep their best label`,
  ].filter(Boolean).join(" \u00b7 ");
}
