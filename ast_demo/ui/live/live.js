// The live view: microphone -> chunks -> server -> picture, labels, past; one chunk in flight.

import { button, make, segmented, setText, slider } from "./dom.js";
import { clamp, decodeBytes, median } from "./numbers.js";
import { encodeSamples, makeCollector, openMicrophone } from "./microphone.js";
import { makeHeard } from "./heard.js";
import { makeRibbon } from "./ribbon.js";
import { makeScroll } from "./scroll.js";

const CHUNK_SECONDS = 0.25; // at least so much is sent at a time: four updates a second
const LONGEST_SECONDS = 4; // that wait for a server; the oldest beyond it are left out
const LABELS_SHOWN = 7;
const REORDER_MILLISECONDS = 900; // labels change places at most so often
const PACE_UPDATES = 9; // over which pace and lag are told
const LAGS_KEPT = 1000;
const RETRIES = 3;
const LEVELS = [-80, 0]; // dB shown by the meter

export function startLive({ element, watch, props, server, trigger }) {
  const part = (name) => element.querySelector(`.live-${name}`);
  const root = element.querySelector(".live");
  const scroll = makeScroll(part("picture"));
  const ribbon = makeRibbon(part("ribbon"));
  const heard = makeHeard(part("heard"), part("heard").querySelector("tbody"), part("nothing"));
  const settings = { threshold: 0.4, chosen: false, floor: -60, look: false, watched: [] };
  const app = { lags: [], updates: [], heard, settings, stream: null };
  let microphone = null;
  let collector = null;
  let key = null;
  let state = "off"; // off, opening, on, paused
  let lost = null; // what the next chunk tells about sound before it that was left out
  let pausedAt = 0;
  let order = []; // labels as they are listed
  let orderedAt = 0;
  let run = 0; // number of the present loop; an older loop that wakes up ends
  const options = {};
  root.live = app; // for whoever wants to look inside, such as a test

  const buttons = {
    listen: button("Listen", listen, { class: "in-button in-main" }),
    pause: button("Pause", pauseOrResume, { class: "in-button" }),
    stop: button("Stop", () => stop(), { class: "in-button" }),
    clear: button("Clear", clearAll, { class: "in-button" }),
    explain: button("Explain this moment", explain, { class: "in-button" }),
  };
  element.querySelector(".in-buttons").append(...Object.values(buttons));
  buildOptions();
  show("off");
  addEventListener("resize", redraw);
  new ResizeObserver(redraw).observe(root);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("pagehide", () => stop());
  watch("value", followModel);

  function redraw() {
    if (!root.offsetParent) return;
    scroll.draw();
    ribbon.draw();
  }

  // Buttons

  async function listen() {
    if (state !== "off") return;
    complain("");
    show("opening");
    say("waiting for the microphone\u2026");
    try {
      microphone = await openMicrophone((block) => collector?.add(block), () => stop("The microphone was unplugged or taken away: press Listen to go on."));
      collector = makeCollector(microphone.rate, LONGEST_SECONDS);
      say("loading the model\u2026");
      await begin();
    } catch (error) {
      stop(error.message);
      return;
    }
    collector.clear();
    show("on");
    follow(++run);
  }

  async function begin() {
    const answer = await ask("live_begin", { model: props.value?.model });
    key = answer.key;
    app.stream = answer;
    order = [];
    settings.watched = [];
    scroll.begin(answer);
    ribbon.begin(answer.labels);
    heard.begin(answer.labels);
    options.watch.begin(answer.labels);
    if (!settings.chosen) {
      options.threshold.set(answer.threshold);
      countFrom(answer.threshold);
    }
    lost = null;
    setText(part("rule"), answer.rule === "softmax" ? "one label excludes the others (softmax)" : "labels may overlap (sigmoid)");
    setText(part("caption"), caption(answer));
    part("legend").replaceChildren(...scroll.legend(settings.look));
  }

  function caption({ window_seconds, grid }) {
    const patches = grid.freq_patches * grid.time_patches;
    return `The model hears the last ${window_seconds.toFixed(1)} s as ${patches} patches. The sound slides; the patches stay.`;
  }

  async function pauseOrResume() {
    if (state === "on") {
      await pause();
    } else if (state === "paused") {
      await microphone.resume();
      collector.clear();
      lost = { seconds: (performance.now() - pausedAt) / 1000, reason: "paused" };
      show("on");
      follow(++run);
    }
  }

  async function pause() {
    run++;
    pausedAt = performance.now();
    show("paused");
    say("paused: nothing is sent");
    await microphone.pause();
  }

  function stop(reason = "") {
    run++;
    microphone?.close();
    microphone = null;
    if (key) server.live_end({ key }).catch(() => {}); // gone or unreachable: nothing is left to free
    key = null;
    show("off");
    say("");
    complain(reason);
    meter(LEVELS[0]);
  }

  function clearAll() {
    scroll.clear();
    ribbon.clear();
    heard.clear();
    app.lags = [];
    app.updates = [];
    if (state === "on") lost = { seconds: 0, reason: "cleared" };
    labels(null, false);
    redraw();
  }

  async function explain() {
    if (!key) return;
    const clock = new Date().toLocaleTimeString([], { hour12: false });
    if (state === "on") await pause();
    say("opening this moment in Explore\u2026");
    try {
      const { path } = await ask("live_moment", { key });
      trigger("moment", { path, title: `Live at ${clock}` });
      say("paused: nothing is sent");
    } catch (error) {
      complain(error.message);
    }
  }

  function followModel() {
    if (state === "off" || !key || props.value?.model === app.model) return;
    stop("Another model was chosen: press Listen to hear with it.");
  }

  // The loop: gather, send, draw; the next chunk leaves when the last was answered

  async function follow(mine) {
    let failures = 0;
    while (await collector.gather(CHUNK_SECONDS, () => mine === run)) {
      if (!root.offsetParent) {
        await pause(); // another tab of the page is open
        return;
      }
      const { chunk, lost: seconds } = collector.take();
      const spoken = performance.now() - (1000 * chunk.length) / microphone.rate; // its first sample
      if (seconds > 0) lost = { seconds, reason: "the server was slow" };
      try {
        const answer = await hear(chunk);
        failures = 0;
        if (mine !== run) return;
        if (answer.gone) {
          await begin();
          continue;
        }
        lost = null;
        draw(answer, spoken, chunk.length / microphone.rate);
      } catch (error) {
        if (mine !== run) return;
        if (error.final || ++failures > RETRIES) {
          stop(error.final ? error.message : "The server cannot be reached: check the connection, then press Listen again.");
          return;
        }
        say("waiting for the server\u2026");
        await new Promise((resolve) => setTimeout(resolve, 1000 * failures));
      }
    }
  }

  function hear(chunk) {
    const { floor, look } = settings;
    return ask("live_hear", { key, rate: microphone.rate, pcm: encodeSamples(chunk), floor, look, lost });
  }

  async function ask(name, request) {
    const answer = await server[name](request);
    if (answer?.error) throw Object.assign(new Error(answer.error), { final: true });
    if (!answer) throw new Error("no answer");
    return answer;
  }

  function draw(answer, spoken, seconds) {
    if (answer.restarts !== app.restarts) scroll.clear();
    app.restarts = answer.restarts;
    scroll.add(decodeBytes(answer.frames), answer.new_frames, answer.filled);
    scroll.look(answer.rollout && settings.look ? decodeBytes(answer.rollout) : null);
    scroll.draw();
    meter(answer.level);
    if (answer.scores) {
      const scores = decodeBytes(answer.scores);
      ribbon.add(answer.seconds, scores, answer.silent);
      heard.add(answer.seconds, scores, answer.silent);
      labels(scores, answer.silent);
      ribbon.draw();
    }
    count(answer, performance.now() - spoken, seconds);
  }

  // From the first sample of the chunk to the moment its labels are on the page.
  function count(answer, lag, seconds) {
    const now = performance.now();
    app.updates = [...app.updates.slice(1 - PACE_UPDATES), now];
    if (answer.scores) app.lags = [...app.lags.slice(1 - LAGS_KEPT), lag];
    const rate = app.updates.length > 1 ? (app.updates.length - 1) / ((now - app.updates[0]) / 1000) : 0;
    const left = Math.max(0, answer.seconds_left);
    const facts = [
      `lag ${(median(app.lags.slice(rate > 1 ? -PACE_UPDATES : -1)) / 1000).toFixed(2)} s`,
      `${rate.toFixed(1)} updates a second`,
      answer.timings.model ? `model ${answer.timings.model.toFixed(0)} ms` : answer.silent ? "model rests" : "model busy",
      `stops in ${clock(left)}`,
    ];
    setText(part("notes"), answer.notes.join(" \u00b7 "));
    say(facts.join(" \u00b7 "));
    app.chunk = seconds;
    app.answer = answer;
  }

  // Labels now

  function labels(scores, silent) {
    const list = part("labels");
    const names = app.stream?.labels ?? [];
    if (!scores) {
      list.replaceChildren();
      setText(part("headline"), "");
      return;
    }
    const now = performance.now();
    const ranked = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
    const settled = order.length === Math.min(LABELS_SHOWN, names.length);
    if (!settled || (!silent && now - orderedAt > REORDER_MILLISECONDS)) {
      order = ranked.slice(0, LABELS_SHOWN);
      orderedAt = now;
    }
    while (list.children.length < order.length) list.append(labelRow());
    order.forEach((label, place) => {
      const [name, number, bar] = list.children[place].parts;
      setText(name, names[label]);
      name.title = names[label];
      setText(number, silent ? "" : (scores[label] / 255).toFixed(2));
      bar.style.width = `${silent ? 0 : (100 * scores[label]) / 255}%`;
      list.children[place].classList.toggle("live-counts", !silent && scores[label] >= 255 * settings.threshold);
    });
    const best = ranked[0];
    const named = scores[best] >= 255 * settings.threshold;
    setText(part("headline"), silent ? "Silence" : named ? names[best] : "nothing sure");
    part("headline").classList.toggle("live-unsure", silent || !named);
    root.dataset.silent = silent;
  }

  function labelRow() {
    const row = make("li", "live-label");
    const bar = make("span", "in-fill");
    const track = make("span", "in-track");
    track.append(bar);
    row.parts = [make("span", "live-name"), make("span", "in-number"), bar];
    row.append(row.parts[0], row.parts[1], track);
    return row;
  }

  // Options

  function buildOptions() {
    options.threshold = slider("counts from a score of", { min: 0.05, max: 0.95, step: 0.05, value: settings.threshold }, (value) => value.toFixed(2), (value) => {
      settings.chosen = true; // from here on the page's own choice no longer counts
      countFrom(value);
    });
    const floor = slider("silence below", { min: -80, max: -20, step: 1, value: settings.floor }, (value) => `${value} dB`.replace("-", "\u2212"), (value) => {
      settings.floor = value;
      placeFloor();
    });
    const look = segmented("where it looks", [["off", "hide"], ["on", "show"]], "off", (value) => {
      settings.look = value === "on";
      if (!settings.look) scroll.look(null);
      if (app.stream) part("legend").replaceChildren(...scroll.legend(settings.look));
      redraw();
    });
    options.watch = makeWatch((numbers) => {
      settings.watched = numbers;
      ribbon.watch(numbers);
      heard.watch(numbers);
    });
    part("options").append(options.threshold.node, floor.node, look.node, options.watch.node);
    countFrom(settings.threshold);
    placeFloor();
  }

  function countFrom(score) {
    settings.threshold = score;
    ribbon.setThreshold(score);
    heard.setThreshold(score);
  }

  function placeFloor() {
    part("floor").style.left = `${share(settings.floor)}%`;
  }

  function share(level) {
    return 100 * clamp((level - LEVELS[0]) / (LEVELS[1] - LEVELS[0]), 0, 1);
  }

  function meter(level) {
    part("level").style.width = `${share(level)}%`;
    part("meter").setAttribute("aria-valuenow", Math.round(level));
    setText(part("decibel"), state === "on" ? `${Math.round(level)} dB`.replace("-", "\u2212") : "");
  }

  // State and words

  function show(next) {
    state = next;
    root.dataset.state = next;
    buttons.listen.disabled = next !== "off";
    buttons.pause.disabled = !["on", "paused"].includes(next);
    buttons.stop.disabled = next === "off";
    buttons.explain.disabled = !["on", "paused"].includes(next);
    setText(buttons.pause, next === "paused" ? "Resume" : "Pause");
    app.model = props.value?.model;
  }

  function say(text) {
    setText(part("status"), text);
  }

  function complain(text) {
    const error = element.querySelector(".in-error");
    setText(error, text);
    error.hidden = !text;
  }

  function clock(seconds) {
    return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  }
}

// Labels to watch: type a name, pick it, take it away again by its chip.
function makeWatch(onChange) {
  const node = make("div", "live-watch");
  const id = `live-watch-${Math.random().toString(36).slice(2)}`;
  const input = make("input", "", "", { list: id, placeholder: "all labels", "aria-label": "Label to watch" });
  const list = make("datalist", "", "", { id });
  const chips = make("span", "live-chips");
  const caption = make("span", "ex-caption", "watch only");
  node.append(caption, input, list, chips);
  let names = [];
  let chosen = [];
  input.addEventListener("input", () => {
    const number = names.indexOf(input.value);
    if (number < 0 || chosen.includes(number)) return;
    input.value = "";
    choose([...chosen, number]);
  });

  function choose(numbers) {
    chosen = numbers;
    chips.replaceChildren(
      ...chosen.map((number) => button(`${names[number]} \u00d7`, () => choose(chosen.filter((other) => other !== number)), { class: "in-chip", "aria-label": `Stop watching ${names[number]}` })),
    );
    onChange(chosen);
  }

  return {
    node,
    begin(labels) {
      names = labels;
      chosen = [];
      chips.replaceChildren();
      list.replaceChildren(...labels.map((label) => make("option", "", "", { value: label })));
    },
  };
}
