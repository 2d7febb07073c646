// @ts-check
// Which map lies over the spectrogram, by what the person chose.

import { differenceMap, headMap, layerMap } from "./maps.js";
import { tokenOf } from "../../shared/geometry.js";
import { unpackAttention, unpackMap } from "./payload.js";
import { soundOf } from "./opened.js";

/** @import { Pack, PatchMap } from "../../shared/types.js" */
/** @import { App, Heat, HeatRequest, Missing, State } from "../types.js" */

export const MEAN_HEAD = -1; // position of the head slider that means "mean of the heads"

/**
 * Whether a sentence stands in place of a map or pack.
 * @param {object | null} found
 * @returns {found is Missing}
 */
export function isMissing(found) {
  return found !== null && "missing" in found;
}

/**
 * The chosen map; a sentence while it is not here; null where none is chosen.
 * @param {App} app
 * @returns {Heat | Missing | null}
 */
export function chosenHeat(app) {
  const { heat } = app.state;
  if (heat === "rollout") return own("rollout", "attention rollout", soundOf(app).rollout, FLOW);
  if (heat === "layer") return attentionHeat(app);
  if (heat === "label") return labelHeat(app);
  return null;
}

// Each kind of map says what it does not mean; attention sums to 1, relevance does not.
const FLOW = { caveat: "Heat is where information flowed, not why.", linear: false };
const HINT = { caveat: "A hint, not proof. Test it below.", linear: true };

/**
 * @param {string} key
 * @param {string} name
 * @param {PatchMap} map
 * @param {{ caveat: string, linear: boolean }} kind
 * @returns {Heat}
 */
function own(key, name, map, kind) {
  return { ...map, ...kind, key, name, ceiling: map.max };
}

/**
 * The maps of every layer and head, seen from the answer or from the chosen patch.
 * @param {App} app
 * @returns {Pack | Missing}
 */
export function attentionPack(app) {
  const { state, answers } = app;
  const sound = soundOf(app);
  if (state.from === "answer") return sound.attention;
  if (!state.patch) return { missing: "Click a patch to see where it looked." };
  const token = tokenOf(sound.grid, state.patch);
  const key = `${sound.id} token ${token}`;
  const pack = answers.get(key, "attention_from", { id: sound.id, token }, unpackAttention);
  return pack ?? { missing: answers.error(key) ?? `Finding where token ${token} looked\u2026` };
}

/** @param {App} app @returns {Heat | Missing} */
function attentionHeat(app) {
  const { state } = app;
  const pack = attentionPack(app);
  if (isMissing(pack)) return pack;
  const mean = state.head === MEAN_HEAD;
  const map = mean ? layerMap(pack, state.layer) : headMap(pack, state.layer, state.head);
  const who = mean ? `mean of ${pack.heads} heads` : `head ${state.head}`;
  const token = listeningToken(app);
  const from = token === null ? "the answer" : `token ${token}`;
  const ceiling = state.scale === "shared" ? Math.max(...pack.max) : map.max;
  const name = `attention from ${from}, layer ${state.layer}, ${who}`;
  return { ...map, ...FLOW, key: `${name} ${state.scale}`, name, ceiling };
}

/**
 * The token whose attention is shown; null for the answer.
 * @param {Pick<App, "state" | "sound">} app
 */
function listeningToken(app) {
  const { from, patch } = app.state;
  return from === "patch" && patch ? tokenOf(soundOf(app).grid, patch) : null;
}

/**
 * The evidence for a label.
 * @param {App} app
 * @param {string} label
 * @returns {PatchMap | Missing}
 */
export function relevanceMap(app, label) {
  const { answers } = app;
  const { id } = soundOf(app);
  const key = `${id} label ${label}`;
  const map = answers.get(key, "relevance", { id, label }, unpackMap);
  return map ?? { missing: answers.error(key) ?? `Finding the evidence for ${label}\u2026` };
}

/** @param {App} app @returns {Heat | Missing} */
function labelHeat(app) {
  const [first, second] = app.state.labels;
  if (!first) return { missing: "Click a label to see the evidence for it." };
  const map = relevanceMap(app, first);
  if (isMissing(map)) return map;
  if (!second) return relevanceHeat(first, map);
  const other = relevanceMap(app, second);
  if (isMissing(other)) return other;
  const shown = {
    first: () => relevanceHeat(first, map),
    second: () => relevanceHeat(second, other),
    more: () =>
      own(
        `${first} over ${second}`,
        `more for ${first} than for ${second}`,
        differenceMap(map, other),
        HINT,
      ),
    less: () =>
      own(
        `${second} over ${first}`,
        `more for ${second} than for ${first}`,
        differenceMap(other, map),
        HINT,
      ),
  };
  return shown[app.state.compared]();
}

/** @param {string} label @param {PatchMap} map */
function relevanceHeat(label, map) {
  return own(`relevance ${label}`, `evidence for ${label} (relevance)`, map, HINT);
}

/**
 * What the server needs to know to find the same map again; null where none is chosen.
 * @param {Pick<App, "state" | "sound">} app
 * @returns {HeatRequest | null}
 */
export function heatRequest(app) {
  const { state } = app;
  if (state.heat === "label") return labelRequest(state);
  if (state.heat === "rollout") return { kind: "rollout" };
  if (state.heat !== "layer" || (state.from === "patch" && !state.patch)) return null;
  const token = listeningToken(app) ?? "pooled";
  const head = state.head === MEAN_HEAD ? null : state.head;
  return { kind: "attention", layer: state.layer, head, token };
}

/** @param {State} state @returns {HeatRequest | null} */
function labelRequest({ labels, compared }) {
  const [first, second] = labels;
  if (!first) return null;
  /** @param {string} label @returns {HeatRequest} */
  const one = (label) => ({ kind: "relevance", label });
  if (!second || compared === "first") return one(first);
  if (compared === "second") return one(second);
  return compared === "more" ? { ...one(first), over: second } : { ...one(second), over: first };
}

/**
 * The label whose score a map is evidence for, the other one taken away perhaps; null where a map
 * is about no label.
 * @param {HeatRequest | null} request
 */
export function explainedLabel(request) {
  return request?.kind === "relevance" ? request.label : null;
}
