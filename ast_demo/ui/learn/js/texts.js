// @ts-check
// The lesson's words: every sentence comes from assets/lesson/<language>.json, numbers are put in.

/** @import { Server } from "../../shared/types.js" */
/** @import { Facts, LessonWords } from "./types.js" */

/** @typedef {ReturnType<typeof makeTexts>} Texts */

/**
 * @param {LessonWords} words of one language
 * @param {string} language such as "de"
 */
export function makeTexts(words, language) {
  /** @type {Map<number, Intl.NumberFormat>} */
  const formats = new Map();

  /** @param {number} digits */
  function formatOf(digits) {
    const settings = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    const format = formats.get(digits) ?? new Intl.NumberFormat(language, settings);
    formats.set(digits, format);
    return format;
  }

  /**
   * A number as people of this language write it; whole numbers of five digits and more in groups.
   * @param {number} value
   * @param {number} [digits]
   */
  const number = (value, digits = 0) =>
    formatOf(digits).format(Number(value.toFixed(digits))).replace(/^-/, "\u2212");

  /**
   * A number with so many significant digits, tiny ones as 1.2e-6.
   * @param {number} value
   * @param {number} [digits]
   */
  function short(value, digits = 3) {
    const size = Math.abs(value);
    const power = size ? Math.floor(Math.log10(size)) : 0;
    if (power < -4) return `${number(value / 10 ** power, 1)}e\u2212${-power}`;
    const decimals = size ? Math.max(0, digits - 1 - power) : 0;
    return number(value, Math.min(decimals, 6));
  }

  /** @param {string} template @param {Facts} facts */
  const fill = (template, facts = {}) =>
    template.replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));

  return {
    language,
    words,
    number,
    short,
    fill,
    /** @param {string} key of the page around the steps @param {Facts} facts */
    ui: (key, facts = {}) => fill(words.ui[key], facts),
    /** @param {number} share */
    percent: (share) => `${number(100 * share, share > 0 && share < 0.1 ? 1 : 0)} %`,
    /** @param {number} value @param {number} [digits] */
    signed: (value, digits = 2) => (value > 0 ? "+" : "") + number(value, digits),
  };
}

/**
 * Ask for all sentences of a language.
 * @param {Server} server
 * @param {string} language
 * @throws {Error} with the server's sentence
 */
export async function loadTexts(server, language) {
  const answer = await server.learn_texts({ language });
  if (!answer?.texts) throw new Error(answer?.error ?? "The server did not answer: try again.");
  return makeTexts(answer.texts, language);
}

/**
 * The page's languages by the browser's wishes; the first one offered where none fits.
 * @param {string[]} offered
 * @param {readonly string[]} wanted
 */
export function chooseLanguage(offered, wanted) {
  const short = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  return short.find((tag) => offered.includes(tag)) ?? offered[0];
}
