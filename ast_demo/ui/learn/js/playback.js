// @ts-check
// Plays samples at their true level; one player for the whole lesson.

import { button, setText } from "../../shared/dom.js";
import { sixteenBit, wavFile } from "../../sound/wav.js";

/** @import { Lesson } from "./lesson.js" */

export class Playback {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    this.lesson = lesson;
    this.player = new Audio();
    /** @type {Set<HTMLButtonElement>} */
    this.buttons = new Set();
    this.url = "";
    for (const event of ["play", "pause", "ended"]) {
      this.player.addEventListener(event, () => this.show());
    }
  }

  /** Play, or stop what plays. @param {Float32Array} samples @param {number} rate in Hz */
  play(samples, rate) {
    const { player } = this;
    if (!player.paused) return player.pause();
    URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(wavFile([sixteenBit(samples)], rate, "sound.wav"));
    player.src = this.url;
    player.play().catch(() => this.show());
  }

  /** Say on each button what it would do. */
  show() {
    const word = this.lesson.texts.ui(this.player.paused ? "play" : "stop");
    for (const each of this.buttons) {
      if (each.isConnected) setText(each, word);
      else this.buttons.delete(each);
    }
  }

  /** A button that plays the lesson's sound. */
  button() {
    const { lesson } = this;
    const play = () => this.play(lesson.sound.samples, lesson.sound.stages.rate);
    const made = button(lesson.texts.ui("play"), play, { class: "in-button" });
    this.buttons.add(made);
    return made;
  }
}
