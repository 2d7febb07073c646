// @ts-check
// Settings in the page's address: read against a whitelist, written without a new page.

/** @typedef {Record<string, string | number>} Settings */
/** @typedef {Record<string, string | number | null | undefined>} Wish null for what is left out */

export const STEP_IDS =
  "air frames spectrum mel log normalize patches numbers address listening answer break".split(" ");
/** @typedef {(text: string) => string | number | null} Rule null for what is not allowed */

/** @param {string[]} allowed @returns {Rule} */
const oneOf = (...allowed) => (text) => (allowed.includes(text) ? text : null);

/** @param {RegExp} pattern @returns {Rule} */
const matching = (pattern) => (text) => (pattern.test(text) ? text : null);

/** @param {number} low @param {number} high @returns {Rule} */
const whole = (low, high) => (text) => {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return number >= low && number <= high ? number : null;
};

/** @type {Record<string, Rule>} */
const RULES = {
  view: oneOf("explore", "live", "timeline", "learn", "check", "model-card"),
  sound: matching(/^[a-z0-9_-]{1,40}$/), // name of an example
  model: matching(/^[\w.-]{1,60}(\/[\w.-]{1,60})?$/), // tried only if the page offers it
  patch: whole(0, 99999),
  step: oneOf(...STEP_IDS),
  stride: whole(6, 16),
  lang: matching(/^[a-z]{2}$/),
  answers: oneOf("1"),
  heat: oneOf("none", "rollout", "layer", "label"),
  layer: whole(0, 99),
  head: whole(0, 99),
  label: matching(/^[^<>&]{1,80}$/),
};

/**
 * What an address asks for; anything unknown or out of bounds is left out.
 * @param {string} [search] the address's query
 * @returns {Settings}
 */
export function readLink(search = location.search) {
  /** @type {Settings} */
  const settings = {};
  for (const [name, text] of new URLSearchParams(search)) {
    const value = Object.hasOwn(RULES, name) ? RULES[name](text) : null;
    if (value !== null) settings[name] = value;
  }
  return settings;
}

/**
 * Query of some settings; what was not ours, such as Gradio's theme, stays.
 * @param {Wish} settings
 * @param {string} search the query before
 */
function queryOf(settings, search) {
  const query = new URLSearchParams(search);
  for (const name of Object.keys(RULES)) query.delete(name);
  for (const [name, value] of Object.entries(settings)) {
    if (Object.hasOwn(RULES, name) && value !== null && value !== undefined) {
      query.set(name, String(value));
    }
  }
  return query.toString();
}

/** Keep settings in the address bar. @param {Wish} settings */
export function keepLink(settings) {
  const query = queryOf(settings, location.search);
  history.replaceState(
    history.state,
    "",
    `${location.pathname}${query ? `?${query}` : ""}${location.hash}`,
  );
}

/**
 * An address to hand on; on a Space that of its page on the Hub.
 * @param {Wish} settings
 * @param {string} [space] its name, empty elsewhere
 */
export function linkOf(settings, space = "") {
  const home = space
    ? `https://huggingface.co/spaces/${space}`
    : `${location.origin}${location.pathname}`;
  return `${home}?${queryOf(settings, "")}`;
}
