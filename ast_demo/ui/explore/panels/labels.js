// @ts-check
// The answer: labels with bars, the rule that made the scores, and a click that shows why.

import { button, choice, make, setText } from "../../shared/dom.js";
import { smallMap } from "../draw/legend.js";
import { formatPercent } from "../../shared/numbers.js";
import { isMissing } from "../state/selectedMap.js";
import { unpackMap } from "../state/payload.js";
import { soundOf } from "../state/opened.js";

/** @import { PatchMap } from "../../shared/types.js" */
/** @import { App, Label, Missing, Sound, SoundFacts, State } from "../types.js" */

const SHOWN = 6; // labels before "show all"
const SEARCHED = 100; // more labels than this have a search field
const FOUND = 50; // labels shown of a search

/** @param {App} app @param {HTMLElement} panel @returns {() => void} */
export function makeLabels(app, panel) {
  const { state, set } = app;
  const list = make("ol", "ex-list");
  const more = button("", () => set({ allLabels: !state.allLabels }));
  const unknown = make("p", "ex-unknown");
  const search = make("input", "ex-search", "", { type: "search", "aria-label": "Search labels" });
  const rule = make("p", "ex-muted");
  const why = makeWhy(app);
  panel.append(
    make("h3", "ex-heading", "Labels (click one to see why)"),
    unknown,
    search,
    list,
    more,
    rule,
    why.node,
  );
  /** @type {Sound | null} */
  let drawn = null; // the sound whose labels stand there
  let all = false;

  search.addEventListener("input", () => draw(app.sound));
  list.addEventListener("click", ({ target }) => {
    const row = target instanceof Element ? target.closest("button") : null;
    if (row) set(pickedLabel(state, row.dataset.label ?? ""));
  });

  return function refresh() {
    const { sound } = app;
    if (sound !== drawn) search.value = "";
    if (sound !== drawn || all !== state.allLabels || !sound) draw(sound);
    [drawn, all] = [sound, state.allLabels];
    for (const row of list.querySelectorAll("button")) {
      row.setAttribute("aria-pressed", String(state.labels.includes(row.dataset.label ?? "")));
    }
    why.refresh();
  };

  /** @param {Sound | null} sound */
  function draw(sound) {
    const { labels = [], threshold = 0, abstains = false } = sound?.payload ?? {};
    const searched = search.value.trim().toLowerCase();
    more.hidden = labels.length <= SHOWN || Boolean(searched);
    search.hidden = labels.length <= SEARCHED;
    unknown.hidden = !abstains;
    setText(unknown, describeUnknown(threshold));
    search.placeholder = `Search ${labels.length} labels`;
    list.replaceChildren(...shownLabels(labels, searched, state.allLabels).map(labelRow));
    setText(more, state.allLabels ? "Show fewer" : `Show all ${labels.length}`);
    setText(rule, sound ? describeRule(sound.payload.rule) : "The answer appears here.");
  }
}

/**
 * The choices after a click on a label: one label at a time, or two when comparing; a second click
 * takes the label back.
 * @param {State} state
 * @param {string} name
 * @returns {Pick<State, "labels" | "heat" | "compared">}
 */
export function pickedLabel({ labels, comparing }, name) {
  const others = labels.filter((label) => label !== name);
  const picked = others.length < labels.length ? others : [...others, name];
  const kept = picked.slice(comparing ? -2 : -1);
  return {
    labels: kept,
    heat: kept.length ? "label" : "rollout",
    compared: kept.length > 1 ? "more" : "first",
  };
}

/**
 * The labels that are listed: those found, all, or the best.
 * @param {Label[]} labels
 * @param {string} searched lower case; empty for no search
 * @param {boolean} all
 */
export function shownLabels(labels, searched, all) {
  if (!searched) return labels.slice(0, all ? labels.length : SHOWN);
  return labels.filter(({ name }) => name.toLowerCase().includes(searched)).slice(0, FOUND);
}

