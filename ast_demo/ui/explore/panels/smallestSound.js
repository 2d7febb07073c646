// @ts-check
// The smallest sound that is still a siren: the hottest patches until most of the score is back.

import { contextOf } from "../../shared/canvas.js";
import { colourTable } from "../../shared/colour.js";
import { button, make, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { decodeBytes } from "../../shared/numbers.js";
import { makePlayer } from "../../sound/player.js";
import { soundOf } from "../state/opened.js";

const FAINT = 0.18; // how strongly the rest of the sound is drawn
const WORDS =
  "Puts the hottest patches back into silence until 90 % of the score is there, and plays just " +
  "that. A click or a hum, where you expected the sound itself, is a shortcut of the model.";

/** @typedef {{ label: string, wav: string, mask: string, note: string }} Found */

export class SmallestSound {
  /** @param {import("../types.js").App} app @param {HTMLElement} panel */
  constructor(app, panel) {
    this.app = app;
    this.panel = panel;
    /** @type {Found | null} */
    this.found = null;
    this.serial = 0; // an answer to an earlier question is dropped
    this.title = make("h3", "ex-heading");
    this.find = button("Find and play it", () => this.start());
    this.note = make("p", "", "", { role: "status" });
    this.canvas = make("canvas", "ex-smallest", "", { role: "img" });
    this.canvas.hidden = true;
    const audio = make("audio", "", "", { preload: "none" });
    this.player = makePlayer(audio, {
      time: () => this.showState(),
      trouble: (sentence) => setText(this.note, sentence),
    });
    this.audio = audio;
    const intro = make("p", "ex-muted", WORDS);
    panel.append(this.title, intro, this.find, this.note, this.canvas, audio);
  }

  /** The label that is asked about: the chosen one, or the best. */
  get label() {
    return this.app.state.labels[0] ?? soundOf(this.app).payload.labels[0].name;
  }

  async start() {
    if (!this.audio.paused) return this.player.pause();
    const mine = ++this.serial;
    try {
      if (this.found?.label !== this.label) await this.ask(mine);
      if (mine !== this.serial) return;
      await this.player.play(0);
    } catch (error) {
      if (mine === this.serial) setText(this.note, sentenceOf(error));
    }
  }

  /** @param {number} mine */
  async ask(mine) {
    const { app, label } = this;
    this.find.disabled = true;
    setText(this.note, "Trying how little is enough\u2026");
    try {
      const answer = await app.answers.ask("smallest", { id: soundOf(app).id, label });
      if (mine !== this.serial) return;
      const found = { label, ...answer };
      this.found = found;
      this.player.load(new Blob([decodeBytes(answer.wav)], { type: "audio/wav" }));
      setText(this.note, answer.note);
      this.draw(found);
    } finally {
      this.find.disabled = false;
    }
  }

  /** What was put back in colour, the rest of the sound faint behind it. @param {Found} found */
  draw(found) {
    const { app, canvas } = this;
    const { grid, bytes, numFrames } = soundOf(app);
    const mask = decodeBytes(found.mask);
    const { bins } = grid;
    const frames = Math.min(numFrames, grid.frames);
    const image = new ImageData(frames, bins);
    const pixels = new Uint32Array(image.data.buffer);
    const table = colourTable(app.state.colours);
    for (let frame = 0; frame < frames; frame++) {
      for (let bin = 0; bin < bins; bin++) {
        const cell = frame * bins + bin;
        pixels[(bins - 1 - bin) * frames + frame] = table[bytes[cell]];
        image.data[4 * ((bins - 1 - bin) * frames + frame) + 3] = mask[cell] ? 255 : 255 * FAINT;
      }
    }
    Object.assign(canvas, { width: frames, height: bins });
    contextOf(canvas).putImageData(image, 0, 0);
    canvas.setAttribute("aria-label", found.note);
    canvas.hidden = false;
  }

  showState() {
    setText(this.find, this.audio.paused ? "Find and play it" : "Stop");
  }

  refresh() {
    setText(this.title, `The smallest sound that is still: ${this.label}`);
    if (!this.found) return;
    this.panel.dataset.stale = String(this.found.label !== this.label);
  }

  forget() {
    this.serial++;
    this.player.load(null);
    this.found = null;
    this.canvas.hidden = true;
    this.panel.dataset.stale = "false";
    setText(this.note, "");
  }
}
