// @ts-check
// What a visitor may set: threshold, level of silence, where the model looks, labels to watch.

import { button, make, segmented, slider } from "../../shared/dom.js";
import { decibels } from "./meters.js";

/**
 * @typedef {object} Settings
 * @property {number} threshold score from which a label counts
 * @property {number} floor dB, silence below
 * @property {boolean} look whether to show where the model looks
 * @property {number[]} watched numbers of the labels to watch; empty for all
 */

/**
 * @param {HTMLElement} host
 * @param {{ [Name in keyof Settings]: (value: Settings[Name]) => void }} changed told at once and
 *     later
 */
export function makeOptions(host, changed) {
  /** @type {Settings} */
  const settings = { threshold: 0.4, floor: -60, look: false, watched: [] };
  let chosen = false; // from then on the page's own threshold no longer counts

  /** @param {keyof Settings} name @param {any} value */
  function set(name, value) {
    Object.assign(settings, { [name]: value });
    /** @type {Function} */ (changed[name])(value);
  }

  const threshold = slider(
    "Minimum score",
    { min: 0.05, max: 0.95, step: 0.05, value: settings.threshold },
    (value) => value.toFixed(2),
    (value) => {
      chosen = true;
      set("threshold", value);
    },
  );
  const floor = slider(
    "Silence below",
    { min: -80, max: -20, step: 1, value: settings.floor },
    decibels,
    (value) => set("floor", value),
  );
  const look = segmented(
    "Attention",
    [["off", "off"], ["on", "on"]],
    /** @type {"off" | "on"} */ ("off"),
    (value) => set("look", value === "on"),
  );
  const watch = makeWatch((numbers) => set("watched", numbers));
  host.append(threshold.node, floor.node, look.node, watch.node);
  set("threshold", settings.threshold);
  set("floor", settings.floor);

  return {
    settings,
    /** @param {{ labels: string[], threshold: number }} facts of the stream */
    begin(facts) {
      settings.watched = [];
      watch.begin(facts.labels);
      if (chosen) return;
      threshold.set(facts.threshold);
      set("threshold", facts.threshold);
    },
  };
}

/**
 * Labels to watch: type a name, pick it, take it away again by its chip.
 * @param {(numbers: number[]) => void} onChange
 */
function makeWatch(onChange) {
  const node = make("div", "live-watch");
  const id = `live-watch-${Math.random().toString(36).slice(2)}`;
  const input = make("input", "", "", {
    list: id,
    placeholder: "all labels",
    "aria-label": "Label to watch",
  });
  const list = make("datalist", "", "", { id });
  const chips = make("span", "live-chips");
  node.append(make("span", "ex-caption", "Watch only"), input, list, chips);
  /** @type {string[]} */
  let names = [];
  /** @type {number[]} */
  let chosen = []; // numbers of labels
  input.addEventListener("input", () => {
    const number = names.indexOf(input.value);
    if (number < 0 || chosen.includes(number)) return;
    input.value = "";
    choose([...chosen, number]);
  });

  /** @param {number[]} numbers */
  function choose(numbers) {
    chosen = numbers;
    chips.replaceChildren(...chosen.map(chip));
    onChange(chosen);
  }

  /** @param {number} number */
  function chip(number) {
    const remove = () => choose(chosen.filter((other) => other !== number));
    return button(`${names[number]} \u00d7`, remove, {
      class: "in-chip",
      "aria-label": `Stop watching ${names[number]}`,
    });
  }

  return {
    node,
    /** @param {string[]} labels */
    begin(labels) {
      names = labels;
      chosen = [];
      chips.replaceChildren();
      list.replaceChildren(...labels.map((label) => make("option", "", "", { value: label })));
    },
  };
}
