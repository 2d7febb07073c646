// Hear the sound, one patch of it, or what the hottest part of a map holds, at true level.

import { button, make, setText } from "../../shared/dom.js";
import { heatRequest } from "../state/selectedMap.js";
import { decodeBytes } from "../../shared/numbers.js";
import { frameSeconds, secondsToFrames } from "../state/payload.js";

const HOTTEST_SHARE = 0.1; // of the sound's cells
const CALM_MILLISECONDS = 250; // between steps of the cursor for those who want less motion

export function makeListen(app, row) {
  const player = new Audio();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let clip = null; // { key, url, start }: what the player holds; start in seconds of the sound
  const play = button("Play sound", toggleSound, { title: "Space plays, too" });
  const patch = button("Play this patch", () => playClip("patch"));
  const hottest = button("Play the hottest tenth", () => playClip("heat"));
  const note = make("span", "ex-muted", "", { role: "status" });
  row.append(play, patch, hottest, note);

  player.addEventListener("play", follow);
  player.addEventListener("ended", () => app.set({ playing: null }));
  player.addEventListener("pause", showState);
  player.addEventListener("play", showState);

  function showState() {
    const running = !player.paused && clip?.key.endsWith("sound");
    setText(play, running ? "Pause" : "Play sound");
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
    return what === "sound"
      ? `${sound.id} sound`
      : `${sound.id} ${what} ${JSON.stringify(details)}`;
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
    clip = { key, url, start: answer.start };
    player.src = url;
    setText(note, answer.note ?? "");
    return true;
  }

  async function playClip(what) {
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
    if (clip?.key === keyOf("sound") && !player.paused) return player.pause();
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
    if (!clip || clip.key !== keyOf("sound")) return;
    player.currentTime = Math.max(0, frameSeconds(app.sound, frame));
    app.set({ playing: frame });
  }

  function stop() {
    player.pause();
    if (clip) URL.revokeObjectURL(clip.url);
    clip = null;
  }

  function refresh(map) {
    patch.disabled = !app.state.patch;
    hottest.disabled = !map || Boolean(map.missing);
  }

  function forget() {
    asked++;
    stop();
    setText(note, "");
  }

  return { refresh, toggle: toggleSound, seek, forget };
}
