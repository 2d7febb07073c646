// Hear the sound, one patch of it, or what the hottest part of a map holds, at true level.

import { button, make, setText } from "../../shared/dom.js";
import { heatRequest } from "../state/selectedMap.js";
import { decodeBytes } from "../../shared/numbers.js";
import { frameSeconds, secondsToFrames } from "../state/payload.js";

const HOTTEST_SHARE = 0.1; // of the sound's cells
const CALM_MILLISECONDS = 250; // between steps of the cursor for those who want less motion
const NAMES = {
  sound: ["Play sound", "Pause"],
  patch: ["Play this patch", "Stop"],
  heat: ["Play the hottest tenth", "Stop"],
};

export function makeListen(app, row) {
  const player = document.createElement("audio"); // in the page, so that others hear it play
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let clip = null; // { key, what, url, start }: what the player holds; start in seconds
  const buttons = {
    sound: button(NAMES.sound[0], toggleSound, { title: "Space plays, too" }),
    patch: button(NAMES.patch[0], () => toggleClip("patch")),
    heat: button(NAMES.heat[0], () => toggleClip("heat")),
  };
  const note = make("span", "ex-muted", "", { role: "status" });
  row.append(...Object.values(buttons), note, player);

  player.addEventListener("play", follow);
  player.addEventListener("ended", () => app.set({ playing: null }));
  for (const name of ["play", "pause", "ended"]) player.addEventListener(name, showState);
  // One player of the page sounds at a time, and none into a recording.
  document.addEventListener("play", ({ target }) => target !== player && player.pause(), true);
  document.addEventListener("recording", () => player.pause());

  const isPlaying = (what) => !player.paused && clip?.what === what;

  function showState() {
    for (const [what, node] of Object.entries(buttons)) {
      setText(node, NAMES[what][isPlaying(what) ? 1 : 0]);
    }
  }

  // The cursor runs with the sound, one redraw of the marks per frame.
  function follow() {
    if (player.paused || !app.sound || !clip) return;
    const seconds = clip.start + player.currentTime;
    app.set({ playing: secondsToFrames(app.sound, seconds) });
    if (calm.matches) setTimeout(follow, CALM_MILLISECONDS);
    else requestAnimationFrame(follow);
  }

  function keyOf(what) {
    const { sound, state } = app;
    const details = { sound: {}, patch: state.patch, heat: heatRequest(app) }[what];
    return `${sound.id} ${what} ${JSON.stringify(details)}`;
  }

  // True once the player holds what was asked for; false if something else was asked for since.
  let asked = 0;
  async function load(what) {
    const serial = ++asked;
    const key = keyOf(what);
    if (clip?.key === key) return true;
    setText(note, "Preparing the sound\u2026");
    const request = { id: app.sound.id, what };
    if (what === "patch") Object.assign(request, app.state.patch);
    if (what === "heat") Object.assign(request, { heat: heatRequest(app), share: HOTTEST_SHARE });
    const answer = await app.answers.ask("audio", request);
    if (serial !== asked) return false;
    stop();
    const url = URL.createObjectURL(new Blob([decodeBytes(answer.wav)], { type: "audio/wav" }));
    clip = { key, what, url, start: answer.start };
    player.src = url;
    setText(note, answer.note ?? "");
    return true;
  }

  async function toggleClip(what) {
    if (isPlaying(what) && clip.key === keyOf(what)) return player.pause();
    try {
      if (!(await load(what))) return;
      player.currentTime = 0;
      await player.play();
    } catch (error) {
      setText(note, error.message);
    }
  }

  async function toggleSound() {
    if (!app.sound) return;
    if (isPlaying("sound")) return player.pause();
    try {
      const from = app.state.playing;
      if (!(await load("sound"))) return;
      if (from !== null) player.currentTime = Math.max(0, frameSeconds(app.sound, from));
      await player.play();
    } catch (error) {
      setText(note, error.message);
    }
  }

  // A click on the picture moves the play cursor once there is one.
  function seek(frame) {
    if (clip?.what !== "sound") return;
    player.currentTime = Math.max(0, frameSeconds(app.sound, frame));
    app.set({ playing: frame });
  }

  // A click on the waveform plays from there.
  async function playFrom(seconds) {
    app.set({ playing: secondsToFrames(app.sound, seconds) });
    if (isPlaying("sound")) player.currentTime = seconds;
    else await toggleSound();
  }

  function stop() {
    player.pause();
    if (clip) URL.revokeObjectURL(clip.url);
    clip = null;
  }

  function refresh(map) {
    buttons.patch.disabled = !app.state.patch;
    buttons.heat.disabled = !map || Boolean(map.missing);
  }

  function forget() {
    asked++;
    stop();
    setText(note, "");
    showState();
  }

  return { refresh, toggle: toggleSound, seek, playFrom, forget };
}
