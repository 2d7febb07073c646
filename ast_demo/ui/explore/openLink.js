// @ts-check
// What a link asks of Explore, and the link to a view: an example, a map, a patch, a label. See
// shared/links.js.

import { readLink } from "../shared/links.js";

const TRIES = 60; // looks for an example's button
const PAUSE = 50; // milliseconds between them

/** The link's settings, or none if it points elsewhere. */
export function exploreLink() {
  const link = readLink();
  return link.view === "explore" ? link : {};
}

/**
 * How to look: the heat with its layer and head.
 * @param {import("../shared/links.js").Settings} link
 */
export function linkedChoices({ heat, layer, head }) {
  /** @type {Record<string, string | number>} */
  const choices = {};
  if (heat && heat !== "label") choices.heat = heat;
  if (layer !== undefined) choices.layer = layer;
  if (head !== undefined) choices.head = head;
  return choices;
}

/**
 * Whether a link means this sound, as the model of the link hears it: the page opens with another
 * model and shows what that hears until the link's is loaded.
 * @param {import("../shared/links.js").Settings} link
 * @param {import("./types.js").SoundFacts} payload
 * @param {string[]} models that the page offers, the one it opens with first
 */
export function isLinked({ sound, model }, payload, models) {
  const isSound = !sound || Boolean(payload.source?.example?.startsWith(`${sound}.`));
  return isSound && (payload.model.name === model || !models.slice(1).includes(String(model)));
}

/**
 * The layer and head that a model has, as near as it goes to the ones that are wanted.
 * @param {{ layer: number, head: number }} wanted
 * @param {{ layers: number, heads: number }} attention
 */
export function withinModel({ layer, head }, { layers, heads }) {
  return { layer: Math.min(layer, layers - 1), head: Math.min(head, heads - 1) };
}

/**
 * Where to look in a sound, and at which layer and head it really has.
 * @param {import("../shared/links.js").Settings} link
 * @param {import("./types.js").Sound} sound
 * @param {{ layer: number, head: number }} state
 */
export function linkedPlaces(link, { grid, attention, payload }, state) {
  const { heat, label, patch } = link;
  const places = withinModel({
    layer: Number(link.layer ?? state.layer),
    head: Number(link.head ?? state.head),
  }, attention);
  if (Number(patch) < grid.patches) {
    const { timePatches } = grid;
    const place = { f: Math.floor(Number(patch) / timePatches), t: Number(patch) % timePatches };
    Object.assign(places, { patch: place });
  }
  if (payload.labels.some(({ name }) => name === label)) {
    Object.assign(places, { labels: [label], ...(heat === "label" ? { heat: "label" } : {}) });
  }
  return places;
}

/**
 * Settings of a link that comes back to this view; a sound of one's own stays at home.
 * @param {import("./types.js").State} state
 * @param {import("./types.js").Sound} sound
 */
export function viewSettings({ heat, layer, head, labels, patch }, { grid, payload }) {
  const byLayer = heat === "layer";
  return {
    view: "explore",
    model: payload.model.name,
    sound: payload.source?.example?.replace(/\.\w+$/, ""),
    heat,
    layer: byLayer ? layer : null,
    head: byLayer && head >= 0 ? head : null, // else the mean of all
    label: heat === "label" ? labels[0] : null,
    patch: patch && patch.f * grid.timePatches + patch.t,
  };
}

/**
 * Choose the example of a link as a visitor would; resolves with whether there is one. The page's
 * buttons may come after this component.
 * @param {import("../shared/links.js").Settings} link
 */
export async function openLinkedExample({ sound }) {
  for (let tries = 0; sound && tries < TRIES; tries++) {
    const chip = document.getElementById(`example-${sound}`);
    if (chip) {
      chip.click();
      return true;
    }
    await new Promise((done) => setTimeout(done, PAUSE));
  }
  return false;
}
