// @ts-check
// Hear the sound, one patch of it, or what the hottest part of a map holds, at true level.

import { button, make, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { heatRequest } from "../state/selectedMap.js";
import { decodeBytes } from "../../shared/numbers.js";
import { frameSeconds, secondsToFrames } from "../state/payload.js";
import { soundOf } from "../state/opened.js";

/** @import { App, Heat } from "../types.js" */

const HOTTEST_SHARE = 0.1; // of the sound's cells
const CALM_MILLISECONDS = 250; // between steps of the cursor for those who want less motion
/** Words on the buttons: to begin, to end. @type {Record<What, [string, string]>} */
const NAMES = {
  sound: ["Play sound", "Pause"],
  patch: ["Play this patch", "Stop"],
  heat: ["Play the hottest tenth", "Stop"],
};

/** @typedef {"sound" | "patch" | "heat"} What can be heard */

export class Playback {
  /** @param {App} app @param {HTMLElement} row */
  constructor(app, row) {
    this.app = app;
    /** @type {{ key: string, what: What, url: string, start: number } | null} */
    this.clip = null; // what the player holds; start in seconds
    this.asked = 0; // serial number of the last wish
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.player = document.createElement("audio"); // in the page, so that others hear it play
    this.buttons = {
      sound: button(NAMES.sound[0], () => this.toggle(), { title: "Space plays, too" }),
      patch: button(NAMES.patch[0], () => this.toggleClip("patch")),
      heat: button(NAMES.heat[0], () => this.toggleClip("heat")),
    };
    this.note = make("span", "ex-muted", "", { role: "status" });
    row.append(...Object.values(this.buttons), this.note, this.player);
    this.watchPlayers();
  }

  // One player of the page sounds at a time, and none into a recording.
  watchPlayers() {
    const { player } = this;
    player.addEventListener("play", () => this.follow());
    player.addEventListener("ended", () => this.app.set({ playing: null }));
    for (const name of ["play", "pause", "ended"]) {
      player.addEventListener(name, () => this.showState());
    }
    document.addEventListener("play", ({ target }) => target !== player && player.pause(), true);
    document.addEventListener("recording", () => player.pause());
  }

  /** @param {What} what */
  isPlaying(what) {
    return !this.player.paused && this.clip?.what === what;
  }

  showState() {
    for (const [what, node] of Object.entries(this.buttons)) {
      const [begin, end] = NAMES[/** @type {What} */ (what)];
      setText(node, this.isPlaying(/** @type {What} */ (what)) ? end : begin);
    }
  }

  // The cursor runs with the sound, one redraw of the marks per frame.
  follow() {
    const { app, clip, player } = this;
    if (player.paused || !app.sound || !clip) return;
    app.set({ playing: secondsToFrames(app.sound, clip.start + player.currentTime) });
    if (this.calm.matches) setTimeout(() => this.follow(), CALM_MILLISECONDS);
    else requestAnimationFrame(() => this.follow());
  }

  /** What the server is asked for, and the key of its answer. @param {What} what */
  requestFor(what) {
    const { state } = this.app;
    const { id } = soundOf(this.app);
    const details = {
      sound: () => ({}),
      patch: () => state.patch,
      heat: () => ({ heat: heatRequest(this.app), share: HOTTEST_SHARE }),
    }[what]();
    return {
      key: `${id} ${what} ${JSON.stringify(details)}`,
      request: { id, what, ...details },
    };
  }

  /**
   * Get what is to be heard.
   * @param {What} what
   * @returns {Promise<boolean>} true once the player holds it; false if something else was wanted
   *     since
   */
  async load(what) {
    const serial = ++this.asked;
    const { key, request } = this.requestFor(what);
    if (this.clip?.key === key) return true;
    setText(this.note, "Preparing the sound\u2026");
    const answer = await this.app.answers.ask("audio", request);
    if (serial !== this.asked) return false;
    this.stop();
    const url = URL.createObjectURL(new Blob([decodeBytes(answer.wav)], { type: "audio/wav" }));
    this.clip = { key, what, url, start: answer.start };
    this.player.src = url;
    setText(this.note, answer.note ?? "");
    return true;
  }

  /** Get something and play it from a second on. @param {What} what @param {number | null} from */
  async start(what, from) {
    try {
      if (!(await this.load(what))) return;
      if (from !== null) this.player.currentTime = Math.max(0, from);
      await this.player.play();
    } catch (error) {
      setText(this.note, sentenceOf(error));
    }
  }

  /** @param {What} what */
  async toggleClip(what) {
    const isThis = this.isPlaying(what) && this.clip?.key === this.requestFor(what).key;
    if (isThis) this.player.pause();
    else await this.start(what, 0);
  }

  /** Play the sound, or pause it. */
  async toggle() {
    const { sound, state } = this.app;
    if (!sound) return;
    if (this.isPlaying("sound")) return this.player.pause();
    await this.start("sound", state.playing === null ? null : frameSeconds(sound, state.playing));
  }

  /** A click on the picture moves the play cursor once there is one. @param {number} frame */
  seek(frame) {
    if (this.clip?.what !== "sound") return;
    this.player.currentTime = Math.max(0, frameSeconds(soundOf(this.app), frame));
    this.app.set({ playing: frame });
  }

  /** A click on the waveform plays from there. @param {number} seconds into the window */
  async playFrom(seconds) {
    this.app.set({ playing: secondsToFrames(soundOf(this.app), seconds) });
    if (this.isPlaying("sound")) this.player.currentTime = seconds;
    else await this.toggle();
  }

  stop() {
    this.player.pause();
    if (this.clip) URL.revokeObjectURL(this.clip.url);
    this.clip = null;
  }

  /** @param {Heat | null} map */
  refresh(map) {
    this.buttons.patch.disabled = !this.app.state.patch;
    this.buttons.heat.disabled = !map;
  }

  /** Let go of a sound. */
  forget() {
    this.asked++;
    this.stop();
    setText(this.note, "");
    this.showState();
  }
}
