// The live view: what the stream tells becomes picture, labels and past.

import { button, setText } from "../../shared/dom.js";
import { decodeBytes } from "../../shared/numbers.js";
import { makeGauges } from "./meters.js";
import { makeHeard } from "./eventLog.js";
import { makeNow } from "./currentLabels.js";
import { makeOptions } from "./settings.js";
import { makeRibbon } from "./scoreHistory.js";
import { makeScroll } from "./rollingSpectrogram.js";
import { makeStream } from "./stream.js";

const SHORT_FRAMES = 160; // of a window that leaves room for large labels beside its picture
const PAUSED = "paused: nothing is sent";

export function startLive({ element, watch, props, server, trigger }) {
  const part = (name) => element.querySelector(`.live-${name}`);
  const root = element.querySelector(".live");
  const scroll = makeScroll(part("picture"));
  const ribbon = makeRibbon(part("ribbon"));
  const heard = makeHeard(part("heard").querySelector("tbody"), part("nothing"));
  const now = makeNow(part("labels"), part("headline"));
  const gauges = makeGauges(part);
  const { settings, begin: beginOptions } = makeOptions(part("options"), {
    threshold(score) {
      ribbon.setThreshold(score);
      heard.setThreshold(score);
    },
    floor: gauges.placeFloor,
    look: showLooking,
    watched(numbers) {
      ribbon.watch(numbers);
      heard.watch(numbers);
    },
  });
  const stream = makeStream({
    server,
    settings,
    model: () => props.value?.model,
    visible: () => Boolean(root.offsetParent),
    on: { stage: say, begun, answered, hidden: pause, failed: stop },
  });
  let state = "off"; // off, opening, on, paused
  const app = { heard, settings, gauges, stream: null, answer: null };
  root.live = app; // for whoever wants to look inside, such as a test

  const buttons = {
    listen: button("Listen", listen, { class: "in-button in-main" }),
    pause: button("Pause", () => (state === "on" ? pause() : resume()), { class: "in-button" }),
    stop: button("Stop", () => stop(), { class: "in-button" }),
    clear: button("Clear", clear, { class: "in-button" }),
    explain: button("Explain this moment", explain, { class: "in-button" }),
  };
  element.querySelector(".in-buttons").append(...Object.values(buttons));
  show("off");
  invite();
  watch("value", invite);
  addEventListener("resize", redraw);
  new ResizeObserver(redraw).observe(root);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("pagehide", () => stop());

  function redraw() {
    if (!root.offsetParent) return;
    scroll.draw();
    ribbon.draw();
  }

  // Words need a model that knows them.
  function invite() {
    const { words } = props;
    part("words").hidden = !words || words === props.value?.model;
    setText(part("words"), `To see spoken words, choose the model ${words}.`);
  }

  // Buttons

  function listen() {
    if (state !== "off") return;
    complain("");
    show("opening");
    stream.open();
  }

  async function pause() {
    show("paused");
    say(PAUSED);
    await stream.pause();
  }

  async function resume() {
    show("on");
    await stream.resume();
  }

  function stop(reason = "") {
    stream.stop();
    show("off");
    say("");
    complain(reason);
    gauges.rest();
  }

  function clear() {
    for (const view of [scroll, ribbon, heard, now, gauges]) view.clear();
    if (state === "on") stream.cut("cleared");
    redraw();
  }

  async function explain() {
    const title = `Live at ${new Date().toLocaleTimeString([], { hour12: false })}`;
    if (state === "on") await pause();
    say("opening this moment in Explore\u2026");
    try {
      const { path, gone } = await stream.moment();
      if (gone) throw new Error("This moment is no longer kept: press Stop, then Listen again.");
      trigger("moment", { path, title });
      say(PAUSED);
    } catch (error) {
      complain(error.message);
    }
  }

  // What the stream tells

  function begun(facts) {
    app.stream = facts;
    app.answer = null;
    root.dataset.short = facts.grid.max_length <= SHORT_FRAMES;
    scroll.begin(facts);
    for (const view of [ribbon, heard, now]) view.begin(facts.labels, facts.silence);
    beginOptions(facts);
    gauges.clear();
    const patches = facts.grid.freq_patches * facts.grid.time_patches;
    setText(
      part("rule"),
      facts.rule === "softmax"
        ? "one label excludes the others (softmax)"
        : "labels may overlap (sigmoid)",
    );
    setText(
      part("caption"),
      `The model hears the last ${
        facts.window_seconds.toFixed(1)
      } s as ${patches} patches. The sound slides; the patches stay.`,
    );
    showLooking();
    show("on");
  }

  function answered(answer, spoken) {
    if (answer.restarts !== app.answer?.restarts) scroll.clear();
    app.answer = answer;
    scroll.add(decodeBytes(answer.frames), answer.new_frames, answer.filled);
    scroll.look(answer.rollout && settings.look ? decodeBytes(answer.rollout) : null);
    scroll.draw();
    if (answer.scores) {
      const scores = decodeBytes(answer.scores);
      ribbon.add(answer.seconds, scores, answer.silent);
      ribbon.draw();
      heard.add(answer.seconds, scores, answer.silent);
      now.show(scores, answer.silent, settings.threshold);
      root.dataset.silent = answer.silent;
    }
    gauges.count(answer, spoken);
    setText(part("notes"), answer.notes.join(" \u00b7 "));
    say(gauges.told(answer));
  }

  function showLooking() {
    if (!settings.look) scroll.look(null);
    if (app.stream) part("legend").replaceChildren(...scroll.legend(settings.look));
    redraw();
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
  }

  function say(text) {
    setText(part("status"), text);
  }

  function complain(text) {
    const error = element.querySelector(".in-error");
    setText(error, text);
    error.hidden = !text;
  }
}