/** @param {Label} label */
function labelRow({ name, score }) {
  const item = make("li");
  const row = make("button", "ex-label", "", {
    type: "button",
    "aria-pressed": "false",
    "data-label": name,
  });
  const bar = make("span", "ex-bar");
  const fill = make("span", "ex-fill");
  fill.style.width = `${Math.max(0, Math.min(1, score)) * 100}%`;
  bar.append(fill);
  row.append(make("span", "ex-name", name, { title: name }));
  row.append(make("span", "ex-number", score.toFixed(score < 0.01 ? 3 : 2)), bar);
  item.append(row);
  return item;
}

/** @param {number} threshold under which the best score is more often wrong than right */
function describeUnknown(threshold) {
  return `Nothing it knows: no score reaches ${
    threshold.toFixed(2)
  }, below which this model's best label is more often wrong than right.`;
}

/** @param {SoundFacts["rule"]} rule */
export function describeRule(rule) {
  return {
    sigmoid: "Each label is scored on its own (sigmoid): several can be right at once.",
    softmax: "Scores add up to 1 (softmax): one label excludes the others.",
    linear: "The numbers are the model's direct output (regression).",
  }[rule];
}

/**
 * Why this label: compare two, and check that the map comes from what the model learned.
 * @param {App} app
 */
function makeWhy(app) {
  const { state, set } = app;
  const node = make("div", "ex-stack");
  const comparing = make("label", "ex-check");
  const box = make("input", "", "", { type: "checkbox" });
  box.addEventListener("change", () => {
    const labels = box.checked ? state.labels : state.labels.slice(-1);
    set({ comparing: box.checked, labels, compared: "first" });
  });
  comparing.append(box, "Compare two labels");
  const views = choice(
    "Show",
    ["first", "second", "more", "less"].map((name) => [name, name]),
    state.compared,
    (compared) => set({ compared: /** @type {State["compared"]} */ (compared) }),
  );
  const check = button(
    "Check against random weights",
    () => set({ checked: state.labels.at(state.compared === "second" ? 1 : 0) }),
  );
  const result = make("div", "ex-stack");
  node.append(comparing, views.node, check, result);
  let drawn = "";
  return {
    node,
    refresh() {
      node.hidden = !app.sound || (state.labels.length === 0 && !state.comparing);
      if (node.hidden) return;
      box.checked = state.comparing;
      views.node.hidden = state.labels.length < 2;
      views.set(state.compared);
      const [first, second] = state.labels;
      views.rename("first", first ?? "");
      views.rename("second", second ?? "");
      views.rename("more", `more for ${first} than ${second}`);
      views.rename("less", `more for ${second} than ${first}`);
      check.hidden = state.labels.length === 0 || ["more", "less"].includes(state.compared);
      const { checked } = state;
      const shown = checked && state.labels.includes(checked) ? randomized(app, checked) : null;
      const waits = shown && isMissing(shown) ? shown.missing : null;
      const key = JSON.stringify([shown && checked, waits, soundOf(app).id]);
      if (key !== drawn) result.replaceChildren(...(shown ? describeCheck(app, shown) : []));
      drawn = key;
    },
  };
}

/**
 * A label's map from random weights.
 * @param {App} app
 * @param {string} label
 * @returns {Randomized | Missing}
 */
function randomized(app, label) {
  const { answers } = app;
  const { id } = soundOf(app);
  const key = `${id} random ${label}`;
  const answer = answers.get(key, "randomized", { id, label }, (found) => ({
    ...found,
    map: unpackMap(found.map),
  }));
  return answer ??
    { missing: answers.error(key) ?? "Finding the same map with random weights\u2026" };
}

/** @typedef {{ map: PatchMap, correlation: number }} Randomized and how alike the two maps are */

/**
 * The two maps should differ: a map that survives random weights shows the sound, not the model.
 * @param {App} app
 * @param {Randomized | Missing} shown
 */
function describeCheck(app, shown) {
  if (isMissing(shown)) return [make("p", "ex-muted", shown.missing)];
  const alike = shown.correlation;
  const verdict = alike > 0.5
    ? "the map hardly depends on what the model has learned, so do not read much into it."
    : "the map depends on what the model has learned, as it should.";
  return [
    make("p", "ex-caption", "The same map from random weights"),
    smallMap(shown.map, soundOf(app).grid),
    make(
      "p",
      "ex-muted",
      `${formatPercent(Math.max(0, alike))} alike (rank correlation): ${verdict}`,
    ),
  ];
}
